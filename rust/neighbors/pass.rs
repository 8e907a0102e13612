//! One block of queries against the tiles of a part of the rows.

use std::sync::atomic::{AtomicU64, Ordering};

use pulp::Arch;

use super::arrange::nearest_first;
use super::element::Element;
use super::kernel::{self, GROUP, PANEL};
use super::part::Part;
use super::shortlist::{Shortlist, Source};
use super::space::Space;
use super::tiles::{Block, TILE};
use super::work::Work;
use crate::{Control, Result};

/// A tile's scale may be this many times that of a block of queries; sums of bounds fit 32 bits then.
const LONGER: f64 = 4.0;

/// What a thread writes on, kept from block to block.
#[derive(Default)]
pub struct Room {
    found: Vec<u32>,
    pub passed: Vec<(u32, f32)>,
    pub products: Vec<[i32; PANEL]>,
    pub keys: Vec<u64>,
}

/// Queries against the rows of a part.
pub struct Pass<'a, T> {
    pub space: &'a Space,
    pub rows: &'a Part<'a, T>,
    pub queries: &'a Part<'a, T>,
    pub k: usize,
    /// Query i is row i, and not its own neighbour.
    pub exclude_self: bool,
    /// Pairs that the first bound lets through, and those that are settled.
    pub bounded: &'a AtomicU64,
    pub settled: &'a AtomicU64,
}

impl<T: Element> Pass<'_, T> {
    /// Offers all rows to the shortlists of the queries in places `start..`.
    pub fn run(
        &self,
        start: usize,
        lists: &mut [Shortlist],
        room: &mut Room,
        control: &Control,
    ) -> Result<()> {
        let (rows, queries) = (self.rows, self.queries);
        self.check_files()?;
        let places = start..start + lists.len();
        let from = queries.coordinates(self.space);
        let pairs = from.pairs();
        let block = Block::new(&from, places.clone());
        let near = nearest_first(&rows.means, &queries.mean(places.clone()));
        let mut work = Work {
            pass: self,
            control,
            arch: Arch::new(),
            start,
            block: &block,
            sources: places.map(|place| self.source(place)).collect(),
            bounds: vec![i32::MAX >> 1; lists.len().next_multiple_of(GROUP)],
            reaches: vec![f32::INFINITY; lists.len()],
            lists,
            bounded: 0,
            settled: 0,
        };
        // Where queries know nothing yet of how far their neighbours are.
        let mut rest = &near[..];
        if work.lists[0].reach == f64::INFINITY {
            rest = work.look_around(&near, room)?;
        }
        for &t in rest {
            self.check_files()?;
            let tile = &rows.tiles[t];
            work.set_bounds(tile);
            for (panel, squares) in tile.squares.chunks(PANEL).enumerate() {
                room.found.clear();
                if tile.scale > LONGER * block.scale {
                    let every = |q| (0..squares.len()).map(move |row| (q << 16 | row) as u32);
                    room.found.extend((0..work.lists.len()).flat_map(every));
                } else {
                    let ratio = tile.scale / (2.0 * block.scale);
                    let mut row_bounds = [0; PANEL];
                    for (bound, squares) in row_bounds.iter_mut().zip(squares) {
                        *bound = (f64::from(*squares) * ratio) as i32;
                    }
                    kernel::survivors(
                        &tile.panels[panel * pairs..][..pairs],
                        &block.codes,
                        &row_bounds,
                        &work.bounds,
                        &mut room.found,
                    );
                }
                let first = t * TILE + panel * PANEL;
                let places = first..first + squares.len();
                work.consider(tile, places, &room.found, &mut room.passed)?;
                control.advance((work.lists.len() * squares.len()) as u64)?;
            }
        }
        self.check_files()?;
        for (list, source) in work.lists.iter_mut().zip(&work.sources) {
            work.settled += list.close(source) as u64;
            control.go_on()?;
        }
        self.bounded.fetch_add(work.bounded, Ordering::Relaxed);
        self.settled.fetch_add(work.settled, Ordering::Relaxed);
        Ok(())
    }
}

impl<'a, T: Element> Pass<'a, T> {
    /// Are the files of mapped matrices still as long as they must be?
    pub fn check_files(&self) -> Result<()> {
        self.rows.matrix.check_file()?;
        self.queries.matrix.check_file()
    }

    /// What settles the query in this place.
    fn source(&self, place: usize) -> Source<'a, T> {
        let query = self.queries.order[place] as usize;
        let first = self.queries.first.expect("queries have been filled in");
        Source {
            space: self.space,
            rows: self.rows.rows(),
            norms: &self.rows.placed.norms,
            first: self.rows.first.expect("rows have been filled in"),
            query: self.queries.rows().row(query),
            norm: self.queries.placed.norms[query],
            own: self.exclude_self.then_some((first + query) as u32),
        }
    }
}

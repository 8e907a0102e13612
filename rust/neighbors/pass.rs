//! One block of queries against the tiles of a part of the rows.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use pulp::{Arch, Simd, WithSimd};

use super::arrange::nearest_first;
use super::element::Element;
use super::kernel::{self, GROUP, PANEL};
use super::part::Part;
use super::shortlist::{Shortlist, Source};
use super::space::Space;
use super::tiles::{Block, TILE, Tile};
use crate::{Control, Result};

/// A tile's scale may be this many times that of a block of queries; sums of bounds fit 32 bits then.
const LONGER: f64 = 4.0;
/// Rows that a block looks at first, to learn how far its neighbours are.
const FIRST_ROWS: usize = 1024;

/// What a thread writes on, kept from block to block.
#[derive(Default)]
pub struct Room {
    found: Vec<u32>,
    products: Vec<[i32; PANEL]>,
    keys: Vec<u64>,
    distances: Vec<f32>,
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
        let places = start..start + lists.len();
        let from = queries.coordinates(self.space);
        let pairs = from.pairs();
        let block = Block::new(&from, places.clone());
        let near = nearest_first(&rows.means, &queries.mean(places.clone()));
        let mut work = Work {
            pass: self,
            arch: Arch::new(),
            start,
            block: &block,
            sources: places.map(|place| self.source(place)).collect(),
            bounds: vec![i32::MAX >> 1; lists.len().next_multiple_of(GROUP)],
            lists,
            settled: 0,
        };
        if work.lists[0].reach == f64::INFINITY {
            work.look_around(&near, pairs, room, control)?;
        }
        let mut bounded = 0;
        for t in near {
            rows.matrix.check_file()?;
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
                bounded += room.found.len() as u64;
                let arch = work.arch;
                arch.dispatch(Consider {
                    work: &mut work,
                    tile,
                    places: t * TILE + panel * PANEL..t * TILE + panel * PANEL + squares.len(),
                    found: &room.found,
                });
                control.advance((work.lists.len() * squares.len()) as u64)?;
            }
        }
        for (list, source) in work.lists.iter_mut().zip(&work.sources) {
            list.close(source);
            control.advance(0)?;
        }
        self.bounded.fetch_add(bounded, Ordering::Relaxed);
        self.settled.fetch_add(work.settled, Ordering::Relaxed);
        Ok(())
    }
}

impl<'a, T: Element> Pass<'a, T> {
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

/// A block of queries at work.
struct Work<'a, T> {
    pass: &'a Pass<'a, T>,
    arch: Arch,
    block: &'a Block,
    /// The place of the first query.
    start: usize,
    sources: Vec<Source<'a, T>>,
    lists: &'a mut [Shortlist],
    /// What a product must reach, less what the row adds to that.
    bounds: Vec<i32>,
    settled: u64,
}

impl<T: Element> Work<'_, T> {
    /// Measures the rows with the smallest bounds among those of the nearest tiles: the K-th of their
    /// distances is one that the K-th neighbour does not exceed.
    fn look_around(
        &mut self,
        near: &[usize],
        pairs: usize,
        room: &mut Room,
        control: &Control,
    ) -> Result<()> {
        let (rows, k) = (self.pass.rows, self.pass.k);
        let wanted = FIRST_ROWS.max(4 * k).min(rows.count);
        let tiles = &near[..wanted.div_ceil(TILE).min(near.len())];
        let some = 4 * GROUP;
        for first in (0..self.lists.len()).step_by(some) {
            let last = self.lists.len().min(first + some);
            let codes = &self.block.codes[first * pairs..last.next_multiple_of(GROUP) * pairs];
            room.keys.clear();
            // Bounds and rows, a query's side by side.
            let seen: usize = tiles.iter().map(|t| rows.tiles[*t].squares.len()).sum();
            room.keys.resize((last - first) * seen, u64::MAX);
            let mut before = 0;
            for &t in tiles {
                let tile = &rows.tiles[t];
                let members = &rows.order[t * TILE..][..tile.squares.len()];
                let (square, cross) =
                    (tile.scale * tile.scale, 2.0 * tile.scale * self.block.scale);
                for (panel, members) in members.chunks(PANEL).enumerate() {
                    kernel::products(
                        &tile.panels[panel * pairs..][..pairs],
                        codes,
                        &mut room.products,
                    );
                    let squares = &tile.squares[panel * PANEL..];
                    for (i, products) in room.products[..last - first].iter().enumerate() {
                        let own = self.block.squares[first + i];
                        let own = self.block.scale * self.block.scale * f64::from(own);
                        let keys = &mut room.keys[i * seen + before..];
                        let each = keys
                            .iter_mut()
                            .zip(members)
                            .zip(squares.iter().zip(products));
                        for ((key, row), (squares, product)) in each {
                            let bound =
                                square * f64::from(*squares) + own - cross * f64::from(*product);
                            let bound = (bound as f32).max(0.0);
                            *key = u64::from(bound.to_bits()) << 32 | u64::from(*row);
                        }
                    }
                    before += members.len();
                }
                control.advance(0)?;
            }
            for (i, keys) in room.keys.chunks_mut(seen).enumerate() {
                let source = &self.sources[first + i];
                // One more, in case the query itself is among them.
                if k < keys.len() {
                    keys.select_nth_unstable(k);
                }
                room.distances.clear();
                let found = keys
                    .iter()
                    .take(k + 1)
                    .map(|key| *key as u32 + source.first as u32);
                let found = found.filter(|row| Some(*row) != source.own);
                let before = room.distances.len();
                self.arch.dispatch(
                    #[inline(always)]
                    || found.for_each(|row| room.distances.push(source.rough(row))),
                );
                self.settled += (room.distances.len() - before) as u64;
                self.lists[first + i].learn(&mut room.distances, self.pass.space);
                control.advance(0)?;
            }
        }
        Ok(())
    }

    /// What products with rows of this tile must reach, for all queries.
    fn set_bounds(&mut self, tile: &Tile) {
        for i in 0..self.lists.len() {
            self.set_bound(i, tile);
        }
    }

    /// With codes x, q and scales s, t a row is out if ‖sx - tq‖ is more than the reach and both errors:
    /// if ⟨x, q⟩ < (s²‖x‖² + t²‖q‖² - (reach + errors)²) / 2st. This is the query's part of that.
    #[inline(always)]
    fn set_bound(&mut self, i: usize, tile: &Tile) {
        let block = self.block;
        let reach = self.lists[i].reach + block.errors[i] + tile.error;
        let square = block.scale * block.scale * f64::from(block.squares[i]);
        // Past the rounding of these lines, in products of at most 2³⁰.
        let bound = (square - reach * reach) / (2.0 * tile.scale * block.scale) - 4.0;
        // A cast keeps within i32, at the lower end far below any product and a row's part; the upper one
        // must leave room for that part.
        self.bounds[i] = (bound as i32).min(i32::MAX >> 1);
    }

    /// Whether the second bound lets a row through.
    #[inline(always)]
    fn passes(&self, i: usize, row: usize) -> bool {
        let (rows, queries) = (&self.pass.rows.placed, &self.pass.queries.placed);
        let query = self.start + i;
        let stride = rows.stride;
        let (x, q) = (&rows.marks[row], &queries.marks[query]);
        let product = kernel::product(
            &rows.codes[row * stride..][..stride],
            &queries.codes[query * stride..][..stride],
        );
        let cross = 2.0 * f64::from(x.scale) * f64::from(q.scale) * f64::from(product);
        let reach = self.lists[i].reach + f64::from(x.error) + f64::from(q.error);
        let both = x.squared + q.squared;
        both - cross <= reach * reach + 1e-12 * both
    }
}

/// What becomes of the pairs that the first bound lets through.
struct Consider<'a, 'b, T> {
    work: &'a mut Work<'b, T>,
    tile: &'a Tile,
    /// The places of the rows in the panel.
    places: Range<usize>,
    found: &'a [u32],
}

impl<T: Element> WithSimd for Consider<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        let Self {
            work,
            tile,
            places,
            found,
        } = self;
        let two = work.pass.rows.placed.stride > 0;
        for pair in found {
            let (i, at) = ((pair >> 16) as usize, (pair & 0xffff) as usize);
            // The last group and the last panel may have places that nobody takes.
            if i >= work.lists.len() || at >= places.len() {
                continue;
            }
            let place = places.start + at;
            if two && !work.passes(i, place) {
                continue;
            }
            let source = &work.sources[i];
            let index = work.pass.rows.order[place] + source.first as u32;
            if Some(index) == source.own {
                continue;
            }
            let squared = source.rough(index);
            work.settled += 1;
            // (Not a number: beyond float32, so to be settled.)
            if squared > work.lists[i].cut {
                continue;
            }
            if work.lists[i].push(index, squared, source) {
                work.set_bound(i, tile);
            }
        }
    }
}

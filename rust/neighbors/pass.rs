//! One block of queries against the tiles of a part of the rows.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use pulp::{Arch, Simd, WithSimd};

use super::arrange::nearest_first;
use super::element::Element;
use super::kernel::{self, GROUP, PANEL};
use super::part::Part;
use super::shortlist::{self, Shortlist, Source};
use super::space::Space;
use super::tiles::{Block, TILE, Tile};
use crate::{Control, Result};

/// A tile's scale may be this many times that of a block of queries; sums of bounds fit 32 bits then.
const LONGER: f64 = 4.0;
/// Rows that a block looks at first, to learn how far its neighbours are.
const FIRST_ROWS: usize = 4096;
/// Halves of K rows among these whose columns it looks at.
const LOOKED_AT: usize = 3;

/// What a thread writes on, kept from block to block.
#[derive(Default)]
pub struct Room {
    found: Vec<u32>,
    passed: Vec<(u32, f32)>,
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
            reaches: vec![f32::INFINITY; lists.len()],
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
                    passed: &mut room.passed,
                });
                control.advance((work.lists.len() * squares.len()) as u64)?;
            }
        }
        for (list, source) in work.lists.iter_mut().zip(&work.sources) {
            work.settled += list.close(source) as u64;
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
    /// How far each query's neighbours may be.
    reaches: Vec<f32>,
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
            // Bounds and rows, a query's side by side.
            let panels = |t: &usize| rows.tiles[*t].squares.len().div_ceil(PANEL);
            let seen = PANEL * tiles.iter().map(panels).sum::<usize>();
            room.keys.resize((last - first) * seen, u64::MAX);
            let of_queries: Vec<f32> = self.block.squares[first..last]
                .iter()
                .map(|square| (self.block.scale * self.block.scale) as f32 * *square as f32)
                .collect();
            let mut before = 0;
            for &t in tiles {
                let tile = &rows.tiles[t];
                let members = &rows.order[t * TILE..][..tile.squares.len()];
                let scale = (tile.scale * tile.scale) as f32;
                let cross = (-2.0 * tile.scale * self.block.scale) as f32;
                for (panel, members) in members.chunks(PANEL).enumerate() {
                    kernel::products(
                        &tile.panels[panel * pairs..][..pairs],
                        codes,
                        &mut room.products,
                    );
                    // Places that nobody takes come last.
                    let (mut squares, mut indices) = ([f32::MAX; PANEL], [0; PANEL]);
                    for (lane, row) in members.iter().enumerate() {
                        squares[lane] = scale * tile.squares[panel * PANEL + lane] as f32;
                        indices[lane] = *row;
                    }
                    self.arch.dispatch(
                        #[inline(always)]
                        || {
                            let each = room.products.iter().zip(&of_queries).enumerate();
                            for (i, (products, own)) in each {
                                let keys = &mut room.keys[i * seen + before..][..PANEL];
                                for lane in 0..PANEL {
                                    let bound = squares[lane] + own + cross * products[lane] as f32;
                                    let bound = if bound > 0.0 { bound } else { 0.0 };
                                    keys[lane] = shortlist::key(bound, indices[lane]);
                                }
                            }
                        },
                    );
                    before += PANEL;
                }
                control.advance(0)?;
            }
            for (i, keys) in room.keys.chunks_mut(seen).enumerate() {
                let source = &self.sources[first + i];
                // One more, in case the query itself is among them.
                let take = (LOOKED_AT * k / 2 + 1).min(keys.len());
                if take < keys.len() {
                    keys.select_nth_unstable(take);
                }
                let found = keys[..take]
                    .iter()
                    .filter(|key| shortlist::number(**key) < f32::MAX)
                    .map(|key| *key as u32 + source.first as u32)
                    .filter(|row| Some(*row) != source.own);
                room.distances.clear();
                self.arch.dispatch(
                    #[inline(always)]
                    || {
                        let mut found = found.peekable();
                        while let Some(row) = found.next() {
                            if let Some(next) = found.peek() {
                                source.prefetch(*next);
                            }
                            room.distances.push(source.rough(row));
                        }
                    },
                );
                self.settled += room.distances.len() as u64;
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
        self.reaches[i] = (self.lists[i].reach as f32).next_up();
    }

    /// Offers a row to a query's shortlist: as one that is no nearer than `bound`, or at once.
    #[inline(always)]
    fn offer(&mut self, i: usize, row: u32, bound: Option<f32>, tile: &Tile) {
        let (list, source) = (&mut self.lists[i], &self.sources[i]);
        if Some(row) == source.own {
            return;
        }
        let before = list.reach;
        self.settled += match bound {
            Some(bound) => list.wait(row, bound, source) as u64,
            None => {
                list.push(row, source.rough(row), source);
                1
            }
        };
        if list.reach < before {
            self.set_bound(i, tile);
        }
    }

    /// The second bound of the row in this place: its distance and less, and whether that is within reach.
    #[inline(always)]
    fn bound(&self, i: usize, place: usize) -> (f32, bool) {
        let (rows, queries) = (&self.pass.rows.placed, &self.pass.queries.placed);
        let (query, stride) = (self.start + i, rows.stride);
        let (x, q) = (&rows.marks[place], &queries.marks[query]);
        let product = kernel::product(
            &rows.codes[place * stride..][..stride],
            &queries.codes[query * stride..][..stride],
        );
        let cross = 2.0 * f64::from(x.scale) * f64::from(q.scale) * f64::from(product);
        let both = x.squared + q.squared;
        // Past the rounding of these lines.
        let least = (both - cross - 1e-12 * both).max(0.0).sqrt();
        let bound = least - f64::from(x.error) - f64::from(q.error);
        let bound = (bound as f32 * (1.0 - f32::EPSILON)).max(0.0);
        (bound, bound <= self.reaches[i])
    }
}

/// What becomes of the pairs that the first bound lets through.
struct Consider<'a, 'b, T> {
    work: &'a mut Work<'b, T>,
    tile: &'a Tile,
    /// The places of the rows in the panel.
    places: Range<usize>,
    found: &'a [u32],
    passed: &'a mut Vec<(u32, f32)>,
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
            passed,
        } = self;
        let first = work.pass.rows.first.unwrap_or(0) as u32;
        if work.pass.rows.placed.stride == 0 {
            for pair in found {
                let (i, at) = ((pair >> 16) as usize, (pair & 0xffff) as usize);
                // The last group and the last panel may have places that nobody takes.
                if i < work.lists.len() && at < places.len() {
                    let row = work.pass.rows.order[places.start + at] + first;
                    work.offer(i, row, None, tile);
                }
            }
            return;
        }
        // In two steps: one without a branch, so that pairs are worked on side by side.
        let mut count = 0;
        passed.resize(found.len(), (0, 0.0));
        for pair in found {
            let (i, at) = ((pair >> 16) as usize, (pair & 0xffff) as usize);
            if i < work.lists.len() && at < places.len() {
                let (bound, within) = work.bound(i, places.start + at);
                passed[count] = (*pair, bound);
                count += usize::from(within);
            }
        }
        for &(pair, bound) in &passed[..count] {
            let (i, at) = ((pair >> 16) as usize, (pair & 0xffff) as usize);
            let row = work.pass.rows.order[places.start + at] + first;
            work.offer(i, row, Some(bound), tile);
        }
    }
}

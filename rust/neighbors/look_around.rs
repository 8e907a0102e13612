//! The first rows that a block of queries looks at: those of the nearest tiles.
//!
//! All their bounds are taken, and the rows with the smallest ones are offered first: what is left to do
//! knows almost how far the neighbours are.

use pulp::{Simd, WithSimd};

use super::element::Element;
use super::kernel::{self, GROUP, LONGEST, PANEL};
use super::pass::Room;
use super::shortlist;
use super::tiles::TILE;
use super::work::Work;
use crate::Result;

/// Rows of the first tiles, or this many times K; and never more than that.
const ROWS: usize = 8192;
const TIMES_K: usize = 16;
const MOST_ROWS: usize = 1 << 16;
/// Bounds that a thread keeps at a time, and all together.
const BOUNDS: usize = 1 << 18;
const ALL_BOUNDS: usize = 1 << 22;
/// How many times K rows are offered before the others.
const PICKED: usize = 2;

/// Squared bounds of a panel's rows, with their places. (A closure would not be compiled for the vector
/// unit.)
struct Keys<'a> {
    products: &'a [[i32; PANEL]],
    of_queries: &'a [f32],
    squares: &'a [f32; PANEL],
    cross: f32,
    place: u32,
    keys: &'a mut [u64],
    /// Keys from a query's to the next one's.
    each: usize,
}

impl WithSimd for Keys<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        let queries = self.products.iter().zip(self.of_queries);
        for ((products, own), keys) in queries.zip(self.keys.chunks_mut(self.each)) {
            let keys: &mut [u64; PANEL] = (&mut keys[..PANEL]).try_into().expect("a panel");
            for lane in 0..PANEL {
                let bound = self.squares[lane] + (own + self.cross * products[lane] as f32);
                let bound = if bound > 0.0 { bound } else { 0.0 };
                keys[lane] = shortlist::key(bound, self.place + lane as u32);
            }
        }
    }
}

/// The largest error of a row of some tiles, and more than its largest length.
struct Extent {
    error: f64,
    length: f64,
}

impl<T: Element> Work<'_, T> {
    /// Offers the rows of the first of the `near` tiles; returns the tiles that are left.
    pub fn look_around<'n>(&mut self, near: &'n [usize], room: &mut Room) -> Result<&'n [usize]> {
        let rows = self.pass.rows;
        let wanted = ROWS.max(TIMES_K * self.pass.k).min(MOST_ROWS);
        let (tiles, rest) = near.split_at(wanted.div_ceil(TILE).min(near.len()));
        let all = || tiles.iter().map(|t| &rows.tiles[*t]);
        let extent = Extent {
            error: all().map(|tile| tile.error).fold(0.0, f64::max),
            length: all().map(|tile| tile.scale).fold(0.0, f64::max) * LONGEST * 1.1,
        };
        let count = all().map(|tile| tile.squares.len() as u64).sum();
        let each = tiles.len() * TILE;
        let bounds = BOUNDS.min(ALL_BOUNDS / rayon::current_num_threads());
        let group = GROUP * (bounds / each / GROUP).clamp(1, 4);
        for first in (0..self.lists.len()).step_by(group) {
            let last = self.lists.len().min(first + group);
            self.pass.check_files()?;
            self.bounds_of(tiles, first, last, room)?;
            for (i, keys) in (first..last).zip(room.keys.chunks_mut(each)) {
                self.take(i, keys, &extent)?;
                self.control.advance(count)?;
            }
        }
        Ok(rest)
    }

    /// Fills in the first bounds of some queries, squared, with the places of their rows: each query's side
    /// by side. Places that nobody takes have the largest bound.
    fn bounds_of(&self, tiles: &[usize], first: usize, last: usize, room: &mut Room) -> Result<()> {
        let (rows, block) = (self.pass.rows, self.block);
        let pairs = block.pairs;
        let each = tiles.len() * TILE;
        let codes = &block.codes[first * pairs..last.next_multiple_of(GROUP) * pairs];
        let of_queries: Vec<f32> = (first..last)
            .map(|i| block.squared_length(i) as f32)
            .collect();
        room.keys.clear();
        room.keys
            .resize((last - first) * each, shortlist::key(f32::MAX, 0));
        for (number, &t) in tiles.iter().enumerate() {
            let tile = &rows.tiles[t];
            let scale = (tile.scale * tile.scale) as f32;
            let cross = (-2.0 * tile.scale * block.scale) as f32;
            for (panel, codes_squared) in tile.squares.chunks(PANEL).enumerate() {
                let panel_codes = &tile.panels[panel * pairs..][..pairs];
                kernel::products(panel_codes, codes, &mut room.products);
                let mut squares = [f32::MAX; PANEL];
                for (square, code_squared) in squares.iter_mut().zip(codes_squared) {
                    *square = scale * *code_squared as f32;
                }
                let place = (t * TILE + panel * PANEL) as u32;
                let start = number * TILE + panel * PANEL;
                self.arch.dispatch(Keys {
                    products: &room.products,
                    of_queries: &of_queries,
                    squares: &squares,
                    cross,
                    place,
                    keys: &mut room.keys[start..],
                    each,
                });
            }
            self.control.go_on()?;
        }
        Ok(())
    }

    /// Offers the rows with the smallest bounds, then those of the others that may be nearer.
    fn take(&mut self, i: usize, keys: &mut [u64], extent: &Extent) -> Result<()> {
        let picked = (PICKED * self.pass.k + 1).min(keys.len());
        if picked < keys.len() {
            keys.select_nth_unstable(picked);
        }
        let (nearest, others) = keys.split_at(picked);
        for key in nearest
            .iter()
            .filter(|key| shortlist::number(**key) < f32::MAX)
        {
            self.offer_place(i, *key as u32 as usize)?;
        }
        self.settled += self.lists[i].look(0, &self.sources[i]) as u64;
        self.lists[i].narrow(self.pass.space);
        self.learn(i);
        // Past the rounding of the bounds in float32, whose terms are no larger than these squares.
        let reach = self.lists[i].reach + self.block.errors[i] + extent.error;
        let slack = 1e-6 * (self.block.squared_length(i) + extent.length * extent.length);
        let most = (reach * reach * (1.0 + 1e-6) + slack) as f32;
        let most = shortlist::key(most.min(f32::MAX.next_down()), u32::MAX);
        for key in others.iter().filter(|key| **key <= most) {
            self.offer_place(i, *key as u32 as usize)?;
        }
        Ok(())
    }

    fn offer_place(&mut self, i: usize, place: usize) -> Result<()> {
        let rows = self.pass.rows;
        let row = rows.order[place] + self.sources[i].first as u32;
        self.bounded += 1;
        let nearer = if rows.placed.stride == 0 {
            self.offer(i, row, None)?
        } else {
            match self.bound(i, place) {
                (bound, true) => self.offer(i, row, Some(bound))?,
                (_, false) => false,
            }
        };
        if nearer {
            self.learn(i);
        }
        Ok(())
    }
}

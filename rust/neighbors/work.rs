//! A block of queries at work: the bounds that they set, and the rows that they take.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::element::Element;
use super::kernel;
use super::pass::Pass;
use super::shortlist::{Shortlist, Source};
use super::tiles::{Block, Tile};
use crate::{Control, Result};

/// Bytes of a row beyond which the rows of a panel are measured while they are in the cache, rather than the
/// nearest first.
const LONG_ROW: usize = 8192;

/// A block of queries at work.
pub struct Work<'a, T> {
    pub pass: &'a Pass<'a, T>,
    pub control: &'a Control,
    pub arch: Arch,
    pub block: &'a Block,
    /// The place of the first query.
    pub start: usize,
    pub sources: Vec<Source<'a, T>>,
    pub lists: &'a mut [Shortlist],
    /// What a product must reach, less what the row adds to that.
    pub bounds: Vec<i32>,
    /// How far each query's neighbours may be.
    pub reaches: Vec<f32>,
    /// Pairs that the first bound let through, and those that were settled.
    pub bounded: u64,
    pub settled: u64,
}

impl<T: Element> Work<'_, T> {
    /// What products with rows of this tile must reach, for all queries.
    pub fn set_bounds(&mut self, tile: &Tile) {
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
        let square = block.squared_length(i);
        // Past the rounding of these lines, which the errors have room for where scales are far apart.
        let bound = (square - reach * reach) / (2.0 * tile.scale * block.scale) - 4.0;
        // A cast keeps within i32, at the lower end far below any product and a row's part; the upper one
        // must leave room for that part.
        self.bounds[i] = (bound as i32).min(i32::MAX >> 1);
        self.learn(i);
    }

    /// Takes over how far a query's neighbours may be.
    #[inline(always)]
    pub fn learn(&mut self, i: usize) {
        self.reaches[i] = (self.lists[i].reach as f32).next_up();
    }

    /// Offers a row to a query's shortlist: as one that is no nearer than `bound`, or at once. Says
    /// whether the query's neighbours are known to be nearer now.
    #[inline(always)]
    pub fn offer(&mut self, i: usize, row: u32, bound: Option<f32>) -> Result<bool> {
        let (list, source) = (&mut self.lists[i], &self.sources[i]);
        if Some(row) == source.own {
            return Ok(false);
        }
        self.control.go_on()?; // a list that settles many rows takes a while
        let before = list.reach;
        self.settled += match bound {
            Some(bound) => list.wait(row, bound, source) as u64,
            None => {
                list.push(row, source.rough(row), source);
                1
            }
        };
        Ok(list.reach < before)
    }

    /// What becomes of the pairs that the first bound lets through, of rows in these places of a tile.
    pub fn consider(
        &mut self,
        tile: &Tile,
        places: Range<usize>,
        found: &[u32],
        passed: &mut Vec<(u32, f32)>,
    ) -> Result<()> {
        self.bounded += found.len() as u64;
        let arch = self.arch;
        arch.dispatch(Consider {
            work: self,
            tile,
            places,
            found,
            passed,
        })
    }

    /// The second bound of the row in this place: its distance and less, and whether that is within reach.
    #[inline(always)]
    pub fn bound(&self, i: usize, place: usize) -> (f32, bool) {
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
    type Output = Result<()>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) -> Result<()> {
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
                    if work.offer(i, row, None)? {
                        work.set_bound(i, tile);
                    }
                }
            }
            return Ok(());
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
        let at_once = size_of_val(work.sources[0].query) > LONG_ROW;
        for &(pair, bound) in &passed[..count] {
            let (i, at) = ((pair >> 16) as usize, (pair & 0xffff) as usize);
            let row = work.pass.rows.order[places.start + at] + first;
            if work.offer(i, row, (!at_once).then_some(bound))? {
                work.set_bound(i, tile);
            }
        }
        Ok(())
    }
}

//! Codes as the kernel takes them: of rows in panels, of queries one after the other, each group of them
//! with one scale.

use std::ops::Range;

use super::element::Element;
use super::kernel::{GROUP, PANEL, Pairs};
use super::matrix::Rows;
use super::placed::{Placed, encode, rounding, scale_of};
use super::space::Space;
use crate::{Control, Result};

/// Rows in a tile, a multiple of [`PANEL`].
pub const TILE: usize = 128;
/// Coordinates that are coded at a time.
const STRIP: usize = 256;

/// Where the coordinates of the first bound come from.
pub struct Coordinates<'a, T> {
    pub space: &'a Space,
    pub placed: &'a Placed,
    /// The rows themselves, whose columns are the coordinates where there are no axes, and which of them
    /// stands in which place.
    pub rows: Rows<'a, T>,
    pub order: &'a [u32],
    /// How many coordinates there are: on axes, their number and 1 for what they leave of a row.
    pub count: usize,
}

impl<T: Element> Coordinates<'_, T> {
    /// Pairs of coordinates in a code.
    pub fn pairs(&self) -> usize {
        self.count.div_ceil(2)
    }

    /// Codes the row in place `i` at this scale, a strip at a time; returns Σcode² and a bound on the error.
    #[inline(always)]
    fn code(&self, i: usize, scale: f32, mut put: impl FnMut(usize, &[i16])) -> (i32, f64) {
        let length = self.placed.marks[i].length;
        let (mut z, mut codes) = ([0.0f32; STRIP], [0i16; STRIP]);
        let (mut squares, mut missed) = (0, 0.0);
        for first in (0..self.count).step_by(STRIP) {
            let strip = STRIP.min(self.count - first);
            let (z, codes) = (&mut z[..strip], &mut codes[..strip]);
            self.coordinates(i, first, z);
            let (square, miss) = encode(z, scale, codes);
            squares += square;
            missed += miss;
            put(first, codes);
        }
        (squares, rounding(missed, length) + self.error(i))
    }

    #[inline(always)]
    fn coordinates(&self, i: usize, first: usize, z: &mut [f32]) {
        let placed = self.placed;
        if placed.stride == 0 {
            let row = self.order[i] as usize;
            let norm = placed.norms[row];
            self.space.coordinates(self.rows.row(row), norm, first, z);
            return;
        }
        let mark = &placed.marks[i];
        let codes = &placed.codes[i * placed.stride + first..][..z.len()];
        for (z, code) in z.iter_mut().zip(codes) {
            *z = f32::from(*code) * mark.scale;
        }
        if first + z.len() == self.count {
            z[z.len() - 1] = mark.rest;
        }
    }

    /// How far the coordinates may be off before they are coded.
    #[inline(always)]
    fn error(&self, i: usize) -> f64 {
        let mark = &self.placed.marks[i];
        let rounded = 2.0 * f64::from(f32::EPSILON) * mark.length + self.space.floor;
        f64::from(mark.first_error) + rounded
    }

    fn scale(&self, places: Range<usize>) -> f32 {
        let lengths = self.placed.marks[places].iter().map(|mark| mark.length);
        scale_of(lengths.fold(0.0, f64::max))
    }
}

/// Rows that are multiplied together.
#[derive(Default)]
pub struct Tile {
    /// Panels one after the other.
    pub panels: Vec<Pairs>,
    pub scale: f64,
    /// Σcode² of each row.
    pub squares: Vec<i32>,
    /// The largest error of a row.
    pub error: f64,
}

impl Tile {
    pub fn new<T: Element>(
        from: &Coordinates<T>,
        places: Range<usize>,
        control: &Control,
    ) -> Result<Self> {
        let (pairs, scale) = (from.pairs(), from.scale(places.clone()));
        let mut tile = Self {
            panels: vec![[[0; 2]; PANEL]; places.len().div_ceil(PANEL) * pairs],
            scale: f64::from(scale),
            squares: Vec::with_capacity(places.len()),
            error: 0.0,
        };
        for (position, place) in places.enumerate() {
            let panel = &mut tile.panels[position / PANEL * pairs..][..pairs];
            let (squares, error) = pulp::Arch::new().dispatch(
                #[inline(always)]
                || {
                    from.code(place, scale, |first, codes| {
                        for (j, code) in (first..).zip(codes) {
                            panel[j / 2][position % PANEL][j % 2] = *code;
                        }
                    })
                },
            );
            tile.squares.push(squares);
            tile.error = tile.error.max(error);
            control.go_on()?;
        }
        Ok(tile)
    }

    pub fn bytes(pairs: usize) -> usize {
        pairs * size_of::<Pairs>() / PANEL + size_of::<i32>()
    }
}

/// Queries that are multiplied together.
pub struct Block {
    /// Their codes one after the other, whole groups of them: what is missing is zeros.
    pub codes: Vec<[i16; 2]>,
    /// Pairs of coordinates in a code.
    pub pairs: usize,
    pub scale: f64,
    pub squares: Vec<i32>,
    pub errors: Vec<f64>,
}

impl Block {
    pub fn new<T: Element>(from: &Coordinates<T>, places: Range<usize>) -> Self {
        let (pairs, scale) = (from.pairs(), from.scale(places.clone()));
        let mut block = Self {
            codes: vec![[0; 2]; places.len().next_multiple_of(GROUP) * pairs],
            pairs,
            scale: f64::from(scale),
            squares: Vec::with_capacity(places.len()),
            errors: Vec::with_capacity(places.len()),
        };
        for (place, slot) in places.zip(block.codes.chunks_exact_mut(pairs)) {
            let (squares, error) = pulp::Arch::new().dispatch(
                #[inline(always)]
                || {
                    from.code(place, scale, |first, codes| {
                        for (j, code) in (first..).zip(codes) {
                            slot[j / 2][j % 2] = *code;
                        }
                    })
                },
            );
            block.squares.push(squares);
            block.errors.push(error);
        }
        block
    }

    /// The squared length of what a query's code stands for.
    pub fn squared_length(&self, i: usize) -> f64 {
        self.scale * self.scale * f64::from(self.squares[i])
    }
}

//! Rows on the axes of a search: codes of 16 bits, and how far they may be off.

use rayon::prelude::*;

use super::axes::{Axes, STRIP};
use super::element::Element;
use super::kernel::LONGEST;
use super::matrix::Rows;
use super::space::Space;
use crate::{Control, Result};

/// Leading coordinates that are kept as they are, to put rows in order.
pub const LEADING: usize = 16;
/// Rows that are placed together.
const BATCH: usize = 64;

/// What is known of a placed row, in the units of the space.
///
/// With r the length of what the axes leave of the row, (coordinates, r) is a point whose distances are
/// no larger than those of the rows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mark {
    /// The row's length.
    pub length: f64,
    /// What a code stands for is code·scale; it is off by at most `error`, all coordinates together.
    pub scale: f32,
    pub error: f32,
    /// The squared length of code·scale.
    pub squared: f64,
    /// r past the axes of the first bound, and the error of those coordinates and this.
    pub rest: f32,
    pub first_error: f32,
}

/// Rows of a part of a matrix, placed: in the order of the part, until they are put in another.
pub struct Placed {
    /// Numbers in a code: a coordinate on each axis, r past the last, and zeros.
    pub stride: usize,
    pub codes: Vec<i16>,
    pub marks: Vec<Mark>,
    /// What each row was divided by, and the leading coordinates: always in the order of the part.
    pub norms: Vec<f64>,
    pub leading: Vec<f32>,
    /// Numbers in a row of `leading`.
    pub leaders: usize,
}

/// Bytes that a placed row takes with this many axes (0: none).
pub fn bytes(axes: usize) -> usize {
    let code = if axes == 0 { 0 } else { stride(axes) };
    size_of::<Mark>() + size_of::<i16>() * code + size_of::<f32>() * LEADING
}

fn stride(axes: usize) -> usize {
    (axes + 1).next_multiple_of(16)
}

impl Placed {
    pub fn new(axes: Option<&Axes>) -> Self {
        Self {
            stride: axes.map_or(0, |axes| stride(axes.count)),
            codes: Vec::new(),
            marks: Vec::new(),
            norms: Vec::new(),
            leading: Vec::new(),
            leaders: axes.map_or(1, |axes| axes.count.min(LEADING)),
        }
    }

    /// Replace what is placed by these rows. Without axes only their lengths and norms are found.
    pub fn fill<T: Element>(
        &mut self,
        space: &Space,
        axes: Option<(&Axes, usize)>,
        rows: Rows<T>,
        count: usize,
        control: &Control,
    ) -> Result<()> {
        let stride = self.stride;
        self.marks.clear();
        self.marks.resize(count, Mark::default());
        self.codes.clear();
        self.codes.resize(count * stride, 0);
        self.norms.clear();
        self.norms.resize(count, 1.0);
        self.norms
            .par_iter_mut()
            .enumerate()
            .try_for_each(|(i, norm)| {
                *norm = space.metric.norm(rows.row(i));
                control.go_on()
            })?;
        let norms = &self.norms;
        self.leading.clear();
        self.leading.resize(count * self.leaders, 0.0);
        let Some((axes, first)) = axes else {
            let marks = self.marks.par_iter_mut().zip(&mut self.leading);
            return marks.enumerate().try_for_each(|(i, (mark, leading))| {
                let row = rows.row(i);
                let mut strip = [0.0; STRIP];
                let mut squared = 0.0;
                for from in (0..row.len()).step_by(STRIP) {
                    let strip = &mut strip[..STRIP.min(row.len() - from)];
                    squared += coordinates(space, row, norms[i], from, strip);
                }
                mark.length = squared.sqrt();
                *leading = mark.length as f32;
                control.go_on()
            });
        };
        self.marks
            .par_chunks_mut(BATCH)
            .zip(self.codes.par_chunks_mut(BATCH * stride))
            .zip(self.leading.par_chunks_mut(BATCH * self.leaders))
            .enumerate()
            .try_for_each_init(
                || (Vec::new(), Vec::new()),
                |(strip, z), (batch, ((marks, codes), leading))| {
                    let row = |i: usize| rows.row(batch * BATCH + i);
                    let width = row(0).len();
                    let norms = &norms[batch * BATCH..];
                    z.clear();
                    z.resize(marks.len() * axes.count, 0.0f32);
                    for from in (0..width).step_by(STRIP) {
                        let columns = STRIP.min(width - from);
                        strip.resize(marks.len() * columns, 0.0);
                        for (i, (mark, strip)) in
                            marks.iter_mut().zip(strip.chunks_mut(columns)).enumerate()
                        {
                            mark.length += coordinates(space, row(i), norms[i], from, strip);
                        }
                        axes.project(strip, columns, from, z);
                    }
                    let each = marks.iter_mut().zip(z.chunks(axes.count));
                    let each = each.zip(codes.chunks_mut(stride));
                    for (((mark, z), code), leading) in each.zip(leading.chunks_mut(self.leaders)) {
                        pulp::Arch::new().dispatch(
                            #[inline(always)]
                            || mark.place(z, axes.error, first, space.floor, code),
                        );
                        leading.copy_from_slice(&z[..leading.len()]);
                    }
                    control.go_on()
                },
            )
    }
}

impl Placed {
    /// Puts codes and marks in another order: that of the rows in `order`.
    pub fn reorder(&mut self, order: &[u32]) {
        self.marks = order.par_iter().map(|i| self.marks[*i as usize]).collect();
        let mut codes = vec![0; self.codes.len()];
        codes
            .par_chunks_exact_mut(self.stride)
            .zip(order)
            .for_each(|(code, i)| {
                code.copy_from_slice(&self.codes[*i as usize * self.stride..][..self.stride]);
            });
        self.codes = codes;
    }
}

/// Coordinates of a row from column `from` on; returns the sum of their squares.
#[inline(always)]
fn coordinates<T: Element>(
    space: &Space,
    row: &[T],
    norm: f64,
    from: usize,
    strip: &mut [f32],
) -> f64 {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || {
            space.coordinates(row, norm, from, strip);
            sum_of_squares(strip)
        },
    )
}

#[inline(always)]
fn sum_of_squares(values: &[f32]) -> f64 {
    let mut sums = [0.0f64; 8];
    let chunks = values.chunks_exact(8);
    for (sum, x) in sums.iter_mut().zip(chunks.remainder()) {
        *sum += f64::from(*x) * f64::from(*x);
    }
    for chunk in chunks {
        for lane in 0..8 {
            sums[lane] += f64::from(chunk[lane]) * f64::from(chunk[lane]);
        }
    }
    sums.iter().sum()
}

/// The scale at which a code of this length is as long as it may be.
///
/// With room for the rounding of up to 2²³ codes.
pub fn scale_of(length: f64) -> f32 {
    let scale = (length / LONGEST) as f32;
    if scale > 1e-30 { scale } else { 1e-30 }
}

/// Rounds coordinates to codes; returns Σcode² and Σ(coordinate - code·scale)².
#[inline(always)]
pub fn encode(coordinates: &[f32], scale: f32, codes: &mut [i16]) -> (i32, f64) {
    let inverse = 1.0 / scale;
    let (mut squares, mut missed) = (0, 0.0);
    for (z, code) in coordinates.chunks(64).zip(codes.chunks_mut(64)) {
        let mut sum = 0.0f32;
        for (z, code) in z.iter().zip(code) {
            // Adding and taking away 1.5·2²³ rounds to a whole number.
            const ROUND: f32 = 12_582_912.0;
            let whole = (z * inverse + ROUND) - ROUND;
            *code = whole as i16;
            squares += i32::from(*code) * i32::from(*code);
            let miss = z - whole * scale;
            sum += miss * miss;
        }
        missed += f64::from(sum);
    }
    (squares, missed)
}

/// The error of coordinates of this length that were rounded so.
#[inline(always)]
pub fn rounding(missed: f64, length: f64) -> f64 {
    missed.sqrt() * 1.001 + 3.0 * f64::from(f32::EPSILON) * length
}

impl Mark {
    /// Finishes a row whose sum of squares is `length` so far, and whose coordinates are `z`.
    #[inline(always)]
    fn place(&mut self, z: &[f32], relative: f64, first: usize, floor: f64, code: &mut [i16]) {
        let total = self.length;
        let length = total.sqrt();
        // The coordinates' error, and that of rounding the row to float32.
        let error = (relative + f64::from(f32::EPSILON)) * length + floor;
        let rest = |squared: f64| {
            let rest = (total - squared).max(0.0);
            // |r² - true r²|; the root of it, or less where r is large.
            let wrong = 2.0 * error * (length + error) + 1e-12 * total;
            let r = rest.sqrt();
            (
                r,
                if r * r > wrong {
                    wrong / r
                } else {
                    wrong.sqrt()
                },
            )
        };
        let head = sum_of_squares(&z[..first]);
        let (first_rest, first_error) = rest(head);
        let (last_rest, last_error) = rest(head + sum_of_squares(&z[first..]));
        let scale = scale_of(length);
        let (squares, missed) = encode(z, scale, code);
        let last = [last_rest as f32];
        let (square, miss) = encode(&last, scale, &mut code[z.len()..]);
        *self = Self {
            length,
            scale,
            error: (error + last_error + rounding(missed + miss, length)) as f32 * 1.001,
            first_error: (error + first_error + rounding(missed, length)) as f32 * 1.001,
            squared: f64::from(scale) * f64::from(scale) * f64::from(squares + square),
            rest: first_rest as f32,
        };
    }
}

//! The float32 space in which candidates are found, and how far it may be off.
//!
//! Rows are shifted by the training columns' mean and scaled by a power of two, so that no coordinate
//! exceeds 1 in size: an offset of the data costs no digits, a scale neither overflows nor underflows.

use rayon::prelude::*;

use super::element::Element;
use super::matrix::Matrix;
use crate::{Control, Error, Result};

/// Differences beyond this would overflow when squared in float64.
const LARGEST: f64 = 1e150;
/// Columns beyond this would make the error bound useless.
const WIDEST: usize = 1 << 22;
/// Rows between two looks at the control in the pass over the data, and parcels that it is cut into.
const STRETCH: usize = 1024;
const PARCELS: usize = 256;

/// The shift, the scale and the error bound of one search.
pub struct Space {
    center: Vec<f64>,
    scale: f64,
    /// η: a product's squared distance is off by at most η(‖x‖² + ‖q‖²) + `floor`.
    pub relative_error: f64,
    /// What underflow may add to that.
    pub floor: f64,
}

/// Sum, least and greatest value of every column.
#[derive(Clone)]
struct Columns {
    sum: Vec<f64>,
    least: Vec<f64>,
    greatest: Vec<f64>,
}

impl Space {
    /// Reads both matrices once.
    ///
    /// # Errors
    /// [`Error::Value`] naming the first row that is not finite, or data too wide or too large;
    /// [`Error::Interrupted`].
    pub fn new<T: Element>(train: Matrix<T>, query: Matrix<T>, control: &Control) -> Result<Self> {
        let width = train.width;
        if width > WIDEST {
            return Err(Error::value(
                "train",
                format!("has {width} columns; at most {WIDEST} fit"),
            ));
        }
        let (of_train, of_query) = (
            columns("train", train, control)?,
            columns("query", query, control)?,
        );
        let rows = train.rows() as f64;
        // Any centre would be right; one within the data keeps the coordinates small. (A sum of huge
        // values may overflow, hence the clamp.)
        let center = (0..width)
            .map(|j| (of_train.sum[j] / rows).clamp(of_train.least[j], of_train.greatest[j]))
            .collect();
        let spread = (0..width).map(|j| {
            let least = of_train.least[j].min(of_query.least[j]);
            of_train.greatest[j].max(of_query.greatest[j]) - least
        });
        let largest = spread.fold(0.0, f64::max);
        if largest > LARGEST {
            return Err(Error::value(
                "train",
                format!("spreads, with query, over more than {LARGEST:e}; rescale both"),
            ));
        }
        let exponent = if largest > 0.0 {
            -(largest.log2().floor() + 1.0)
        } else {
            0.0
        };
        let scale = exponent.clamp(-1000.0, 1000.0).exp2();
        // With u = 2⁻²⁴, in units of (‖x‖ + ‖q‖)² ≤ 2(‖x‖² + ‖q‖²): rounding of the coordinates 2u; of
        // the product γ_d/2, γ_d = du/(1 - du), in whatever order it is added; of norms, sums and
        // comparisons a few u; of the float64 reference itself next to nothing.
        let du = width as f64 * f64::from(f32::EPSILON) / 2.0;
        let relative_error = du / (1.0 - du) + 16.0 * f64::from(f32::EPSILON);
        // Coordinates and products below the smallest normal float32, differences below the root of the
        // smallest float64 (their squares vanish from the reference). For data so small that the scale
        // overflows when squared, this is infinite: no row is ruled out, all are settled.
        let floor = width as f64 * (f64::from(f32::MIN_POSITIVE) * 8.0 + scale * scale * 1e-322);
        Ok(Self {
            center,
            scale,
            relative_error,
            floor,
        })
    }

    /// Writes `rows` into this space: the coordinates, and the squared norm of each row.
    pub fn place<T: Element>(&self, rows: Matrix<T>, out: &mut [f32], norms: &mut [f64]) {
        let width = rows.width;
        rows.data
            .par_chunks(width)
            .zip(out.par_chunks_mut(width))
            .zip(norms)
            .with_min_len(64)
            .for_each(|((row, out), norm)| {
                let mut sum = 0.0;
                for ((x, center), slot) in row.iter().zip(&self.center).zip(out) {
                    let y = ((x.to_f64() - center) * self.scale) as f32;
                    *slot = y;
                    sum += f64::from(y) * f64::from(y);
                }
                *norm = sum;
            });
    }

    /// A distance of the data as a squared distance of this space, rounded up past the reference's own
    /// rounding.
    pub fn squared(&self, distance: f64) -> f64 {
        let scaled = distance * self.scale;
        scaled * scaled * (1.0 + (self.center.len() + 16) as f64 * f64::EPSILON)
    }
}

/// One pass over a matrix; parcels are combined in order, so threads do not change the result.
fn columns<T: Element>(name: &'static str, m: Matrix<T>, control: &Control) -> Result<Columns> {
    let width = m.width;
    let rows_each = m.rows().div_ceil(PARCELS).max(STRETCH);
    let parcels: Vec<Columns> = m
        .data
        .par_chunks(width * rows_each)
        .enumerate()
        .map(|(parcel, rows)| {
            let mut found = Columns {
                sum: vec![0.0; width],
                least: vec![f64::INFINITY; width],
                greatest: vec![f64::NEG_INFINITY; width],
            };
            for (i, row) in rows.chunks_exact(width).enumerate() {
                if i % STRETCH == 0 {
                    control.advance(0)?;
                }
                let mut finite = true;
                for (j, x) in row.iter().enumerate() {
                    let x = x.to_f64();
                    finite &= x.is_finite();
                    found.sum[j] += x;
                    found.least[j] = found.least[j].min(x);
                    found.greatest[j] = found.greatest[j].max(x);
                }
                if !finite {
                    let i = parcel * rows_each + i;
                    return Err(Error::value(
                        name,
                        format!("row {i} has a value that is not finite"),
                    ));
                }
            }
            Ok(found)
        })
        // Every parcel's result is kept, so that the first bad row is the one named.
        .collect::<Vec<Result<Columns>>>()
        .into_iter()
        .collect::<Result<_>>()?;
    let mut parcels = parcels.into_iter();
    let first = parcels.next().expect("a matrix has at least one row");
    Ok(parcels.fold(first, |mut all, one| {
        for j in 0..width {
            all.sum[j] += one.sum[j];
            all.least[j] = all.least[j].min(one.least[j]);
            all.greatest[j] = all.greatest[j].max(one.greatest[j]);
        }
        all
    }))
}

//! Orthonormal axes near the principal ones.
//!
//! Any orthonormal axes give valid bounds, so they need not be principal to the last digit: one round of
//! subspace iteration from random signs, on a sample (Halko, Martinsson, Tropp, SIAM Review 2011).

use nalgebra::{Cholesky, DMatrix, SymmetricEigen};
use rayon::prelude::*;

use super::products::{View, multiply};
use crate::random::Stream;
use crate::{Control, Result};

/// Columns in one product: sums of more would be less exact.
pub const STRIP: usize = 256;
/// Variance along an axis, as a share of the largest one after the round, that rounding may have made.
const NOISE: f64 = 1e-12;

/// Axes as the columns of a matrix in C order, the one of the largest variance first.
pub struct Axes {
    pub matrix: Vec<f32>,
    pub count: usize,
    /// ‖z - Bx‖ ≤ error·‖x‖, for z the coordinates of x as [`Axes::project`] has them, and B exactly
    /// orthonormal axes.
    pub error: f64,
}

impl Axes {
    /// Near the first `count` principal axes of a `sample` of centred rows of `width` numbers; fewer where
    /// the sample has no more.
    pub fn principal(
        sample: &[f32],
        width: usize,
        count: usize,
        control: &Control,
    ) -> Result<Option<Self>> {
        let rows = sample.len() / width;
        let stream = Stream::new(0, "axes");
        let mut signs = vec![0.0f32; rows * count];
        signs.par_chunks_mut(64).enumerate().for_each(|(i, signs)| {
            let bits = stream.integer(i as u64);
            for (j, sign) in signs.iter_mut().enumerate() {
                *sign = if bits >> j & 1 == 1 { 1.0 } else { -1.0 };
            }
        });
        let down = |weights: &[f32]| {
            let mut out = vec![0.0; width * count];
            let strips = out.par_chunks_mut(STRIP * count).enumerate();
            strips.try_for_each(|(i, out)| {
                let columns = View::rows(&sample[i * STRIP..], width).transposed();
                let shape = [out.len() / count, count, rows];
                multiply(shape, columns, View::rows(weights, count), out, false);
                control.go_on()
            })?;
            Ok(out)
        };
        let across = |axes: &[f32]| {
            let mut out = vec![0.0; rows * count];
            let strips = out.par_chunks_mut(STRIP * count).enumerate();
            strips.try_for_each(|(i, out)| {
                let part = View::rows(&sample[i * STRIP * width..], width);
                let shape = [out.len() / count, count, width];
                multiply(shape, part, View::rows(axes, count), out, false);
                control.go_on()
            })?;
            Ok(out)
        };
        let found: Vec<f32> = down(&across(&down(&signs)?)?)?;
        let found: Vec<f64> = found.into_iter().map(f64::from).collect();
        Self::orthonormal(found, width, count, control)
    }

    /// Orthonormal axes that span the same space as the columns of `y`, in the order of their length.
    fn orthonormal(
        y: Vec<f64>,
        width: usize,
        count: usize,
        control: &Control,
    ) -> Result<Option<Self>> {
        let squares = gram(&y, count);
        control.go_on()?;
        let eigen = SymmetricEigen::new(squares);
        control.go_on()?;
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
        let largest = eigen.eigenvalues[order[0]];
        order.retain(|i| eigen.eigenvalues[*i] > NOISE * largest);
        let kept = order.len();
        if !largest.is_finite() || kept == 0 {
            return Ok(None);
        }
        let turn: Vec<f64> = (0..count)
            .flat_map(|j| order.iter().map(move |i| (j, *i)))
            .map(|(j, i)| eigen.eigenvectors[(j, i)] / eigen.eigenvalues[i].sqrt())
            .collect();
        let mut axes = vec![0.0; width * kept];
        axes.par_chunks_mut(STRIP * kept)
            .zip(y.par_chunks(STRIP * count))
            .for_each(|(out, y)| {
                let shape = [out.len() / kept, kept, count];
                multiply(
                    shape,
                    View::rows(y, count),
                    View::rows(&turn, kept),
                    out,
                    false,
                );
            });
        // Rounding has tilted the last of them: once more, each against those before it.
        control.go_on()?;
        let Some(lower) = Cholesky::new(gram(&axes, kept)) else {
            return Ok(None);
        };
        control.go_on()?;
        let lower = lower.unpack();
        axes.par_chunks_mut(kept).for_each(|row| {
            for j in 0..kept {
                let before: f64 = (0..j).map(|i| row[i] * lower[(j, i)]).sum();
                row[j] = (row[j] - before) / lower[(j, j)];
            }
        });
        let matrix = axes.into_iter().map(|x| x as f32).collect();
        control.go_on()?;
        Ok(Some(Self::new(matrix, width, kept)))
    }

    fn new(matrix: Vec<f32>, width: usize, count: usize) -> Self {
        let wide: Vec<f64> = matrix.iter().copied().map(f64::from).collect();
        let tilt = (gram(&wide, count) - DMatrix::identity(count, count)).norm();
        // γ of a sum in float32: of a strip in any order, and of the strips.
        let terms = (width.min(STRIP) + width.div_ceil(STRIP) + 4) as f64;
        let unit = f64::from(f32::EPSILON) / 2.0;
        let rounding = terms * unit / (1.0 - terms * unit) * (count as f64).sqrt() * (1.0 + tilt);
        Self {
            matrix,
            count,
            // With A = (AAᵀ)^½ B, B is orthonormal and ‖A - B‖ ≤ ‖AAᵀ - 1‖.
            error: (tilt + rounding) * 1.01 + 1e-12,
        }
    }

    /// The first `count` of these axes.
    pub fn truncated(self, count: usize) -> Self {
        let width = self.matrix.len() / self.count;
        let rows = self.matrix.chunks_exact(self.count);
        let matrix = rows.flat_map(|row| row[..count].iter().copied()).collect();
        Self::new(matrix, width, count)
    }

    /// Adds what the columns `first..` of some rows (`width` of them, one strip at most) give to the
    /// coordinates on the axes.
    pub fn project(&self, strip: &[f32], width: usize, first: usize, out: &mut [f32]) {
        let shape = [out.len() / self.count, self.count, width];
        let axes = View::rows(&self.matrix[first * self.count..], self.count);
        multiply(shape, View::rows(strip, width), axes, out, true);
    }
}

/// yᵀy, the same bits for any number of threads.
fn gram(y: &[f64], count: usize) -> DMatrix<f64> {
    let parts: Vec<Vec<f64>> = y
        .par_chunks(STRIP * count)
        .map(|part| {
            let mut out = vec![0.0; count * count];
            let view = View::rows(part, count);
            let shape = [count, count, part.len() / count];
            multiply(shape, view.transposed(), view, &mut out, false);
            out
        })
        .collect();
    let mut sum = DMatrix::zeros(count, count);
    for part in parts {
        sum += DMatrix::from_vec(count, count, part);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_orthonormal_and_in_order() {
        let (rows, width) = (300, 40);
        let control = Control::default();
        let stream = Stream::new(3, "sample");
        // Column j has a standard deviation of 2^(-j/2), the last twenty none.
        let sample: Vec<f32> = (0..rows * width)
            .map(|i| match i % width {
                j if j < 20 => {
                    ((stream.uniform(i as u64) - 0.5) * (-(j as f64) / 2.0).exp2()) as f32
                }
                _ => 0.0,
            })
            .collect();
        let axes = Axes::principal(&sample, width, 8, &control)
            .unwrap()
            .unwrap();
        assert_eq!(axes.count, 8);
        assert!(axes.error < 1e-4);
        for j in 0..2 {
            assert!(
                axes.matrix[j * 8 + j].abs() > 0.95,
                "axis {j} is column {j}"
            );
        }
        // Coordinates are as long as the error says.
        let mut out = vec![0.0; 8];
        axes.project(&sample[..width], width, 0, &mut out);
        let length = |x: &[f32]| x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
        assert!(length(&out) <= length(&sample[..width]) * (1.0 + axes.error));
        assert!(length(&out) >= length(&sample[..width]) * 0.9);
        // Fewer axes than asked for where there are no more.
        let more = Axes::principal(&sample, width, 30, &control).unwrap();
        assert!(more.unwrap().count <= 20);
        let nothing = vec![0.0; rows * width];
        assert!(
            Axes::principal(&nothing, width, 3, &control)
                .unwrap()
                .is_none()
        );
    }
}

//! The types of number that a search takes, and the distance between two rows of them: exact, in one
//! order of addition, and rough, in whatever order is fast.

use super::kernel;
pub use super::kernel::LANES;

/// Partial sums of a rough distance.
const SUMS: usize = 32;

/// A number that rows consist of.
pub trait Element: Copy + Send + Sync + 'static {
    /// The same number in float64, exactly.
    fn to_f64(self) -> f64;

    /// Σ(a-b)² between `query` and each of the rows, in float64, added in index order.
    #[inline(always)] // into code for the vector unit at hand
    fn squared_distances(query: &[Self], rows: [&[Self]; LANES]) -> [f64; LANES] {
        sums_in_order(query, rows, |x, _| x, |x| x)
    }

    /// Σ(a-b)²·scale², off by a share of at most [`Element::rough_error`]; underflow apart.
    fn rough_distance(query: &[Self], row: &[Self], scale: f64) -> f64;

    /// The relative error of [`Element::rough_distance`] for rows of `width` numbers.
    fn rough_error(width: usize) -> f64;
}

/// Σ(a-b)² for a = x/weight of each row, b = x/weight of the query: as `row` and `query` map them.
#[inline(always)]
fn sums_in_order<T: Element>(
    query: &[T],
    rows: [&[T]; LANES],
    row: impl Fn(f64, usize) -> f64,
    of_query: impl Fn(f64) -> f64,
) -> [f64; LANES] {
    let mut sums = [0.0; LANES];
    let width = query.len();
    let rows = rows.map(|row| &row[..width]);
    for j in 0..width {
        let q = of_query(query[j].to_f64());
        for lane in 0..LANES {
            let difference = row(rows[lane][j].to_f64(), lane) - q;
            sums[lane] += difference * difference;
        }
    }
    sums
}

/// Σ(a/‖a‖ - b/‖b‖)² between `query` and each of the rows, in float64, added in index order.
#[inline(always)]
pub fn squared_angles<T: Element>(
    query: &[T],
    norm: f64,
    rows: [&[T]; LANES],
    norms: [f64; LANES],
) -> [f64; LANES] {
    sums_in_order(query, rows, |x, lane| x / norms[lane], |x| x / norm)
}

/// The same for one row in any order, off by at most 1e-15 of a distance (not squared), and a share of
/// 1e-12.
#[inline(always)]
pub fn rough_angle<T: Element>(query: &[T], norm: f64, row: &[T], row_norm: f64) -> f64 {
    let (of_query, of_row) = (1.0 / norm, 1.0 / row_norm);
    let mut sums = [0.0; SUMS];
    let mut rows = row.chunks_exact(SUMS);
    let mut queries = query.chunks_exact(SUMS);
    let square = |a: T, b: T| {
        let difference = a.to_f64() * of_row - b.to_f64() * of_query;
        difference * difference
    };
    for (a, b) in (&mut rows).zip(&mut queries) {
        for lane in 0..SUMS {
            sums[lane] += square(a[lane], b[lane]);
        }
    }
    for (sum, (a, b)) in sums
        .iter_mut()
        .zip(rows.remainder().iter().zip(queries.remainder()))
    {
        *sum += square(*a, *b);
    }
    sums.iter().sum()
}

/// Σ(a-b)²·scale² in float64, in any order.
#[inline(always)]
fn rough_sum<T: Element>(query: &[T], row: &[T], scale: f64) -> f64 {
    let mut sums = [0.0; SUMS];
    let mut rows = row.chunks_exact(SUMS);
    let mut queries = query.chunks_exact(SUMS);
    for (a, b) in (&mut rows).zip(&mut queries) {
        for lane in 0..SUMS {
            let difference = (a[lane].to_f64() - b[lane].to_f64()) * scale;
            sums[lane] += difference * difference;
        }
    }
    let rest = rows.remainder().iter().zip(queries.remainder());
    for (sum, (a, b)) in sums.iter_mut().zip(rest) {
        let difference = (a.to_f64() - b.to_f64()) * scale;
        *sum += difference * difference;
    }
    sums.iter().sum()
}

/// ‖row‖, from the sum of squares in float64 in index order.
pub fn norm<T: Element>(row: &[T]) -> f64 {
    row.iter()
        .map(|x| x.to_f64() * x.to_f64())
        .fold(0.0, |sum, square| sum + square)
        .sqrt()
}

impl Element for f64 {
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }

    #[inline(always)]
    fn rough_distance(query: &[Self], row: &[Self], scale: f64) -> f64 {
        rough_sum(query, row, scale)
    }

    fn rough_error(width: usize) -> f64 {
        (width / SUMS + SUMS + 8) as f64 * f64::EPSILON
    }
}

impl Element for f32 {
    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }

    #[inline(always)]
    fn squared_distances(query: &[Self], rows: [&[Self]; LANES]) -> [f64; LANES] {
        kernel::sums_in_order(query, rows)
    }

    /// In float32: a difference of two float32 is rounded once, whatever their offset.
    #[inline(always)]
    fn rough_distance(query: &[Self], row: &[Self], scale: f64) -> f64 {
        // Differences or the scale would leave float32's range.
        if !(f64::from(f32::MIN_POSITIVE)..=f64::from(f32::MAX)).contains(&scale) {
            return rough_sum(query, row, scale);
        }
        // A power of two: exact, but for underflow.
        let scale = scale as f32;
        let mut sums = [0.0f32; SUMS];
        let mut rows = row.chunks_exact(SUMS);
        let mut queries = query.chunks_exact(SUMS);
        for (a, b) in (&mut rows).zip(&mut queries) {
            for lane in 0..SUMS {
                let difference = (a[lane] - b[lane]) * scale;
                sums[lane] += difference * difference;
            }
        }
        let rest = rows.remainder().iter().zip(queries.remainder());
        for (sum, (a, b)) in sums.iter_mut().zip(rest) {
            let difference = (a - b) * scale;
            *sum += difference * difference;
        }
        sums.iter().copied().map(f64::from).sum()
    }

    fn rough_error(width: usize) -> f64 {
        (width / SUMS + 8) as f64 * f64::from(f32::EPSILON)
    }
}

impl Element for u8 {
    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }

    /// In integers, in any order: float64 would be exact too, but slower.
    #[inline(always)]
    fn squared_distances(query: &[Self], rows: [&[Self]; LANES]) -> [f64; LANES] {
        rows.map(|row| kernel::squared_distance(query, row) as f64)
    }

    #[inline(always)]
    fn rough_distance(query: &[Self], row: &[Self], scale: f64) -> f64 {
        kernel::squared_distance(query, row) as f64 * (scale * scale)
    }

    fn rough_error(_width: usize) -> f64 {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn rough_distances_are_within_their_error() {
        let stream = Stream::new(1, "rough");
        for width in [1, 7, 31, 32, 33, 500, 4000] {
            let numbers = |from: usize| -> Vec<f64> {
                (0..width)
                    .map(|j| stream.uniform((from + j) as u64))
                    .collect()
            };
            let (a, b) = (numbers(0), numbers(width));
            let want = f64::squared_distances(&a, [&b; LANES])[0] / 4.0;
            let error = f64::rough_error(width) + width as f64 * f64::EPSILON;
            assert!((f64::rough_distance(&a, &b, 0.5) - want).abs() <= error * want);
            let single = |x: &[f64]| x.iter().map(|x| (*x + 1e3) as f32).collect::<Vec<_>>();
            let (a, b) = (single(&a), single(&b));
            let want = f32::squared_distances(&a, [&b; LANES])[0] / 4.0;
            let error = f32::rough_error(width) + width as f64 * f64::EPSILON;
            assert!((f32::rough_distance(&a, &b, 0.5) - want).abs() <= error * want);
            let want = squared_angles(&a, norm(&a), [&b; LANES], [norm(&b); LANES])[0];
            let got = rough_angle(&a, norm(&a), &b, norm(&b));
            assert!((got.sqrt() - want.sqrt()).abs() <= 1e-15 + 1e-12 * want.sqrt());
        }
    }
}

//! Sums of points in whole numbers: any order of addition gives the same, and a point that leaves a cluster
//! leaves nothing behind. So threads share the work as they like, and iterations add what has moved.

use rayon::prelude::*;

use super::data::{Columns, Data};
use super::distance::Point;
use crate::memory::zeros;
use crate::{Control, Result};

/// Added to a float64 below 2⁵¹ in size, it leaves the nearest whole number in the last bits.
const ROUNDER: f64 = 6_755_399_441_055_744.0; // 1.5·2⁵²
/// The most bits of a number: what [`ROUNDER`] rounds rightly.
const MOST_BITS: i32 = 50;
/// Moves that are worth another thread.
const SHARE: usize = 512;
/// Moves between two looks at the control.
const STRETCH: usize = 64;

/// A point that changes its cluster; none is -1.
#[derive(Clone, Copy)]
pub struct Move {
    pub point: u32,
    pub from: i32,
    pub to: i32,
}

/// How a column's numbers become whole ones: (x - middle)·scale, rounded.
pub struct Grid {
    middle: Vec<f64>,
    scale: Vec<f64>,
}

impl Grid {
    /// Fine enough that a sum of `count` points has 62 bits.
    pub fn new(columns: &Columns, count: usize) -> Self {
        let bits = (61 - count.ilog2() as i32).min(MOST_BITS);
        let scale = columns.reach.iter().map(|reach| {
            let exponent = (reach.to_bits() >> 52) as i32 - 1022; // 2^exponent > reach
            power_of_two((bits - exponent).min(1000))
        });
        Self {
            scale: scale.collect(),
            middle: columns.middle.clone(),
        }
    }

    #[inline(always)]
    fn add_in<T: Point>(&self, row: &[T], sign: i64, sums: &mut [i64]) {
        let columns = row.iter().zip(&self.middle).zip(&self.scale);
        for (((x, middle), scale), sum) in columns.zip(sums) {
            let off = (x.to_f64() - middle) * scale + ROUNDER;
            let whole = off.to_bits().wrapping_sub(ROUNDER.to_bits()) as i64;
            *sum += (whole ^ sign) - sign;
        }
    }

    /// Adds a point, or takes it away for the sign -1 (0 adds).
    #[inline]
    fn add<T: Point>(&self, row: &[T], sign: i64, sums: &mut [i64]) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the feature is there.
            return unsafe { self.add_avx2(row, sign, sums) };
        }
        self.add_in(row, sign, sums);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn add_avx2<T: Point>(&self, row: &[T], sign: i64, sums: &mut [i64]) {
        self.add_in(row, sign, sums);
    }
}

fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023).clamp(1, 2046) as u64) << 52)
}

/// The sums and the sizes of all clusters.
#[derive(Clone)]
pub struct Sums {
    whole: Vec<i64>,
    pub sizes: Vec<i64>,
    width: usize,
}

impl Sums {
    pub fn new(clusters: usize, width: usize) -> Result<Self> {
        Ok(Self {
            whole: zeros(&[clusters, width])?,
            sizes: vec![0; clusters],
            width,
        })
    }

    pub fn apply<T: Point>(&mut self, data: &Data<T>, grid: &Grid, one: Move) {
        let row = data.row(one.point as usize);
        for (cluster, sign) in [(one.from, -1), (one.to, 0)] {
            if let Ok(cluster) = usize::try_from(cluster) {
                let sums = &mut self.whole[cluster * self.width..][..self.width];
                grid.add(row, sign, sums);
                self.sizes[cluster] += 1 | sign;
            }
        }
    }

    fn apply_some<T: Point>(
        &mut self,
        data: &Data<T>,
        grid: &Grid,
        moves: &[Move],
        control: &Control,
    ) -> Result<()> {
        for stretch in moves.chunks(STRETCH) {
            control.go_on()?;
            stretch.iter().for_each(|one| self.apply(data, grid, *one));
        }
        Ok(())
    }

    pub fn apply_all<T: Point>(
        &mut self,
        data: &Data<T>,
        grid: &Grid,
        moves: &[Move],
        control: &Control,
    ) -> Result<()> {
        // Each part needs room of its own, to be cleared and added: worth it for many moves only.
        let share = SHARE.max(2 * self.sizes.len());
        let parts = (moves.len() / share).min(rayon::current_num_threads());
        if parts < 2 {
            return self.apply_some(data, grid, moves, control);
        }
        let parts: Vec<Self> = moves
            .par_chunks(moves.len().div_ceil(parts))
            .map(|moves| {
                let mut sums = Self::new(self.sizes.len(), self.width)?;
                sums.apply_some(data, grid, moves, control)?;
                Ok(sums)
            })
            .collect::<Result<_>>()?;
        for part in parts {
            let sums = self.whole.iter_mut().zip(part.whole);
            sums.for_each(|(sum, part)| *sum += part);
            let sizes = self.sizes.iter_mut().zip(part.sizes);
            sizes.for_each(|(size, part)| *size += part);
        }
        Ok(())
    }

    /// The mean of cluster `c`, which must not be empty.
    pub fn center<T: Point>(&self, grid: &Grid, c: usize, out: &mut [f64]) {
        let size = self.sizes[c] as f64;
        let sums = &self.whole[c * self.width..][..self.width];
        for (j, (sum, out)) in sums.iter().zip(out).enumerate() {
            *out = T::round(grid.middle[j] + *sum as f64 / size / grid.scale[j]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neighbors::Matrix;
    use crate::random::Stream;

    #[test]
    fn sums_forget_what_has_left_and_do_not_depend_on_the_order() {
        let stream = Stream::new(4, "sums");
        let (n, width, control) = (3000, 21, Control::default());
        let x: Vec<f64> = (0..n * width)
            .map(|i| 1e6 + stream.uniform(i as u64) * (i % width) as f64)
            .collect();
        let mut room = Vec::new();
        let data = Data::new(Matrix::new("x", &x, width).unwrap(), &mut room, &control).unwrap();
        let columns = Columns::of(&data, &control).unwrap();
        let grid = Grid::new(&columns, n);
        let to = |i: usize, salt: u64| (stream.integer(i as u64 ^ salt << 32) % 3) as i32;
        let first: Vec<Move> = (0..n)
            .map(|i| (i as u32, -1, to(i, 0)))
            .map(|(point, from, to)| Move { point, from, to })
            .collect();
        let then: Vec<Move> = (0..n)
            .rev()
            .map(|i| (i as u32, to(i, 0), to(i, 1)))
            .map(|(point, from, to)| Move { point, from, to })
            .collect();
        let straight: Vec<Move> = (0..n)
            .map(|i| (i as u32, -1, to(i, 1)))
            .map(|(point, from, to)| Move { point, from, to })
            .collect();
        let sum = |threads: usize, all: &[&[Move]]| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build().unwrap().install(|| {
                let mut sums = Sums::new(3, width).unwrap();
                for moves in all {
                    sums.apply_all(&data, &grid, moves, &control).unwrap();
                }
                sums
            })
        };
        let want = sum(1, &[&straight]);
        for threads in [1, 4] {
            let got = sum(threads, &[&first, &then]);
            assert!(got.whole == want.whole && got.sizes == want.sizes);
        }
        let mut center = vec![0.0; width];
        want.center::<f64>(&grid, 1, &mut center);
        for (j, got) in center.iter().enumerate() {
            let of_cluster = (0..n).filter(|i| to(*i, 1) == 1).map(|i| x[i * width + j]);
            let mean = of_cluster.sum::<f64>() / want.sizes[1] as f64;
            assert!((got - mean).abs() <= 1e-12 * mean);
        }
    }
}

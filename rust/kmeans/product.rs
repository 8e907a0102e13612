//! The product behind bounds: a few points with all targets, in float32. No multiply-adds are fused and all
//! sums are in order, so the vector code can be held to its twin bit by bit.

/// Targets that lie side by side in a panel.
pub const LANES: usize = 8;
/// Points of one call.
pub const POINTS: usize = 4;

/// Targets in panels: each coordinate of all of them, then the next.
#[derive(Default)]
pub struct Panels {
    /// Coordinate j of target `8·i + lane` at `(i·width + j)·8 + lane`.
    places: Vec<f32>,
    width: usize,
    /// The squares of lengths, rounded down and up; infinite past the last target.
    low: Vec<f32>,
    high: Vec<f32>,
    reach: Vec<f32>,
}

/// What is known of the distances between a point and every target: squares, less that of the point's length.
#[derive(Default)]
pub struct Limits {
    /// No distance is less.
    pub low: Vec<f32>,
    /// The nearest target is no farther.
    pub most: f32,
    /// How many may be as near, and the first of them.
    pub within: u32,
    pub first: usize,
    /// The least bound of the others.
    pub next: f32,
}

impl Panels {
    /// From places in C order, and for each the square of its length, rounded down and up, and its reach.
    pub fn new(places: &[f32], width: usize, lengths: impl Iterator<Item = [f32; 3]>) -> Self {
        let lengths: Vec<[f32; 3]> = lengths.collect();
        let padded = lengths.len().next_multiple_of(LANES);
        let column = |which: usize, last: f32| {
            let mut out: Vec<f32> = lengths.iter().map(|length| length[which]).collect();
            out.resize(padded, last);
            out
        };
        let mut turned = vec![0.0; padded * width];
        for (t, place) in places.chunks_exact(width).enumerate() {
            for (j, x) in place.iter().enumerate() {
                turned[(t / LANES * width + j) * LANES + t % LANES] = *x;
            }
        }
        Self {
            places: turned,
            width,
            low: column(0, f32::INFINITY),
            high: column(1, f32::INFINITY),
            reach: column(2, 0.0),
        }
    }

    /// Bounds on ‖x - t‖² - ‖x‖² = ‖t‖² - 2⟨x, t⟩: off by twice the product of both reaches.
    #[inline]
    pub fn limits(
        &self,
        points: [&[f32]; POINTS],
        reaches: [f32; POINTS],
        out: &mut [Limits; POINTS],
    ) {
        assert!(points.iter().all(|point| point.len() == self.width));
        for out in &mut *out {
            out.low.resize(self.low.len(), 0.0);
        }
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the feature is there; all points are as wide as the panels, and there is room.
            return unsafe { avx2::limits(self, points, reaches, out) };
        }
        self.portable(points, reaches, out);
    }

    fn portable(
        &self,
        points: [&[f32]; POINTS],
        reaches: [f32; POINTS],
        out: &mut [Limits; POINTS],
    ) {
        for ((point, reach), out) in points.into_iter().zip(reaches).zip(out) {
            let twice = 2.0 * reach;
            out.most = f32::INFINITY;
            for t in 0..self.low.len() {
                let panel = &self.places[t / LANES * self.width * LANES..];
                let product = |sum, (j, x): (usize, &f32)| sum + x * panel[j * LANES + t % LANES];
                let product = point.iter().enumerate().fold(0.0, product);
                let (product, off) = (product + product, twice * self.reach[t]);
                out.low[t] = self.low[t] - product - off;
                out.most = out.most.min(self.high[t] - product + off);
            }
            let near = |low: &&f32| **low <= out.most;
            out.within = out.low.iter().filter(near).count() as u32;
            out.first = out.low.iter().position(|low| near(&low)).unwrap_or(0);
            let far = out.low.iter().filter(|low| !near(low));
            out.next = far.copied().fold(f32::INFINITY, f32::min);
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::*;

    use super::{LANES, Limits, POINTS, Panels};

    /// # Safety
    /// Points are as wide as the panels, and `out` has room for a bound of every target.
    #[target_feature(enable = "avx2")]
    pub unsafe fn limits(
        panels: &Panels,
        points: [&[f32]; POINTS],
        reaches: [f32; POINTS],
        out: &mut [Limits; POINTS],
    ) {
        let count = panels.low.len() / LANES;
        let mut most = [_mm256_set1_ps(f32::INFINITY); POINTS];
        // SAFETY: as the caller says.
        unsafe {
            for i in (0..count / 2).map(|pair| 2 * pair) {
                some::<2>(panels, i, points, reaches, &mut most, out);
            }
            if count % 2 == 1 {
                some::<1>(panels, count - 1, points, reaches, &mut most, out);
            }
        }
        for (out, most) in out.iter_mut().zip(most) {
            out.most = least(most);
            let most = _mm256_set1_ps(out.most);
            let mut next = _mm256_set1_ps(f32::INFINITY);
            (out.within, out.first) = (0, 0);
            for (i, low) in out.low.chunks_exact(LANES).enumerate() {
                // SAFETY: a chunk is one vector long.
                let low = unsafe { _mm256_loadu_ps(low.as_ptr()) };
                let near = _mm256_cmp_ps::<_CMP_LE_OQ>(low, most);
                let mask = _mm256_movemask_ps(near) as u32;
                if mask != 0 {
                    if out.within == 0 {
                        out.first = i * LANES + mask.trailing_zeros() as usize;
                    }
                    out.within += mask.count_ones();
                }
                let far = _mm256_blendv_ps(low, _mm256_set1_ps(f32::INFINITY), near);
                next = _mm256_min_ps(next, far);
            }
            out.next = least(next);
        }
    }

    /// Panels `i..i + N`.
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn some<const N: usize>(
        panels: &Panels,
        i: usize,
        points: [&[f32]; POINTS],
        reaches: [f32; POINTS],
        most: &mut [__m256; POINTS],
        out: &mut [Limits; POINTS],
    ) {
        let width = panels.width;
        let points = points.map(<[f32]>::as_ptr);
        let places = panels.places[i * width * LANES..][..N * width * LANES].as_ptr();
        let mut sums = [[_mm256_setzero_ps(); N]; POINTS];
        for j in 0..width {
            // SAFETY: a panel has LANES numbers for each column, a point one.
            unsafe {
                let mut columns = [_mm256_setzero_ps(); N];
                for (n, column) in columns.iter_mut().enumerate() {
                    *column = _mm256_loadu_ps(places.add((n * width + j) * LANES));
                }
                for p in 0..POINTS {
                    let x = _mm256_broadcast_ss(&*points[p].add(j));
                    for n in 0..N {
                        sums[p][n] = _mm256_add_ps(sums[p][n], _mm256_mul_ps(x, columns[n]));
                    }
                }
            }
        }
        for (n, first) in (i..i + N).map(|panel| panel * LANES).enumerate() {
            // SAFETY: there is a number for every target of the panel, and room for one.
            unsafe {
                let low = _mm256_loadu_ps(panels.low[first..].as_ptr());
                let high = _mm256_loadu_ps(panels.high[first..].as_ptr());
                let reach = _mm256_loadu_ps(panels.reach[first..].as_ptr());
                for p in 0..POINTS {
                    let product = _mm256_add_ps(sums[p][n], sums[p][n]);
                    let off = _mm256_mul_ps(_mm256_set1_ps(2.0 * reaches[p]), reach);
                    let low = _mm256_sub_ps(_mm256_sub_ps(low, product), off);
                    let high = _mm256_add_ps(_mm256_sub_ps(high, product), off);
                    _mm256_storeu_ps(out[p].low[first..].as_mut_ptr(), low);
                    most[p] = _mm256_min_ps(most[p], high);
                }
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn least(lanes: __m256) -> f32 {
        let four = _mm_min_ps(
            _mm256_castps256_ps128(lanes),
            _mm256_extractf128_ps::<1>(lanes),
        );
        let two = _mm_min_ps(four, _mm_movehl_ps(four, four));
        _mm_cvtss_f32(_mm_min_ss(two, _mm_shuffle_ps::<1>(two, two)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn vector_code_equals_its_twin() {
        let stream = Stream::new(8, "products");
        for (width, targets) in [(1, 1), (7, 8), (16, 9), (33, 16), (64, 17), (5, 100)] {
            let number = |i: usize| stream.uniform(i as u64) as f32 - 0.5;
            let points: Vec<f32> = (0..POINTS * width).map(number).collect();
            let points = std::array::from_fn(|p| &points[p * width..][..width]);
            let places: Vec<f32> = (0..targets * width).map(|i| number(i + 1000)).collect();
            let length = |t: usize| {
                let square = number(t + 9000) + 1.0;
                [square, square + 0.01, 0.1 * number(t + 8000).abs()]
            };
            let panels = Panels::new(&places, width, (0..targets).map(length));
            let reaches = [0.1, 0.2, 0.0, 1.0];
            let (mut want, mut got) = (<[Limits; POINTS]>::default(), Default::default());
            for want in &mut want {
                want.low.resize(targets.next_multiple_of(LANES), 0.0);
            }
            panels.portable(points, reaches, &mut want);
            panels.limits(points, reaches, &mut got);
            for (got, want) in got.iter().zip(&want) {
                assert_eq!(got.low, want.low);
                assert_eq!((got.most, got.within), (want.most, want.within));
                assert_eq!((got.first, got.next), (want.first, want.next));
            }
            assert!(got.iter().all(|got| got.within >= 1));
        }
    }
}

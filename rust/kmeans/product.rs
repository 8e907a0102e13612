//! Products of float32 for bounds: a few points with a few targets. No multiply-adds are fused, so bounds have
//! the same bits on every vector unit, and the vector code can be held to its twin.

/// Numbers that are multiplied side by side.
pub const LANES: usize = 8;
/// Points and targets of one call.
pub const POINTS: usize = 2;
pub const TARGETS: usize = 4;

/// Products of points with targets that lie one after the other, all of as many numbers, a multiple of
/// [`LANES`].
#[inline(always)]
pub fn products(points: [&[f32]; POINTS], targets: &[f32]) -> [[f32; TARGETS]; POINTS] {
    let width = points[0].len();
    assert!(width.is_multiple_of(LANES) && targets.len() == TARGETS * width);
    assert!(points.iter().all(|point| point.len() == width));
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the feature is there, and the lengths are as asserted.
        return unsafe { avx2::products(points, targets) };
    }
    portable(points, targets)
}

fn portable(points: [&[f32]; POINTS], targets: &[f32]) -> [[f32; TARGETS]; POINTS] {
    points.map(|point| {
        std::array::from_fn(|t| {
            let target = &targets[t * point.len()..][..point.len()];
            let mut sums = [0.0; LANES];
            for (a, b) in point.chunks_exact(LANES).zip(target.chunks_exact(LANES)) {
                for lane in 0..LANES {
                    sums[lane] += a[lane] * b[lane];
                }
            }
            let [a, b, c, d] = std::array::from_fn(|lane| sums[lane] + sums[lane + 4]);
            (a + b) + (c + d)
        })
    })
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::*;

    use super::{LANES, POINTS, TARGETS};

    /// # Safety
    /// Points have equal lengths, a multiple of [`LANES`], and the targets [`TARGETS`] times that.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub unsafe fn products(points: [&[f32]; POINTS], targets: &[f32]) -> [[f32; TARGETS]; POINTS] {
        let width = points[0].len();
        let (points, targets) = (points.map(<[f32]>::as_ptr), targets.as_ptr());
        let mut sums = [[_mm256_setzero_ps(); TARGETS]; POINTS];
        for j in (0..width).step_by(LANES) {
            // SAFETY: all have LANES more numbers there; unaligned loads take any address.
            unsafe {
                let a = [
                    _mm256_loadu_ps(points[0].add(j)),
                    _mm256_loadu_ps(points[1].add(j)),
                ];
                for t in 0..TARGETS {
                    let b = _mm256_loadu_ps(targets.add(t * width + j));
                    for p in 0..POINTS {
                        sums[p][t] = _mm256_add_ps(sums[p][t], _mm256_mul_ps(a[p], b));
                    }
                }
            }
        }
        let mut out = [[0.0; TARGETS]; POINTS];
        for p in 0..POINTS {
            let [a, b, c, d] = sums[p];
            let sum = _mm_hadd_ps(_mm_hadd_ps(half(a), half(b)), _mm_hadd_ps(half(c), half(d)));
            // SAFETY: there is room for four numbers.
            unsafe { _mm_storeu_ps(out[p].as_mut_ptr(), sum) };
        }
        out
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn half(sums: __m256) -> __m128 {
        _mm_add_ps(
            _mm256_castps256_ps128(sums),
            _mm256_extractf128_ps::<1>(sums),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn vector_code_equals_its_twin() {
        let stream = Stream::new(8, "products");
        for width in [0, 8, 16, 96, 264] {
            let number = |i: usize| stream.uniform(i as u64) as f32 - 0.5;
            let points: Vec<f32> = (0..POINTS * width).map(number).collect();
            let targets: Vec<f32> = (0..TARGETS * width).map(|i| number(i + 1000)).collect();
            let points = std::array::from_fn(|p| &points[p * width..][..width]);
            assert_eq!(products(points, &targets), portable(points, &targets));
        }
    }
}

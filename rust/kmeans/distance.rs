//! Squared distances: the ones that decide, in float64 and in one order, and rough ones in whatever is fast.

use std::ops::Add;

use crate::neighbors::{Element, kernel};

/// Partial sums of a distance that decides: the same ones on every vector unit.
const LANES: usize = 16;
/// Partial sums of a rough one.
const SUMS: usize = 32;

/// A number that points consist of.
pub trait Point: Element {
    /// The nearest number of the type that centres have: float32 where points have at most as many digits.
    fn round(x: f64) -> f64;

    /// [`squared`] between `a` and `b`, or `most` if that is less; `center` has the numbers of `b`.
    fn between(a: &[Self], b: &[Self], center: &[f64], most: f64) -> f64 {
        let _ = b;
        squared(a, center).min(most)
    }

    /// Whether [`rough`] takes less time than [`squared`]: it does in float32, which holds the numbers.
    const ROUGH: bool;

    /// The same number in float32.
    fn to_f32(self) -> f32;
}

impl Point for u8 {
    fn round(x: f64) -> f64 {
        f64::from(x as f32)
    }

    const ROUGH: bool = true;

    fn to_f32(self) -> f32 {
        f32::from(self)
    }

    /// In integers: float64 is exact too, but slower.
    fn between(a: &[Self], b: &[Self], _center: &[f64], most: f64) -> f64 {
        (kernel::squared_distance(a, b) as f64).min(most)
    }
}

impl Point for f32 {
    fn round(x: f64) -> f64 {
        f64::from(x as f32)
    }

    const ROUGH: bool = true;

    fn to_f32(self) -> f32 {
        self
    }

    /// In float32 first, which says for most that they are far.
    fn between(a: &[Self], b: &[Self], center: &[f64], most: f64) -> f64 {
        match rough(a, b) {
            Some([least, _]) if least > most => return most,
            _ => (),
        }
        squared(a, center).min(most)
    }
}

impl Point for f64 {
    fn round(x: f64) -> f64 {
        x
    }

    const ROUGH: bool = false;

    fn to_f32(self) -> f32 {
        self as f32
    }
}

/// Σ(a-b)² between a point and a centre of as many numbers, as everything that decides has it.
#[inline]
pub fn squared<T: Point>(point: &[T], center: &[f64]) -> f64 {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the feature is there.
        return unsafe { avx2::squared(point, center) };
    }
    in_lanes(point, center)
}

/// The relative error of [`squared`], generously.
pub fn error(width: usize) -> f64 {
    (width + 64) as f64 * f64::EPSILON
}

/// Compiled for each vector unit. Nothing here may be reordered or fused, and the compiler does neither.
#[inline(always)]
fn in_lanes<T: Point>(point: &[T], center: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    let (mut points, mut centers) = (point.chunks_exact(LANES), center.chunks_exact(LANES));
    for (a, b) in (&mut points).zip(&mut centers) {
        for lane in 0..LANES {
            let difference = a[lane].to_f64() - b[lane];
            sums[lane] += difference * difference;
        }
    }
    let rest = points.remainder().iter().zip(centers.remainder());
    for (sum, (a, b)) in sums.iter_mut().zip(rest) {
        let difference = a.to_f64() - b;
        *sum += difference * difference;
    }
    let four: [f64; 4] = halves(halves::<_, LANES, { LANES / 2 }>(sums));
    (four[0] + four[2]) + (four[1] + four[3])
}

/// One half of the sums added to the other.
#[inline(always)]
fn halves<T: Copy + Add<Output = T>, const N: usize, const HALF: usize>(sums: [T; N]) -> [T; HALF] {
    const { assert!(N == 2 * HALF) };
    std::array::from_fn(|lane| sums[lane] + sums[lane + HALF])
}

/// Bounds on [`squared`], from a sum in float32; none where that leaves float32's range. `b` must have the
/// very numbers of the centre.
#[inline]
pub fn rough<T: Point>(a: &[T], b: &[f32]) -> Option<[f64; 2]> {
    /// Between these, sums lose less than the share below where their terms vanish, and none is infinite.
    const SAFE: std::ops::Range<f64> = 1e-20..1e37;
    let error = (a.len() / SUMS + 16) as f64 * f64::from(f32::EPSILON) + error(a.len());
    let sum = f64::from(rough_sum(a, b));
    SAFE.contains(&sum)
        .then_some([sum * (1.0 - error), sum * (1.0 + error)])
}

#[inline]
fn rough_sum<T: Point>(a: &[T], b: &[f32]) -> f32 {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the feature is there.
        return unsafe { avx2::rough(a, b) };
    }
    rough_in_lanes(a, b)
}

#[inline(always)]
fn rough_in_lanes<T: Point>(a: &[T], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; SUMS];
    let (mut a, mut b) = (a.chunks_exact(SUMS), b.chunks_exact(SUMS));
    for (a, b) in (&mut a).zip(&mut b) {
        for lane in 0..SUMS {
            let difference = a[lane].to_f32() - b[lane];
            sums[lane] += difference * difference;
        }
    }
    for (sum, (a, b)) in sums.iter_mut().zip(a.remainder().iter().zip(b.remainder())) {
        let difference = a.to_f32() - b;
        *sum += difference * difference;
    }
    let eight: [f32; 8] = halves(halves::<_, SUMS, { SUMS / 2 }>(sums));
    let four: [f32; 4] = halves(eight);
    (four[0] + four[2]) + (four[1] + four[3])
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::Point;

    #[target_feature(enable = "avx2")]
    pub fn squared<T: Point>(point: &[T], center: &[f64]) -> f64 {
        super::in_lanes(point, center)
    }

    #[target_feature(enable = "avx2")]
    pub fn rough<T: Point>(a: &[T], b: &[f32]) -> f32 {
        super::rough_in_lanes(a, b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn vector_code_equals_its_twin_and_rough_distances_are_within_their_error() {
        let stream = Stream::new(5, "distances");
        for width in [1, 7, 15, 16, 17, 32, 33, 100, 784, 3001] {
            let number = |i: usize| 1e3 + stream.uniform(i as u64);
            let center: Vec<f64> = (0..width).map(|i| number(i + width)).collect();
            let wide: Vec<f64> = (0..width).map(number).collect();
            let single: Vec<f32> = wide.iter().map(|x| *x as f32).collect();
            let bytes: Vec<u8> = (0..width).map(|i| stream.integer(i as u64) as u8).collect();
            assert_eq!(squared(&wide, &center), in_lanes(&wide, &center));
            assert_eq!(squared(&single, &center), in_lanes(&single, &center));
            assert_eq!(squared(&bytes, &center), in_lanes(&bytes, &center));
            let in_order: f64 = wide
                .iter()
                .zip(&center)
                .map(|(a, b)| (a - b) * (a - b))
                .sum();
            assert!((squared(&wide, &center) - in_order).abs() <= error(width) * in_order);
            let other: Vec<f32> = center.iter().map(|x| *x as f32).collect();
            let exact = squared(
                &single,
                &other.iter().map(|x| f64::from(*x)).collect::<Vec<_>>(),
            );
            assert_eq!(rough_sum(&single, &other), rough_in_lanes(&single, &other));
            assert_eq!(rough_sum(&bytes, &other), rough_in_lanes(&bytes, &other));
            let [least, most] = rough(&single, &other).unwrap();
            assert!((least..=most).contains(&exact));
        }
    }
}

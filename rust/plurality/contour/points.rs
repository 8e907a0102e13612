//! Complex numbers at several points of the circle, in vectors of this machine.

use pulp::Simd;
use pulp::bytemuck::{bytes_of, cast_slice, pod_read_unaligned};

use super::small::Factor;

/// Points of the circle that are worked on side by side.
pub const LANES: usize = 8;

/// A complex number at each of [`LANES`] points.
#[derive(Clone, Copy, Default)]
pub struct Points {
    pub re: [f64; LANES],
    pub im: [f64; LANES],
}

/// e^(re + i im)
fn cis(re: f64, im: f64) -> (f64, f64) {
    let (size, (sin, cos)) = (re.exp(), im.sin_cos());
    (size * cos, size * sin)
}

impl Points {
    /// exp(rate (z - 1)) at points z of the unit circle.
    pub fn exponential(&self, rate: f64) -> Self {
        let mut result = Self::default();
        for l in 0..LANES {
            (result.re[l], result.im[l]) = cis(rate * self.less_one(l), rate * self.im[l]);
        }
        result
    }

    /// exp(rate (z - 1) + exponent) at points z of the unit circle.
    pub fn exponential_with(&self, rate: f64, exponent: &Self) -> Self {
        let mut result = Self::default();
        for l in 0..LANES {
            let re = rate * self.less_one(l) + exponent.re[l];
            (result.re[l], result.im[l]) = cis(re, rate * self.im[l] + exponent.im[l]);
        }
        result
    }

    /// The real part less 1, without cancellation where it is near 1.
    fn less_one(&self, l: usize) -> f64 {
        let (re, im) = (self.re[l], self.im[l]);
        if re > 0.0 {
            -im * im / (1.0 + re)
        } else {
            re - 1.0
        }
    }
}

/// A complex number at the points of `W` vectors of this machine. Two are worked on side by side where
/// there are two: a product waits for the one before it, and less so beside another.
pub struct Complex<S: Simd, const W: usize> {
    re: [S::f64s; W],
    im: [S::f64s; W],
}

impl<S: Simd, const W: usize> Clone for Complex<S, W> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Simd, const W: usize> Copy for Complex<S, W> {}

impl<S: Simd, const W: usize> Complex<S, W> {
    /// The same real number everywhere.
    #[inline(always)]
    pub fn real(simd: S, value: f64) -> Self {
        Self {
            re: [simd.splat_f64s(value); W],
            im: [simd.splat_f64s(0.0); W],
        }
    }

    /// Some points, from the `part`-th vector on.
    #[inline(always)]
    pub fn load(simd: S, points: &Points, part: usize) -> Self {
        let mut result = Self::real(simd, 0.0);
        for w in 0..W {
            let from = (part + w) * S::F64_LANES;
            result.re[w] = pod_read_unaligned(cast_slice(&points.re[from..][..S::F64_LANES]));
            result.im[w] = pod_read_unaligned(cast_slice(&points.im[from..][..S::F64_LANES]));
        }
        result
    }

    #[inline(always)]
    pub fn store(self, points: &mut Points, part: usize) {
        for w in 0..W {
            let from = (part + w) * S::F64_LANES;
            let (re, im) = (bytes_of(&self.re[w]), bytes_of(&self.im[w]));
            points.re[from..][..S::F64_LANES].copy_from_slice(cast_slice(re));
            points.im[from..][..S::F64_LANES].copy_from_slice(cast_slice(im));
        }
    }

    // Multiply-adds are fused everywhere, so every vector unit gives the same bits.

    #[inline(always)]
    pub fn add_scaled(mut self, simd: S, other: Self, factor: f64) -> Self {
        let factor = simd.splat_f64s(factor);
        for w in 0..W {
            self.re[w] = simd.mul_add_f64s(other.re[w], factor, self.re[w]);
            self.im[w] = simd.mul_add_f64s(other.im[w], factor, self.im[w]);
        }
        self
    }

    #[inline(always)]
    pub fn times(self, simd: S, other: Self) -> Self {
        let (a, b) = (self, other);
        let mut result = self;
        for w in 0..W {
            let negative = simd.neg_f64s(simd.mul_f64s(a.im[w], b.im[w]));
            result.re[w] = simd.mul_add_f64s(a.re[w], b.re[w], negative);
            let mixed = simd.mul_f64s(a.im[w], b.re[w]);
            result.im[w] = simd.mul_add_f64s(a.re[w], b.im[w], mixed);
        }
        result
    }

    /// `self` times `base` to the power of `exponent` ≥ 1.
    #[inline(always)]
    pub fn times_power(self, simd: S, base: Self, mut exponent: u32) -> Self {
        let (mut product, mut square) = (self, base);
        loop {
            if exponent & 1 == 1 {
                product = product.times(simd, square);
            }
            exponent >>= 1;
            if exponent == 0 {
                return product;
            }
            square = square.times(simd, square);
        }
    }

    /// Σ_t terms[t] z^t
    #[inline(always)]
    pub fn series(simd: S, terms: &[f64], phases: &[Points], part: usize) -> Self {
        let mut sum = Self::real(simd, 0.0);
        for (term, phase) in terms.iter().zip(phases) {
            sum = sum.add_scaled(simd, Self::load(simd, phase, part), *term);
        }
        sum
    }

    /// The exponential of `exponent`, as `factor` says.
    #[inline(always)]
    pub fn exp(simd: S, exponent: Self, factor: Factor) -> Self {
        let one = Self::real(simd, 1.0);
        let mut value = one;
        for d in (1..=factor.degree).rev() {
            let scale = factor.shrink / f64::from(d);
            value = one.add_scaled(simd, value.times(simd, exponent), scale);
        }
        for _ in 0..factor.halvings {
            value = value.times(simd, value);
        }
        value
    }
}

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

impl Points {
    /// exp(rate (z - 1)) at points z of the unit circle.
    pub fn exponential(&self, rate: f64) -> Self {
        let mut result = Self::default();
        for l in 0..LANES {
            let size = (rate * (self.re[l] - 1.0)).exp();
            let (sin, cos) = (rate * self.im[l]).sin_cos();
            (result.re[l], result.im[l]) = (size * cos, size * sin);
        }
        result
    }
}

/// A complex number at as many points as a vector of this machine holds.
pub struct Complex<S: Simd> {
    re: S::f64s,
    im: S::f64s,
}

impl<S: Simd> Clone for Complex<S> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Simd> Copy for Complex<S> {}

impl<S: Simd> Complex<S> {
    #[inline(always)]
    pub fn zero(simd: S) -> Self {
        Self {
            re: simd.splat_f64s(0.0),
            im: simd.splat_f64s(0.0),
        }
    }

    #[inline(always)]
    pub fn one(simd: S) -> Self {
        Self {
            re: simd.splat_f64s(1.0),
            im: simd.splat_f64s(0.0),
        }
    }

    /// The `part`-th vector of some points.
    #[inline(always)]
    pub fn load(points: &Points, part: usize) -> Self {
        let read = |x: &[f64; LANES]| {
            pod_read_unaligned(cast_slice(&x[part * S::F64_LANES..][..S::F64_LANES]))
        };
        Self {
            re: read(&points.re),
            im: read(&points.im),
        }
    }

    #[inline(always)]
    pub fn store(self, points: &mut Points, part: usize) {
        let write = |x: &mut [f64; LANES], values: S::f64s| {
            x[part * S::F64_LANES..][..S::F64_LANES].copy_from_slice(cast_slice(bytes_of(&values)));
        };
        write(&mut points.re, self.re);
        write(&mut points.im, self.im);
    }

    // Multiply-adds are fused everywhere, so every vector unit gives the same bits.

    #[inline(always)]
    pub fn add_scaled(self, simd: S, other: Self, factor: f64) -> Self {
        let factor = simd.splat_f64s(factor);
        Self {
            re: simd.mul_add_f64s(other.re, factor, self.re),
            im: simd.mul_add_f64s(other.im, factor, self.im),
        }
    }

    #[inline(always)]
    pub fn times(self, simd: S, other: Self) -> Self {
        let (a, b) = (self, other);
        let negative = simd.neg_f64s(simd.mul_f64s(a.im, b.im));
        Self {
            re: simd.mul_add_f64s(a.re, b.re, negative),
            im: simd.mul_add_f64s(a.re, b.im, simd.mul_f64s(a.im, b.re)),
        }
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

    /// `self` times the exponential of Σ_t terms[t] z^t.
    #[inline(always)]
    pub fn times_exp(
        self,
        simd: S,
        terms: &[f64],
        phases: &[Points],
        part: usize,
        factor: Factor,
    ) -> Self {
        let exponent = Self::series(simd, terms, phases, part);
        let one = Self::one(simd);
        let mut value = one;
        for d in (1..=factor.degree).rev() {
            let scale = factor.shrink / f64::from(d);
            value = one.add_scaled(simd, value.times(simd, exponent), scale);
        }
        for _ in 0..factor.halvings {
            value = value.times(simd, value);
        }
        self.times(simd, value)
    }

    /// Σ_t terms[t] z^t
    #[inline(always)]
    pub fn series(simd: S, terms: &[f64], phases: &[Points], part: usize) -> Self {
        let mut sum = Self::zero(simd);
        for (term, phase) in terms.iter().zip(phases) {
            sum = sum.add_scaled(simd, Self::load(phase, part), *term);
        }
        sum
    }
}

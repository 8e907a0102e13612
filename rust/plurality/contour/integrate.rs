//! The quadrature: each block of points in turn, counts in growing order.

use pulp::{Simd, WithSimd};

use super::super::sharing::Sharing;
use super::points::{Complex, LANES, Points};
use super::small::Small;
use super::{Circle, Group};

/// Counts `low`..=`high` of the winner, added up over the circle.
pub struct Integrate<'a> {
    pub circle: &'a Circle,
    pub low: usize,
    pub high: usize,
    /// The winner's terms.
    pub own: &'a [f64],
    /// What has converged from the start: its summed rate, and the terms of its series.
    pub rate: f64,
    pub certain: &'a [f64],
    /// First those that may not reach the winner's count; either kind in the order in which it converges.
    pub groups: &'a [Group],
    pub terms: &'a [f64],
    /// The term that each group gains at each count.
    pub gains: &'a [f64],
    pub sums: &'a mut [Points],
    pub small: &'a Small,
    /// Where ties are shared out.
    pub sharing: Option<&'a Sharing>,
}

impl WithSimd for Integrate<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) -> f64 {
        let circle = self.circle;
        let mut result = 0.0;
        let blocks = circle.phases.chunks_exact(circle.powers);
        for (block, (phases, weight)) in blocks.zip(&circle.weights).enumerate() {
            // Beside large factors its small values count too, which the sum of the series would lose.
            let certain = (!self.small.is_empty()).then(|| phases[1].exponential(self.rate));
            let points = (circle.points - block * LANES).min(LANES);
            let parts = points.div_ceil(S::F64_LANES);
            let mut total = Points::default();
            let mut part = 0;
            while part < parts {
                if part + 2 <= parts {
                    let sum = self.count::<S, 2>(simd, phases, certain.as_ref(), part);
                    sum.store(&mut total, part);
                    part += 2;
                } else {
                    let sum = self.count::<S, 1>(simd, phases, certain.as_ref(), part);
                    sum.store(&mut total, part);
                    part += 1;
                }
            }
            for l in 0..LANES {
                result += total.re[l] * weight.re[l] + total.im[l] * weight.im[l];
            }
        }
        result
    }
}

impl Integrate<'_> {
    /// The sum over the winner's counts at `W` vectors of points.
    #[inline(always)]
    fn count<S: Simd, const W: usize>(
        &mut self,
        simd: S,
        phases: &[Points],
        certain: Option<&Points>,
        part: usize,
    ) -> Complex<S, W> {
        let groups = self.groups;
        // The product of what has converged.
        let mut settled = match certain {
            Some(_) => Complex::real(simd, 1.0), // its part comes with each count's factor
            None => Complex::series(simd, self.certain, phases, part),
        };
        for (sum, group) in self.sums.iter_mut().zip(groups) {
            let terms = &self.terms[group.start..][..group.terms];
            let within = &terms[..terms.len().min(self.low + group.above)];
            Complex::<S, W>::series(simd, within, phases, part).store(sum, 0);
        }
        // Where the groups that are still growing start and end, of either kind.
        let split = groups.partition_point(|group| group.above == 0);
        let (mut starts, ends) = ([0, split], [split, groups.len()]);
        let plain = groups.iter().all(|group| group.count == 1);
        let mut total = Complex::real(simd, 0.0);
        let mut phase = Complex::load(simd, &phases[self.low], part);
        for n in self.low..=self.high.min(self.own.len() - 1) {
            let gains = &self.gains[(n - self.low) * groups.len()..][..groups.len()];
            for (start, end) in starts.iter_mut().zip(ends) {
                while *start < end && groups[*start].converged(n) {
                    let sum = Complex::load(simd, &self.sums[*start], 0);
                    settled = settled.times_power(simd, sum, groups[*start].count);
                    *start += 1;
                }
            }
            let after = Complex::load(simd, &phases[n + 1], part);
            let mut product = settled;
            if let Some(sharing) = self.sharing {
                product = Complex::real(simd, 0.0);
                for (node, (z, weight)) in sharing.rule(n).iter().enumerate() {
                    let mut shared = settled;
                    if let Some(certain) = certain {
                        let factor = self.small_factor(simd, certain, (n, node), phases, part);
                        shared = shared.times(simd, factor);
                    }
                    let growing = starts[0]..split;
                    let sums = self.sums[growing.clone()].iter();
                    let rest = groups[growing.clone()].iter().zip(&gains[growing]);
                    for (slot, (group, gain)) in sums.zip(rest) {
                        let sum = Complex::load(simd, slot, 0);
                        let sum = sum.add_scaled(simd, phase, z * gain);
                        shared = shared.times_power(simd, sum, group.count);
                    }
                    product = product.add_scaled(simd, shared, *weight);
                }
            } else if let Some(certain) = certain {
                let factor = self.small_factor(simd, certain, (n, 0), phases, part);
                product = product.times(simd, factor);
            }
            for (kind, phase) in [phase, after].into_iter().enumerate() {
                let growing = starts[kind]..ends[kind];
                let sums = &mut self.sums[growing.clone()];
                let (groups, gains) = (&groups[growing.clone()], &gains[growing]);
                product = match (self.sharing, plain) {
                    (Some(_), _) => product,
                    (None, true) => times_all::<S, W, false>(simd, product, sums, groups),
                    (None, false) => times_all::<S, W, true>(simd, product, sums, groups),
                };
                for (slot, gain) in sums.iter_mut().zip(gains) {
                    let sum = Complex::<S, W>::load(simd, slot, 0);
                    sum.add_scaled(simd, phase, *gain).store(slot, 0);
                }
            }
            total = total.add_scaled(simd, product.times(simd, phase), self.own[n]);
            phase = after;
        }
        total
    }

    /// What has converged from the start and the labels with small rates give, for the winner's count and
    /// node of the tie rule `at`.
    #[inline(always)]
    fn small_factor<S: Simd, const W: usize>(
        &self,
        simd: S,
        certain: &Points,
        at: (usize, usize),
        phases: &[Points],
        part: usize,
    ) -> Complex<S, W> {
        let converged = Complex::load(simd, certain, part);
        let Some((factor, series)) = self.small.factor_at(at.0, at.1) else {
            return converged;
        };
        let exponent = Complex::series(simd, series, &phases[at.0..], part);
        if factor.large {
            // One is as small as the other is large: together they are at most 1.
            let mut points = Points::default();
            exponent.store(&mut points, part);
            let points = phases[1].exponential_with(self.rate, &points);
            return Complex::load(simd, &points, part);
        }
        converged.times(simd, Complex::exp(simd, exponent, factor))
    }
}

/// `product` times the sum of each group, to its power if groups have `POWERS` other than 1.
#[inline(always)]
fn times_all<S: Simd, const W: usize, const POWERS: bool>(
    simd: S,
    mut product: Complex<S, W>,
    sums: &[Points],
    groups: &[Group],
) -> Complex<S, W> {
    for (slot, group) in sums.iter().zip(groups) {
        let sum = Complex::load(simd, slot, 0);
        product = if POWERS {
            product.times_power(simd, sum, group.count)
        } else {
            product.times(simd, sum)
        };
    }
    product
}

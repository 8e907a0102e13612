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
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let circle = self.circle;
        let high = self.high.min(self.own.len() - 1);
        let split = self.groups.partition_point(|group| group.above == 0);
        let mut result = 0.0;
        let blocks = circle.phases.chunks_exact(circle.powers);
        for (block, (phases, weight)) in blocks.zip(&circle.weights).enumerate() {
            let mut total = Points::default();
            // Beside large factors its small values count too, which the sum of the series would lose.
            let certain = (!self.small.is_empty()).then(|| phases[1].exponential(self.rate));
            let parts = (circle.points - block * LANES).min(LANES);
            for part in 0..parts.div_ceil(S::F64_LANES) {
                // The product of what has converged.
                let mut settled = match &certain {
                    Some(points) => Complex::load(points, part),
                    None => Complex::series(simd, self.certain, phases, part),
                };
                for (sum, group) in self.sums.iter_mut().zip(self.groups) {
                    let terms = &self.terms[group.start..][..group.terms];
                    let within = &terms[..terms.len().min(self.low + group.above)];
                    Complex::<S>::series(simd, within, phases, part).store(sum, 0);
                }
                let mut sum_of_counts = Complex::zero(simd);
                // Where the groups that are still growing start, of either kind.
                let mut active = [0, split];
                let mut phase = Complex::load(&phases[self.low], part);
                let gains = self.gains.chunks_exact(self.groups.len().max(1));
                let mut gains = gains.chain(std::iter::repeat(&[][..]));
                for n in self.low..=high {
                    let gains = gains.next().unwrap_or_default();
                    for (start, end) in active.iter_mut().zip([split, self.groups.len()]) {
                        while *start < end && self.groups[*start].converged(n) {
                            let sum = Complex::load(&self.sums[*start], 0);
                            settled = settled.times_power(simd, sum, self.groups[*start].count);
                            *start += 1;
                        }
                    }
                    let after = Complex::load(&phases[n + 1], part);
                    let mut product = settled;
                    if let Some(sharing) = self.sharing {
                        product = Complex::zero(simd);
                        for (node, (z, weight)) in sharing.rule(n).iter().enumerate() {
                            let mut shared = settled;
                            if let Some((factor, series)) = self.small.factor_at(n, node) {
                                shared = shared.times_exp(simd, series, &phases[n..], part, factor);
                            }
                            let growing = active[0]..split;
                            let groups = self.sums[growing.clone()]
                                .iter()
                                .zip(&self.groups[growing.clone()])
                                .zip(&gains[growing]);
                            for ((slot, group), gain) in groups {
                                let sum = Complex::load(slot, 0).add_scaled(simd, phase, z * gain);
                                shared = shared.times_power(simd, sum, group.count);
                            }
                            product = product.add_scaled(simd, shared, *weight);
                        }
                    } else if let Some((factor, series)) = self.small.factor_at(n, 0) {
                        product = product.times_exp(simd, series, &phases[n..], part, factor);
                    }
                    let mut others = Complex::one(simd);
                    for (growing, phase) in [
                        (active[0]..split, phase),
                        (active[1]..self.groups.len(), after),
                    ] {
                        let groups = self.sums[growing.clone()]
                            .iter_mut()
                            .zip(&self.groups[growing.clone()])
                            .zip(&gains[growing]);
                        for ((slot, group), gain) in groups {
                            let sum = Complex::load(slot, 0);
                            others = if group.count == 1 {
                                others.times(simd, sum)
                            } else {
                                others.times_power(simd, sum, group.count)
                            };
                            // For the next count.
                            sum.add_scaled(simd, phase, *gain).store(slot, 0);
                        }
                    }
                    if self.sharing.is_none() {
                        product = product.times(simd, others);
                    }
                    let term = product.times(simd, phase);
                    sum_of_counts = sum_of_counts.add_scaled(simd, term, self.own[n]);
                    phase = after;
                }
                sum_of_counts.store(&mut total, part);
            }
            for l in 0..LANES {
                result += total.re[l] * weight.re[l] + total.im[l] * weight.im[l];
            }
        }
        result
    }
}

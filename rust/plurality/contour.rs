//! The same probability as one Taylor coefficient, by quadrature on a circle.
//!
//! With the Poisson probabilities p_j(t) at rate r q_j, Eq. 4 reads
//!
//! Q = 1/p(K; r) · [z^K] Σ_n p_i(n) z^n · Π_{j≠i} Σ_{t ≤ cap_j(n)} p_j(t) z^t
//!
//! and the coefficient is a mean over the N points z = e^{iθ}, θ = 2π(p + ½)/N, of which conjugate pairs
//! need only one. Raising n by one costs one multiply-add and one complex product a label and point.
//!
//! Left out, each with a bound of [`TOLERANCE`]:
//! * the coefficients K ± N, K ± 2N, …, which the mean takes in too: r and N are chosen for that;
//! * counts n of the winner far from K q_i: the binomial probability of either side;
//! * the last terms of each label, whose sum is divided by p(K; r). A label without terms left to add has
//!   *converged*; the labels converged before the first n are one label, since a product of whole Poisson
//!   generating functions is one again.

use pulp::bytemuck::{bytes_of, cast_slice, pod_read_unaligned};
use pulp::{Arch, Simd, WithSimd};

use super::sharing::Sharing;
use super::{Ties, poisson};
use crate::Result;
use crate::memory::zeros;

/// Points of the circle that are worked on side by side.
const LANES: usize = 8;
/// What aliasing, n beyond the bulk of Binomial(K, q_i), and labels taken as converged may each add.
const TOLERANCE: f64 = 2e-15;

/// A complex number at each of [`LANES`] points.
#[derive(Clone, Copy, Default)]
struct Points {
    re: [f64; LANES],
    im: [f64; LANES],
}

/// A complex number at as many points as a vector of this machine holds.
struct Complex<S: Simd> {
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
    fn zero(simd: S) -> Self {
        Self {
            re: simd.splat_f64s(0.0),
            im: simd.splat_f64s(0.0),
        }
    }

    /// The `part`-th vector of some points.
    #[inline(always)]
    fn load(points: &Points, part: usize) -> Self {
        let read = |x: &[f64; LANES]| {
            pod_read_unaligned(cast_slice(&x[part * S::F64_LANES..][..S::F64_LANES]))
        };
        Self {
            re: read(&points.re),
            im: read(&points.im),
        }
    }

    #[inline(always)]
    fn store(self, points: &mut Points, part: usize) {
        let write = |x: &mut [f64; LANES], values: S::f64s| {
            x[part * S::F64_LANES..][..S::F64_LANES].copy_from_slice(cast_slice(bytes_of(&values)));
        };
        write(&mut points.re, self.re);
        write(&mut points.im, self.im);
    }

    // No fused multiply-add, so every vector unit gives the same bits.

    #[inline(always)]
    fn add_scaled(self, simd: S, other: Self, factor: f64) -> Self {
        let factor = simd.splat_f64s(factor);
        Self {
            re: simd.add_f64s(self.re, simd.mul_f64s(other.re, factor)),
            im: simd.add_f64s(self.im, simd.mul_f64s(other.im, factor)),
        }
    }

    #[inline(always)]
    fn times(self, simd: S, other: Self) -> Self {
        let product = |a, b| simd.mul_f64s(a, b);
        Self {
            re: simd.sub_f64s(product(self.re, other.re), product(self.im, other.im)),
            im: simd.add_f64s(product(self.re, other.im), product(self.im, other.re)),
        }
    }

    /// `self` times `base` to the power of `exponent` ≥ 1.
    #[inline(always)]
    fn times_power(self, simd: S, base: Self, mut exponent: u32) -> Self {
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
    fn series(simd: S, terms: &[f64], phases: &[Points], part: usize) -> Self {
        let mut sum = Self::zero(simd);
        for (term, phase) in terms.iter().zip(phases) {
            sum = sum.add_scaled(simd, Self::load(phase, part), *term);
        }
        sum
    }
}

/// Labels with the same probability and the same cap.
#[derive(Clone, Copy)]
struct Group {
    q: f64,
    /// How many terms the cap admits beyond t = n - 1: 1 if the label may equal the winner, else 0.
    above: usize,
    count: u32,
    /// Where its terms stand in the table, and how many there are before the rest is negligible.
    start: usize,
    terms: usize,
}

impl Group {
    /// Whether every term that matters is within the cap when the winner has `n` votes.
    fn converged(&self, n: usize) -> bool {
        n + self.above >= self.terms
    }
}

/// The points for one K, shared by all threads.
pub struct Circle {
    k: usize,
    radius: f64,
    /// z^t of each block of points, `powers` of them a block.
    phases: Vec<Points>,
    powers: usize,
    /// 2 z^K / (N p(K; r)) of each block.
    weights: Vec<Points>,
    /// The tolerance times p(K; r).
    negligible: f64,
}

impl Circle {
    pub fn new(k: usize) -> Result<Self> {
        let (radius, n) = choose(k);
        // A Poisson variable of rate up to r ≤ K has nothing left beyond this many terms.
        let powers = k + 42 + (12.0 * radius.sqrt()) as usize;
        let mut at_k = zeros(&[k + 1])?;
        poisson::fill(radius, &mut at_k);
        let blocks = n / 2 / LANES;
        let mut phases: Vec<Points> = zeros(&[blocks, powers])?;
        for (i, z) in phases.iter_mut().enumerate() {
            for l in 0..LANES {
                // θt = π(2p + 1)t/N, reduced in whole numbers.
                let (p, t) = (i / powers * LANES + l, i % powers);
                let turns = ((2 * p + 1) * t) % (2 * n);
                let (sin, cos) = (std::f64::consts::PI * turns as f64 / n as f64).sin_cos();
                (z.re[l], z.im[l]) = (cos, sin);
            }
        }
        let factor = 2.0 / n as f64 / at_k[k];
        let weight = |block: usize| {
            let z = phases[block * powers + k];
            Points {
                re: z.re.map(|x| x * factor),
                im: z.im.map(|x| x * factor),
            }
        };
        Ok(Self {
            k,
            radius,
            powers,
            weights: (0..blocks).map(weight).collect(),
            negligible: TOLERANCE * at_k[k],
            phases,
        })
    }
}

/// One thread's working memory.
pub struct Contour<'a> {
    circle: &'a Circle,
    arch: Arch,
    groups: Vec<Group>,
    terms: Vec<f64>,
    sums: Vec<Points>,
    /// What each label's terms may leave out.
    negligible: f64,
    sharing: Sharing,
}

impl<'a> Contour<'a> {
    pub fn new(circle: &'a Circle, num_classes: usize) -> Self {
        Self {
            circle,
            arch: Arch::new(),
            groups: Vec::new(),
            terms: Vec::new(),
            sums: Vec::new(),
            negligible: 0.0,
            sharing: Sharing::new(circle.k, num_classes),
        }
    }

    /// The probability that `label` wins the vote of K labels drawn from `q`, within [0, 1].
    pub fn probability(&mut self, q: &[f64], label: usize, ties: Ties) -> f64 {
        let excess = q.iter().sum::<f64>() - 1.0; // rates sum to r only as nearly as q sums to 1
        if let Some(certain) = self.foregone(q, label) {
            return (certain * (self.circle.k as f64 * excess).exp()).min(1.0);
        }
        let (low, high) = self.bulk(q[label]);
        let low = low.max(ties.least_count(self.circle.k, q.len(), label));
        if low > high {
            return 0.0;
        }
        self.negligible = self.circle.negligible / q.len() as f64;
        self.terms.clear();
        self.append_terms(self.circle.radius * q[label], high + 1);
        let own = self.terms.len();
        let certain = self.circle.radius * self.group(q, label, (low, high), ties);
        let start = self.terms.len();
        self.append_terms(certain, self.circle.powers);
        self.sums.resize(self.groups.len(), Points::default());
        let shared = ties == Ties::Random;
        if shared {
            (low..=high).for_each(|n| self.sharing.prepare(n));
        }
        let value = self.arch.dispatch(Integrate {
            low,
            high,
            own: &self.terms[..own],
            certain: &self.terms[start..],
            phases: &self.circle.phases,
            powers: self.circle.powers,
            weights: &self.circle.weights,
            groups: &self.groups,
            terms: &self.terms,
            sums: &mut self.sums,
            sharing: shared.then_some(&self.sharing),
        });
        (value * (self.circle.radius * excess).exp()).clamp(0.0, 1.0)
    }

    /// 0 or 1 where Chernoff's bound leaves nothing else: P(n_i ≤ n_j) ≤ (1 - (√q_i - √q_j)²)^K, q_i > q_j.
    fn foregone(&self, q: &[f64], label: usize) -> Option<f64> {
        let own = q[label].sqrt();
        let largest = q.iter().copied().fold(0.0, f64::max);
        let bound = |p: f64| (1.0 - (own - p.sqrt()).powi(2)).powi(self.circle.k as i32);
        if q[label] == 0.0 {
            return Some(0.0);
        }
        if largest > q[label] {
            return (bound(largest) < TOLERANCE).then_some(0.0);
        }
        let mut error = 0.0;
        for (j, p) in q.iter().enumerate() {
            if j != label {
                error += bound(*p);
                if error > TOLERANCE {
                    return None;
                }
            }
        }
        Some(1.0)
    }

    /// The counts that Binomial(K, `q`) takes but for a probability of `TOLERANCE` on either side.
    fn bulk(&self, q: f64) -> (usize, usize) {
        let k = self.circle.k;
        if q >= 1.0 {
            return (k, k);
        }
        let odds = q / (1.0 - q);
        let mode = (((k + 1) as f64 * q) as usize).min(k);
        // Relative to the probability of the mode, which is 1 at most. Away from it the ratio of neighbours
        // falls, so what lies beyond a term is at most that term times ratio/(1 - ratio).
        let (mut high, mut p) = (mode, 1.0);
        while high < k {
            let ratio = (k - high) as f64 / (high + 1) as f64 * odds;
            if ratio < 1.0 && p * ratio / (1.0 - ratio) < TOLERANCE {
                break;
            }
            p *= ratio;
            high += 1;
        }
        let (mut low, mut p) = (mode, 1.0);
        while low > 0 {
            let ratio = low as f64 / ((k - low + 1) as f64 * odds);
            if ratio < 1.0 && p * ratio / (1.0 - ratio) < TOLERANCE {
                break;
            }
            p *= ratio;
            low -= 1;
        }
        (low, high)
    }

    /// Appends the Poisson probabilities of this `rate` to the table: up to where the rest is negligible,
    /// `most` at most.
    fn append_terms(&mut self, rate: f64, most: usize) {
        let start = self.terms.len();
        self.terms.resize(start + most, 0.0);
        poisson::fill(rate, &mut self.terms[start..]);
        let rest = |t: usize, p: f64| p / (1.0 - rate / (t + 1) as f64);
        let first = (rate as usize + 1).min(most);
        let terms = &self.terms[start..];
        let end = (first..most).find(|t| rest(*t, terms[*t]) < self.negligible);
        self.terms.truncate(start + end.unwrap_or(most));
    }

    /// Sorts the other labels into `groups`, in the order in which they converge; returns the summed
    /// probability of those that have converged at the first count.
    fn group(&mut self, q: &[f64], label: usize, (low, high): (usize, usize), ties: Ties) -> f64 {
        self.groups.clear();
        for (j, &q) in q.iter().enumerate() {
            if j != label && q > 0.0 {
                let above = match ties {
                    Ties::Random => 0, // a tie is weighed apart
                    _ => ties.cap(1, label, j),
                };
                self.groups.push(Group {
                    q,
                    above,
                    count: 1,
                    start: 0,
                    terms: 0,
                });
            }
        }
        self.groups
            .sort_unstable_by(|a, b| a.q.total_cmp(&b.q).then(a.above.cmp(&b.above)));
        self.groups.dedup_by(|next, kept| {
            let same = next.q == kept.q && next.above == kept.above;
            kept.count += if same { next.count } else { 0 };
            same
        });
        let mut groups = std::mem::take(&mut self.groups);
        let mut converged = 0.0;
        groups.retain_mut(|group| {
            group.start = self.terms.len();
            self.append_terms(self.circle.radius * group.q, high + group.above + 1);
            group.terms = self.terms.len() - group.start;
            let keep = !group.converged(low);
            if !keep {
                converged += group.q * f64::from(group.count);
                self.terms.truncate(group.start);
            }
            keep
        });
        groups.sort_by_key(|group| group.terms - group.above);
        self.groups = groups;
        converged
    }
}

/// The radius and the number of points: the fewest of which aliasing stays under the tolerance, with a
/// radius that costs no more than a digit.
fn choose(k: usize) -> (f64, usize) {
    let size = k as f64;
    // ln(K!/M!)
    let log_ratio = |m: usize| -> f64 {
        let (from, to) = (k.min(m), k.max(m));
        let sum: f64 = (from + 1..=to).map(|i| (i as f64).ln()).sum();
        if m > k { -sum } else { sum }
    };
    let mut n = 2 * LANES;
    loop {
        let above = [log_ratio(k + n), log_ratio(k + 2 * n)];
        let below: Vec<f64> = (1..=k / n).map(|m| log_ratio(k - m * n)).collect();
        // exp((1-ρ)²K/2), what a smaller radius multiplies rounding by, up to 10.
        for step in 0..=10 {
            let radius = size - (2.0 * size * 0.23 * f64::from(step)).sqrt();
            if radius < 0.3 * size {
                break;
            }
            let shift = n as f64 * radius.ln();
            let mut alias: f64 = (1..)
                .zip(above)
                .map(|(m, a)| (f64::from(m) * shift + a).exp())
                .sum();
            alias += (1..)
                .zip(&below)
                .map(|(m, b)| (b - f64::from(m) * shift).exp())
                .sum::<f64>();
            if alias < TOLERANCE {
                return (radius, n);
            }
        }
        n += 2 * LANES;
    }
}

/// The quadrature: each block of points in turn, counts in growing order.
struct Integrate<'a> {
    low: usize,
    high: usize,
    own: &'a [f64],
    certain: &'a [f64],
    phases: &'a [Points],
    powers: usize,
    weights: &'a [Points],
    groups: &'a [Group],
    terms: &'a [f64],
    sums: &'a mut [Points],
    /// Where ties are shared out.
    sharing: Option<&'a Sharing>,
}

impl WithSimd for Integrate<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let parts = LANES / S::F64_LANES;
        let high = self.high.min(self.own.len() - 1);
        let mut result = 0.0;
        for (phases, weight) in self.phases.chunks_exact(self.powers).zip(self.weights) {
            let mut total = Points::default();
            for part in 0..parts {
                let phase = |t: usize| Complex::<S>::load(&phases[t], part);
                // The product of what has converged.
                let mut settled = Complex::series(simd, self.certain, phases, part);
                for (sum, group) in self.sums.iter_mut().zip(self.groups) {
                    let terms = &self.terms[group.start..][..group.terms];
                    let within = &terms[..terms.len().min(self.low + group.above)];
                    Complex::<S>::series(simd, within, phases, part).store(sum, 0);
                }
                let mut sum_of_counts = Complex::zero(simd);
                let mut active = 0;
                for n in self.low..=high {
                    while active < self.groups.len() && self.groups[active].converged(n) {
                        let sum = Complex::load(&self.sums[active], 0);
                        settled = settled.times_power(simd, sum, self.groups[active].count);
                        active += 1;
                    }
                    let groups = &self.groups[active..];
                    let mut product = settled;
                    if let Some(sharing) = self.sharing {
                        product = Complex::zero(simd);
                        for (z, weight) in sharing.rule(n) {
                            let mut shared = settled;
                            for (slot, group) in self.sums[active..].iter().zip(groups) {
                                let tie = z * self.terms[group.start + n];
                                let sum = Complex::load(slot, 0).add_scaled(simd, phase(n), tie);
                                shared = shared.times_power(simd, sum, group.count);
                            }
                            product = product.add_scaled(simd, shared, *weight);
                        }
                    }
                    for (slot, group) in self.sums[active..].iter_mut().zip(groups) {
                        let sum = Complex::<S>::load(slot, 0);
                        if self.sharing.is_none() {
                            product = product.times_power(simd, sum, group.count);
                        }
                        // For the next count.
                        let t = n + group.above;
                        let next = sum.add_scaled(simd, phase(t), self.terms[group.start + t]);
                        next.store(slot, 0);
                    }
                    let term = product.times(simd, phase(n));
                    sum_of_counts = sum_of_counts.add_scaled(simd, term, self.own[n]);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Every vector unit gives the same bits: here this machine's, and none.
    #[test]
    fn without_vectors_the_bits_are_the_same() {
        let q = [0.05, 0.3, 0.0, 0.25, 0.25, 0.1, 0.05];
        for k in [2, 11, 51, 301] {
            let circle = Circle::new(k).unwrap();
            let mut native = Contour::new(&circle, q.len());
            let mut scalar = Contour::new(&circle, q.len());
            scalar.arch = Arch::Scalar;
            for ties in [Ties::Strict, Ties::First, Ties::Random] {
                for label in 0..q.len() {
                    let (a, b) = (
                        native.probability(&q, label, ties),
                        scalar.probability(&q, label, ties),
                    );
                    assert_eq!(a.to_bits(), b.to_bits(), "K = {k}, label {label}");
                }
            }
        }
    }

    #[test]
    fn the_circle_grows_as_the_root_of_k() {
        for (k, most) in [
            (1, 16),
            (11, 32),
            (51, 64),
            (301, 160),
            (2001, 400),
            (10_000, 900),
        ] {
            let (radius, n) = choose(k);
            assert!(n <= most, "K = {k}: {n} points");
            assert!(radius <= k as f64 && radius > 0.0);
        }
    }
}

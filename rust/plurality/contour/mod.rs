//! The same probability as one Taylor coefficient, by quadrature on a circle.
//!
//! With the Poisson probabilities p_j(t) at rate r q_j, Eq. 4 reads
//!
//! Q = 1/p(K; r) · [z^K] Σ_n p_i(n) z^n · Π_{j≠i} Σ_{t ≤ cap_j(n)} p_j(t) z^t
//!
//! and the coefficient is a mean over the N points z = e^{iθ}, θ = 2π(p + ½)/N, of which conjugate pairs
//! need only one. Raising n by one costs one multiply-add and one complex product a label and point.
//! Counts n > K/2 always win, and are a binomial sum.
//!
//! Left out, each with a bound of [`TOLERANCE`]:
//! * the coefficients K ± N, K ± 2N, …, which the mean takes in too: r and N are chosen for that;
//! * counts n of the winner far from K q_i: the binomial probability of either side;
//! * counts n at which another label has more votes all but certainly (Chernoff's bound);
//! * the last terms of each label, whose sum is divided by p(K; r). A label without terms left to add has
//!   *converged*; the labels converged before the first n are one label, since a product of whole Poisson
//!   generating functions is one again.

mod circle;
mod integrate;
mod points;
mod small;

use pulp::Arch;

use super::sharing::Sharing;
use super::{SUM_TOLERANCE, Ties, binomial, poisson};
pub use circle::Circle;
use integrate::Integrate;
use points::Points;
use small::{FEW, SMALL, Small};

/// What aliasing, n beyond the bulk of Binomial(K, q_i), and labels taken as converged may each add.
const TOLERANCE: f64 = 2e-15;

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

/// One thread's working memory.
pub struct Contour<'a> {
    circle: &'a Circle,
    arch: Arch,
    groups: Vec<Group>,
    terms: Vec<f64>,
    gains: Vec<f64>,
    sums: Vec<Points>,
    /// What each label's terms may leave out.
    negligible: f64,
    /// -ln of a probability that K times may be left out.
    certain: f64,
    small: Small,
    sharing: Sharing,
}

impl<'a> Contour<'a> {
    pub fn new(circle: &'a Circle, num_classes: usize) -> Self {
        Self {
            circle,
            arch: Arch::new(),
            groups: Vec::new(),
            terms: Vec::new(),
            gains: Vec::new(),
            sums: Vec::new(),
            negligible: 0.0,
            certain: (circle.k as f64 / TOLERANCE).ln(),
            small: Small::default(),
            sharing: Sharing::new(circle.k, num_classes),
        }
    }

    /// The probability that `label` wins the vote of K labels drawn from `q`, which sums to 1 + `excess`;
    /// within [0, 1].
    pub fn probability(&mut self, q: &[f64], excess: f64, label: usize, ties: Ties) -> f64 {
        let others = q.iter().enumerate().filter(|(j, _)| *j != label);
        let largest = others.fold(0.0, |largest, (_, q)| f64::max(largest, *q));
        if let Some(certain) = self.foregone(q, label, largest) {
            return (certain * (self.circle.k as f64 * excess).exp()).min(1.0);
        }
        let (low, high) = self.bulk(q[label]);
        let low = low.max(ties.least_count(self.circle.k, q.len(), label));
        let low = self.beaten(q[label], largest, low);
        // With more than half of the votes the label wins, whatever the others have.
        let k = self.circle.k;
        let surely = if high > k / 2 {
            binomial::majority(k, q[label], excess)
        } else {
            0.0
        };
        let high = high.min(k / 2);
        if low > high {
            return surely.min(1.0);
        }
        self.negligible = self.circle.negligible / q.len() as f64;
        self.terms.clear();
        self.append_terms(self.circle.radius * q[label], high + 1);
        let own = self.terms.len();
        let shared = ties == Ties::Random;
        if shared {
            (low..=high).for_each(|n| self.sharing.prepare(n));
        }
        let certain = self.circle.radius * self.group(q, label, (low, high), ties);
        let negligible = self.circle.negligible;
        (self.small).prepare(low, high, negligible, ties, &self.sharing);
        let start = self.terms.len();
        if self.small.is_empty() {
            self.append_terms(certain, self.circle.powers); // else it is an exponential
        }
        self.sums.resize(self.groups.len(), Points::default());
        let value = self.arch.dispatch(Integrate {
            low,
            high,
            own: &self.terms[..own],
            rate: certain,
            certain: &self.terms[start..],
            circle: self.circle,
            groups: &self.groups,
            terms: &self.terms,
            gains: &self.gains,
            sums: &mut self.sums,
            small: &self.small,
            sharing: shared.then_some(&self.sharing),
        });
        (value * (self.circle.radius * excess).exp() + surely).clamp(0.0, 1.0)
    }

    /// The first count, from `low` on, at which a label with probability `own` may beat the largest `other`.
    ///
    /// P(n_i = n, n_j ≤ n) ≤ exp(-K·D), D the divergence of (n, n, K - 2n)/K from (q_i, q_j, the rest),
    /// as long as fewer than n votes for j are fewer than expected.
    fn beaten(&self, own: f64, other: f64, mut low: usize) -> usize {
        let (k, entropy) = (self.circle.k, &self.circle.entropy);
        let rest = (1.0 - own - other).max(0.0) + SUM_TOLERANCE;
        let (pair, rest) = ((own * other).ln(), rest.ln());
        while 2 * low < k && (k - low) as f64 * other > low as f64 * (1.0 - own) {
            let divergence = 2.0 * entropy[low] + entropy[k - 2 * low]
                - entropy[k]
                - low as f64 * pair
                - (k - 2 * low) as f64 * rest;
            if divergence < self.certain {
                break;
            }
            low += 1;
        }
        low
    }

    /// 0 or 1 where Chernoff's bound leaves nothing else: P(n_i ≤ n_j) ≤ (1 - (√q_i - √q_j)²)^K, q_i > q_j.
    fn foregone(&self, q: &[f64], label: usize, largest: f64) -> Option<f64> {
        if q[label] == 0.0 {
            return Some(0.0);
        }
        let own = q[label].sqrt();
        let bound = |p: f64| (1.0 - (own - p.sqrt()).powi(2)).powi(self.circle.k as i32);
        let others = q.iter().enumerate().filter(|(j, _)| *j != label);
        let error = bound(largest);
        if largest > q[label] {
            return (error < TOLERANCE).then_some(0.0);
        }
        if error >= TOLERANCE {
            return None;
        }
        let enough = error * (q.len() as f64) < TOLERANCE
            || others.map(|(_, p)| bound(*p)).sum::<f64>() < TOLERANCE;
        enough.then_some(1.0)
    }

    /// The counts that Binomial(K, `q`) takes but for a probability of `TOLERANCE` on either side.
    fn bulk(&self, q: f64) -> (usize, usize) {
        let k = self.circle.k;
        if q >= 1.0 {
            return (k, k);
        }
        let (odds, against) = (q / (1.0 - q), (1.0 - q) / q);
        let inverse = &self.circle.inverse;
        let mode = (((k + 1) as f64 * q) as usize).min(k);
        // Relative to the probability of the mode, which is 1 at most. Away from it the ratio of neighbours
        // falls, so what lies beyond a term is at most that term times ratio/(1 - ratio).
        let (mut high, mut p) = (mode, 1.0);
        while high < k {
            let ratio = (k - high) as f64 * inverse[high + 1] * odds;
            if p * ratio < TOLERANCE * (1.0 - ratio) {
                break;
            }
            p *= ratio;
            high += 1;
        }
        let (mut low, mut p) = (mode, 1.0);
        while low > 0 {
            let ratio = low as f64 * inverse[k - low + 1] * against;
            if p * ratio < TOLERANCE * (1.0 - ratio) {
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
        let (negligible, inverse) = (self.negligible, &self.circle.inverse);
        poisson::append(rate, most, negligible, inverse, &mut self.terms);
    }

    /// Sorts the other labels into `groups`, in the order in which they converge; returns the summed
    /// probability of those that have converged at the first count.
    fn group(&mut self, q: &[f64], label: usize, (low, high): (usize, usize), ties: Ties) -> f64 {
        self.groups.clear();
        let mut converged = 0.0;
        let settles = [low, low + 1].map(|t| self.circle.settles(t, self.negligible));
        for (j, &q) in q.iter().enumerate() {
            if j != label {
                let above = match ties {
                    Ties::Random => 0, // a tie is weighed apart
                    _ => ties.cap(1, label, j),
                };
                if q <= settles[above] {
                    converged += q;
                    continue;
                }
                self.groups.push(Group {
                    q,
                    above,
                    count: 1,
                    start: 0,
                    terms: 0,
                });
            }
        }
        self.small.clear();
        let is_small = |group: &Group| self.circle.radius * group.q <= SMALL;
        if self.groups.iter().filter(|group| is_small(group)).count() >= FEW {
            let (circle, small) = (self.circle, &mut self.small);
            self.groups.retain(|group| {
                let rate = circle.radius * group.q;
                if rate <= SMALL {
                    small.push(rate, group.above);
                    converged += group.q; // but for the factors of `small`
                }
                rate > SMALL
            });
        }
        self.groups
            .sort_unstable_by(|a, b| a.q.total_cmp(&b.q).then(a.above.cmp(&b.above)));
        self.groups.dedup_by(|next, kept| {
            let same = next.q == kept.q && next.above == kept.above;
            kept.count += if same { next.count } else { 0 };
            same
        });
        let mut groups = std::mem::take(&mut self.groups);
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
        groups.sort_by_key(|group| (group.above, group.terms));
        // By count, then by group: in the order in which they are used.
        self.gains.clear();
        for n in low..=high {
            let gain = |group: &Group| {
                let within = &self.terms[group.start..][..group.terms];
                within.get(n + group.above).copied().unwrap_or(0.0)
            };
            self.gains.extend(groups.iter().map(gain));
        }
        self.groups = groups;
        converged
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
                        native.probability(&q, 0.0, label, ties),
                        scalar.probability(&q, 0.0, label, ties),
                    );
                    assert_eq!(a.to_bits(), b.to_bits(), "K = {k}, label {label}");
                }
            }
        }
    }
}

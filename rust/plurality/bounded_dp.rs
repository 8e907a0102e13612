//! The paper's bounded sum (Eq. 4 with the bounds of Eq. 10-13) by dynamic programming.
//!
//! Multinomial counts are independent Poisson counts with rates λ_j = K·q_j, given that they sum to K.
//! So each label contributes its Poisson probabilities up to the cap that the winner's count n sets,
//! and the sum over all counts that add up to K - n is a product of truncated polynomials, of which one
//! coefficient is wanted. Nothing overflows at any K, as binomials and powers would.

use pulp::{Arch, WithSimd};

use super::sharing::Sharing;
use super::{Ties, poisson};
use crate::memory::zeros;
use crate::{Control, Result};

/// The solver for one K, with its working memory.
pub struct BoundedDp {
    k: usize,
    arch: Arch,
    /// P(N = K) of a Poisson variable with rate K.
    at_k: f64,
    /// Poisson probabilities of every label, K + 1 each.
    terms: Vec<f64>,
    /// Probability that the labels so far have s votes in all, and the next such row.
    sums: Vec<f64>,
    next: Vec<f64>,
    sharing: Sharing,
}

impl BoundedDp {
    pub fn new(k: usize, num_classes: usize) -> Result<Self> {
        let mut sums = zeros(&[k + 1])?;
        poisson::fill(k as f64, &mut sums);
        Ok(Self {
            k,
            arch: Arch::new(),
            at_k: sums[k],
            terms: zeros(&[num_classes, k + 1])?,
            next: zeros(&[k + 1])?,
            sums,
            sharing: Sharing::new(k, num_classes),
        })
    }

    /// The probability that `label` wins the vote of K labels drawn from `q`, which sums to 1 + `excess`;
    /// within [0, 1].
    pub fn probability(
        &mut self,
        q: &[f64],
        excess: f64,
        label: usize,
        ties: Ties,
        control: &Control,
    ) -> Result<f64> {
        let (k, width) = (self.k, self.k + 1);
        for (q_j, row) in q.iter().zip(self.terms.chunks_exact_mut(width)) {
            poisson::fill(k as f64 * q_j, row);
        }
        let mut total = 0.0;
        for count in ties.least_count(k, q.len(), label)..=k {
            let votes = self.terms[label * width + count];
            if ties == Ties::Random {
                self.sharing.prepare(count);
                for i in 0..self.sharing.rule(count).len() {
                    let (z, weight) = self.sharing.rule(count)[i];
                    total += votes * weight * self.others(q.len(), label, count, ties, z);
                }
            } else {
                total += votes * self.others(q.len(), label, count, ties, 1.0);
            }
            control.go_on()?;
        }
        // Divided by P(the Poisson counts sum to K). Their rates sum to K only as nearly as q sums to 1,
        // which the exponential makes up for: Eq. 4 holds for q as it stands.
        Ok((total / self.at_k * (k as f64 * excess).exp()).clamp(0.0, 1.0))
    }

    /// P(the other labels share K - `count` votes, each within its cap), a label with `count` votes
    /// weighing `equal`.
    fn others(
        &mut self,
        num_classes: usize,
        label: usize,
        count: usize,
        ties: Ties,
        equal: f64,
    ) -> f64 {
        let rest = self.k - count; // R of Eq. 11, before any label
        let mut room: usize = (0..num_classes)
            .filter(|j| *j != label)
            .map(|j| ties.cap(count, label, j))
            .sum();
        // The votes given so far lie in low..=high.
        let (mut low, mut high) = (0, 0);
        self.sums[0] = 1.0;
        for j in (0..num_classes).filter(|j| *j != label) {
            let cap = ties.cap(count, label, j).min(rest);
            room -= ties.cap(count, label, j);
            // Eq. 13: what the labels after this one cannot take must be given by now.
            let new_low = rest.saturating_sub(room).max(low);
            let new_high = rest.min(high + cap); // Eq. 12
            if new_low > new_high {
                return 0.0;
            }
            let terms = &mut self.terms[j * (self.k + 1)..][..=cap];
            let last = terms[cap];
            if cap == count {
                terms[cap] *= equal;
            }
            self.arch.dispatch(Convolve {
                sums: &self.sums[low..=high],
                low,
                terms: &*terms,
                out: &mut self.next[new_low..=new_high],
                out_low: new_low,
            });
            terms[cap] = last;
            std::mem::swap(&mut self.sums, &mut self.next);
            (low, high) = (new_low, new_high);
        }
        if (low..=high).contains(&rest) {
            self.sums[rest]
        } else {
            0.0 // one label only: it has all K votes or none
        }
    }
}

/// out[s] = Σ_t sums[s - t]·terms[t]; `low` and `out_low` are the first indices of the two rows.
struct Convolve<'a> {
    sums: &'a [f64],
    low: usize,
    terms: &'a [f64],
    out: &'a mut [f64],
    out_low: usize,
}

impl WithSimd for Convolve<'_> {
    type Output = ();

    // No fused multiply-add is written, so every vector unit gives the same bits.
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        let Self {
            sums,
            low,
            terms,
            out,
            out_low,
        } = self;
        out.fill(0.0);
        for (s, weight) in (low..).zip(sums) {
            let skip = out_low.saturating_sub(s); // terms that would land before the row
            if skip >= terms.len() {
                continue;
            }
            let start = s + skip - out_low;
            if start >= out.len() {
                break;
            }
            for (slot, term) in out[start..].iter_mut().zip(&terms[skip..]) {
                *slot += weight * term;
            }
        }
    }
}

//! A selected neighbour draws a label from shares v that do not depend on its own; or any label but its own.
//!
//! B_k of the c_k neighbours of class k leave it, S = ΣB_k, and T labels are dealt out, u_j of them j:
//! T! Π_j v_j^{u_j}/u_j!. So a table over (S, T) is convolved label by label, each with its
//! F_j(b, u) = C(c_j, b) v_j^u/u! where c_j - b + u votes are allowed. Every term is positive.
//!
//! Where leavers may draw any label (*uniform*), T = S = R, the number selected.
//!
//! Where they may not draw their own (*symmetric*), the c neighbours of one class, the largest, are followed
//! exactly: their leavers are dealt to the other labels, and v of the other classes' leavers come to it. For
//! the other classes (x_k + σ Σ_{j≠k} x_j)^{c_k} = (x_k (1-σ) + σ Σ_j x_j)^{c_k} lets them draw any label, and
//! (1-σ)^{K-c-S} takes back what they should not have drawn, with signs: their sizes add up to
//! ((L+1)/(L-1))^{K-c} at most, so [`Double`](super::number::Double) is used where that would cost digits.

use pulp::{Arch, Simd, WithSimd};

use super::Votes;
use super::number::Number;

/// Terms of this size are left out, wherever they stand.
const NEGLIGIBLE: f64 = 1e-18;

/// Weights by numbers of leavers (rows) and labels dealt out.
struct Table<T> {
    rows: usize,
    width: usize,
    weights: Vec<T>,
}

impl<T: Number> Table<T> {
    fn new(rows: usize, width: usize) -> Self {
        Self {
            rows,
            width,
            weights: vec![T::new(0.0); rows * width],
        }
    }

    fn row(&self, s: usize) -> &[T] {
        &self.weights[s * self.width..][..self.width]
    }
}

/// One row's work.
pub struct Spread<'a, T> {
    arch: Arch,
    counts: &'a [i32],
    k: usize,
    /// Shares of the labels in what is dealt out.
    shares: &'a [f64],
    /// C(n, r)
    choose: Vec<Vec<T>>,
    /// K^u/u!, and its inverse.
    dealt: Vec<T>,
    undealt: Vec<T>,
    /// The class that is followed exactly, if leavers may not draw their own label.
    apart: Option<usize>,
    /// Classes that are present, the largest last, without `apart`.
    present: Vec<usize>,
}

impl<'a, T: Number> Spread<'a, T> {
    /// For neighbours with these `counts`; `others_only` if their own label is not drawn.
    pub fn new(
        arch: Arch,
        counts: &'a [i32],
        k: usize,
        shares: &'a [f64],
        others_only: bool,
    ) -> Self {
        let mut choose = vec![vec![T::new(1.0)]];
        for n in 1..=k {
            let last: &Vec<T> = &choose[n - 1];
            let mut row = vec![T::new(1.0); n + 1];
            for r in 1..n {
                row[r] = last[r - 1].plus(last[r]);
            }
            choose.push(row);
        }
        let (mut dealt, mut undealt) = (vec![T::new(1.0)], vec![T::new(1.0)]);
        for u in 1..=k {
            dealt.push(dealt[u - 1].times(T::new(k as f64)).over(u as f64));
            undealt.push(undealt[u - 1].times(T::new(u as f64)).over(k as f64));
        }
        let mut present: Vec<usize> = (0..counts.len()).filter(|j| counts[*j] > 0).collect();
        present.sort_by_key(|j| counts[*j]);
        let apart = if others_only { present.pop() } else { None };
        Self {
            arch,
            counts,
            k,
            shares,
            choose,
            dealt,
            undealt,
            apart,
            present,
        }
    }

    fn count(&self, label: usize) -> usize {
        self.counts[label] as usize
    }

    /// The winner's counts that matter: beyond, so many labels would have to be dealt to it that it has
    /// no probability.
    pub fn most(&self, winner: usize, amplified: f64) -> usize {
        let share = match self.apart {
            Some(_) => 1.0 / (self.shares.len() as f64 - 1.0),
            None => self.shares[winner],
        };
        let mut probability = 1.0;
        let mut dealt = 0;
        while dealt < self.k && probability * amplified > NEGLIGIBLE {
            // C(K, u) v^u bounds the probability of u or more.
            probability *= (self.k - dealt) as f64 / (dealt + 1) as f64 * share;
            dealt += 1;
        }
        (self.count(winner) + dealt).min(self.k)
    }

    /// v^u K^u/u! for u up to `most`.
    fn shares_dealt(&self, label: usize, most: usize) -> Vec<T> {
        let share = self.share(label);
        let mut power = T::new(1.0);
        let mut result = Vec::with_capacity(most + 1);
        for dealt in &self.dealt[..=most] {
            result.push(power.times(*dealt));
            power = power.times(share);
        }
        result
    }

    /// The share itself; 1/L in full where all are the same.
    fn share(&self, label: usize) -> T {
        let classes = self.shares.len() as f64;
        if self.shares[label] == 1.0 / classes {
            T::new(1.0).over(classes)
        } else {
            T::new(self.shares[label])
        }
    }

    /// F_j of a label that is not present.
    fn factor(&self, label: usize, votes: &Votes) -> Vec<T> {
        let mut row = self.shares_dealt(label, votes.cap(label).min(self.k));
        for (u, term) in row.iter_mut().enumerate() {
            *term = term.times(T::new(votes.weight(label, u)));
        }
        row
    }

    /// The product of the factors of all labels that are not present; equal ones are computed once.
    fn absent(&self, votes: &Votes) -> Vec<T> {
        let mut kinds: Vec<(usize, u32)> = Vec::new();
        for label in (0..self.counts.len()).filter(|j| self.counts[*j] == 0) {
            let same = |other: usize| {
                let alone = votes.is_winner(label) || votes.is_winner(other);
                !alone
                    && self.shares[other] == self.shares[label]
                    && votes.cap(other) == votes.cap(label)
            };
            match kinds.iter_mut().find(|(other, _)| same(*other)) {
                Some((_, number)) => *number += 1,
                None => kinds.push((label, 1)),
            }
        }
        let mut product = vec![T::new(1.0)];
        for (label, mut number) in kinds {
            let mut square = self.factor(label, votes);
            loop {
                if number & 1 == 1 {
                    product = self.multiplied(&product, &square);
                }
                number >>= 1;
                if number == 0 {
                    break;
                }
                square = self.multiplied(&square, &square);
            }
        }
        product
    }

    /// The product of two polynomials, up to K.
    fn multiplied(&self, a: &[T], b: &[T]) -> Vec<T> {
        let mut out = vec![T::new(0.0); (a.len() + b.len() - 1).min(self.k + 1)];
        self.arch.dispatch(AddProduct {
            a,
            b,
            out: &mut out,
        });
        out
    }

    /// The table over (S, T) with all labels in it that are present; labels dealt out beyond what
    /// `left_over` more leavers may bring are left out.
    fn table(&self, votes: &Votes, left_over: usize) -> Table<T> {
        let mut table = Table::new(1, 1);
        table.weights[0] = T::new(1.0);
        let mut to_come: usize = self.present.iter().map(|j| self.count(*j)).sum();
        for &label in &self.present {
            let count = self.count(label);
            to_come -= count;
            let longest = votes.cap(label);
            let rows = table.rows + count;
            let width = (table.width + longest).min(rows + to_come + left_over);
            let mut next = Table::new(rows, width);
            let mut scratch = vec![T::new(0.0); width];
            let dealt = self.shares_dealt(label, longest.min(self.k));
            for s in 0..table.rows {
                self.arch.dispatch(AddLabel {
                    a: table.row(s),
                    ways: &self.choose[count],
                    dealt: &dealt,
                    // Fewer votes than `count` are allowed as they are, `count` itself with a weight.
                    below: if votes.is_winner(label) {
                        0
                    } else {
                        votes.count()
                    },
                    count: votes.count(),
                    equal: T::new(votes.weight(label, votes.count())),
                    scratch: &mut scratch,
                    out: &mut next.weights[s * width..][..(count + 1) * width],
                });
            }
            table = next;
        }
        table
    }

    /// Adds to `sums` [K + 1] the ways in which the vote is allowed, by number selected: C(K, R) g_R.
    pub fn add_uniform(&self, votes: &Votes, weight: f64, sums: &mut [f64]) {
        let (table, absent) = (self.table(votes, 0), self.absent(votes));
        for (r, sum) in sums.iter_mut().enumerate() {
            let mut ways = T::new(0.0);
            for (t, here) in table.row(r).iter().enumerate().take(r + 1) {
                if let Some(elsewhere) = absent.get(r - t) {
                    ways = ways.plus(here.times(*elsewhere));
                }
            }
            *sum += weight * ways.times(self.undealt[r]).value();
        }
    }

    /// Adds to `sums` [S, b] the ways in which S of the other classes and b of the class apart leave, but
    /// for the factor (1-σ)^{K-c-S}; in units of (L-1)^-R.
    pub fn add_symmetric(&self, votes: &Votes, weight: f64, sums: &mut [T]) {
        let Some(apart) = self.apart else { return };
        let own = self.count(apart);
        let classes = self.shares.len() as f64;
        let (table, absent) = (self.table(votes, own), self.absent(votes));
        let powers = |number: T| {
            let mut powers = vec![T::new(1.0)];
            (0..self.k).for_each(|i| powers.push(powers[i].times(number)));
            powers
        };
        // Dealt out to L labels in the table, of which R draw from L - 1 only.
        let wider = powers(T::new(classes).over(classes - 1.0));
        let closer = powers(T::new(1.0).over(classes - 1.0));
        let mut dealt = vec![T::new(0.0); self.k + 1];
        for s in 0..table.rows {
            dealt.fill(T::new(0.0));
            let (a, b, out) = (table.row(s), absent.as_slice(), dealt.as_mut_slice());
            self.arch.dispatch(AddProduct { a, b, out });
            for b in 0..=own {
                let mut sum = T::new(0.0);
                for (v, closer) in closer.iter().enumerate().take(s + 1) {
                    let allowed = votes.weight(apart, own - b + v);
                    if allowed != 0.0 {
                        let t = s + b - v;
                        let ways = dealt[t].times(self.undealt[t]).times(wider[t]);
                        let ways = ways.times(self.choose[s][v]).times(*closer);
                        sum = sum.plus(ways.times(T::new(allowed)));
                    }
                }
                let sum = sum.times(self.choose[own][b]).times(T::new(weight));
                let slot = &mut sums[s * (own + 1) + b];
                *slot = slot.plus(sum);
            }
        }
    }

    /// How many sums [`Self::add_symmetric`] has.
    pub fn symmetric_sums(&self) -> Vec<T> {
        let own = self.apart.map_or(0, |apart| self.count(apart));
        vec![T::new(0.0); (self.k - own + 1) * (own + 1)]
    }

    /// C(K, R) g_R from the sums of [`Self::add_symmetric`].
    pub fn settle_symmetric(&self, sums: &[T], out: &mut [f64]) {
        let own = self.apart.map_or(0, |apart| self.count(apart));
        let others = self.k - own;
        let mut result = vec![T::new(0.0); self.k + 1];
        for s in 0..=others {
            for b in 0..=own {
                let mut factor = sums[s * (own + 1) + b];
                for h in 0..=others - s {
                    let term = factor.times(self.choose[others - s][h]);
                    result[s + b + h] = result[s + b + h].plus(term);
                    factor = factor
                        .times(T::new(-1.0))
                        .over(self.shares.len() as f64 - 1.0);
                }
            }
        }
        for (slot, value) in out.iter_mut().zip(result) {
            *slot = value.value();
        }
    }

    /// From C(K, R) g_R to g_R.
    pub fn divide(&self, row: &mut [f64]) {
        for (sum, ways) in row.iter_mut().zip(&self.choose[self.k]) {
            *sum /= ways.value();
        }
    }
}

/// out += a·b, as polynomials, as far as `out` goes.
struct AddProduct<'a, T> {
    a: &'a [T],
    b: &'a [T],
    out: &'a mut [T],
}

impl<T: Number> WithSimd for AddProduct<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        for (t, weight) in self.a.iter().enumerate().take(self.out.len()) {
            if weight.value() != 0.0 {
                add(&mut self.out[t..], self.b, *weight);
            }
        }
    }
}

/// Adds to a row of the table, for b = 0, 1, … leavers of a label, `ways`[b] times the product of `a` and the
/// series of labels dealt to it: u as far as c - b + u < `below`, and the one that makes it `count`, times
/// `equal`. The rows of `out` are as long as `scratch`.
struct AddLabel<'a, T> {
    a: &'a [T],
    ways: &'a [T],
    dealt: &'a [T],
    below: usize,
    count: usize,
    equal: T,
    scratch: &'a mut [T],
    out: &'a mut [T],
}

impl<T: Number> WithSimd for AddLabel<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        let Self {
            a,
            ways,
            dealt,
            scratch,
            ..
        } = self;
        // The series of one leaver more has one term more: its product with `a` grows by that.
        scratch.fill(T::new(0.0));
        let mut terms = 0;
        let rows = self.out.chunks_exact_mut(scratch.len());
        for ((leave, ways), out) in ways.iter().enumerate().zip(rows) {
            let kept = self.ways.len() - 1 - leave;
            while terms < dealt.len().min(scratch.len()) && kept + terms < self.below {
                add(&mut scratch[terms..], a, dealt[terms]);
                terms += 1;
            }
            if terms > 0 {
                add(out, scratch, *ways);
            }
            if self.equal.value() != 0.0 && kept <= self.count {
                let u = self.count - kept;
                if u < dealt.len().min(out.len()) {
                    add(&mut out[u..], a, self.equal.times(dealt[u]).times(*ways));
                }
            }
        }
    }
}

/// out += weight·row
#[inline(always)]
fn add<T: Number>(out: &mut [T], row: &[T], weight: T) {
    for (slot, term) in out.iter_mut().zip(row) {
        *slot = slot.plus(weight.times(*term));
    }
}

//! Who wins the vote of K neighbours whose clean labels are known.
//!
//! The paper draws the clean labels of the neighbours from C. They are in fact known: c_k of class k. With
//! R of the K neighbours selected for noise every subset of R is as likely, so the right label wins with a
//! probability g_R that does not depend on the noise level, and all levels of a curve cost one.

mod binomials;
mod dense;
mod few;
mod label_map;
mod number;
mod sample;
mod spread;

use pulp::Arch;
use rayon::prelude::*;

use super::Ties;
use super::sharing::Sharing;
use crate::memory::zeros;
use crate::{Control, Error, Result};
use binomials::Binomials;
use dense::Dense;
use label_map::Graph;
use number::{Double, Number};
pub use sample::sample;
use spread::Spread;

/// The largest K: products of K binomials and powers still fit a float64.
pub const MOST_VOTES: usize = 400;

/// The largest K for which noise that is spread is computed for neighbourhoods of more than two classes: the
/// time of one grows with K⁴ or more, and reaches a second.
const MOST_SPREAD_VOTES: usize = 150;

/// Signs may multiply rounding by this much, in float64 and in numbers of two: the error stays below 1e-12.
const AMPLIFIED: [f64; 2] = [1e3, 1e17];

/// What becomes of a selected neighbour.
#[derive(Debug, Clone, Copy)]
pub enum Noise<'a> {
    /// The label that each class turns into, [L].
    LabelMap(&'a [i32]),
    /// Any label, by these shares [L], whatever the class.
    Spread(&'a [f64]),
    /// Any other label, each as likely.
    OthersOnly,
    /// The corruption matrix [L, L].
    Dense(&'a [f64]),
}

/// The votes that win for the right label: exactly `count` for it, and no more than it for the others.
struct Votes {
    ties: Ties,
    winner: usize,
    count: usize,
    /// The weight of a label that ties, where ties are shared out.
    equal: f64,
}

impl Votes {
    fn is_winner(&self, label: usize) -> bool {
        label == self.winner
    }

    fn count(&self) -> usize {
        self.count
    }

    /// The most votes of a label that are allowed, if only with a weight.
    fn cap(&self, label: usize) -> usize {
        if label == self.winner {
            self.count
        } else {
            self.ties.cap(self.count, self.winner, label)
        }
    }

    /// The weight of `votes` for `label`: 1 if allowed, 0 if not, or the weight of a tie.
    fn weight(&self, label: usize, votes: usize) -> f64 {
        if label == self.winner {
            f64::from(u8::from(votes == self.count))
        } else if votes > self.cap(label) {
            0.0
        } else if self.ties == Ties::Random && votes == self.count {
            self.equal
        } else {
            1.0
        }
    }
}

/// g_R for R = 0..=K selected neighbours, [M, K + 1], and which cases were computed: the others, whose row is
/// 0, are beyond `budget`, or too large for other reasons, and left to [`sample`].
///
/// `counts` [M, L] are the clean labels of the `k` neighbours of each case, `labels` [M] the right ones.
/// The error is below 1e-12. The unit of work is a case.
///
/// # Errors
/// [`Error::Value`] if `k` is 0 or above [`MOST_VOTES`], sizes do not fit, a row of `counts` has a negative
/// entry or does not sum to `k`, a label or target is outside 0..L, or `budget` is 0;
/// [`Error::Memory`]; [`Error::Interrupted`].
#[allow(clippy::too_many_arguments)] // a case has two parts, and the rest is about the noise
pub fn accuracy(
    counts: &[i32],
    labels: &[i32],
    num_classes: usize,
    k: usize,
    noise: Noise<'_>,
    ties: Ties,
    budget: usize,
    control: &Control,
) -> Result<(Vec<f64>, Vec<bool>)> {
    check_cases(counts, labels, num_classes, k)?;
    if budget == 0 {
        return Err(Error::value(
            "node_budget",
            "0 is too small; give at least 1",
        ));
    }
    let even = vec![1.0 / num_classes as f64; num_classes];
    let matrix = match noise {
        Noise::OthersOnly if num_classes <= few::LABELS => others_only(num_classes),
        Noise::Dense(matrix) => matrix.to_vec(),
        _ => Vec::new(),
    };
    let sizes = match noise {
        Noise::LabelMap(targets) => {
            crate::labels::check("targets", targets, num_classes)?;
            targets.len() == num_classes
        }
        Noise::Spread(shares) => shares.len() == num_classes,
        Noise::OthersOnly => num_classes > 1,
        Noise::Dense(matrix) => matrix.len() == num_classes * num_classes,
    };
    if !sizes {
        return Err(Error::value(
            "noise",
            format!("is not for {num_classes} classes"),
        ));
    }
    let solver = Solver {
        arch: Arch::new(),
        k,
        noise,
        ties,
        budget,
        binomials: Binomials::new(k),
        even: &even,
        matrix: &matrix,
        control,
    };
    let mut result: Vec<f64> = zeros(&[labels.len(), k + 1])?;
    let mut exact = vec![false; labels.len()];
    result
        .par_chunks_exact_mut(k + 1)
        .zip(&mut exact)
        .zip(counts.par_chunks_exact(num_classes).zip(labels))
        .try_for_each(|((row, exact), (counts, label))| {
            *exact = solver.solve(counts, *label as usize, row)?;
            row.iter_mut().for_each(|g| *g = g.clamp(0.0, 1.0));
            control.advance(1)
        })?;
    Ok((result, exact))
}

/// The corruption matrix of [`Noise::OthersOnly`].
fn others_only(num_classes: usize) -> Vec<f64> {
    let other = 1.0 / (num_classes as f64 - 1.0);
    let entry = |i: usize| {
        if i.is_multiple_of(num_classes + 1) {
            0.0
        } else {
            other
        }
    };
    (0..num_classes * num_classes).map(entry).collect()
}

fn check_cases(counts: &[i32], labels: &[i32], num_classes: usize, k: usize) -> Result<()> {
    if !(1..=MOST_VOTES).contains(&k) {
        return Err(Error::value(
            "k",
            format!("{k} is not within 1..={MOST_VOTES}"),
        ));
    }
    if num_classes == 0 || labels.is_empty() || counts.len() != labels.len() * num_classes {
        return Err(Error::value(
            "counts",
            format!("has {} entries for {} labels", counts.len(), labels.len()),
        ));
    }
    for (m, row) in counts.chunks_exact(num_classes).enumerate() {
        let sum: i64 = row.iter().map(|c| i64::from(*c)).sum();
        if sum != k as i64 || row.iter().any(|c| *c < 0) {
            return Err(Error::value(
                "counts",
                format!("row {m} is not {k} labels: it sums to {sum}, or has a negative entry"),
            ));
        }
    }
    crate::labels::check("label", labels, num_classes)
}

struct Solver<'a> {
    arch: Arch,
    k: usize,
    noise: Noise<'a>,
    ties: Ties,
    budget: usize,
    binomials: Binomials,
    /// 1/L for each label.
    even: &'a [f64],
    /// Where the noise is taken as one.
    matrix: &'a [f64],
    control: &'a Control,
}

impl Solver<'_> {
    /// Writes g_R of one case to `row`, unless it is beyond the budget.
    fn solve(&self, counts: &[i32], label: usize, row: &mut [f64]) -> Result<bool> {
        let classes = counts.iter().filter(|count| **count > 0).count();
        let spread = matches!(self.noise, Noise::Spread(_) | Noise::OthersOnly);
        if spread && classes > 2 && self.k > MOST_SPREAD_VOTES {
            return Ok(false);
        }
        let few = counts.len() <= few::LABELS && self.k <= few::MOST;
        match self.noise {
            Noise::LabelMap(targets) => {
                let graph = Graph::new(counts, targets);
                self.each_vote(counts.len(), label, graph.most(label), |votes, weight| {
                    let ways = graph.weights(votes, &self.binomials);
                    for (sum, ways) in row.iter_mut().zip(ways) {
                        *sum += weight * ways;
                    }
                    Ok(())
                })?;
                self.divide(row);
            }
            Noise::Spread(shares) => {
                let spread = Spread::<f64>::new(self.arch, counts, self.k, shares, false);
                let most = spread.most(label, 1.0);
                self.each_vote(counts.len(), label, most, |votes, weight| {
                    spread.add_uniform(votes, weight, row);
                    Ok(())
                })?;
                spread.divide(row);
            }
            Noise::OthersOnly => {
                let classes = counts.len() as f64;
                let largest = counts.iter().copied().max().unwrap_or_default();
                let others = self.k as i32 - largest;
                let amplified = ((classes + 1.0) / (classes - 1.0)).powi(others);
                if amplified < AMPLIFIED[0] {
                    self.symmetric::<f64>(counts, label, amplified, row)?;
                } else if few {
                    self.few(counts, label, row)?;
                } else if amplified < AMPLIFIED[1] {
                    self.symmetric::<Double>(counts, label, amplified, row)?;
                } else {
                    return Ok(false);
                }
            }
            Noise::Dense(_) if few => self.few(counts, label, row)?,
            Noise::Dense(matrix) => {
                let Some(dense) = Dense::new(counts, matrix, self.budget) else {
                    return Ok(false);
                };
                self.each_vote(counts.len(), label, self.k, |votes, weight| {
                    dense.add(votes, weight, &self.binomials, row, self.control)
                })?;
                self.divide(row);
            }
        }
        Ok(true)
    }

    fn few(&self, counts: &[i32], label: usize, row: &mut [f64]) -> Result<()> {
        let (matrix, binomials) = (self.matrix, &self.binomials);
        let values = few::accuracy(
            counts,
            label,
            self.k,
            matrix,
            self.ties,
            binomials,
            self.control,
        )?;
        row.copy_from_slice(&values);
        Ok(())
    }

    fn symmetric<T: Number>(
        &self,
        counts: &[i32],
        label: usize,
        amplified: f64,
        row: &mut [f64],
    ) -> Result<()> {
        let spread = Spread::<T>::new(self.arch, counts, self.k, self.even, true);
        let mut sums = spread.symmetric_sums();
        let most = spread.most(label, amplified);
        self.each_vote(counts.len(), label, most, |votes, weight| {
            spread.add_symmetric(votes, weight, &mut sums);
            Ok(())
        })?;
        spread.settle_symmetric(&sums, row);
        spread.divide(row);
        Ok(())
    }

    /// Calls `add` with every vote that the label can win, and its weight.
    fn each_vote(
        &self,
        num_classes: usize,
        label: usize,
        most: usize,
        mut add: impl FnMut(&Votes, f64) -> Result<()>,
    ) -> Result<()> {
        let mut sharing = Sharing::new(self.k, num_classes);
        for count in self.ties.least_count(self.k, num_classes, label)..=most {
            let mut votes = Votes {
                ties: self.ties,
                winner: label,
                count,
                equal: 1.0,
            };
            if self.ties == Ties::Random {
                sharing.prepare(count);
                for (z, weight) in sharing.rule(count) {
                    votes.equal = *z;
                    add(&votes, *weight)?;
                }
            } else {
                add(&votes, 1.0)?;
            }
            self.control.go_on()?;
        }
        Ok(())
    }

    /// From C(K, R) g_R 2^-K to g_R.
    fn divide(&self, row: &mut [f64]) {
        for (sum, ways) in row.iter_mut().zip(self.binomials.row(self.k)) {
            *sum /= ways;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The slow twin: every subset of the neighbours, and every label that each may get.
    fn enumerate(counts: &[i32], label: usize, matrix: &[f64], ties: Ties) -> Vec<f64> {
        fn go(
            neighbors: &[usize],
            votes: &mut [i32],
            selected: usize,
            weight: f64,
            matrix: &[f64],
            win: &mut dyn FnMut(&[i32], usize, f64),
        ) {
            let Some((class, rest)) = neighbors.split_first() else {
                win(votes, selected, weight);
                return;
            };
            votes[*class] += 1;
            go(rest, votes, selected, weight, matrix, win);
            votes[*class] -= 1;
            for j in 0..votes.len() {
                let p = matrix[class * votes.len() + j];
                if p > 0.0 {
                    votes[j] += 1;
                    go(rest, votes, selected + 1, weight * p, matrix, win);
                    votes[j] -= 1;
                }
            }
        }
        let neighbors: Vec<usize> = (0..counts.len())
            .flat_map(|k| std::iter::repeat_n(k, counts[k] as usize))
            .collect();
        let k = neighbors.len();
        // Thousands of terms in a row would lose digits that the test asks for: what is lost is kept.
        let mut sums = vec![(0.0, 0.0); k + 1];
        let mut votes = vec![0; counts.len()];
        go(
            &neighbors,
            &mut votes,
            0,
            1.0,
            matrix,
            &mut |votes, selected, weight| {
                let (sum, lost): &mut (f64, f64) = &mut sums[selected];
                let term = weight * ties.share(votes, label) + *lost;
                let next = *sum + term;
                *lost = term - (next - *sum);
                *sum = next;
            },
        );
        let ways = Binomials::new(k);
        let scale = 2.0_f64.powi(k as i32);
        sums.iter()
            .zip(ways.row(k))
            .map(|((sum, _), ways)| sum / (ways * scale))
            .collect()
    }

    #[test]
    fn enumeration_is_exact_to_the_last_digits() {
        // 62/110, 2/110, 42/110, 2/110, 2/110; the values by fractions.
        let shares = [3.1 / 5.5, 0.1 / 5.5, 2.1 / 5.5, 0.1 / 5.5, 0.1 / 5.5];
        let got = enumerate(&[0, 1, 1, 3, 1], 0, &shares.repeat(5), Ties::First);
        for (r, want) in [
            (2, 0.2541487603305785),
            (3, 0.5663474079639368),
            (6, 0.7802946722805479),
        ] {
            assert!((got[r] - want).abs() < 1e-15, "R = {r}: {}", got[r]);
        }
    }

    fn check(counts: &[i32], noise: Noise<'_>, matrix: &[f64]) {
        let classes = counts.len();
        let k = counts.iter().sum::<i32>() as usize;
        for ties in [Ties::Strict, Ties::First, Ties::Random] {
            for label in 0..classes {
                let control = Control::default();
                let labels = [label as i32];
                let (got, exact) =
                    accuracy(counts, &labels, classes, k, noise, ties, 5000, &control).unwrap();
                assert!(exact[0]);
                let want = enumerate(counts, label, matrix, ties);
                for (r, (got, want)) in got.iter().zip(want).enumerate() {
                    assert!(
                        (got - want).abs() < 1e-13,
                        "{noise:?} {ties:?} {counts:?} label {label}, R = {r}: {got} for {want}"
                    );
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn agrees_with_enumeration(
            counts in prop::collection::vec(0i32..4, 2..6),
            targets in prop::collection::vec(0usize..6, 6),
            weights in prop::collection::vec(0u32..4, 36),
        ) {
            let (l, k) = (counts.len(), counts.iter().sum::<i32>());
            prop_assume!((1..=6).contains(&k));
            let targets: Vec<i32> = targets[..l].iter().map(|t| (t % l) as i32).collect();
            let mut matrix = vec![0.0; l * l];
            for (k, target) in targets.iter().enumerate() {
                matrix[k * l + *target as usize] = 1.0;
            }
            check(&counts, Noise::LabelMap(&targets), &matrix);
            let weights: Vec<f64> = weights.iter().map(|w| f64::from(*w) + 0.1).collect();
            let total: f64 = weights[..l].iter().sum();
            let shares: Vec<f64> = weights[..l].iter().map(|w| w / total).collect();
            check(&counts, Noise::Spread(&shares), &shares.repeat(l));
            check(&counts, Noise::OthersOnly, &others_only(l));
            let mut dense = weights[..l * l].to_vec();
            for row in dense.chunks_exact_mut(l) {
                let total: f64 = row.iter().sum();
                row.iter_mut().for_each(|p| *p /= total);
            }
            check(&counts, Noise::Dense(&dense), &dense);
        }
    }
}

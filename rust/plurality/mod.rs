//! Who wins the vote: the probability that the plurality of K noisy labels is the right one.
//!
//! K labels are drawn independently from a distribution q over L labels; n_j of them are label j. The
//! right label i wins if it beats every other one. Drory et al., BMVC 2020, Theorem 1 and Appendix C.

mod binomial;
mod bounded_dp;
mod contour;
mod excess;
pub mod fixed;
mod gauss_legendre;
mod poisson;
mod sharing;

use rayon::prelude::*;

use crate::memory::zeros;
use crate::{Control, Error, Result};
use bounded_dp::BoundedDp;
use contour::{Circle, Contour};
use excess::excess;

/// Rows of q may miss a sum of 1 by this much: far more than rounding in float64 makes, and too little to
/// matter. (They are not normalised: Q is Eq. 4 for q as it stands.)
pub const SUM_TOLERANCE: f64 = 1e-8;

/// The largest K.
pub const MOST_VOTES: usize = 10_000;

/// From this K on the contour is the faster method (measured: level at 10 with 10 labels, sooner with more).
const CONTOUR_FROM: usize = 10;

/// What happens when two labels share the first place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ties {
    /// A tie is an error: the right label must beat every other (the paper's rule).
    Strict,
    /// The lowest label wins, as `argmax` has it: a later label may equal the right one.
    First,
    /// Each label of a t-way tie wins with probability 1/t.
    Random,
}

/// How the sum is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Whichever is faster; where only two labels can get votes, the binomial sum of Eq. 16: O(K) a row.
    Auto,
    /// The bounded sum by dynamic programming: O(L·K³) a row.
    Dp,
    /// Quadrature on a circle: O(L·K^1.5) a row.
    Contour,
}

impl Ties {
    /// The largest count that label `j` may have for `label` to win with `count` votes (`count` ≥ 1).
    fn cap(self, count: usize, label: usize, j: usize) -> usize {
        match self {
            Self::Strict => count - 1,
            Self::First => count - usize::from(j < label),
            Self::Random => count,
        }
    }

    /// m_1 of Eq. 10, for any rule: the fewest of `k` votes with which `label` can win. (Fewer would add
    /// nothing.)
    fn least_count(self, k: usize, num_classes: usize, label: usize) -> usize {
        let equal = match self {
            Self::Strict => 0,
            Self::First => num_classes - 1 - label,
            Self::Random => num_classes - 1,
        };
        // count + (L - 1)(count - 1) + equal ≥ K
        (k + num_classes - 1)
            .saturating_sub(equal)
            .div_ceil(num_classes)
            .max(1)
    }

    /// How much of a vote with these `counts` goes to `label`: 1, 0, or its share of a tie.
    pub fn share(self, counts: &[i32], label: usize) -> f64 {
        let votes = counts[label];
        if votes == 0 || counts.iter().any(|n| *n > votes) {
            return 0.0;
        }
        let tied = counts.iter().filter(|n| **n == votes).count();
        match self {
            Self::Strict => f64::from(u8::from(tied == 1)),
            Self::First => f64::from(u8::from(!counts[..label].contains(&votes))),
            Self::Random => 1.0 / tied as f64,
        }
    }
}

/// The probability that a label wins the vote of k labels drawn from its row of `q` [M, L] (C order), for
/// each k of `ks`: [len(ks), len(labels)].
///
/// `labels` has the same number of labels for each row, row after row. Eq. 4 in float64, by the `method`
/// asked for; the absolute error is below 1e-12 for K ≤ 101. The unit of work is a label and k.
///
/// # Errors
/// [`Error::Value`] if a k is 0 or above [`MOST_VOTES`], sizes do not fit, a label is outside 0..L, or a
/// row of `q` has an entry that is negative or not finite, or misses a sum of 1 by more than [`SUM_TOLERANCE`];
/// [`Error::Memory`]; [`Error::Interrupted`].
pub fn accuracy(
    q: &[f64],
    labels: &[i32],
    num_classes: usize,
    ks: &[usize],
    ties: Ties,
    method: Method,
    control: &Control,
) -> Result<Vec<f64>> {
    if let Some(k) = ks.iter().find(|k| !(1..=MOST_VOTES).contains(*k)) {
        return Err(Error::value(
            "k",
            format!("{k} is not within 1..={MOST_VOTES}"),
        ));
    }
    if num_classes == 0 || q.is_empty() || !q.len().is_multiple_of(num_classes) {
        return Err(Error::value(
            "q",
            format!("has {} entries in rows of {num_classes}", q.len()),
        ));
    }
    let number = q.len() / num_classes;
    if !labels.len().is_multiple_of(number) {
        return Err(Error::value(
            "label",
            format!("has {} labels for {number} rows", labels.len()),
        ));
    }
    let excesses: Vec<_> = q
        .par_chunks_exact(num_classes)
        .map(check_distribution)
        .collect();
    let rows = (q.chunks_exact(num_classes).zip(excesses).enumerate())
        .map(|(m, (row, excess))| match excess {
            Ok(excess) => Ok((row, excess)),
            Err(why) => Err(Error::value("q", format!("row {m} {why}"))),
        })
        .collect::<Result<Vec<_>>>()?;
    crate::labels::check("label", labels, num_classes)?;
    let each = labels.len() / number;
    let mut result = zeros(&[ks.len(), labels.len()])?;
    // One K after the other: the points of a circle take memory.
    for (&k, values) in ks.iter().zip(result.chunks_exact_mut(labels.len().max(1))) {
        let circle = match method {
            Method::Auto if k < CONTOUR_FROM => None,
            Method::Dp => None,
            Method::Auto | Method::Contour => Some(Circle::new(k)?),
        };
        let solver = || {
            Ok(match &circle {
                Some(circle) => Solver::Contour(Box::new(Contour::new(circle, num_classes))),
                None => Solver::Dp(BoundedDp::new(k, num_classes)?),
            })
        };
        values
            .par_iter_mut()
            .zip(labels)
            .enumerate()
            .try_for_each_init(solver, |solver, (i, (value, &label))| {
                let ((row, excess), label) = (rows[i / each], label as usize);
                let closed = match method {
                    Method::Auto => binomial::two_labels(row, excess, label, k, ties),
                    _ => None,
                };
                let solver = solver.as_mut().map_err(|error: &mut Error| error.clone())?;
                *value = match (closed, solver) {
                    (Some(closed), _) => closed,
                    (None, Solver::Dp(dp)) => dp.probability(row, excess, label, ties, control)?,
                    (None, Solver::Contour(contour)) => {
                        contour.probability(row, excess, label, ties)
                    }
                };
                control.advance(1)
            })?;
    }
    Ok(result)
}

/// A method with one thread's working memory.
enum Solver<'a> {
    Dp(BoundedDp),
    Contour(Box<Contour<'a>>),
}

/// By how much a row of probabilities exceeds a sum of 1, or what is wrong with it.
fn check_distribution(row: &[f64]) -> std::result::Result<f64, String> {
    if let Some(j) = row.iter().position(|p| !p.is_finite() || *p < 0.0) {
        return Err(format!(
            "has {:?} at label {j}; probabilities are finite and not negative",
            row[j]
        ));
    }
    let excess = excess(row);
    if excess.abs() > SUM_TOLERANCE {
        return Err(format!(
            "sums to {}; divide it by its sum (tolerance {SUM_TOLERANCE:e})",
            1.0 + excess
        ));
    }
    Ok(excess)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The slow twin: every string of K labels, one by one.
    fn enumerate(q: &[f64], label: usize, k: usize, ties: Ties) -> f64 {
        fn go(q: &[f64], counts: &mut [i32], left: usize, win: &dyn Fn(&[i32]) -> f64) -> f64 {
            if left == 0 {
                return win(counts);
            }
            (0..q.len())
                .map(|j| {
                    counts[j] += 1;
                    let rest = go(q, counts, left - 1, win);
                    counts[j] -= 1;
                    q[j] * rest
                })
                .sum()
        }
        go(q, &mut vec![0; q.len()], k, &|counts| {
            ties.share(counts, label)
        })
    }

    /// By both methods and by their choice, which must agree.
    fn one(q: &[f64], label: usize, k: usize, ties: Ties) -> f64 {
        let [dp, contour, auto] = [Method::Dp, Method::Contour, Method::Auto].map(|method| {
            let control = Control::default();
            accuracy(q, &[label as i32], q.len(), &[k], ties, method, &control).unwrap()[0]
        });
        assert!(
            (auto - contour).abs() < 1e-12,
            "{ties:?}, K = {k}: {auto} {contour}"
        );
        assert!(
            (dp - contour).abs() < 1e-13,
            "{ties:?}, K = {k}: {dp} {contour}"
        );
        contour
    }

    proptest! {
        #[test]
        fn agrees_with_enumeration(
            weights in prop::collection::vec(0u32..5, 1..5),
            label in 0usize..5,
            k in 1usize..7,
        ) {
            let total: u32 = weights.iter().sum();
            prop_assume!(total > 0 && label < weights.len());
            let q: Vec<f64> = weights.iter().map(|w| f64::from(*w) / f64::from(total)).collect();
            for ties in [Ties::Strict, Ties::First, Ties::Random] {
                let (got, want) = (one(&q, label, k, ties), enumerate(&q, label, k, ties));
                prop_assert!((got - want).abs() < 1e-14, "{ties:?}: {got} for {want}");
            }
        }

        /// Where ties are settled some label always wins, so the probabilities sum to 1.
        #[test]
        fn wins_sum_to_one(weights in prop::collection::vec(1u32..1000, 2..9), k in 1usize..150) {
            let total: f64 = weights.iter().map(|w| f64::from(*w)).sum();
            let q: Vec<f64> = weights.iter().map(|w| f64::from(*w) / total).collect();
            for ties in [Ties::First, Ties::Random] {
                let sum: f64 = (0..q.len()).map(|label| one(&q, label, k, ties)).sum();
                prop_assert!((sum - 1.0).abs() < 1e-12, "{ties:?}: {sum}");
            }
        }
    }

    #[test]
    fn certain_and_impossible_labels() {
        for k in [1, 2, 51, 1000, 3000] {
            for ties in [Ties::Strict, Ties::First, Ties::Random] {
                let certain = one(&[0.0, 1.0, 0.0], 1, k, ties);
                assert!((certain - 1.0).abs() < 1e-12, "k = {k}: {certain}");
                assert_eq!(one(&[0.0, 1.0, 0.0], 0, k, ties), 0.0);
                assert!((0.0..1e-290).contains(&one(&[1e-300, 1.0], 0, k, ties)));
            }
        }
        assert_eq!(one(&[1.0], 0, 5, Ties::Strict), 1.0);
    }

    #[test]
    fn bad_arguments_are_errors() {
        let control = Control::default();
        let run = |q: &[f64], label, k| {
            accuracy(q, &[label], 2, &[k], Ties::Strict, Method::Dp, &control)
        };
        assert!(run(&[0.5, 0.5], 0, 0).is_err());
        assert!(run(&[0.5, 0.5], 0, MOST_VOTES + 1).is_err());
        assert!(run(&[0.5, 0.5, 0.0], 0, 1).is_err());
        assert!(run(&[0.5, 0.4], 0, 1).is_err());
        assert!(run(&[1.5, -0.5], 0, 1).is_err());
        assert!(run(&[f64::NAN, 1.0], 0, 1).is_err());
        assert!(run(&[0.5, 0.5], 2, 1).is_err());
        assert!(run(&[0.5, 0.5], -1, 1).is_err());
        control.cancel();
        assert_eq!(run(&[0.5, 0.5], 0, 1), Err(Error::Interrupted));
    }
}

//! The winner's count alone, which is binomial: all there is where two labels share the votes (Eq. 16 of the
//! paper, for any tie rule), or where the winner has more than half of them.
//!
//! Probabilities are ratios to the one at the mode, which the sum of all of them settles, so that nothing
//! overflows at any K.

use std::cmp::Ordering;

use super::Ties;

/// Σ_n `weight`(n) C(k, n) p^n rest^(k - n), for 0 ≤ weights ≤ 1 and p + rest = 1 + `excess`.
fn sum(k: usize, p: f64, rest: f64, excess: f64, weight: impl Fn(usize) -> f64) -> f64 {
    // From the excess as it is: of p + rest rounding leaves too little for a power of K.
    let all = (k as f64 * excess.ln_1p()).exp();
    if p == 0.0 || rest == 0.0 {
        let n = if p == 0.0 { 0 } else { k };
        return weight(n) * all;
    }
    let mode = (((k + 1) as f64 * (p / (p + rest))) as usize).min(k);
    let (up, down) = (p / rest, rest / p);
    let (mut total, mut weighted) = (1.0, weight(mode));
    // Terms fall ever faster away from the mode: what is left out is below the last digit.
    let mut add = |n: usize, term: f64| {
        total += term;
        weighted += term * weight(n);
        term > 1e-25
    };
    let mut term = 1.0;
    for n in mode + 1..=k {
        term *= (k - n + 1) as f64 / n as f64 * up;
        if !add(n, term) {
            break;
        }
    }
    term = 1.0;
    for n in (0..mode).rev() {
        term *= (n + 1) as f64 / (k - n) as f64 * down;
        if !add(n, term) {
            break;
        }
    }
    weighted / total * all
}

/// The probability of more than half of `k` votes for a label with probability `p`, where all sum to
/// 1 + `excess`.
pub fn majority(k: usize, p: f64, excess: f64) -> f64 {
    let rest = (1.0 - p + excess).max(0.0);
    sum(k, p, rest, excess, |n| f64::from(u8::from(2 * n > k)))
}

/// The probability that `label` wins the vote of `k` labels drawn from `q`, if at most one other label has a
/// probability above 0; q sums to 1 + `excess`. Within [0, 1].
pub fn two_labels(q: &[f64], excess: f64, label: usize, k: usize, ties: Ties) -> Option<f64> {
    let mut others = (0..q.len()).filter(|j| *j != label && q[*j] > 0.0);
    let other = others.next();
    if others.next().is_some() {
        return None;
    }
    let tie = match ties {
        Ties::Strict => 0.0,
        Ties::First => f64::from(u8::from(other.is_some_and(|j| label < j))),
        Ties::Random => 0.5,
    };
    let wins = |n: usize| match (2 * n).cmp(&k) {
        Ordering::Less => 0.0,
        Ordering::Equal => tie,
        Ordering::Greater => 1.0,
    };
    let rest = other.map_or(0.0, |j| q[j]);
    Some(sum(k, q[label], rest, excess, wins).min(1.0))
}

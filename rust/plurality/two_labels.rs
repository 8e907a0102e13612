//! Votes that only two labels can get: Eq. 16 of the paper, for any tie rule.
//!
//! The winner's count is Binomial(K, p). Its probabilities are ratios to the one at the mode, which the
//! sum of all of them settles, so that nothing overflows at any K.

use super::Ties;

/// The probability that `label` wins the vote of `k` labels drawn from `q`, if at most one other label has a
/// probability above 0; within [0, 1].
pub fn probability(q: &[f64], label: usize, k: usize, ties: Ties) -> Option<f64> {
    let mut others = (0..q.len()).filter(|j| *j != label && q[*j] > 0.0);
    let other = others.next();
    if others.next().is_some() {
        return None;
    }
    let (p, rest) = (q[label], other.map_or(0.0, |j| q[j]));
    // For q as it stands, which sums to 1 only nearly.
    let all = (k as f64 * (p + rest - 1.0).ln_1p()).exp();
    let wins = |count: usize| match (2 * count).cmp(&k) {
        std::cmp::Ordering::Less => 0.0,
        std::cmp::Ordering::Greater => 1.0,
        std::cmp::Ordering::Equal => match ties {
            Ties::Strict => 0.0,
            Ties::First => f64::from(u8::from(other.is_some_and(|j| label < j))),
            Ties::Random => 0.5,
        },
    };
    if p == 0.0 || rest == 0.0 {
        return Some(if p == 0.0 { 0.0 } else { all.min(1.0) });
    }
    let mode = (((k + 1) as f64 * (p / (p + rest))) as usize).min(k);
    let (mut total, mut won) = (1.0, wins(mode));
    let mut term = 1.0;
    for count in mode..k {
        term *= (k - count) as f64 / (count + 1) as f64 * (p / rest);
        total += term;
        won += term * wins(count + 1);
        if term < f64::MIN_POSITIVE {
            break;
        }
    }
    term = 1.0;
    for count in (1..=mode).rev() {
        term *= count as f64 / (k - count + 1) as f64 * (rest / p);
        total += term;
        won += term * wins(count - 1);
        if term < f64::MIN_POSITIVE {
            break;
        }
    }
    Some((won / total * all).min(1.0))
}

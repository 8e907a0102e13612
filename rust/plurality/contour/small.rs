//! Labels with small rates, all taken as one factor.
//!
//! With z the weight of a tie, a label of rate λ has the factor f(x) = e_{n-1}(x) + z x^n/n! at x = λe^{iθ},
//! and ln(f(x) e^-x) is a power series in x, whose coefficients do not depend on the label. So the factors
//! of many labels are exp(Σ_j λ_j (e^{iθ} - 1)), which belongs to what has converged, times the exponential
//! of one short series in e^{iθ} with the power sums Σ_j λ_j^s.

use super::super::Ties;
use super::super::sharing::Sharing;

/// Rates up to this are small. The zeros of f lie at |x| ≥ 1, so its logarithm falls by 4 or more a term.
pub const SMALL: f64 = 0.25;

/// Fewer labels than this are cheaper one by one.
pub const FEW: usize = 16;

/// Terms after the first that a series may have: 0.25^40 is below any tolerance here.
const MOST_TERMS: usize = 40;

/// exp(Σ_s c_s e^{isθ}), s = n, n + 1, …
#[derive(Clone, Copy)]
pub struct Factor {
    /// Where c starts among all coefficients, and how many there are.
    start: usize,
    len: usize,
    /// The exponential is the 2^`halvings`-th power of a Taylor polynomial of this degree.
    pub degree: u32,
    pub halvings: u32,
    /// 2^-halvings
    pub shrink: f64,
    /// Whether it may be too large for a float64, or lose digits, beside what has converged.
    pub large: bool,
}

/// One thread's tables, and the factors of the row in hand.
#[derive(Default)]
pub struct Small {
    /// Rates that may not reach the winner's count, and those that may.
    rates: [Vec<f64>; 2],
    /// Σ λ^s of either, s = low, low + 1, …
    sums: [Vec<f64>; 2],
    powers: Vec<f64>,
    /// ln(f e^-x) by n: for z = 0 and z = 1, and for the nodes of the tie rule.
    logarithms: [Vec<Vec<Vec<f64>>>; 2],
    coefficients: Vec<f64>,
    /// By n - low, and by tie node within it.
    factors: Vec<Vec<Factor>>,
    low: usize,
}

impl Small {
    pub fn clear(&mut self) {
        self.rates.iter_mut().for_each(Vec::clear);
        self.coefficients.clear();
        self.factors.clear();
    }

    pub fn push(&mut self, rate: f64, above: usize) {
        self.rates[above].push(rate);
    }

    /// Makes the factors for the counts from `low` on, as far as they differ from 1 by `negligible`.
    pub fn prepare(
        &mut self,
        low: usize,
        high: usize,
        negligible: f64,
        ties: Ties,
        sharing: &Sharing,
    ) {
        self.low = low;
        if self.rates.iter().all(Vec::is_empty) {
            return;
        }
        self.add_up_powers(negligible);
        let last = low + self.sums[0].len(); // the first power left out
        for n in low..=high.min(last - 1) {
            let nodes = if ties == Ties::Random {
                sharing.rule(n).len()
            } else {
                1
            };
            let mut of_count = Vec::with_capacity(nodes);
            for node in 0..nodes {
                let start = self.coefficients.len();
                self.coefficients.resize(start + last - n, 0.0);
                if ties == Ties::Random {
                    self.add(start, n, (1, node), sharing.rule(n)[node].0, 0);
                } else {
                    self.add(start, n, (0, 0), 0.0, 0);
                    self.add(start, n, (0, 1), 1.0, 1);
                }
                of_count.push(self.factor(start, negligible));
            }
            if of_count.iter().all(|factor| factor.len == 0) {
                break; // and so for every larger n
            }
            self.factors.push(of_count);
        }
    }

    /// Whether every factor is 1.
    pub fn is_empty(&self) -> bool {
        self.factors.is_empty()
    }

    /// The series c for the winner's count `n` and this tie node; none where the factor is 1.
    pub fn factor_at(&self, n: usize, node: usize) -> Option<(Factor, &[f64])> {
        let factor = self.factors.get(n - self.low)?[node];
        (factor.len > 0).then(|| (factor, &self.coefficients[factor.start..][..factor.len]))
    }

    /// Power sums, until what they can add is negligible: |coefficients| ≤ 2/((n-1)! s).
    fn add_up_powers(&mut self, negligible: f64) {
        let (low, few) = (self.low, MOST_TERMS);
        let mut scale = 2.0;
        (2..low).for_each(|t| scale /= t as f64);
        self.sums.iter_mut().for_each(Vec::clear);
        for above in 0..2 {
            let rates = &self.rates[above];
            self.powers.clear();
            self.powers
                .extend(rates.iter().map(|rate| rate.powi(low as i32)));
            for s in low..low + few {
                let sum = sum(&self.powers);
                self.sums[above].push(sum);
                if sum * scale < 0.1 * negligible * s as f64 {
                    break;
                }
                for (power, rate) in self.powers.iter_mut().zip(rates) {
                    *power *= rate;
                }
            }
        }
        let longest = self.sums[0].len().max(self.sums[1].len());
        self.sums
            .iter_mut()
            .for_each(|sums| sums.resize(longest, 0.0));
    }

    /// Adds what the labels of kind `above` give, a tie weighing `z`; the series is kept at `place` of a table,
    /// whose places are asked for in order.
    fn add(
        &mut self,
        start: usize,
        n: usize,
        (table, place): (usize, usize),
        z: f64,
        above: usize,
    ) {
        let table = &mut self.logarithms[table];
        if table.len() <= n {
            table.resize(n + 1, Vec::new());
        }
        if table[n].len() <= place {
            table[n].push(logarithm(n, z));
        }
        let sums = &self.sums[above][n - self.low..];
        let series = table[n][place].iter().zip(sums);
        for (c, (a, sum)) in self.coefficients[start..].iter_mut().zip(series) {
            *c += a * sum;
        }
    }

    /// How the exponential of the coefficients from `start` on is to be computed.
    fn factor(&mut self, start: usize, negligible: f64) -> Factor {
        let mut size: f64 = self.coefficients[start..].iter().map(|c| c.abs()).sum();
        let len = if size < 0.1 * negligible {
            0
        } else {
            self.coefficients.len() - start
        };
        let large = size > 20.0;
        let mut halvings = 0;
        let mut shrink = 1.0;
        while size > 0.5 {
            size *= 0.5;
            shrink *= 0.5;
            halvings += 1;
        }
        let (mut degree, mut rest) = (1, 0.5 * size * size);
        while rest > 0.1 * negligible && degree < 30 {
            degree += 1;
            rest *= size / f64::from(degree + 1);
        }
        Factor {
            start,
            len,
            degree,
            halvings,
            shrink,
            large,
        }
    }
}

/// Σ values, in eight lanes.
fn sum(values: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let chunks = values.chunks_exact(8);
    let rest: f64 = chunks.remainder().iter().sum();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value;
        }
    }
    lanes.iter().sum::<f64>() + rest
}

/// The coefficients of x^n, x^{n+1}, … in ln(f(x) e^-x): its derivative is
/// -x^{n-1}/(n-1)! · (1 - z + zx/n) / f(x).
fn logarithm(n: usize, z: f64) -> Vec<f64> {
    let mut f = vec![1.0];
    for u in 1..=n.min(MOST_TERMS) {
        f.push(f[u - 1] / u as f64);
    }
    if n <= MOST_TERMS {
        f[n] *= z;
    }
    let mut inverse: Vec<f64> = vec![1.0];
    for t in 1..MOST_TERMS {
        let sum: f64 = (1..=t.min(f.len() - 1))
            .map(|u| f[u] * inverse[t - u])
            .sum();
        inverse.push(-sum);
    }
    let mut lead = -1.0; // -1/(n-1)!
    (2..n).for_each(|t| lead /= t as f64);
    (0..MOST_TERMS)
        .map(|t| {
            let before = if t > 0 { inverse[t - 1] } else { 0.0 };
            lead * ((1.0 - z) * inverse[t] + z / n as f64 * before) / (n + t) as f64
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_is_the_logarithm() {
        for n in [1, 2, 3, 7, 60] {
            for z in [0.0, 0.3, 1.0] {
                let series = logarithm(n, z);
                for x in [0.01_f64, 0.1, -0.2, SMALL] {
                    let (mut f, mut term) = (1.0, 1.0);
                    for t in 1..=n {
                        term *= x / t as f64;
                        f += if t < n { term } else { z * term };
                    }
                    let want = f.ln() - x;
                    let got: f64 = (n..).zip(&series).map(|(s, c)| c * x.powi(s as i32)).sum();
                    assert!(
                        (got - want).abs() < 1e-15,
                        "n = {n}, z = {z}, x = {x}: {got} {want}"
                    );
                }
            }
        }
    }

    /// The factors against the labels one by one, on the circle.
    #[test]
    fn factors_are_products() {
        let rates: Vec<f64> = (0..300)
            .map(|j| SMALL * f64::from(j % 50 + 1) / 50.0)
            .collect();
        let mut sharing = Sharing::new(51, 301);
        (1..=20).for_each(|n| sharing.prepare(n));
        for ties in [Ties::Strict, Ties::First, Ties::Random] {
            let mut small = Small::default();
            small.clear();
            for (j, rate) in rates.iter().enumerate() {
                small.push(*rate, usize::from(ties == Ties::First && j >= 100));
            }
            small.prepare(1, 20, 1e-17, ties, &sharing);
            for n in 1..=20 {
                let nodes = if ties == Ties::Random {
                    sharing.rule(n).len()
                } else {
                    1
                };
                for node in 0..nodes {
                    for angle in [0.0, 0.3, 1.5, 3.1] {
                        let (mut re, mut im) = (0.0, 0.0);
                        for (j, rate) in rates.iter().enumerate() {
                            let z = match ties {
                                Ties::Random => sharing.rule(n)[node].0,
                                _ => f64::from(u8::from(ties == Ties::First && j >= 100)),
                            };
                            let (mut f_re, mut f_im, mut term) = (1.0, 0.0, 1.0);
                            for t in 1..=n {
                                term *= rate / t as f64;
                                let term = if t < n { term } else { z * term };
                                f_re += term * (angle * t as f64).cos();
                                f_im += term * (angle * t as f64).sin();
                            }
                            re += f_re.hypot(f_im).ln() - rate * angle.cos();
                            im += f_im.atan2(f_re) - rate * angle.sin();
                        }
                        let (mut got_re, mut got_im) = (0.0, 0.0);
                        if let Some((_, series)) = small.factor_at(n, node) {
                            for (s, c) in (n..).zip(series) {
                                got_re += c * (angle * s as f64).cos();
                                got_im += c * (angle * s as f64).sin();
                            }
                        }
                        let apart = (got_re - re).hypot(got_im - im);
                        assert!(apart < 1e-12, "{ties:?}, n = {n}, node {node}: {apart}");
                    }
                }
            }
        }
    }
}

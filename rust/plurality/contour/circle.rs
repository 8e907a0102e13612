//! The circle: its radius, and how many points it needs.

use super::super::poisson;
use super::TOLERANCE;
use super::points::{LANES, Points};
use crate::Result;
use crate::memory::zeros;

/// The points for one K, shared by all threads.
pub struct Circle {
    pub k: usize,
    pub radius: f64,
    /// z^t of each block of points, `powers` of them a block.
    pub phases: Vec<Points>,
    pub powers: usize,
    /// N/2: the last block may have fewer than its lanes.
    pub points: usize,
    /// 2 z^K / (N p(K; r)) of each block.
    pub weights: Vec<Points>,
    /// The tolerance times p(K; r).
    pub negligible: f64,
    /// 1/t and ln t!
    pub inverse: Vec<f64>,
    log_factorial: Vec<f64>,
    /// t ln t, 0 at 0.
    pub entropy: Vec<f64>,
}

impl Circle {
    pub fn new(k: usize) -> Result<Self> {
        let (radius, n) = choose(k);
        // A Poisson variable of rate up to r ≤ K has nothing left beyond this many terms.
        let powers = k + 42 + (12.0 * radius.sqrt()) as usize;
        let mut at_k = zeros(&[k + 1])?;
        poisson::fill(radius, &mut at_k);
        let points = n / 2;
        let blocks = points.div_ceil(LANES);
        let mut phases: Vec<Points> = zeros(&[blocks, powers])?;
        let angle = |turn: usize| std::f64::consts::PI * turn as f64 / n as f64;
        let turns: Vec<(f64, f64)> = (0..2 * n).map(|turn| angle(turn).sin_cos()).collect();
        for (i, z) in phases.iter_mut().enumerate() {
            for l in 0..LANES {
                // θt = π(2p + 1)t/N, reduced in whole numbers.
                let (p, t) = (i / powers * LANES + l, i % powers);
                (z.im[l], z.re[l]) = turns[((2 * p + 1) * t) % (2 * n)];
            }
        }
        let factor = 2.0 / n as f64 / at_k[k];
        let weight = |block: usize| {
            let z = phases[block * powers + k];
            let mut weight = Points::default(); // 0 beyond the last point
            for l in 0..LANES.min(points - block * LANES) {
                (weight.re[l], weight.im[l]) = (z.re[l] * factor, z.im[l] * factor);
            }
            weight
        };
        let mut inverse = zeros(&[powers])?;
        let mut log_factorial = zeros(&[powers])?;
        let mut entropy = zeros(&[powers])?;
        for t in 1..powers {
            entropy[t] = t as f64 * (t as f64).ln();
            inverse[t] = 1.0 / t as f64;
            log_factorial[t] = log_factorial[t - 1] + (t as f64).ln();
        }
        Ok(Self {
            k,
            radius,
            inverse,
            log_factorial,
            entropy,
            powers,
            points,
            weights: (0..blocks).map(weight).collect(),
            negligible: TOLERANCE * at_k[k],
            phases,
        })
    }

    /// A q up to which the Poisson terms from `t` ≥ 1 on add less than `negligible`: with λ ≤ (t + 1)/2
    /// they add less than 2 λ^t/t!.
    pub fn settles(&self, t: usize, negligible: f64) -> f64 {
        let Some(log_factorial) = self.log_factorial.get(t) else {
            return 1.0;
        };
        let t = t as f64;
        let rate = ((log_factorial + (0.5 * negligible).ln()) / t).exp();
        rate.min(0.5 * (t + 1.0)) / self.radius
    }
}

/// N is a multiple of this: points, which are half of N, fill the narrowest vectors but one.
const STEP: usize = 8;

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
    let mut n = STEP;
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
        n += STEP;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

//! Poisson probabilities, without overflow or loss of digits at any rate.

/// Above this rate e^-λ comes near the smallest float64.
const LARGE: f64 = 500.0;

/// Writes P(N = t) for t = 0, 1, … of a Poisson variable with this `rate` ≥ 0.
pub fn fill(rate: f64, out: &mut [f64]) {
    let (start, value) = if rate <= LARGE {
        (0, (-rate).exp())
    } else {
        (rate as usize, at_mode(rate))
    };
    let mut p = value;
    for (t, slot) in out.iter_mut().enumerate().skip(start) {
        if t > start {
            p *= rate / t as f64;
        }
        *slot = p;
    }
    p = value;
    for t in (0..start).rev() {
        p *= (t + 1) as f64 / rate;
        if let Some(slot) = out.get_mut(t) {
            *slot = p;
        }
    }
}

/// Appends P(N = t) for t = 0, 1, … of a Poisson variable: `most` terms, or until the rest of them adds less
/// than `negligible`. `inverse` holds 1/t, `most` of them at least.
pub fn append(rate: f64, most: usize, negligible: f64, inverse: &[f64], out: &mut Vec<f64>) {
    // Beyond the mode neighbours fall by rate/(t + 1) at least: a geometric series bounds the rest.
    let rest_matters = |t: usize, p: f64| {
        let next = (t + 1) as f64;
        next <= rate + 1.0 || p * next >= negligible * (next - rate)
    };
    if rate > LARGE {
        let start = out.len();
        out.resize(start + most, 0.0);
        fill(rate, &mut out[start..]);
        let end = (0..most).find(|t| !rest_matters(*t, out[start + t]));
        out.truncate(start + end.unwrap_or(most));
        return;
    }
    let mut p = (-rate).exp();
    for (t, inverse) in inverse.iter().enumerate().take(most) {
        if t > 0 {
            p *= rate * inverse;
        }
        if !rest_matters(t, p) {
            break;
        }
        out.push(p);
    }
}

/// P(N = m) at the mode m = ⌊λ⌋ of a large rate, by Stirling's series for m!.
fn at_mode(rate: f64) -> f64 {
    let m = rate.floor();
    let excess = rate - m;
    let stirling = 1.0 / (12.0 * m) - 1.0 / (360.0 * m.powi(3)) + 1.0 / (1260.0 * m.powi(5));
    let exponent = m * (excess / m).ln_1p() - excess - stirling;
    exponent.exp() / (std::f64::consts::TAU * m).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_to_one_at_small_and_large_rates() {
        for rate in [
            0.0, 1e-300, 0.3, 51.0, 499.5, 500.5, 743.2, 2001.0, 20_000.7,
        ] {
            let mut p = vec![0.0; 2 * rate as usize + 60];
            fill(rate, &mut p);
            let sum: f64 = p.iter().sum();
            assert!((sum - 1.0).abs() < 1e-12, "rate {rate}: {sum}");
        }
    }

    #[test]
    fn appended_terms_are_the_same_up_to_the_rest() {
        let inverse: Vec<f64> = (0..2000).map(|t| 1.0 / f64::from(t)).collect();
        for rate in [0.0, 1e-300, 0.3, 7.0, 51.0, 499.5, 743.2] {
            let mut want = vec![0.0; 1500];
            fill(rate, &mut want);
            for (most, negligible) in [(1500, 1e-18), (20, 1e-18), (1500, 0.0)] {
                let mut got = vec![1.0];
                append(rate, most, negligible, &inverse, &mut got);
                let got = &got[1..];
                assert!(got.len() <= most);
                let rest: f64 = want[got.len()..].iter().sum();
                assert!(got.len() == most || rest <= negligible, "rate {rate}");
                for (a, b) in got.iter().zip(&want) {
                    assert!((a - b).abs() <= 1e-13 * b, "rate {rate}: {a} {b}");
                }
            }
        }
    }

    #[test]
    fn both_starts_agree_where_both_work() {
        let mut p = vec![0.0; 500];
        fill(499.9, &mut p);
        assert!((p[499] / at_mode(499.9) - 1.0).abs() < 1e-13);
    }
}

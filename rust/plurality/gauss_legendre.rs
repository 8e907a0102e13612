//! Gauss-Legendre rules on [0, 1].

/// The nodes and weights of the rule that integrates polynomials up to degree 2·`count` - 1 exactly.
pub fn rule(count: usize) -> Vec<(f64, f64)> {
    (0..count)
        .map(|i| {
            // A root of the Legendre polynomial by Newton's method, from Tricomi's estimate.
            let mut x = (std::f64::consts::PI * (i as f64 + 0.75) / (count as f64 + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..100 {
                let (value, derivative) = legendre(count, x);
                slope = derivative;
                let step = value / derivative;
                x -= step;
                if step.abs() < 1e-16 {
                    break;
                }
            }
            (0.5 * (1.0 - x), 1.0 / ((1.0 - x * x) * slope * slope))
        })
        .collect()
}

/// The Legendre polynomial of this degree ≥ 1 and its derivative, at |x| < 1.
fn legendre(degree: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for n in 2..=degree {
        let n = n as f64;
        (before, value) = (
            value,
            ((2.0 * n - 1.0) * x * value - (n - 1.0) * before) / n,
        );
    }
    let derivative = degree as f64 * (x * value - before) / (x * x - 1.0);
    (value, derivative)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integrates_polynomials_exactly() {
        for count in 1..60 {
            let rule = rule(count);
            for degree in [0, 1, count, 2 * count - 1] {
                let integral: f64 = rule.iter().map(|(z, w)| w * z.powi(degree as i32)).sum();
                let want = 1.0 / (degree as f64 + 1.0);
                assert!(
                    (integral / want - 1.0).abs() < 1e-12,
                    "{count} nodes, degree {degree}"
                );
            }
        }
    }
}

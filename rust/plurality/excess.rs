//! How far a row misses a sum of 1, to its last digit: K votes multiply what is lost here by K.

/// Lanes that are added side by side.
const LANES: usize = 8;

/// Σ q - 1, with what every addition loses carried along (Neumaier's sum).
pub fn excess(q: &[f64]) -> f64 {
    let (mut sums, mut lost) = ([0.0; LANES], [0.0; LANES]);
    let chunks = q.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for l in 0..LANES {
            add(&mut sums[l], &mut lost[l], chunk[l]);
        }
    }
    let (mut sum, mut small) = (-1.0, 0.0);
    for value in sums.iter().chain(rest) {
        add(&mut sum, &mut small, *value);
    }
    sum + (small + lost.iter().sum::<f64>())
}

fn add(sum: &mut f64, lost: &mut f64, value: f64) {
    let next = *sum + value;
    let part = next - *sum;
    *lost += (*sum - (next - part)) + (value - part);
    *sum = next;
}

#[cfg(test)]
mod tests {
    use super::excess;

    #[test]
    fn small_misses_are_seen() {
        assert_eq!(excess(&[0.5, 0.5 - 1e-15]), -0.9992007221626409e-15);
        // 2^-14 each, which sum to 1, and one of 1e-18 more.
        let mut q = vec![2.0_f64.powi(-14); 1 << 14];
        assert_eq!(excess(&q), 0.0);
        q.push(1e-18);
        assert_eq!(excess(&q), 1e-18);
        // A tenth in float64 is 5.55e-18 too large.
        let tenths = excess(&[0.1; 10]);
        assert!((tenths - 5.551115123125783e-17).abs() < 1e-30, "{tenths:e}");
    }
}

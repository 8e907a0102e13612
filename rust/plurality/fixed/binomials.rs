//! Binomial coefficients, scaled so that none is too large.

/// C(n, r) 2^-n for n up to some K.
pub struct Binomials {
    rows: Vec<Vec<f64>>,
}

impl Binomials {
    pub fn new(most: usize) -> Self {
        let mut rows = vec![vec![1.0]];
        for n in 1..=most {
            let last: &Vec<f64> = &rows[n - 1];
            let entry = |r: usize| {
                let left = if r > 0 { last[r - 1] } else { 0.0 };
                0.5 * (left + last.get(r).copied().unwrap_or(0.0))
            };
            rows.push((0..=n).map(entry).collect());
        }
        Self { rows }
    }

    /// The largest n.
    pub fn largest(&self) -> usize {
        self.rows.len() - 1
    }

    pub fn row(&self, n: usize) -> &[f64] {
        &self.rows[n]
    }
}

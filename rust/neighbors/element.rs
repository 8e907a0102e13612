//! The types of number that a search takes, and the exact distance between two rows of them.

/// How many rows are settled side by side: each sum is sequential, so one at a time would wait for
/// every addition.
pub const LANES: usize = 4;

/// A number that rows consist of.
pub trait Element: Copy + Send + Sync + 'static {
    /// The same number in float64, exactly.
    fn to_f64(self) -> f64;

    /// Σ(a-b)² between `query` and each of the rows, in float64, added in index order.
    #[inline(always)] // into code for the vector unit at hand
    fn squared_distances(query: &[Self], rows: [&[Self]; LANES]) -> [f64; LANES] {
        let mut sums = [0.0; LANES];
        let width = query.len();
        let rows = rows.map(|row| &row[..width]);
        for j in 0..width {
            let q = query[j].to_f64();
            for (sum, row) in sums.iter_mut().zip(rows) {
                let difference = row[j].to_f64() - q;
                *sum += difference * difference;
            }
        }
        sums
    }
}

impl Element for f64 {
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }
}

impl Element for f32 {
    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Element for u8 {
    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }

    /// In integers, in any order: float64 would be exact too, but slower.
    #[inline(always)]
    fn squared_distances(query: &[Self], rows: [&[Self]; LANES]) -> [f64; LANES] {
        const STRETCH: usize = 1 << 14; // 255²·2¹⁴ fits an i32
        rows.map(|row| {
            let sum: u64 = query
                .chunks(STRETCH)
                .zip(row.chunks(STRETCH))
                .map(|(a, b)| {
                    let sum: i32 = a
                        .iter()
                        .zip(b)
                        .map(|(a, b)| {
                            let difference = i32::from(*a) - i32::from(*b);
                            difference * difference
                        })
                        .sum();
                    sum as u64
                })
                .sum();
            sum as f64
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_do_not_overflow() {
        let (query, row) = (vec![0u8; 70_000], vec![255u8; 70_000]);
        let sums = u8::squared_distances(&query, [&row; LANES]);
        assert_eq!(sums, [70_000.0 * 255.0 * 255.0; LANES]);
    }
}

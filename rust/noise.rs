//! Noisy labels: which examples are selected for corruption, and what label each of them gets.

use rayon::prelude::*;

use crate::memory::zeros;
use crate::random::Stream;
use crate::{Control, Error, Result};

/// Examples between two looks at the control: under a millisecond.
const STRETCH: usize = 1 << 16;

/// How a selected example's label is drawn, row by row: the cumulated corruption matrix P[y, ·].
#[derive(Debug)]
pub struct Corruption {
    cumulated: Vec<f64>,
    num_classes: usize,
}

impl Corruption {
    /// From a row-stochastic `matrix` [L, L] in C order.
    ///
    /// # Errors
    /// [`Error::Value`] unless the matrix has `num_classes`² finite entries that are not negative, and rows
    /// that sum to 1 (tolerance 1e-6).
    pub fn new(matrix: &[f64], num_classes: usize) -> Result<Self> {
        if num_classes == 0 || matrix.len() != num_classes * num_classes {
            return Err(Error::value(
                "matrix",
                format!("has {} entries, not {num_classes}²", matrix.len()),
            ));
        }
        if !matrix.iter().all(|p| p.is_finite() && *p >= 0.0) {
            return Err(Error::value(
                "matrix",
                "has an entry that is negative or not finite",
            ));
        }
        let mut cumulated = matrix.to_vec();
        for row in cumulated.chunks_exact_mut(num_classes) {
            for j in 1..num_classes {
                row[j] += row[j - 1];
            }
            // Rounding leaves the last sums a little off 1; what is at or past the row's total is certain.
            let total = row[num_classes - 1];
            if (total - 1.0).abs() > 1e-6 {
                return Err(Error::value(
                    "matrix",
                    format!("has a row that sums to {total}"),
                ));
            }
            for sum in row.iter_mut().filter(|sum| **sum >= total) {
                *sum = f64::INFINITY;
            }
        }
        Ok(Self {
            cumulated,
            num_classes,
        })
    }

    /// The number of classes, L.
    pub fn num_classes(&self) -> usize {
        self.num_classes
    }

    pub(crate) fn draw(&self, label: usize, u: f64) -> i32 {
        let row = &self.cumulated[label * self.num_classes..][..self.num_classes];
        row.partition_point(|sum| *sum <= u) as i32
    }
}

/// Marks `count` of the examples, chosen uniformly at random without replacement.
///
/// Each example has one random key for a seed, and the smallest keys are chosen: with the same seed a
/// larger count keeps the examples of a smaller one.
fn select(count: usize, seed: u64, selected: &mut [bool], control: &Control) -> Result<()> {
    let stream = Stream::new(seed, "noise/select");
    let mut keys: Vec<(u64, usize)> = zeros(&[selected.len()])?;
    for (i, key) in keys.iter_mut().enumerate() {
        if i % STRETCH == 0 {
            control.go_on()?;
        }
        *key = (stream.integer(i as u64), i);
    }
    if count < keys.len() {
        keys.select_nth_unstable(count);
    }
    selected.fill(false);
    for (_, i) in &keys[..count] {
        selected[*i] = true;
    }
    Ok(())
}

/// One noisy copy of `clean` into `noisy`, and the mask of the examples selected for corruption.
fn corrupt(
    clean: &[i32],
    corruption: &Corruption,
    (count, seed): (usize, u64),
    noisy: &mut [i32],
    selected: &mut [bool],
    control: &Control,
) -> Result<()> {
    select(count, seed, selected, control)?;
    let stream = Stream::new(seed, "noise/label");
    for (i, (new, &label)) in noisy.iter_mut().zip(clean).enumerate() {
        if i % STRETCH == 0 {
            control.go_on()?;
        }
        *new = if selected[i] {
            corruption.draw(label as usize, stream.uniform(i as u64))
        } else {
            label
        };
    }
    Ok(())
}

/// Many noisy copies of `clean`, one for each pair of count and seed, in parallel: [B, N] in C order,
/// labels and masks. The unit of work is a copy.
///
/// # Errors
/// [`Error::Value`] for a label outside the matrix or a count above the number of labels;
/// [`Error::Memory`]; [`Error::Interrupted`].
pub fn corrupt_many(
    clean: &[i32],
    corruption: &Corruption,
    draws: &[(usize, u64)],
    control: &Control,
) -> Result<(Vec<i32>, Vec<bool>)> {
    let n = clean.len();
    crate::labels::check("labels", clean, corruption.num_classes)?;
    if let Some((count, _)) = draws.iter().find(|(count, _)| *count > n) {
        return Err(Error::value(
            "counts",
            format!("{count} is above the number of labels, {n}"),
        ));
    }
    let mut noisy = zeros(&[draws.len(), n])?;
    let mut selected = zeros(&[draws.len(), n])?;
    if n == 0 {
        return Ok((noisy, selected));
    }
    noisy
        .par_chunks_mut(n)
        .zip(selected.par_chunks_mut(n))
        .zip(draws)
        .try_for_each(|((labels, mask), &draw)| {
            corrupt(clean, corruption, draw, labels, mask, control)?;
            control.advance(1)
        })?;
    Ok((noisy, selected))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_count_is_selected_and_a_larger_count_keeps_the_smaller_ones() {
        let mut before = vec![false; 1000];
        for count in [0, 1, 499, 500, 999, 1000] {
            let mut selected = vec![false; 1000];
            select(count, 7, &mut selected, &Control::default()).unwrap();
            assert_eq!(selected.iter().filter(|s| **s).count(), count);
            assert!(before.iter().zip(&selected).all(|(old, new)| !old || *new));
            before = selected;
        }
    }

    #[test]
    fn a_draw_never_lands_on_a_label_of_probability_zero() {
        // The sums of thirds miss 1 by rounding, and the last label has no weight.
        let third = 1.0 / 3.0;
        let matrix: Vec<f64> = [0.0, third, third, third, 0.0].repeat(5);
        let corruption = Corruption::new(&matrix, 5).unwrap();
        for u in [0.0, 0.2, third, 0.7, 1.0 - f64::EPSILON / 2.0] {
            assert!((1..=3).contains(&corruption.draw(4, u)), "u = {u}");
        }
    }

    #[test]
    fn labels_follow_the_matrix() {
        let matrix = [0.2, 0.8, 0.0, 0.0, 0.0, 1.0, 0.5, 0.25, 0.25];
        let corruption = Corruption::new(&matrix, 3).unwrap();
        let clean: Vec<i32> = (0..30_000).map(|i| i % 3).collect();
        let draws = [(clean.len(), 3)];
        let (noisy, _) = corrupt_many(&clean, &corruption, &draws, &Control::default()).unwrap();
        let mut counts = [0.0; 9];
        for (y, z) in clean.iter().zip(&noisy) {
            counts[(y * 3 + z) as usize] += 1.0;
        }
        for (count, p) in counts.iter().zip(&matrix) {
            let sd = (10_000.0 * p * (1.0 - p)).sqrt();
            assert!((count - 10_000.0 * p).abs() <= 4.5 * sd, "{counts:?}");
        }
    }

    #[test]
    fn bad_arguments_are_errors() {
        assert!(Corruption::new(&[1.0; 3], 2).is_err());
        assert!(Corruption::new(&[f64::NAN], 1).is_err());
        assert!(Corruption::new(&[0.0], 1).is_err());
        let corruption = Corruption::new(&[1.0], 1).unwrap();
        let control = Control::default();
        assert!(corrupt_many(&[1], &corruption, &[(1, 0)], &control).is_err());
        assert!(corrupt_many(&[0], &corruption, &[(2, 0)], &control).is_err());
        control.cancel();
        assert_eq!(
            corrupt_many(&[0], &corruption, &[(1, 0)], &control),
            Err(Error::Interrupted)
        );
    }
}

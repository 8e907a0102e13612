//! The votes of the neighbours: histograms of their labels, and how many queries they decide rightly.
//!
//! Noise changes labels, not distances: one search serves every K and every copy of the labels.

use rayon::prelude::*;

use crate::memory::zeros;
use crate::plurality::Ties;
use crate::{Control, Error, Result};

/// Walks one query's neighbours once and calls `at(position in ks, counts)` at each K.
fn count_votes(
    neighbors: &[i32],
    labels: &[i32],
    order: &[(usize, usize)],
    counts: &mut [i32],
    mut at: impl FnMut(usize, &[i32]),
) {
    counts.fill(0);
    let mut seen = 0;
    for &(k, position) in order {
        for &i in &neighbors[seen..k] {
            counts[labels[i as usize] as usize] += 1;
        }
        seen = k;
        at(position, counts);
    }
}

/// (k, position) by growing k.
fn by_size(ks: &[usize]) -> Vec<(usize, usize)> {
    let mut order: Vec<_> = ks.iter().copied().zip(0..).collect();
    order.sort_unstable();
    order
}

fn check(
    indices: &[i32],
    width: usize,
    labels: &[i32],
    rows: usize,
    ks: &[usize],
    num_classes: usize,
) -> Result<()> {
    if width == 0 || !indices.len().is_multiple_of(width) {
        return Err(Error::value(
            "indices",
            "must have whole rows, and a column",
        ));
    }
    if let Some(k) = ks.iter().find(|k| **k == 0 || **k > width) {
        return Err(Error::value("ks", format!("{k} is not within 1..={width}")));
    }
    if let Some(i) = indices
        .iter()
        .find(|i| !(0..rows as i64).contains(&i64::from(**i)))
    {
        return Err(Error::value(
            "indices",
            format!("{i} is not a row of {rows} labels"),
        ));
    }
    if i32::try_from(num_classes).is_err() {
        return Err(Error::value(
            "num_classes",
            format!("{num_classes} is above {}", i32::MAX),
        ));
    }
    crate::labels::check("labels", labels, num_classes)
}

/// How often each label stands among the first k neighbours, for each k of `ks`: [len(ks), M, L].
///
/// `indices` is [M, `width`], nearest first; `labels` has one label in 0..`num_classes` a training row.
///
/// # Errors
/// [`Error::Value`] for a k, index or label out of range; [`Error::Memory`]; [`Error::Interrupted`].
pub fn label_histograms(
    indices: &[i32],
    width: usize,
    labels: &[i32],
    ks: &[usize],
    num_classes: usize,
    control: &Control,
) -> Result<Vec<i32>> {
    check(indices, width, labels, labels.len(), ks, num_classes)?;
    let (m, order) = (indices.len() / width, by_size(ks));
    let stride = ks.len().saturating_mul(num_classes);
    if stride == 0 {
        return Ok(Vec::new());
    }
    // Queries are spread over threads, so each query's histograms are written side by side first.
    let mut by_query = zeros(&[m, ks.len(), num_classes])?;
    by_query
        .par_chunks_mut(stride)
        .zip(indices.par_chunks(width))
        .with_min_len(64)
        .try_for_each_init(
            || vec![0; num_classes],
            |counts, (out, neighbors)| {
                count_votes(neighbors, labels, &order, counts, |position, counts| {
                    out[position * num_classes..][..num_classes].copy_from_slice(counts);
                });
                control.advance(1)
            },
        )?;
    let mut histograms = zeros(&[ks.len(), m, num_classes])?;
    for (i, histogram) in histograms.chunks_exact_mut(num_classes).enumerate() {
        let (position, query) = (i / m, i % m);
        histogram
            .copy_from_slice(&by_query[query * stride + position * num_classes..][..num_classes]);
    }
    Ok(histograms)
}

/// Counts that a thread keeps at a time, of as many copies as there is room for: they stay in its cache.
const VOTES_IN_HAND: usize = 1 << 13;

/// A vote in whole numbers: sums of shares then have the same bits in any order.
const VOTE: f64 = (1u64 << 40) as f64;

/// How many queries the plurality of their first k neighbours labels rightly, for each copy of the
/// training labels and each k: [B, len(ks)]. A tie may count in part (to 2⁻⁴¹).
///
/// `labels` is [B, `rows`], `truth` the right label of each query. The unit of work is a query.
///
/// # Errors
/// [`Error::Value`] for a k, index or label out of range or sizes that do not fit;
/// [`Error::Interrupted`].
#[allow(clippy::too_many_arguments)] // two tables with their widths, and what to count
pub fn count_correct(
    indices: &[i32],
    width: usize,
    labels: &[i32],
    rows: usize,
    truth: &[i32],
    ks: &[usize],
    num_classes: usize,
    ties: Ties,
    control: &Control,
) -> Result<Vec<f64>> {
    check(indices, width, labels, rows, ks, num_classes)?;
    crate::labels::check("truth", truth, num_classes)?;
    if truth.len() != indices.len() / width {
        return Err(Error::value(
            "truth",
            format!(
                "has {} labels for {} queries",
                truth.len(),
                indices.len() / width
            ),
        ));
    }
    if rows == 0 || !labels.len().is_multiple_of(rows) {
        return Err(Error::value("labels", "must have whole rows"));
    }
    let order = by_size(ks);
    let copies = labels.len() / rows;
    let size = copies * ks.len();
    if size == 0 {
        return Ok(Vec::new());
    }
    // All copies of a row's label side by side: they are read together, wherever the neighbour stands.
    let mut by_row: Vec<i32> = zeros(&[rows, copies])?;
    by_row
        .par_chunks_exact_mut(copies)
        .enumerate()
        .with_min_len(1024)
        .for_each(|(row, slots)| {
            for (slot, labels) in slots.iter_mut().zip(labels.chunks_exact(rows)) {
                *slot = labels[row];
            }
        });
    let block = (VOTES_IN_HAND / num_classes).clamp(1, copies);
    let correct = indices
        .par_chunks(width)
        .zip(truth)
        .with_min_len(16)
        .try_fold(
            || (vec![0u128; size], vec![0; block * num_classes]),
            |(mut correct, mut counts), (neighbors, &right)| {
                for first in (0..copies).step_by(block) {
                    let last = copies.min(first + block);
                    counts.fill(0);
                    let mut seen = 0;
                    for &(k, position) in &order {
                        for &i in &neighbors[seen..k] {
                            let labels = &by_row[i as usize * copies..][first..last];
                            for (counts, label) in counts.chunks_exact_mut(num_classes).zip(labels)
                            {
                                counts[*label as usize] += 1;
                            }
                        }
                        seen = k;
                        for (copy, counts) in (first..last).zip(counts.chunks_exact(num_classes)) {
                            let share = ties.share(counts, right as usize);
                            correct[copy * ks.len() + position] += (share * VOTE).round() as u128;
                        }
                    }
                }
                control.advance(1)?;
                Ok((correct, counts))
            },
        )
        .map(|part| part.map(|(correct, _)| correct))
        .try_reduce(
            || vec![0; size],
            |mut all, part| {
                all.iter_mut()
                    .zip(part)
                    .for_each(|(all, part)| *all += part);
                Ok(all)
            },
        )?;
    Ok(correct
        .into_iter()
        .map(|sum: u128| sum as f64 / VOTE)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histograms_and_counts_of_a_case_by_hand() {
        let control = Control::default();
        let indices = [0, 1, 2, 3, 3, 2, 1, 0];
        let labels = [0, 1, 1, 2];
        let ks = [3, 1, 4];
        let got = label_histograms(&indices, 4, &labels, &ks, 3, &control).unwrap();
        assert_eq!(
            got,
            [
                [1, 2, 0],
                [0, 2, 1], // k = 3
                [1, 0, 0],
                [0, 0, 1], // k = 1
                [1, 2, 1],
                [1, 2, 1], // k = 4
            ]
            .concat()
        );
        let copies = [0, 1, 1, 2, 0, 0, 1, 1];
        let count = |ties| count_correct(&indices, 4, &copies, 4, &[0, 1], &ks, 3, ties, &control);
        // Copy 1: votes 0 / 0 1 1 against 0, and 2 / 2 1 1 against 1. Copy 2: 0 0 1 1, a tie.
        assert_eq!(count(Ties::First).unwrap(), [1.0, 1.0, 1.0, 2.0, 2.0, 1.0]);
        assert_eq!(count(Ties::Strict).unwrap(), [1.0, 1.0, 1.0, 2.0, 2.0, 0.0]);
        assert_eq!(count(Ties::Random).unwrap(), [1.0, 1.0, 1.0, 2.0, 2.0, 1.0]);
    }

    #[test]
    fn bad_arguments_are_errors() {
        let control = Control::default();
        let run = |indices: &[i32], labels: &[i32], k| {
            label_histograms(indices, 2, labels, &[k], 2, &control)
        };
        assert!(run(&[0, 1], &[0, 1], 2).is_ok());
        assert!(run(&[0, 1, 0], &[0, 1], 2).is_err());
        assert!(run(&[0, 2], &[0, 1], 2).is_err());
        assert!(run(&[0, -1], &[0, 1], 2).is_err());
        assert!(run(&[0, 1], &[0, 2], 2).is_err());
        assert!(run(&[0, 1], &[0, 1], 0).is_err());
        assert!(run(&[0, 1], &[0, 1], 3).is_err());
        let count = |labels: &[i32], truth: &[i32]| {
            count_correct(&[0, 1], 2, labels, 2, truth, &[1], 2, Ties::First, &control)
        };
        assert!(count(&[0, 1], &[0]).is_ok());
        assert!(count(&[0, 1, 0], &[0]).is_err());
        assert!(count(&[0, 1], &[0, 1]).is_err());
        assert!(count(&[0, 1], &[2]).is_err());
    }
}

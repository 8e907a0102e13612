//! Fixed neighbourhoods by drawing: for what no exact method reaches.

use rayon::prelude::*;

use super::super::Ties;
use crate::memory::zeros;
use crate::noise::Corruption;
use crate::random::Stream;
use crate::{Control, Error, Result};

/// How often the vote is right when R = 0..=K neighbours are selected, for the cases that
/// [`accuracy`](super::accuracy) leaves: summed over them with these `weights` [M], in each of some draws:
/// [draws, K + 1].
///
/// A draw takes the neighbours of a case in a random order and gives each its new label; the first R of them
/// are the selected ones, for every R at once. It is the same for any number of threads. The unit of work is
/// a draw.
///
/// # Errors
/// As for [`accuracy`](super::accuracy); [`Error::Value`] too if there is not one weight a case.
#[allow(clippy::too_many_arguments)] // a case has three parts, a draw two
pub fn sample(
    counts: &[i32],
    labels: &[i32],
    weights: &[i64],
    k: usize,
    corruption: &Corruption,
    ties: Ties,
    (draws, seed): (usize, u64),
    control: &Control,
) -> Result<Vec<f64>> {
    let classes = corruption.num_classes();
    super::check_cases(counts, labels, classes, k)?;
    if weights.len() != labels.len() {
        let message = format!("has {} entries for {} cases", weights.len(), labels.len());
        return Err(Error::value("weights", message));
    }
    let stream = Stream::new(seed, "fixed/sample");
    let mut result: Vec<f64> = zeros(&[draws, k + 1])?;
    result
        .par_chunks_exact_mut(k + 1)
        .enumerate()
        .try_for_each(|(draw, sums)| {
            let mut order = Vec::with_capacity(k);
            let mut votes = vec![0; classes];
            let cases = counts.chunks_exact(classes).zip(labels).zip(weights);
            for (case, ((counts, &label), &weight)) in cases.enumerate() {
                let first = ((draw * labels.len() + case) * 2 * k) as u64;
                order.clear();
                for (class, count) in counts.iter().enumerate() {
                    order.extend(std::iter::repeat_n(class, *count as usize));
                }
                votes.copy_from_slice(counts);
                sums[0] += weight as f64 * ties.share(&votes, label as usize);
                for r in 0..k {
                    // The next of those not yet selected, and its new label.
                    let at = first + 2 * r as u64;
                    let other = r + (stream.uniform(at) * (k - r) as f64) as usize;
                    order.swap(r, other);
                    votes[order[r]] -= 1;
                    votes[corruption.draw(order[r], stream.uniform(at + 1)) as usize] += 1;
                    sums[r + 1] += weight as f64 * ties.share(&votes, label as usize);
                }
                control.advance(u64::from(case + 1 == labels.len()))?;
            }
            Ok(())
        })?;
    Ok(result)
}

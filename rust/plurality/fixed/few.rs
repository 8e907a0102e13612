//! At most three labels and any corruption matrix: the votes of all of them, neighbour by neighbour.
//!
//! The table holds the probability of the votes of the first two labels and of the number selected, each
//! neighbour being selected with probability ½; what it adds to is fixed by how many have been counted.

use super::super::Ties;
use super::binomials::Binomials;
use crate::memory::zeros;
use crate::{Control, Result};

/// The most labels.
pub const LABELS: usize = 3;

/// The largest K: the table then has 4 million entries, and takes some seconds to fill.
pub const MOST: usize = 200;

/// g_R, R = 0..=K, for these `counts` of at most [`LABELS`] labels.
pub fn accuracy(
    counts: &[i32],
    label: usize,
    k: usize,
    matrix: &[f64],
    ties: Ties,
    binomials: &Binomials,
    control: &Control,
) -> Result<Vec<f64>> {
    let classes = counts.len();
    let width = k + 1;
    let at = |a: usize, b: usize| (a * width + b) * width;
    let mut table = zeros(&[width, width, width])?;
    let mut next = zeros(&[width, width, width])?;
    table[0] = 1.0;
    let mut counted = 0;
    for class in 0..classes {
        for _ in 0..counts[class] {
            next.fill(0.0);
            for a in 0..=counted {
                for b in 0..=counted - a {
                    for j in 0..classes {
                        let given = 0.5 * matrix[class * classes + j];
                        let kept = if j == class { 0.5 } else { 0.0 };
                        let to = at(a + usize::from(j == 0), b + usize::from(j == 1));
                        let from = &table[at(a, b)..][..=counted];
                        let out = &mut next[to..][..counted + 2];
                        if kept > 0.0 {
                            add(out, from, kept);
                        }
                        if given > 0.0 {
                            add(&mut out[1..], from, given);
                        }
                    }
                }
            }
            std::mem::swap(&mut table, &mut next);
            counted += 1;
            control.go_on()?;
        }
    }
    let mut result = vec![0.0; width];
    for a in 0..=k {
        for b in 0..=k - a {
            let votes = [a, b, k - a - b].map(|n| n as i32);
            if classes < LABELS && votes[classes..].iter().any(|n| *n > 0) {
                continue;
            }
            let share = ties.share(&votes[..classes], label);
            if share > 0.0 {
                add(&mut result, &table[at(a, b)..][..width], share);
            }
        }
    }
    for (value, ways) in result.iter_mut().zip(binomials.row(k)) {
        *value /= ways;
    }
    Ok(result)
}

fn add(out: &mut [f64], from: &[f64], weight: f64) {
    for (slot, term) in out.iter_mut().zip(from) {
        *slot += weight * term;
    }
}

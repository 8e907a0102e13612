//! Rows in an order in which neighbours lie near each other: a search that begins with the rows near a
//! query soon knows how far its neighbours are.

use crate::{Control, Result};

/// An order of rows in which every run of `leaf` of them, from a multiple of it on, is of one region: the
/// rows are halved along the coordinate of the largest variance until a leaf is left.
///
/// `coordinates` has a row of `width` numbers each. Equal numbers keep their order, so the result is one.
///
/// # Errors
/// [`crate::Error::Interrupted`].
pub fn arrange(
    coordinates: &[f32],
    width: usize,
    leaf: usize,
    control: &Control,
) -> Result<Vec<u32>> {
    let mut order: Vec<u32> = (0..(coordinates.len() / width) as u32).collect();
    split(coordinates, width, leaf, &mut order, control)?;
    Ok(order)
}

fn split(
    coordinates: &[f32],
    width: usize,
    leaf: usize,
    rows: &mut [u32],
    control: &Control,
) -> Result<()> {
    control.go_on()?;
    if rows.len() <= leaf {
        return Ok(());
    }
    let at = |row: u32, j: usize| coordinates[row as usize * width + j];
    let widest = (0..width)
        .map(|j| {
            let (sum, squares) = rows.iter().fold((0.0, 0.0), |(sum, squares), row| {
                let x = f64::from(at(*row, j));
                (sum + x, squares + x * x)
            });
            squares - sum * sum / rows.len() as f64
        })
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map_or(0, |(j, _)| j);
    let middle = rows.len().div_ceil(leaf) / 2 * leaf;
    rows.select_nth_unstable_by(middle, |a, b| {
        at(*a, widest).total_cmp(&at(*b, widest)).then(a.cmp(b))
    });
    let (low, high) = rows.split_at_mut(middle);
    let (low, high) = rayon::join(
        || split(coordinates, width, leaf, low, control),
        || split(coordinates, width, leaf, high, control),
    );
    low.and(high)
}

/// The mean of some rows.
pub fn mean(coordinates: &[f32], width: usize, rows: &[u32]) -> Vec<f32> {
    let mut sum = vec![0.0; width];
    for row in rows {
        let row = &coordinates[*row as usize * width..][..width];
        sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
    }
    sum.iter().map(|sum| sum / rows.len() as f32).collect()
}

/// Leaves by their distance from `point`, the nearest first; `means` has a row a leaf.
pub fn nearest_first(means: &[Vec<f32>], point: &[f32]) -> Vec<usize> {
    let mut leaves: Vec<(f32, usize)> = means
        .iter()
        .map(|mean| mean.iter().zip(point).map(|(a, b)| (a - b) * (a - b)).sum())
        .zip(0..)
        .collect();
    leaves.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    leaves.into_iter().map(|(_, leaf)| leaf).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_are_regions() {
        // Points of a grid, in an order that hides it.
        let coordinates: Vec<f32> = (0..64u32)
            .flat_map(|i| {
                let i = i * 37 % 64;
                [(i % 8) as f32, (i / 8) as f32]
            })
            .collect();
        let order = arrange(&coordinates, 2, 16, &Control::default()).unwrap();
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..64));
        for leaf in order.chunks(16) {
            for j in 0..2 {
                let along = leaf.iter().map(|row| coordinates[*row as usize * 2 + j]);
                let least = along.clone().fold(f32::INFINITY, f32::min);
                assert!(along.fold(0.0, f32::max) - least < 4.0);
            }
        }
        let means: Vec<_> = order
            .chunks(16)
            .map(|leaf| mean(&coordinates, 2, leaf))
            .collect();
        let first = nearest_first(&means, &[0.0, 0.0])[0];
        assert_eq!(means[first], [1.5, 1.5]);
    }
}

//! k-means++: each centre is a point, drawn with probability in proportion to its squared distance from the
//! centres so far; of a few drawn, the one that leaves the smallest sum (Arthur, Vassilvitskii, SODA 2007).

use rayon::prelude::*;

use super::data::Data;
use super::distance::Point;
use super::product::{Limits, POINTS};
use super::screen::Screen;
use crate::memory::zeros;
use crate::random::Stream;
use crate::{Control, Result};

/// Points whose weights are summed in order; then such sums are.
const BLOCK: usize = 256;

/// Draws `clusters` centres: [clusters, width].
pub fn draw<T: Point>(
    data: &Data<T>,
    screen: &Screen,
    clusters: usize,
    stream: &Stream,
    control: &Control,
) -> Result<Vec<f64>> {
    let n = data.count;
    let trials = trials(clusters);
    let mut centers: Vec<f64> = zeros(&[clusters, data.width])?;
    let mut nearest: Vec<f64> = zeros(&[n])?;
    let mut tried: Vec<f64> = zeros(&[n, trials])?;
    let first = ((stream.uniform(0) * n as f64) as usize).min(n - 1);
    copy(data.row(first), &mut centers[..data.width]);
    let center = &centers[..data.width];
    nearest
        .par_chunks_mut(BLOCK)
        .enumerate()
        .try_for_each(|(b, nearest)| {
            control.go_on()?;
            for (i, d) in nearest.iter_mut().enumerate() {
                let row = data.row(b * BLOCK + i);
                *d = T::between(row, data.row(first), center, f64::INFINITY);
            }
            Ok(())
        })?;
    let mut weights: Vec<f64> = nearest
        .chunks(BLOCK)
        .map(|part| part.iter().sum())
        .collect();
    let mut candidates = vec![0.0; trials * data.width];
    for c in 1..clusters {
        data.check()?;
        let drawn: Vec<usize> = (0..trials)
            .map(|trial| {
                pick(
                    &nearest,
                    &weights,
                    stream.uniform((c * trials + trial) as u64),
                )
            })
            .collect();
        for (i, out) in drawn.iter().zip(candidates.chunks_mut(data.width)) {
            copy(data.row(*i), out);
        }
        let targets = screen.of_points(&drawn);
        let unit = screen.unit() * screen.unit();
        let sums: Vec<Vec<f64>> = tried
            .par_chunks_mut(BLOCK * trials)
            .zip(nearest.par_chunks(BLOCK))
            .enumerate()
            .map_init(
                <[Limits; POINTS]>::default,
                |limits, (b, (tried, nearest))| {
                    control.go_on()?;
                    let mut sums = vec![0.0; trials];
                    for (i, (tried, nearest)) in tried.chunks_mut(trials).zip(nearest).enumerate() {
                        let i = b * BLOCK + i;
                        if i.is_multiple_of(POINTS) {
                            let points = std::array::from_fn(|p| (i + p).min(n - 1));
                            screen.limits(points, &targets, limits);
                        }
                        let [least, _] = screen.own(i);
                        let low = &limits[i % POINTS].low;
                        for (trial, tried) in tried.iter_mut().enumerate() {
                            *tried = *nearest;
                            if (least + f64::from(low[trial])) * unit <= *nearest {
                                let center = &candidates[trial * data.width..][..data.width];
                                let row = data.row(i);
                                *tried = T::between(row, data.row(drawn[trial]), center, *nearest);
                            }
                            sums[trial] += *tried;
                        }
                    }
                    Ok(sums)
                },
            )
            .collect::<Result<_>>()?;
        let total = |trial: usize| sums.iter().map(|sums| sums[trial]).sum::<f64>();
        let best = (0..trials).fold((f64::INFINITY, 0), |best, trial| {
            let total = total(trial);
            if total < best.0 { (total, trial) } else { best }
        });
        let best = best.1;
        let chosen = &candidates[best * data.width..][..data.width];
        centers[c * data.width..][..data.width].copy_from_slice(chosen);
        for (nearest, tried) in nearest.iter_mut().zip(tried.chunks(trials)) {
            *nearest = tried[best];
        }
        weights = sums.iter().map(|sums| sums[best]).collect();
    }
    Ok(centers)
}

/// 2 + ⌊ln k⌋ draws for each centre; by multiplication, which is the same everywhere.
fn trials(clusters: usize) -> usize {
    use std::f64::consts::E;
    let powers = std::iter::successors(Some(E), |power| Some(power * E));
    2 + powers.take_while(|power| *power <= clusters as f64).count()
}

fn copy<T: Point>(row: &[T], out: &mut [f64]) {
    for (x, out) in row.iter().zip(out) {
        *out = x.to_f64();
    }
}

/// The point at this share `u` of all weight; any point where there is none.
fn pick(nearest: &[f64], weights: &[f64], u: f64) -> usize {
    let total: f64 = weights.iter().sum();
    let at = u * total;
    let mut before = 0.0;
    let mut last = ((u * nearest.len() as f64) as usize).min(nearest.len() - 1);
    for (b, weight) in weights.iter().enumerate() {
        if *weight == 0.0 {
            continue;
        }
        if before + weight <= at {
            before += weight;
            last = b * BLOCK;
            continue;
        }
        for (i, d) in nearest[b * BLOCK..].iter().take(BLOCK).enumerate() {
            before += d;
            if *d > 0.0 {
                last = b * BLOCK + i;
                if before > at {
                    return last;
                }
            }
        }
        // Rounding alone leads past the last of a block.
        return last;
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_grow_with_the_logarithm() {
        let some = [1, 2, 3, 7, 8, 20, 21, 1000].map(trials);
        assert_eq!(some, [2, 2, 3, 3, 4, 4, 5, 8]);
    }

    #[test]
    fn points_are_picked_by_weight() {
        let nearest: Vec<f64> = (0..1000).map(|i| f64::from(i % 3)).collect();
        let weights: Vec<f64> = nearest
            .chunks(BLOCK)
            .map(|part| part.iter().sum())
            .collect();
        let total: f64 = weights.iter().sum();
        let mut before = 0.0;
        for (i, d) in nearest.iter().enumerate().filter(|(_, d)| **d > 0.0) {
            assert_eq!(pick(&nearest, &weights, (before + d / 2.0) / total), i);
            before += d;
        }
        assert_eq!(pick(&[0.0; 10], &[0.0], 0.55), 5);
    }
}

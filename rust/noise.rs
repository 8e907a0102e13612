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

/// Which examples may be selected for corruption, and how likely one is against another.
#[derive(Debug, Clone, Copy)]
pub struct Candidates<'a> {
    /// The group of each example, 0..G; an example of group -1 is never selected.
    pub groups: &'a [i32],
    /// How likely each example is against the others of its group; all alike if there is none. An example
    /// of weight 0 is never selected.
    pub weights: Option<&'a [f64]>,
}

impl Candidates<'_> {
    fn check(&self, num_groups: usize) -> Result<()> {
        let known = -1..num_groups as i64;
        if let Some(group) = self
            .groups
            .iter()
            .find(|g| !known.contains(&i64::from(**g)))
        {
            let message = format!("{group} is not within -1..{num_groups}");
            return Err(Error::value("groups", message));
        }
        let Some(weights) = self.weights else {
            return Ok(());
        };
        if weights.len() != self.groups.len() {
            let message = format!("are {} for {} examples", weights.len(), self.groups.len());
            return Err(Error::value("weights", message));
        }
        match weights.iter().find(|w| !(w.is_finite() && **w >= 0.0)) {
            Some(weight) => Err(Error::value(
                "weights",
                format!("{weight} is negative or not finite"),
            )),
            None => Ok(()),
        }
    }

    /// The keys of a draw: the smallest are selected. None for what is never selected.
    fn key(&self, stream: &Stream, i: usize) -> Option<u64> {
        if self.groups[i] < 0 {
            return None;
        }
        let Some(weights) = self.weights else {
            return Some(stream.integer(i as u64));
        };
        // The first of exponential waiting times with these rates: Efraimidis and Spirakis, "Weighted random
        // sampling with a reservoir", 2006. Floats that are not negative are in the order of their bits.
        let wait = waiting_time(stream.integer(i as u64)) / weights[i];
        wait.is_finite().then(|| wait.to_bits())
    }
}

/// -ln of a number within (0, 1), from arithmetic that is the same on every machine, as `ln` is not.
fn waiting_time(integer: u64) -> f64 {
    // 52 bits and a half: neither 0 nor 1.
    let u = ((integer >> 12) as f64 + 0.5) / (1u64 << 52) as f64;
    let bits = u.to_bits();
    let mut exponent = (bits >> 52) as i64 - 1023;
    let mut m = f64::from_bits(bits & ((1 << 52) - 1) | 1023 << 52);
    if m > std::f64::consts::SQRT_2 {
        m /= 2.0;
        exponent += 1;
    }
    // ln m = 2 artanh s, |s| < 0.172: the first term left out is below 1e-17.
    let s = (m - 1.0) / (m + 1.0);
    let series = (0..11)
        .rev()
        .fold(0.0, |sum, n| sum * s * s + 1.0 / f64::from(2 * n + 1));
    -(2.0 * s * series + exponent as f64 * std::f64::consts::LN_2)
}

/// Marks `counts[g]` examples of each group g, chosen at random without replacement.
///
/// Each example has one random key for a seed, and the smallest keys are chosen: with the same seed larger
/// counts keep the examples of smaller ones.
fn select(
    candidates: Candidates<'_>,
    counts: &[usize],
    seed: u64,
    selected: &mut [bool],
    control: &Control,
) -> Result<()> {
    let stream = Stream::new(seed, "noise/select");
    let mut sizes = vec![0; counts.len()];
    let mut keys: Vec<(i32, u64, usize)> = zeros(&[selected.len()])?;
    let mut found = 0;
    for i in 0..selected.len() {
        if i % STRETCH == 0 {
            control.go_on()?;
        }
        if let Some(key) = candidates.key(&stream, i) {
            keys[found] = (candidates.groups[i], key, i);
            sizes[candidates.groups[i] as usize] += 1;
            found += 1;
        }
    }
    if let Some(g) = (0..counts.len()).find(|&g| counts[g] > sizes[g]) {
        return Err(Error::value(
            "counts",
            format!(
                "{} of group {g} is above the {} that may be selected",
                counts[g], sizes[g]
            ),
        ));
    }
    selected.fill(false);
    let mut rest = &mut keys[..found];
    for (g, (&count, &size)) in counts.iter().zip(&sizes).enumerate() {
        control.go_on()?;
        if size < rest.len() {
            rest.select_nth_unstable(size);
        }
        let (group, others) = std::mem::take(&mut rest).split_at_mut(size);
        debug_assert!(group.iter().all(|key| key.0 == g as i32));
        if count < size {
            group.select_nth_unstable(count);
        }
        for (_, _, i) in &group[..count] {
            selected[*i] = true;
        }
        rest = others;
    }
    Ok(())
}

/// Which examples are selected in several draws, in parallel: masks [B, N] in C order, for `counts` [B, G]
/// and a seed each. The unit of work is a draw.
///
/// # Errors
/// [`Error::Value`] for a group outside 0..G (or -1), a weight that is negative or not finite, or a count
/// above the number of examples of its group that may be selected; [`Error::Memory`];
/// [`Error::Interrupted`].
pub fn select_many(
    candidates: Candidates<'_>,
    counts: &[usize],
    seeds: &[u64],
    control: &Control,
) -> Result<Vec<bool>> {
    if seeds.is_empty() || counts.is_empty() || !counts.len().is_multiple_of(seeds.len()) {
        let message = format!("are {} for {} seeds", counts.len(), seeds.len());
        return Err(Error::value("counts", message));
    }
    let (n, num_groups) = (candidates.groups.len(), counts.len() / seeds.len());
    candidates.check(num_groups)?;
    if n == 0 && counts.iter().any(|count| *count > 0) {
        return Err(Error::value(
            "counts",
            "are above 0, and there is no example",
        ));
    }
    draws(n, seeds.len(), control, |b, mask: &mut [bool]| {
        let counts = &counts[b * num_groups..][..num_groups];
        select(candidates, counts, seeds[b], mask, control)
    })
}

/// The same with a coin for each example that is in a group: selected with the probability `levels[b]`.
///
/// The key of an example is that of [`select_many`], so a larger level keeps the examples of a smaller one.
///
/// # Errors
/// [`Error::Value`] for a level outside [0, 1] or not one a seed; [`Error::Memory`]; [`Error::Interrupted`].
pub fn toss_many(
    groups: &[i32],
    levels: &[f64],
    seeds: &[u64],
    control: &Control,
) -> Result<Vec<bool>> {
    if levels.len() != seeds.len() || !levels.iter().all(|level| (0.0..=1.0).contains(level)) {
        return Err(Error::value("levels", "must be one a seed, within [0, 1]"));
    }
    draws(
        groups.len(),
        seeds.len(),
        control,
        |b, mask: &mut [bool]| {
            let stream = Stream::new(seeds[b], "noise/select");
            for (i, (selected, &group)) in mask.iter_mut().zip(groups).enumerate() {
                if i % STRETCH == 0 {
                    control.go_on()?;
                }
                *selected = group >= 0 && stream.uniform(i as u64) < levels[b];
            }
            Ok(())
        },
    )
}

/// New labels for the `selected` examples [B, N] of `clean` [N], drawn from their rows of the corruption
/// matrix with a seed each, in parallel: [B, N] in C order. The unit of work is a draw.
///
/// # Errors
/// [`Error::Value`] for a label outside the matrix or a mask of another length; [`Error::Memory`];
/// [`Error::Interrupted`].
pub fn relabel_many(
    clean: &[i32],
    corruption: &Corruption,
    selected: &[bool],
    seeds: &[u64],
    control: &Control,
) -> Result<Vec<i32>> {
    let n = clean.len();
    crate::labels::check("labels", clean, corruption.num_classes)?;
    if selected.len() != n * seeds.len() {
        let message = format!("has {} entries, not {} x {n}", selected.len(), seeds.len());
        return Err(Error::value("selected", message));
    }
    draws(n, seeds.len(), control, |b, noisy: &mut [i32]| {
        let stream = Stream::new(seeds[b], "noise/label");
        let mask = &selected[b * n..][..n];
        for (i, (new, &label)) in noisy.iter_mut().zip(clean).enumerate() {
            if i % STRETCH == 0 {
                control.go_on()?;
            }
            *new = if mask[i] {
                corruption.draw(label as usize, stream.uniform(i as u64))
            } else {
                label
            };
        }
        Ok(())
    })
}

/// [B, N] in C order, a draw after the other, made in parallel by `draw`.
fn draws<T: Copy + Default + Send>(
    n: usize,
    count: usize,
    control: &Control,
    draw: impl Fn(usize, &mut [T]) -> Result<()> + Sync,
) -> Result<Vec<T>> {
    let mut result = zeros(&[count, n])?;
    if n > 0 {
        let parts = result.par_chunks_mut(n).enumerate();
        parts.try_for_each(|(b, part)| {
            draw(b, part)?;
            control.advance(1)
        })?;
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(n: usize) -> Vec<i32> {
        vec![0; n]
    }

    fn selected(groups: &[i32], weights: Option<&[f64]>, counts: &[usize]) -> Result<Vec<bool>> {
        let candidates = Candidates { groups, weights };
        select_many(candidates, counts, &[7], &Control::default())
    }

    #[test]
    fn exactly_the_count_is_selected_and_a_larger_count_keeps_the_smaller_ones() {
        let mut before = vec![false; 1000];
        for count in [0, 1, 499, 500, 999, 1000] {
            let selected = selected(&all(1000), None, &[count]).unwrap();
            assert_eq!(selected.iter().filter(|s| **s).count(), count);
            assert!(before.iter().zip(&selected).all(|(old, new)| !old || *new));
            before = selected;
        }
    }

    #[test]
    fn groups_have_counts_of_their_own_and_one_is_never_selected() {
        let groups: Vec<i32> = (0..900).map(|i| i % 3 - 1).collect();
        let selected = selected(&groups, None, &[100, 300]).unwrap();
        let count = |g| (0..900).filter(|&i| selected[i] && groups[i] == g).count();
        assert_eq!([count(-1), count(0), count(1)], [0, 100, 300]);
        // Alone in the data, a group has the same examples selected.
        let alone: Vec<i32> = groups
            .iter()
            .map(|g| if *g == 0 { 0 } else { -1 })
            .collect();
        let same = super::tests::selected(&alone, None, &[100]).unwrap();
        assert!((0..900).all(|i| same[i] == (selected[i] && groups[i] == 0)));
    }

    #[test]
    fn coins_select_what_counts_select() {
        let groups: Vec<i32> = (0..10_000).map(|i| i % 4 - 1).collect();
        let control = Control::default();
        let tossed = toss_many(&groups, &[0.3], &[7], &control).unwrap();
        let count = tossed.iter().filter(|s| **s).count();
        assert!((count as f64 - 2250.0).abs() < 4.5 * (7500.0f64 * 0.3 * 0.7).sqrt());
        let of_groups: Vec<usize> = (0..3)
            .map(|g| (0..10_000).filter(|&i| tossed[i] && groups[i] == g).count())
            .collect();
        assert_eq!(tossed, selected(&groups, None, &of_groups).unwrap());
        assert!(
            toss_many(&groups, &[1.0], &[7], &control)
                .unwrap()
                .iter()
                .zip(&groups)
                .all(|(s, g)| *s == (*g >= 0))
        );
        assert!(toss_many(&groups, &[f64::NAN], &[7], &control).is_err());
    }

    #[test]
    fn waiting_times_are_logarithms() {
        let stream = Stream::new(0, "logarithms");
        for integer in (0..10_000)
            .map(|i| stream.integer(i))
            .chain([0, u64::MAX, 1 << 63])
        {
            let u = ((integer >> 12) as f64 + 0.5) / (1u64 << 52) as f64;
            let error = (waiting_time(integer) + u.ln()).abs();
            assert!(error <= 4e-16 * u.ln().abs().max(1.0), "{u}: {error}");
            assert!(waiting_time(integer) > 0.0);
        }
    }

    #[test]
    fn weights_are_what_the_first_draw_follows() {
        // Of 4 examples one is selected: as often as its weight says.
        let weights = [1.0, 2.0, 0.0, 5.0];
        let candidates = Candidates {
            groups: &[0; 4],
            weights: Some(&weights),
        };
        let seeds: Vec<u64> = (0..8000).collect();
        let control = Control::default();
        let masks = select_many(candidates, &vec![1; 8000], &seeds, &control).unwrap();
        for (i, weight) in weights.iter().enumerate() {
            let count = masks.iter().skip(i).step_by(4).filter(|s| **s).count() as f64;
            let p: f64 = weight / 8.0;
            assert!((count - 8000.0 * p).abs() <= 4.5 * (8000.0 * p * (1.0 - p)).sqrt());
        }
        assert_eq!(
            selected(&all(4), Some(&weights), &[3]).unwrap(),
            [true, true, false, true]
        );
        assert!(selected(&all(4), Some(&weights), &[4]).is_err());
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
        let mask = vec![true; clean.len()];
        let control = Control::default();
        let noisy = relabel_many(&clean, &corruption, &mask, &[3], &control).unwrap();
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
        assert!(relabel_many(&[1], &corruption, &[true], &[0], &control).is_err());
        assert!(relabel_many(&[0], &corruption, &[true; 2], &[0], &control).is_err());
        assert!(selected(&all(1), None, &[2]).is_err());
        assert!(selected(&[], None, &[1]).is_err());
        assert!(selected(&[1], None, &[1]).is_err());
        assert!(selected(&[-2], None, &[1]).is_err());
        assert!(selected(&all(2), Some(&[1.0]), &[1]).is_err());
        assert!(selected(&all(1), Some(&[f64::NAN]), &[1]).is_err());
        control.cancel();
        assert_eq!(
            relabel_many(&[0], &corruption, &[true], &[0], &control),
            Err(Error::Interrupted)
        );
    }
}

//! On how many axes bounds are taken, or on the columns themselves: what takes least time, as a sample lets
//! one foresee it. It changes no result.

use rayon::prelude::*;

use super::data::Data;
use super::distance::Point;
use super::screen::Space;
use crate::neighbors::axes::{Axes, STRIP};
use crate::neighbors::products::{View, multiply};
use crate::{Control, Result};

/// Points in the sample, and the most numbers.
const ROWS: usize = 2048;
const NUMBERS: usize = 1 << 24;
/// Iterations of a start.
const ITERATIONS: usize = 25;
/// Numbers of axes to choose from.
const CHOICES: [usize; 10] = [8, 16, 24, 32, 48, 64, 96, 128, 192, 256];

// What things take on one core, in nanoseconds: rough figures of a machine with AVX2.
/// A coordinate in a product of bounds.
const COORDINATE: f64 = 0.06;
/// A point that bounds leave open, and each number of it.
const OPEN: f64 = 100.0;
const NUMBER: f64 = 0.25;
/// The share of the points left open is about this much of the share of the variance that the axes leave.
const LEFT_OPEN: f64 = 0.5;
/// A number multiplied by an axis.
const PROJECT: f64 = 0.03;
/// Numbers squared by axes squared: the axes themselves.
const FIND: f64 = 1.5;

/// The axes, or none, for points that meet `targets` centres in each iteration of so many starts.
pub fn axes<T: Point>(
    data: &Data<T>,
    space: &Space,
    targets: usize,
    starts: usize,
    control: &Control,
) -> Result<Option<Axes>> {
    let (n, width) = (data.count, data.width);
    let rows = n.min(ROWS).min(NUMBERS / width);
    let passes = starts as f64 * ITERATIONS as f64;
    let flat = COORDINATE * (targets * width) as f64;
    let find = |count: usize| {
        let products = 4.0 * (rows * width * count) as f64;
        products * PROJECT + FIND * (count * count) as f64 * (count + width) as f64
    };
    let most = (width / 2).min(rows / 2);
    let worth = |count: usize| count <= most && find(count) < flat * n as f64 * passes / 8.0;
    let Some(most) = CHOICES.into_iter().rfind(|count| worth(*count)) else {
        return Ok(None);
    };
    let mut sample = vec![0.0; rows * width];
    let mut total = 0.0;
    for (i, out) in sample.chunks_mut(width).enumerate() {
        control.go_on()?;
        total += space.coordinates(data.row(i * n / rows), 0, out);
    }
    let Some(axes) = Axes::principal(&sample, width, most, control)? else {
        return Ok(None);
    };
    let mut placed = vec![0.0; rows * axes.count];
    let strips = placed.par_chunks_mut(STRIP * axes.count);
    strips
        .zip(sample.par_chunks(STRIP * width))
        .try_for_each(|(out, sample)| {
            let shape = [out.len() / axes.count, axes.count, width];
            let (sample, matrix) = (
                View::rows(sample, width),
                View::rows(&axes.matrix, axes.count),
            );
            multiply(shape, sample, matrix, out, false);
            control.go_on()
        })?;
    let mut best = (flat, None);
    let mut caught = 0.0;
    let mut done = 0;
    for count in CHOICES.into_iter().filter(|count| *count <= axes.count) {
        let columns = placed.chunks(axes.count).flat_map(|row| &row[done..count]);
        caught += columns.map(|y| f64::from(*y) * f64::from(*y)).sum::<f64>();
        done = count;
        let open = LEFT_OPEN * (1.0 - caught / total).clamp(0.0, 1.0);
        let settle = open * 2.3 * (OPEN + NUMBER * width as f64);
        let place = PROJECT * (width * count) as f64 / passes;
        let time = COORDINATE * (targets * count) as f64 + settle + place;
        if time < best.0 {
            best = (time, Some(count));
        }
    }
    Ok(best.1.map(|count| axes.truncated(count)))
}

//! How a search goes about it: on how many axes the first and the second bound are taken, or on the
//! columns themselves. Whatever is chosen, the result is the same; so time alone decides, as it is
//! foreseen from a sample.

use super::axes::Axes;
use super::element::Element;
use super::matrix::Matrix;
use super::products::{View, multiply};
use super::space::Space;
use crate::{Control, Result};

/// Rows and queries in the sample, and the most numbers in its rows.
const ROWS: usize = 2048;
const NUMBERS: usize = 1 << 24;
const QUERIES: usize = 64;
/// Rows of the sample that its queries are compared with.
const COMPARED: usize = 2048;
/// The most numbers in the axes.
const AXES: usize = 1 << 22;
/// Numbers of axes to choose from.
const CHOICES: [usize; 12] = [8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512];

// What things take on one core, in nanoseconds: rough figures of a machine with AVX2.
/// A pair of codes, apart from their coordinates; each coordinate.
const PAIR: f64 = 0.09;
const CODE: f64 = 0.019;
/// A pair that the first bound lets through; each coordinate of the second.
const SECOND: f64 = 15.0;
const SECOND_CODE: f64 = 0.06;
/// A pair that the second lets through; each byte of its row.
const SETTLED: f64 = 60.0;
const BYTE: f64 = 0.12;
/// A number multiplied by an axis.
const PROJECT: f64 = 0.022;
/// Numbers squared by axes squared: the axes themselves.
const FIND: f64 = 1.5;
/// A running threshold lets more through than the last one would.
const RUNNING: f64 = 1.8;

/// Squared distances below this share of a row's squared length are 0 but for the rounding of the sample.
const SAME: f32 = 1e-5;

/// What was chosen.
pub struct Plan {
    /// None: the columns are the coordinates.
    pub axes: Option<Axes>,
    /// Coordinates in the first bound.
    pub first: usize,
}

impl Plan {
    /// Coordinates in the first bound, what the axes leave of a row among them.
    pub fn coordinates(&self) -> usize {
        self.first + usize::from(self.axes.is_some())
    }

    fn flat(width: usize) -> Self {
        Self {
            axes: None,
            first: width,
        }
    }

    pub fn choose<T: Element>(
        space: &Space,
        train: Matrix<T>,
        query: Matrix<T>,
        k: usize,
        control: &Control,
    ) -> Result<Self> {
        let (n, m, width) = (train.rows(), query.rows(), train.width());
        let pairs = n as f64 * m as f64;
        let bytes = (width * size_of::<T>()) as f64;
        let rows = n.min(ROWS).min(NUMBERS / width);
        let most = (width / 3)
            .min(rows / 2)
            .min(AXES / width)
            .min(CHOICES[CHOICES.len() - 1]);
        let Some(most) = CHOICES.into_iter().rfind(|count| *count <= most) else {
            return Ok(Self::flat(width));
        };
        // Few pairs are soon multiplied.
        let settled = RUNNING * (k as f64 / n as f64) * pairs * (SETTLED + BYTE * bytes);
        let flat = pairs * (PAIR + CODE * width as f64) + settled;
        let find = |count: usize| {
            let products = 4.0 * (rows * width * count) as f64;
            products * PROJECT + FIND * (count * count) as f64 * (count + width) as f64
        };
        let least = find(CHOICES[0]) + (n + m) as f64 * (width * CHOICES[0]) as f64 * PROJECT;
        if flat < 2.0 * least {
            return Ok(Self::flat(width));
        }
        // The largest number of axes that is worth finding.
        let most = CHOICES
            .into_iter()
            .rfind(|count| *count <= most && find(*count) < flat / 4.0)
            .unwrap_or(CHOICES[0]);
        let sample = Sample::of(space, train, rows, control)?;
        let Some(axes) = Axes::principal(&sample.data, width, most, control)? else {
            return Ok(Self::flat(width));
        };
        control.go_on()?;
        let queries = Sample::of(space, query, m.min(QUERIES), control)?;
        let choices: Vec<usize> = CHOICES
            .into_iter()
            .filter(|count| *count <= axes.count)
            .collect();
        let shares = sample.shares(&queries, &axes, &choices, k as f64 / n as f64);
        let mut best = (flat, None);
        for (i, &first) in choices.iter().enumerate() {
            for (j, &last) in choices.iter().enumerate().skip(i) {
                let place = (n + m) as f64 * (width * last) as f64 * PROJECT;
                let second = shares[i] * (SECOND + SECOND_CODE * last as f64);
                let third = shares[j] * (SETTLED + BYTE * bytes);
                let each = PAIR + CODE * (first + 1) as f64 + RUNNING * (second + third);
                let time = place + pairs * each;
                if time < best.0 {
                    best = (time, Some((first, last)));
                }
            }
        }
        Ok(match best.1 {
            None => Self::flat(width),
            Some((first, last)) => Self {
                axes: Some(axes.truncated(last)),
                first,
            },
        })
    }
}

/// Some rows of a matrix, in the space.
struct Sample {
    data: Vec<f32>,
    width: usize,
}

impl Sample {
    /// `count` rows, spread evenly.
    fn of<T: Element>(
        space: &Space,
        matrix: Matrix<T>,
        count: usize,
        control: &Control,
    ) -> Result<Self> {
        let width = matrix.width();
        let mut data = vec![0.0; count * width];
        let mut room = Vec::new();
        for (i, out) in data.chunks_mut(width).enumerate() {
            control.go_on()?;
            let place = i as u128 * matrix.rows() as u128 / count as u128;
            let rows = matrix.part(place as usize, 1, &mut room, control)?;
            let row = rows.row(0);
            space.coordinates(row, space.metric.norm(row), 0, out);
        }
        Ok(Self { data, width })
    }

    /// For each choice of a number of axes, the share of pairs whose bound is no larger than the distance of the
    /// neighbour that has this `share` of the rows before it.
    fn shares(&self, queries: &Self, axes: &Axes, choices: &[usize], share: f64) -> Vec<f64> {
        let width = self.width;
        let rows = self.data.len() / width;
        let step = rows.div_ceil(COMPARED);
        let picked: Vec<f32> = self
            .data
            .chunks(width)
            .step_by(step)
            .flatten()
            .copied()
            .collect();
        let (n, m) = (picked.len() / width, queries.data.len() / width);
        let on_axes = |data: &[f32], count: usize| {
            let mut out = vec![0.0f32; count * axes.count];
            let view = View::rows(&axes.matrix, axes.count);
            let shape = [count, axes.count, width];
            multiply(shape, View::rows(data, width), view, &mut out, false);
            out
        };
        let (x, q) = (on_axes(&picked, n), on_axes(&queries.data, m));
        let mut products = vec![0.0f32; m * n];
        let (all, of_queries) = (View::rows(&picked, width), View::rows(&queries.data, width));
        multiply(
            [m, n, width],
            of_queries,
            all.transposed(),
            &mut products,
            false,
        );
        let square = |row: &[f32]| row.iter().map(|x| x * x).sum::<f32>();
        let lengths: Vec<f32> = picked.chunks(width).map(square).collect();
        let kth = ((share * n as f64).ceil() as usize).clamp(1, n) - 1;
        let rests = |squared: f32, z: &[f32]| -> Vec<f32> {
            let rest = choices.iter().map(|count| squared - square(&z[..*count]));
            rest.map(|rest| rest.max(0.0).sqrt()).collect()
        };
        let row_rests: Vec<Vec<f32>> = lengths
            .iter()
            .zip(x.chunks(axes.count))
            .map(|(length, z)| rests(*length, z))
            .collect();
        let mut counts = vec![0usize; choices.len()];
        let queries = queries.data.chunks(width).zip(q.chunks(axes.count));
        for ((query, q), products) in queries.zip(products.chunks(n)) {
            let length = square(query);
            let query_rests = rests(length, q);
            let distances = lengths.iter().zip(products);
            let mut distances: Vec<f32> = distances.map(|(x, p)| x + length - 2.0 * p).collect();
            // A query that is one of the rows is no neighbour that says how far the others are.
            let own = distances.iter().any(|d| *d <= SAME * length);
            let kth = (kth + usize::from(own)).min(n - 1);
            let reach = *distances.select_nth_unstable_by(kth, f32::total_cmp).1;
            for (x, rests) in x.chunks(axes.count).zip(&row_rests) {
                let (mut bound, mut from) = (0.0f32, 0);
                for (i, &count) in choices.iter().enumerate() {
                    let parts = x[from..count].iter().zip(&q[from..count]);
                    bound += parts.map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
                    from = count;
                    if bound > reach {
                        break;
                    }
                    let rest = rests[i] - query_rests[i];
                    counts[i] += usize::from(bound + rest * rest <= reach);
                }
            }
        }
        let pairs = (n * m) as f64;
        counts.iter().map(|count| *count as f64 / pairs).collect()
    }
}

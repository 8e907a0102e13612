//! The starts, and the best of them.

use rayon::prelude::*;

use super::data::{Columns, Data};
use super::distance::Point;
use super::lloyd::{self, Limits, Run};
use super::screen::Screen;
use super::seeding;
use super::sums::Grid;
use crate::neighbors::Matrix;
use crate::random::Stream;
use crate::{Control, Error, Result};

/// Columns beyond this would make the error bounds useless.
const WIDEST: usize = 1 << 20;
/// Starting centres as far from the data as this would overflow when squared.
const LARGEST: f64 = 1e150;

/// Points in clusters.
#[derive(Debug, Clone, PartialEq)]
pub struct Clustering {
    /// The centres [k, d] in C order; numbers that float32 holds, unless points are float64.
    pub centers: Vec<f64>,
    /// The nearest centre of each point, the first of equal ones.
    pub labels: Vec<i32>,
    /// The sum of the squared distances from these centres.
    pub inertia: f64,
    /// Lloyd's iterations of this start.
    pub iterations: usize,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How many clusters.
    pub clusters: usize,
    /// How many times to start; with centres given, once.
    pub starts: usize,
    /// The most iterations of a start.
    pub iterations: usize,
    /// A start ends when the squares of its centres' shifts sum to this share of the columns' mean variance.
    pub tolerance: f64,
    /// The seed of the draws.
    pub seed: u64,
}

/// Clusters the rows of `x`: k-means++ and Lloyd's iterations, or the latter from `init` [k, d] alone. The
/// best of all starts, the first of equal ones. The unit of work is an iteration; a start that ends early
/// counts the rest.
///
/// # Errors
/// [`Error::Value`] if there are more clusters than rows, a count is 0, the tolerance is negative, a value
/// is not finite, values spread over more than 1e150 or, not all being equal, less than 1e-140, there are
/// more than 2²⁰ columns or 2³¹-1 rows; [`Error::Memory`]; [`Error::Interrupted`].
pub fn kmeans<T: Point>(
    x: Matrix<T>,
    init: Option<&[f64]>,
    options: &Options,
    control: &Control,
) -> Result<Clustering> {
    check(x, options)?;
    let mut room = Vec::new();
    let data = Data::new(x, &mut room, control)?;
    let columns = Columns::of(&data, control)?;
    let grid = Grid::new(&columns, data.count);
    let limits = Limits {
        iterations: options.iterations,
        shift: options.tolerance * columns.variance,
    };
    let starts = if init.is_some() { 1 } else { options.starts };
    let screen = Screen::new(&data, &columns, (options.clusters, starts), control)?;
    let best = match init {
        Some(init) => {
            check_init(init, options.clusters, &columns)?;
            let centers = init.iter().map(|x| T::round(*x)).collect();
            lloyd::run(&data, &grid, &screen, centers, limits, control)?
        }
        None => {
            (0..starts)
                .into_par_iter()
                .map(|start| {
                    let stream = Stream::new(options.seed, &format!("kmeans/{start}"));
                    let centers =
                        seeding::draw(&data, &screen, options.clusters, &stream, control)?;
                    let run = lloyd::run(&data, &grid, &screen, centers, limits, control)?;
                    Ok((start, run))
                })
                .try_reduce_with(|a, b| Ok(better(a, b)))
                .expect("there is a start")?
                .1
        }
    };
    Ok(Clustering {
        centers: best.centers,
        labels: best.labels,
        inertia: best.inertia,
        iterations: best.iterations,
    })
}

/// The one of less inertia, or else the earlier one.
fn better(a: (usize, Run), b: (usize, Run)) -> (usize, Run) {
    let order = a.1.inertia.total_cmp(&b.1.inertia).then(a.0.cmp(&b.0));
    if order.is_le() { a } else { b }
}

fn check<T: Point>(x: Matrix<T>, options: &Options) -> Result<()> {
    let (n, width) = (x.rows(), x.width());
    if i32::try_from(n).is_err() {
        return Err(Error::value(
            "x",
            format!("has {n} rows; at most {} fit", i32::MAX),
        ));
    }
    if width > WIDEST {
        return Err(Error::value(
            "x",
            format!("has {width} columns; at most {WIDEST} fit"),
        ));
    }
    if options.clusters == 0 || options.clusters > n {
        return Err(Error::value(
            "n_clusters",
            format!("{} is not within 1..={n}", options.clusters),
        ));
    }
    for (argument, count) in [("n_init", options.starts), ("max_iter", options.iterations)] {
        if count == 0 {
            return Err(Error::value(argument, "0 is too small; give at least 1"));
        }
    }
    if options.tolerance.is_nan() || options.tolerance < 0.0 {
        return Err(Error::value(
            "tol",
            format!("{} is not a number of at least 0", options.tolerance),
        ));
    }
    Ok(())
}

fn check_init(init: &[f64], clusters: usize, columns: &Columns) -> Result<()> {
    let width = columns.middle.len();
    if init.len() != clusters * width {
        return Err(Error::value(
            "init",
            format!("has {} numbers, not {clusters} rows of {width}", init.len()),
        ));
    }
    for (c, center) in init.chunks_exact(width).enumerate() {
        let sound = |(x, middle): (&f64, &f64)| (x - middle).abs() < LARGEST;
        if !center.iter().zip(&columns.middle).all(sound) {
            return Err(Error::value(
                "init",
                format!(
                    "row {c} has a value that is not finite, or further than {LARGEST:e} from x"
                ),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kmeans::distance::squared;

    /// Points near few dimensions, some of them twice.
    fn lean(n: usize, width: usize) -> Vec<f64> {
        let stream = Stream::new(6, "points");
        let hidden = |i: usize, h: usize| {
            let class = stream.integer((i % 7 * 8 + h) as u64) % 5;
            class as f64 + stream.uniform((1000 + i / 2 * 2 * 8 + h) as u64)
        };
        let mixture = |h: usize, j: usize| stream.uniform((1 << 30 | h << 16 | j) as u64) - 0.5;
        (0..n * width)
            .map(|i| {
                let (i, j) = (i / width, i % width);
                let sum = (0..6).map(|h| hidden(i, h) * mixture(h, j)).sum::<f64>();
                (sum * 1024.0).round() / 1024.0
            })
            .collect()
    }

    fn options(clusters: usize) -> Options {
        Options {
            clusters,
            starts: 3,
            iterations: 50,
            tolerance: 0.0,
            seed: 2,
        }
    }

    fn run<T: Point>(x: &[T], width: usize, options: &Options, threads: usize) -> Clustering {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(|| {
            let x = Matrix::new("x", x, width).unwrap();
            kmeans(x, None, options, &Control::default()).unwrap()
        })
    }

    #[test]
    fn labels_are_the_nearest_centres_and_centres_the_means() {
        for (n, width, clusters) in [(60, 3, 4), (900, 70, 12), (2000, 130, 9)] {
            let x = lean(n, width);
            let single: Vec<f32> = x.iter().map(|x| *x as f32).collect();
            let found = run(&x, width, &options(clusters), 1);
            assert_eq!(run(&x, width, &options(clusters), 3), found);
            // These numbers have few digits.
            assert_eq!(
                run(&single, width, &options(clusters), 2).labels,
                found.labels
            );
            let mut inertia = 0.0;
            for (row, label) in x.chunks(width).zip(&found.labels) {
                let every: Vec<f64> = found
                    .centers
                    .chunks(width)
                    .map(|center| squared(row, center))
                    .collect();
                let least = every.iter().copied().fold(f64::INFINITY, f64::min);
                assert_eq!(
                    every.iter().position(|d| *d == least),
                    Some(*label as usize)
                );
                inertia += least;
            }
            assert!((found.inertia - inertia).abs() <= 1e-12 * inertia);
            // To the end: with a tolerance of 0 no point would move any more.
            assert!(found.iterations < 50);
            for c in 0..clusters {
                let of_cluster = || {
                    let rows = x.chunks(width).zip(&found.labels);
                    rows.filter(|(_, label)| **label as usize == c)
                };
                let size = of_cluster().count() as f64;
                for j in 0..width {
                    let mean = of_cluster().map(|(row, _)| row[j]).sum::<f64>() / size;
                    assert!((found.centers[c * width + j] - mean).abs() < 1e-11);
                }
            }
        }
    }

    #[test]
    fn bad_arguments_are_errors() {
        let control = Control::default();
        let run = |x: &[f64], init: Option<&[f64]>, options: &Options| {
            let x = Matrix::new("x", x, 1).unwrap();
            kmeans(x, init, options, &control).map(drop)
        };
        let good = options(2);
        assert!(run(&[0.0, 1.0], None, &good).is_ok());
        for bad in [
            options(0),
            options(3),
            Options { starts: 0, ..good },
            Options {
                iterations: 0,
                ..good
            },
            Options {
                tolerance: -1.0,
                ..good
            },
            Options {
                tolerance: f64::NAN,
                ..good
            },
        ] {
            assert!(run(&[0.0, 1.0], None, &bad).is_err());
        }
        assert!(run(&[0.0, 1e151], None, &good).is_err());
        assert!(run(&[0.0, 1e-141], None, &good).is_err());
        assert!(run(&[0.0, 1.0], Some(&[0.0]), &good).is_err());
        assert!(run(&[0.0, 1.0], Some(&[0.0, f64::NAN]), &good).is_err());
        assert!(run(&[0.0, 1.0], Some(&[0.0, 1e151]), &good).is_err());
        let error = run(&[0.0, f64::NAN], None, &good).unwrap_err();
        let want = "x: row 1 has a value that is not finite; leave it out or fill it";
        assert_eq!(error.to_string(), want);
        control.cancel();
        assert_eq!(run(&[0.0, 1.0], None, &good), Err(Error::Interrupted));
    }
}

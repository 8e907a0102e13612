//! The search: blocks of queries against tiles of rows.

use std::sync::atomic::AtomicU64;

use rayon::prelude::*;

use super::element::Element;
use super::kernel::GROUP;
use super::matrix::Matrix;
use super::part::Part;
use super::pass::{Pass, Room};
use super::placed;
use super::plan::Plan;
use super::shortlist::Shortlist;
use super::space::{Metric, Space};
use super::tiles::{TILE, Tile};
use crate::memory::zeros;
use crate::{Control, Error, Result};

/// Bytes that the training rows at hand take: memory does not grow with their number.
const ROW_BYTES: usize = 80 << 20;
/// The same for the queries and their shortlists.
const QUERY_BYTES: usize = 48 << 20;
/// Queries in a block, where there are many: their codes fit the second-level cache.
const BLOCK: usize = 384;
/// The K nearest training rows of each query, nearest first; both [M, K] in C order.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbors {
    /// Indices of training rows.
    pub indices: Vec<i32>,
    /// Distances; infinite where float32 cannot hold them.
    pub distances: Vec<f32>,
}

/// What a search did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statistics {
    /// Coordinates in the first bound.
    pub axes: usize,
    /// Pairs of a query and a row that the first bound could not rule out.
    pub bounded: u64,
    /// Pairs whose distance was taken from the columns.
    pub settled: u64,
}

/// What is searched for, and how.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How many neighbours.
    pub k: usize,
    /// What distance is.
    pub metric: Metric,
    /// Query i is training row i, and not its own neighbour.
    pub exclude_self: bool,
    /// The most queries in a block, whose work is done in one go by one thread.
    pub block: Option<usize>,
}

/// The nearest rows of `train` to each row of `query`: by their distance in float64, sums added in index
/// order; ties to the lower index. The unit of work is a pair of a query and a training row.
///
/// # Errors
/// [`Error::Value`] if widths differ or exceed 2²⁰, `k` is not in 1..=N (N-1 without oneself), N exceeds
/// the range of int32, a value is not finite, values spread over more than 1e150, or a row has no
/// direction that the cosine needs; [`Error::Memory`]; [`Error::Interrupted`].
pub fn search<T: Element>(
    train: Matrix<T>,
    query: Matrix<T>,
    options: &Options,
    control: &Control,
) -> Result<(Neighbors, Statistics)> {
    let room = Bytes {
        rows: ROW_BYTES,
        queries: QUERY_BYTES,
    };
    search_within(train, query, options, room, control)
}

/// Bytes for what is at hand of the training rows, and of the queries.
#[derive(Clone, Copy)]
struct Bytes {
    rows: usize,
    queries: usize,
}

fn search_within<T: Element>(
    train: Matrix<T>,
    query: Matrix<T>,
    options: &Options,
    room: Bytes,
    control: &Control,
) -> Result<(Neighbors, Statistics)> {
    check(train, query, options)?;
    let &Options { k, metric, .. } = options;
    let (n, m, width) = (train.rows(), query.rows(), train.width());
    let space = Space::new(train, query, metric, control)?;
    let plan = Plan::choose(&space, train, query, k, control)?;
    let (axes, copied) = (plan.axes.as_ref(), width * size_of::<T>());
    let count = plan.coordinates();
    let placed_bytes = placed::bytes(axes.map_or(0, |axes| axes.count));
    let row_bytes =
        placed_bytes + Tile::bytes(count.div_ceil(2)) + copied * usize::from(train.scattered());
    let part_rows = match room.rows / row_bytes {
        few if few < TILE => few.clamp(1, n),
        many => (many / TILE * TILE).min(n),
    };
    let query_bytes =
        placed_bytes + Shortlist::bytes(k, n) + copied * usize::from(query.scattered());
    let part_queries = (room.queries / query_bytes).clamp(1, m);
    let threads = rayon::current_num_threads();
    // Blocks' own codes, one a thread, or fewer where even a group of them is large.
    let at_once = match room.queries / (2 * GROUP * count) {
        few if few < threads => few.max(1),
        _ => part_queries,
    };
    let most = (room.queries / (2 * count * threads)).clamp(1, BLOCK);
    let block = options.block.unwrap_or(most).min(most);
    let block = part_queries.div_ceil(8 * threads).clamp(1, block);

    let mut indices = zeros(&[m, k])?;
    let mut distances = zeros(&[m, k])?;
    let mut lists: Vec<Shortlist> = (0..part_queries).map(|_| Shortlist::new(k, n)).collect();
    let mut rows = Part::new(train, part_rows, &plan);
    let mut queries = Part::new(query, part_queries, &plan);
    let (bounded, settled) = (AtomicU64::new(0), AtomicU64::new(0));
    for first_query in (0..m).step_by(part_queries) {
        queries.fill(&space, &plan, first_query, control)?;
        queries.put_in_order(block, control)?;
        let lists = &mut lists[..queries.count];
        lists.iter_mut().for_each(Shortlist::reset);
        for first_row in (0..n).step_by(part_rows) {
            if rows.first != Some(first_row) {
                rows.fill(&space, &plan, first_row, control)?;
                rows.put_in_order(TILE, control)?;
                rows.make_tiles(&space, control)?;
            }
            let pass = Pass {
                space: &space,
                rows: &rows,
                queries: &queries,
                k,
                exclude_self: options.exclude_self,
                bounded: &bounded,
                settled: &settled,
            };
            for (i, lists) in lists.chunks_mut(block * at_once).enumerate() {
                let start = i * block * at_once;
                lists
                    .par_chunks_mut(block)
                    .enumerate()
                    .try_for_each_init(Room::default, |room, (i, lists)| {
                        pass.run(start + i * block, lists, room, control)
                    })?;
            }
        }
        let first = first_query * k;
        let found = indices[first..][..lists.len() * k].par_chunks_mut(k);
        let found = found.zip(distances[first..][..lists.len() * k].par_chunks_mut(k));
        // Where each query stands in the order of the work.
        let mut places = vec![0; lists.len()];
        for (place, query) in queries.order.iter().enumerate() {
            places[*query as usize] = place;
        }
        lists.par_iter_mut().for_each(|list| list.sort());
        found.zip(places).for_each(|((indices, distances), place)| {
            let slots = indices.iter_mut().zip(distances);
            for ((index, distance), (d, row)) in slots.zip(lists[place].nearest()) {
                *index = *row as i32;
                *distance = *d as f32;
            }
        });
    }
    let statistics = Statistics {
        axes: plan.first,
        bounded: bounded.into_inner(),
        settled: settled.into_inner(),
    };
    Ok((Neighbors { indices, distances }, statistics))
}

/// Checks what can be said before a number is read.
fn check<T: Element>(train: Matrix<T>, query: Matrix<T>, options: &Options) -> Result<()> {
    let (n, width) = (train.rows(), train.width());
    if query.width() != width {
        return Err(Error::value(
            "query",
            format!("has {} columns; train has {width}", query.width()),
        ));
    }
    if options.exclude_self && query.rows() > n {
        return Err(Error::value(
            "query",
            format!("has {} rows, more than train with {n}", query.rows()),
        ));
    }
    let most = n - usize::from(options.exclude_self);
    if options.k == 0 || options.k > most {
        return Err(Error::value(
            "k",
            format!("{} is not within 1..={most}", options.k),
        ));
    }
    for matrix in [train, query] {
        if i32::try_from(matrix.rows()).is_err() {
            return Err(Error::value(
                matrix.argument(),
                format!("has {} rows; at most {} fit", matrix.rows(), i32::MAX),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    /// The slow twin: every distance in float64, all sorted.
    fn brute_force<T: Element>(
        train: &[T],
        query: &[T],
        width: usize,
        options: &Options,
    ) -> Neighbors {
        let k = options.k;
        let mut found = Neighbors {
            indices: vec![],
            distances: vec![],
        };
        let norm = |row: &[T]| {
            let sum = row.iter().fold(0.0, |sum, x| sum + x.to_f64() * x.to_f64());
            match options.metric {
                Metric::Euclidean => 1.0,
                Metric::Cosine => f64::sqrt(sum),
            }
        };
        for (own, q) in query.chunks(width).enumerate() {
            let of_query = norm(q);
            let mut all: Vec<(f64, usize)> = train
                .chunks(width)
                .enumerate()
                .filter(|(i, _)| !options.exclude_self || *i != own)
                .map(|(i, row)| {
                    let (mut sum, of_row) = (0.0, norm(row));
                    for (a, b) in row.iter().zip(q) {
                        let difference = a.to_f64() / of_row - b.to_f64() / of_query;
                        sum += difference * difference;
                    }
                    let distance = match options.metric {
                        Metric::Euclidean => sum.sqrt(),
                        Metric::Cosine => sum / 2.0,
                    };
                    (distance, i)
                })
                .collect();
            all.sort_by(|a, b| a.partial_cmp(b).unwrap());
            found
                .indices
                .extend(all[..k].iter().map(|(_, i)| *i as i32));
            found
                .distances
                .extend(all[..k].iter().map(|(d, _)| *d as f32));
        }
        found
    }

    fn numbers(count: usize, name: &str) -> Vec<f64> {
        // A sum of uniforms: near enough to a Gaussian.
        let stream = Stream::new(1, name);
        (0..count as u64)
            .map(|i| (0..12).map(|j| stream.uniform(12 * i + j)).sum::<f64>() - 6.0)
            .collect()
    }

    fn euclidean(k: usize) -> Options {
        Options {
            k,
            metric: Metric::Euclidean,
            exclude_self: false,
            block: None,
        }
    }

    fn check<T: Element>(train: &[T], query: &[T], width: usize, k: usize) -> Statistics {
        check_options(train, query, width, &euclidean(k))
    }

    fn check_options<T: Element>(
        train: &[T],
        query: &[T],
        width: usize,
        options: &Options,
    ) -> Statistics {
        let want = brute_force(train, query, width, options);
        let train = Matrix::new("train", train, width).unwrap();
        let query = Matrix::new("query", query, width).unwrap();
        let mut statistics = None;
        for threads in [1, 2, 3] {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            let (got, found) = pool
                .install(|| search(train, query, options, &Control::default()))
                .unwrap();
            assert!(
                got == want,
                "{} rows of {width}, {} queries, {options:?}, {threads} threads",
                train.rows(),
                query.rows()
            );
            statistics = Some(found);
        }
        statistics.unwrap()
    }

    #[test]
    fn awkward_shapes_equal_brute_force() {
        for width in [1, 2, 7, 64, 65] {
            for n in [1, 2, 63, 64, 65, 700] {
                for m in [1, 9, 33] {
                    let (x, q) = (numbers(n * width, "x"), numbers(m * width, "q"));
                    let single = |v: &[f64]| v.iter().map(|x| *x as f32).collect::<Vec<_>>();
                    let bytes =
                        |v: &[f64]| v.iter().map(|x| (x * 2.0 + 9.0) as u8).collect::<Vec<_>>();
                    for k in [1, 2, n / 2, n] {
                        if (1..=n).contains(&k) {
                            check(&x, &q, width, k);
                            check(&single(&x), &single(&q), width, k);
                            check(&bytes(&x), &bytes(&q), width, k);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn several_passes_equal_brute_force() {
        // Wide rows: more of them than are placed at a time.
        let width = 200_000;
        let (x, q) = (numbers(50 * width, "x"), numbers(25 * width, "q"));
        check(&x, &q, width, 7);
    }

    #[test]
    fn offsets_and_scales_equal_brute_force() {
        let (n, m, width) = (1500, 20, 24);
        let (x, q) = (numbers(n * width, "x"), numbers(m * width, "q"));
        for offset in [0.0, 10.0, 1e3, 1e9] {
            for scale in [1.0, 1e-30, 1e-160, 1e-310, 1e30, 1e140] {
                let shift = |v: &[f64]| v.iter().map(|x| (x + offset) * scale).collect::<Vec<_>>();
                check(&shift(&x), &shift(&q), width, 31);
            }
        }
        // One row far away: the others share few digits of float32.
        let mut far = x.clone();
        far[5 * width] = 1e12;
        check(&far, &q, width, 31);
    }

    #[test]
    fn equal_rows_come_in_order_of_index() {
        let (n, width) = (5000, 3);
        check(&vec![0.1f32; n * width], &[0.1; 3], width, 40);
        check(&vec![0.1f32; n * width], &[0.7; 3], width, 40);
        let steps: Vec<f64> = (0..n * width).map(|i| (i / width % 7) as f64).collect();
        check(&steps, &[3.2, 3.2, 3.2], width, 999);
        // Rows in order of falling distance: every one is a candidate when it is met.
        let falling: Vec<f64> = (0..n * width).map(|i| (n * width - i) as f64).collect();
        check(&falling, &[0.0; 3], width, 10);
    }

    /// Rows whose columns are mixtures of a few.
    fn lean(count: usize, width: usize, name: &str) -> Vec<f64> {
        let (few, mixture) = (numbers(count * 12, name), numbers(12 * width, "mixture"));
        let noise = numbers(count * width, "noise");
        (0..count * width)
            .map(|i| {
                let parts = (0..12).map(|j| {
                    few[i / width * 12 + j] * mixture[j * width + i % width] / (j + 1) as f64
                });
                parts.sum::<f64>() + 0.02 * noise[i]
            })
            .collect()
    }

    #[test]
    fn bounds_on_axes_equal_brute_force() {
        let (n, m, width) = (5000, 500, 240);
        let (x, q) = (lean(n, width, "x"), lean(m, width, "q"));
        for k in [1, 40] {
            let statistics = check(&x, &q, width, k);
            assert!(statistics.axes < width / 2, "{statistics:?}");
            assert!(statistics.settled < (n * m / 10) as u64, "{statistics:?}");
        }
        let single = |v: &[f64]| v.iter().map(|x| *x as f32).collect::<Vec<_>>();
        check(&single(&x), &single(&q), width, 40);
        let bytes = |v: &[f64]| v.iter().map(|x| (x * 9.0 + 99.0) as u8).collect::<Vec<_>>();
        check(&bytes(&x), &bytes(&q), width, 40);
        // An offset, rows far away, and many equal ones.
        let mut far: Vec<f64> = x.iter().map(|x| x + 1e6).collect();
        far[..width].fill(1e9);
        far.copy_within(width * 100..width * 110, width * 4000);
        let shifted: Vec<f64> = q.iter().map(|x| x + 1e6).collect();
        check(&far, &shifted, width, 40);
    }

    #[test]
    fn other_options_equal_brute_force() {
        let (n, width) = (900, 33);
        let x = numbers(n * width, "x");
        let single: Vec<f32> = x.iter().map(|x| *x as f32).collect();
        let bytes: Vec<u8> = x.iter().map(|x| (x * 9.0 + 99.0) as u8).collect();
        for metric in [Metric::Euclidean, Metric::Cosine] {
            for (exclude_self, block, k) in
                [(false, None, 30), (true, Some(7), 1), (true, None, n - 1)]
            {
                let options = Options {
                    k,
                    metric,
                    exclude_self,
                    block,
                };
                check_options(&x, &x, width, &options);
                check_options(&single, &single, width, &options);
                check_options(&bytes, &bytes, width, &options);
            }
        }
    }

    #[test]
    fn several_parts_equal_brute_force() {
        let (n, m, width) = (700, 30, 20);
        let (x, q) = (numbers(n * width, "x"), numbers(m * width, "q"));
        let want = brute_force(&x, &q, width, &euclidean(31));
        // In Fortran order.
        let turned = |v: &[f64], rows: usize| -> Vec<f64> {
            (0..rows * width)
                .map(|i| v[i % rows * width + i / rows])
                .collect()
        };
        let (x, q) = (turned(&x, n), turned(&q, m));
        let train = Matrix::strided("train", &x, 0, [n, width], (1, n as isize)).unwrap();
        let query = Matrix::strided("query", &q, 0, [m, width], (1, m as isize)).unwrap();
        for (rows, queries) in [
            (ROW_BYTES, QUERY_BYTES),
            (40_000, QUERY_BYTES),
            (9000, 5000),
        ] {
            let room = Bytes { rows, queries };
            let got = search_within(train, query, &euclidean(31), room, &Control::default());
            assert!(got.unwrap().0 == want);
        }
        // And with bounds on axes.
        let (n, m, width) = (5000, 500, 240);
        let (x, q) = (lean(n, width, "x"), lean(m, width, "q"));
        let want = brute_force(&x, &q, width, &euclidean(40));
        let train = Matrix::new("train", &x, width).unwrap();
        let query = Matrix::new("query", &q, width).unwrap();
        for (rows, queries) in [(900_000, QUERY_BYTES), (300_000, 500_000)] {
            let room = Bytes { rows, queries };
            let got = search_within(train, query, &euclidean(40), room, &Control::default());
            let (got, statistics) = got.unwrap();
            assert!(got == want && statistics.axes < width / 2);
        }
    }

    #[test]
    fn bad_arguments_are_errors() {
        let control = Control::default();
        let run = |x: &[f64], q: &[f64], width, k| {
            let x = Matrix::new("train", x, width).unwrap();
            search(
                x,
                Matrix::new("query", q, 2).unwrap(),
                &euclidean(k),
                &control,
            )
            .map(drop)
        };
        assert!(run(&[0.0; 6], &[0.0; 2], 2, 0).is_err());
        assert!(run(&[0.0; 6], &[0.0; 2], 2, 4).is_err());
        assert!(run(&[0.0; 6], &[0.0; 2], 3, 1).is_err());
        assert!(run(&[0.0, 1e200], &[0.0; 2], 2, 1).is_err());
        let error = run(&[0.0, 0.0, 0.0, f64::NAN], &[0.0; 2], 2, 1).unwrap_err();
        assert_eq!(
            error.to_string(),
            "train: row 1 has a value that is not finite"
        );
        control.cancel();
        assert_eq!(run(&[0.0; 6], &[0.0; 2], 2, 1), Err(Error::Interrupted));
    }
}

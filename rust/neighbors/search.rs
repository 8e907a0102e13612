//! The search: blocks of queries against tiles of rows.

use pulp::Arch;
use rayon::prelude::*;

use super::element::Element;
use super::matrix::Matrix;
use super::placed::Placed;
use super::products::{scaled_products, scan};
use super::shortlist::{Shortlist, Source};
use super::space::Space;
use crate::memory::zeros;
use crate::{Control, Error, Result};

/// Bytes of float32 rows placed at a time, of queries and of training rows each: memory does not grow
/// with the number of rows, and the rows stay in the last cache.
const PLACED_BYTES: usize = 16 << 20;
/// The same for the queries' shortlists, and a bound on both for narrow rows.
const SHORTLIST_BYTES: usize = 32 << 20;
const PLACED_ROWS: usize = 1 << 16;
/// Queries and rows in one product: its result and its rows fit the second-level cache.
const BLOCK: usize = 256;
const TILE: usize = 512;

/// The K nearest training rows of each query, nearest first; both [M, K] in C order.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbors {
    /// Indices of training rows.
    pub indices: Vec<i32>,
    /// Euclidean distances; infinite where float32 cannot hold them.
    pub distances: Vec<f32>,
}

/// The `k` nearest rows of `train` to each row of `query`, by the root of Σ(a-b)² added in index order in
/// float64, ties to the lower index. The unit of work is a pair of a query and a training row.
///
/// # Errors
/// [`Error::Value`] if widths differ or exceed 2²², `k` is not in 1..=N, N exceeds the range of int32, a
/// value is not finite, or values spread over more than 1e150; [`Error::Memory`]; [`Error::Interrupted`].
pub fn search<T: Element>(
    train: Matrix<T>,
    query: Matrix<T>,
    k: usize,
    control: &Control,
) -> Result<Neighbors> {
    let (n, width) = (train.rows(), train.width);
    if query.width != width {
        return Err(Error::value(
            "query",
            format!("has {} columns; train has {width}", query.width),
        ));
    }
    if k == 0 || k > n {
        return Err(Error::value("k", format!("{k} is not within 1..={n}")));
    }
    if i32::try_from(n).is_err() {
        return Err(Error::value(
            "train",
            format!("has {n} rows; at most {} fit", i32::MAX),
        ));
    }
    let space = Space::new(train, query, control)?;
    let placed_rows = (PLACED_BYTES / 4 / width).clamp(8, PLACED_ROWS);
    let placed_queries = placed_rows
        .min(SHORTLIST_BYTES / Shortlist::bytes(k, n))
        .max(1);
    let mut queries = Placed::new(placed_queries.min(query.rows()), width);
    let mut rows = Placed::new(placed_rows.min(n), width);
    let threads = rayon::current_num_threads();
    let block = queries.capacity.div_ceil(4 * threads).clamp(8, BLOCK);
    let mut shortlists: Vec<Shortlist> = (0..queries.capacity)
        .map(|_| Shortlist::new(k, n))
        .collect();
    let mut indices = zeros(&[query.rows(), k])?;
    let mut distances = zeros(&[query.rows(), k])?;
    let outputs = indices
        .chunks_mut(queries.capacity * k)
        .zip(distances.chunks_mut(queries.capacity * k));
    for (part, (indices, distances)) in outputs.enumerate() {
        let first_query = part * queries.capacity;
        queries.fill(&space, query, first_query);
        let shortlists = &mut shortlists[..queries.norms.len()];
        for (list, norm) in shortlists.iter_mut().zip(&queries.norms) {
            list.reset(*norm);
        }
        for first_row in (0..n).step_by(rows.capacity) {
            rows.fill(&space, train, first_row);
            // The error bound taken off: the part of `Candidate::lower` that the row alone decides.
            let keep = 1.0 - space.relative_error;
            let lowered: Vec<f32> = rows.norms.iter().map(|norm| (norm * keep) as f32).collect();
            let pass = Pass {
                lowered: &lowered,
                space: &space,
                train,
                query,
                rows: &rows,
                first_row,
            };
            shortlists
                .par_chunks_mut(block)
                .zip(queries.data.par_chunks(block * width))
                .enumerate()
                .try_for_each_init(
                    || vec![0.0f32; block * TILE],
                    |products, (i, (lists, placed))| {
                        pass.run(lists, placed, first_query + i * block, products, control)
                    },
                )?;
        }
        shortlists
            .par_iter_mut()
            .zip(indices.par_chunks_mut(k))
            .zip(distances.par_chunks_mut(k))
            .enumerate()
            .try_for_each(|(i, ((list, indices), distances))| {
                let source = Source {
                    space: &space,
                    train,
                    query: query.row(first_query + i),
                };
                let found = list.finish(&source);
                for ((index, distance), (d, row)) in indices.iter_mut().zip(distances).zip(found) {
                    *index = *row as i32;
                    *distance = *d as f32;
                }
                control.advance(0)
            })?;
    }
    Ok(Neighbors { indices, distances })
}

/// One block of queries against the training rows placed at present.
struct Pass<'a, T> {
    space: &'a Space,
    train: Matrix<'a, T>,
    query: Matrix<'a, T>,
    rows: &'a Placed,
    lowered: &'a [f32],
    first_row: usize,
}

impl<T: Element> Pass<'_, T> {
    fn run(
        &self,
        lists: &mut [Shortlist],
        placed_queries: &[f32],
        first_query: usize,
        products: &mut [f32],
        control: &Control,
    ) -> Result<()> {
        let arch = Arch::new();
        let width = self.train.width;
        for (tile, placed) in self.rows.data.chunks(TILE * width).enumerate() {
            let start = tile * TILE;
            let count = placed.len() / width;
            let products = &mut products[..lists.len() * count];
            scaled_products(placed_queries, placed, width, products);
            let lowered = &self.lowered[start..][..count];
            for (i, (list, products)) in lists.iter_mut().zip(products.chunks(count)).enumerate() {
                let source = Source {
                    space: self.space,
                    train: self.train,
                    query: self.query.row(first_query + i),
                };
                scan(arch, products, lowered, list.threshold, |j, lower| {
                    let row = (self.first_row + start + j) as u32;
                    list.push(row, lower, self.rows.norms[start + j], &source)
                });
                control.advance(0)?; // a list that settles many rows takes a while
            }
            control.advance((lists.len() * count) as u64)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    /// The slow twin: every distance in float64, all sorted.
    fn brute_force<T: Element>(train: Matrix<T>, query: Matrix<T>, k: usize) -> Neighbors {
        let mut found = Neighbors {
            indices: vec![],
            distances: vec![],
        };
        for q in query.data.chunks(query.width) {
            let mut all: Vec<(f64, usize)> = (0..train.rows())
                .map(|i| {
                    let mut sum = 0.0;
                    for (a, b) in train.row(i).iter().zip(q) {
                        let difference = a.to_f64() - b.to_f64();
                        sum += difference * difference;
                    }
                    (sum.sqrt(), i)
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

    fn check<T: Element>(train: &[T], query: &[T], width: usize, k: usize) {
        let train = Matrix::new("train", train, width).unwrap();
        let query = Matrix::new("query", query, width).unwrap();
        let want = brute_force(train, query, k);
        for threads in [1, 2, 3] {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            let got = pool
                .install(|| search(train, query, k, &Control::default()))
                .unwrap();
            assert!(
                got == want,
                "{} rows of {width}, {} queries, k = {k}, {threads} threads",
                train.rows(),
                query.rows()
            );
        }
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

    #[test]
    fn bad_arguments_are_errors() {
        let control = Control::default();
        assert!(Matrix::new("train", &[0.0f32; 0], 3).is_err());
        assert!(Matrix::new("train", &[0.0f32; 4], 3).is_err());
        assert!(Matrix::new("train", &[0.0f32; 4], 0).is_err());
        let run = |x: &[f64], q: &[f64], width, k| {
            let x = Matrix::new("train", x, width).unwrap();
            search(x, Matrix::new("query", q, 2).unwrap(), k, &control)
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

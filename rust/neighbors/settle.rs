//! The nearest of given candidates: what another search, on another device say, has found.

use rayon::prelude::*;

use super::element::{Element, LANES};
use super::matrix::Matrix;
use super::search::{Neighbors, Options};
use crate::memory::zeros;
use crate::{Control, Error, Result};

/// The nearest rows of `train` to each row of `query` among its `candidates`, as [`super::search`] has
/// them; -1 is none. The unit of work is a query.
///
/// # Errors
/// [`Error::Value`] if widths differ, a candidate is not a row, or fewer than K are left;
/// [`Error::Memory`]; [`Error::Interrupted`].
pub fn settle<T: Element>(
    train: Matrix<T>,
    query: Matrix<T>,
    candidates: &[i32],
    options: &Options,
    control: &Control,
) -> Result<Neighbors> {
    let (n, m, k) = (train.rows(), query.rows(), options.k);
    if query.width() != train.width() {
        return Err(Error::value(
            "query",
            format!("has {} columns; train has {}", query.width(), train.width()),
        ));
    }
    if k == 0 || !candidates.len().is_multiple_of(m) || candidates.len() / m < k {
        return Err(Error::value(
            "candidates",
            format!("must be {k} a query, or more"),
        ));
    }
    let (mut of_train, mut of_query) = (Vec::new(), Vec::new());
    let rows = train.part(0, n, &mut of_train, control)?;
    let queries = query.part(0, m, &mut of_query, control)?;
    let norm = |row: &[T]| options.metric.norm(row);
    let mut indices = zeros(&[m, k])?;
    let mut distances = zeros(&[m, k])?;
    indices
        .par_chunks_mut(k)
        .zip(distances.par_chunks_mut(k))
        .zip(candidates.par_chunks(candidates.len() / m))
        .enumerate()
        .try_for_each_init(
            Vec::new,
            |found, (i, ((indices, distances), candidates))| {
                let (row, of_row) = (queries.row(i), norm(queries.row(i)));
                found.clear();
                let own = if options.exclude_self { i as i32 } else { -1 };
                let mut left = candidates.iter().filter(|c| **c != -1 && **c != own);
                loop {
                    let mut group = [0; LANES];
                    let mut count = 0;
                    for (slot, candidate) in group.iter_mut().zip(&mut left) {
                        *slot = usize::try_from(*candidate).unwrap_or(n);
                        if *slot >= n {
                            return Err(Error::value(
                                "candidates",
                                format!("{candidate} is not a row of {n}"),
                            ));
                        }
                        count += 1;
                    }
                    if count == 0 {
                        break;
                    }
                    let data = group.map(|row| rows.row(row));
                    let norms = data.map(norm);
                    let values = pulp::Arch::new().dispatch(
                        #[inline(always)]
                        || options.metric.distances(row, of_row, data, norms),
                    );
                    found.extend(values.into_iter().zip(group).take(count));
                }
                if found.len() < k {
                    return Err(Error::value(
                        "candidates",
                        format!("has {} rows for query {i}; {k} are needed", found.len()),
                    ));
                }
                found.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                for ((index, distance), (d, row)) in indices.iter_mut().zip(distances).zip(found) {
                    *index = *row as i32;
                    *distance = *d as f32;
                }
                control.advance(1)
            },
        )?;
    Ok(Neighbors { indices, distances })
}

#[cfg(test)]
mod tests {
    use super::super::space::Metric;
    use super::*;

    #[test]
    fn a_case_by_hand() {
        let control = Control::default();
        let rows = [0.0f32, 3.0, 1.0, 3.0, 7.0];
        let train = Matrix::new("train", &rows, 1).unwrap();
        let mut options = Options {
            k: 2,
            metric: Metric::Euclidean,
            exclude_self: false,
            block: None,
        };
        let query = Matrix::new("query", &[2.0f32, 7.0], 1).unwrap();
        let run = |candidates: &[i32], options: &Options| {
            settle(train, query, candidates, options, &control)
        };
        let got = run(&[4, 3, 2, -1, 4, 3, 1, 0], &options).unwrap();
        assert_eq!(got.indices, [2, 3, 4, 1]);
        assert_eq!(got.distances, [1.0, 1.0, 0.0, 4.0]);
        assert!(run(&[4, -1, 4, 3], &options).is_err());
        assert!(run(&[4, 5, 4, 3], &options).is_err());
        assert!(run(&[4, -2, 4, 3], &options).is_err());
        assert!(run(&[4, 3, 4], &options).is_err());
        (options.k, options.exclude_self) = (1, true);
        let got = settle(
            train,
            train,
            &[0, 1, 1, 3, 2, 1, 3, 1, 4, 0],
            &options,
            &control,
        );
        assert_eq!(got.unwrap().indices, [1, 3, 1, 1, 0]);
    }
}

//! Bindings of [`crate::neighbors`].

use std::path::PathBuf;

use numpy::{
    Element as NumpyElement, IntoPyArray, PyArray2, PyArray3, PyArrayMethods, PyReadonlyArray1,
    PyReadonlyArray2, PyUntypedArrayMethods,
};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use super::arguments::slice;
use super::plurality::ties as ties_of;
use super::run::{run, to_python, value_error};
use crate::neighbors::{self, Element, File, Matrix, Metric, Options};

type Found<'py> = (
    Bound<'py, PyArray2<i32>>,
    Bound<'py, PyArray2<f32>>,
    (usize, u64, u64),
);

/// The expression, with two arrays of one dtype as matrices.
macro_rules! with_matrices {
    ($py:ident, $train:ident, $query:ident, |$x:ident, $q:ident| $work:expr) => {
        with_matrices!($py, $train, $query, |$x, $q| $work, f32, u8, f64)
    };
    ($py:ident, $train:ident, $query:ident, |$x:ident, $q:ident| $work:expr, $($type:ty),*) => {
        $(if let (Ok(train), Ok(query)) = (
            $train.extract::<PyReadonlyArray2<$type>>(),
            $query.extract::<PyReadonlyArray2<$type>>(),
        ) {
            let $x = matrix($py, "train", &train)?;
            let $q = matrix($py, "query", &query)?;
            $work
        } else)* {
            Err(PyTypeError::new_err(
                "train and query: two matrices of one dtype, float32, float64 or uint8",
            ))
        }
    };
}

/// The file behind a memory-mapped array: its path, and how many bytes of it the array needs.
pub type Mapped = Option<(PathBuf, u64)>;

#[pyfunction]
#[pyo3(signature = (train, query, k, metric, exclude_self, block, files, threads, progress=None))]
#[allow(clippy::too_many_arguments)] // the kernel's
pub fn search<'py>(
    py: Python<'py>,
    train: &Bound<'py, PyAny>,
    query: &Bound<'py, PyAny>,
    k: usize,
    metric: &str,
    exclude_self: bool,
    block: Option<usize>,
    files: (Mapped, Mapped),
    threads: usize,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<Found<'py>> {
    let options = Options {
        k,
        metric: self::metric(py, metric)?,
        exclude_self,
        block,
    };
    let file = |mapped: Mapped| mapped.map(|(path, bytes)| File { path, bytes });
    let files = (file(files.0), file(files.1));
    let (found, statistics) = with_matrices!(py, train, query, |train, query| {
        let train = train.mapped(files.0.as_ref());
        let query = query.mapped(files.1.as_ref());
        run(py, threads, progress, |control| {
            neighbors::search(train, query, &options, control)
        })
    })?;
    let shape = [found.indices.len() / k, k];
    Ok((
        found.indices.into_pyarray(py).reshape(shape)?,
        found.distances.into_pyarray(py).reshape(shape)?,
        (statistics.axes, statistics.bounded, statistics.settled),
    ))
}

type Settled<'py> = (Bound<'py, PyArray2<i32>>, Bound<'py, PyArray2<f32>>);

#[pyfunction]
#[allow(clippy::too_many_arguments)] // the kernel's
pub fn settle<'py>(
    py: Python<'py>,
    train: &Bound<'py, PyAny>,
    query: &Bound<'py, PyAny>,
    candidates: PyReadonlyArray2<'py, i32>,
    k: usize,
    metric: &str,
    exclude_self: bool,
    threads: usize,
) -> PyResult<Settled<'py>> {
    let options = Options {
        k,
        metric: self::metric(py, metric)?,
        exclude_self,
        block: None,
    };
    let candidates = slice(py, "candidates", &candidates)?;
    let found = with_matrices!(py, train, query, |train, query| {
        run(py, threads, None, |control| {
            neighbors::settle(train, query, candidates, &options, control)
        })
    })?;
    let shape = [found.indices.len() / k, k];
    Ok((
        found.indices.into_pyarray(py).reshape(shape)?,
        found.distances.into_pyarray(py).reshape(shape)?,
    ))
}

fn metric(py: Python<'_>, name: &str) -> PyResult<Metric> {
    match name {
        "euclidean" => Ok(Metric::Euclidean),
        "cosine" => Ok(Metric::Cosine),
        _ => {
            let message = format!("{name:?} is not one of euclidean, cosine");
            Err(value_error(py, "metric", &message))
        }
    }
}

/// A matrix of whatever layout numpy has it in.
pub fn matrix<'a, T: Element + NumpyElement>(
    py: Python<'_>,
    name: &'static str,
    array: &'a PyReadonlyArray2<'_, T>,
) -> PyResult<Matrix<'a, T>> {
    let (shape, strides) = ([array.shape()[0], array.shape()[1]], array.strides());
    let (size, start) = (size_of::<T>() as isize, array.data());
    if !start.is_aligned() || strides.iter().any(|stride| stride % size != 0) {
        return Err(value_error(py, name, "is not aligned; pass a copy of it"));
    }
    let made = if shape.contains(&0) {
        Matrix::strided(name, &[], 0, shape, (0, 0))
    } else {
        let strides = (strides[0] / size, strides[1] / size);
        let reach = |count: usize, stride: isize| (count as isize - 1) * stride;
        let (down, across) = (reach(shape[0], strides.0), reach(shape[1], strides.1));
        let before = -(down.min(0) + across.min(0));
        let after = down.max(0) + across.max(0);
        // SAFETY: an array's elements lie in one allocation, and these are the first and the last of them
        // in memory; the array is held, and Python code that writes to it meanwhile races with any reader
        // that has released the GIL, numpy's own included.
        let data = unsafe {
            std::slice::from_raw_parts(start.offset(-before), (before + after + 1) as usize)
        };
        Matrix::strided(name, data, before as usize, shape, strides)
    };
    made.map_err(|error| to_python(py, error))
}

#[pyfunction]
pub fn label_histograms<'py>(
    py: Python<'py>,
    indices: PyReadonlyArray2<'py, i32>,
    labels: PyReadonlyArray1<'py, i32>,
    ks: Vec<usize>,
    num_classes: usize,
    threads: usize,
) -> PyResult<Bound<'py, PyArray3<i32>>> {
    let (m, width) = (indices.shape()[0], indices.shape()[1]);
    let (indices, labels) = (
        slice(py, "indices", &indices)?,
        slice(py, "labels", &labels)?,
    );
    let histograms = run(py, threads, None, |control| {
        neighbors::label_histograms(indices, width, labels, &ks, num_classes, control)
    })?;
    histograms
        .into_pyarray(py)
        .reshape([ks.len(), m, num_classes])
}

#[pyfunction]
#[allow(clippy::too_many_arguments)] // the kernel's
pub fn count_correct<'py>(
    py: Python<'py>,
    indices: PyReadonlyArray2<'py, i32>,
    labels: PyReadonlyArray2<'py, i32>,
    truth: PyReadonlyArray1<'py, i32>,
    ks: Vec<usize>,
    num_classes: usize,
    ties: &str,
    threads: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let width = indices.shape()[1];
    let (copies, rows) = (labels.shape()[0], labels.shape()[1]);
    let (indices, labels, truth) = (
        slice(py, "indices", &indices)?,
        slice(py, "labels", &labels)?,
        slice(py, "truth", &truth)?,
    );
    let ties = ties_of(py, ties)?;
    let correct = run(py, threads, None, |control| {
        neighbors::count_correct(
            indices,
            width,
            labels,
            rows,
            truth,
            &ks,
            num_classes,
            ties,
            control,
        )
    })?;
    correct.into_pyarray(py).reshape([copies, ks.len()])
}

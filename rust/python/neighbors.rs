//! Bindings of [`crate::neighbors`].

use numpy::{
    Element as NumpyElement, IntoPyArray, PyArray2, PyArray3, PyArrayMethods, PyReadonlyArray1,
    PyReadonlyArray2, PyUntypedArrayMethods,
};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use super::arguments::slice;
use super::plurality::ties as ties_of;
use super::run::{run, to_python};
use crate::neighbors::{self, Element, Matrix};

type Found<'py> = (Bound<'py, PyArray2<i32>>, Bound<'py, PyArray2<f32>>);

#[pyfunction]
#[pyo3(signature = (train, query, k, threads, progress=None))]
pub fn search<'py>(
    py: Python<'py>,
    train: &Bound<'py, PyAny>,
    query: &Bound<'py, PyAny>,
    k: usize,
    threads: usize,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<Found<'py>> {
    fn typed<'py, T: Element + NumpyElement>(
        py: Python<'py>,
        arrays: (PyReadonlyArray2<'py, T>, PyReadonlyArray2<'py, T>),
        k: usize,
        threads: usize,
        progress: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Found<'py>> {
        fn matrix<'a, T: Element + NumpyElement>(
            py: Python<'_>,
            name: &'static str,
            array: &'a PyReadonlyArray2<'_, T>,
        ) -> PyResult<Matrix<'a, T>> {
            Matrix::new(name, slice(py, name, array)?, array.shape()[1])
                .map_err(|error| to_python(py, error))
        }
        let (train, query) = (
            matrix(py, "train", &arrays.0)?,
            matrix(py, "query", &arrays.1)?,
        );
        let shape = [query.rows(), k];
        let found = run(py, threads, progress, |control| {
            neighbors::search(train, query, k, control)
        })?;
        Ok((
            found.indices.into_pyarray(py).reshape(shape)?,
            found.distances.into_pyarray(py).reshape(shape)?,
        ))
    }
    if let (Ok(train), Ok(query)) = (train.extract(), query.extract()) {
        typed::<f32>(py, (train, query), k, threads, progress)
    } else if let (Ok(train), Ok(query)) = (train.extract(), query.extract()) {
        typed::<u8>(py, (train, query), k, threads, progress)
    } else if let (Ok(train), Ok(query)) = (train.extract(), query.extract()) {
        typed::<f64>(py, (train, query), k, threads, progress)
    } else {
        Err(PyTypeError::new_err(
            "train and query: two matrices of one dtype, float32, float64 or uint8",
        ))
    }
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

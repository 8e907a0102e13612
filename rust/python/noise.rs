//! Bindings of [`crate::noise`] and [`crate::random`].

use numpy::{
    IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2,
    PyUntypedArrayMethods,
};
use pyo3::prelude::*;

use super::arguments::slice;
use super::run::{run, to_python, value_error};
use crate::noise::{Corruption, corrupt_many};
use crate::random::Stream;

type Labels<'py> = Bound<'py, PyArray2<i32>>;
type Masks<'py> = Bound<'py, PyArray2<bool>>;

#[pyfunction]
pub fn corrupt<'py>(
    py: Python<'py>,
    labels: PyReadonlyArray1<'py, i32>,
    matrix: PyReadonlyArray2<'py, f64>,
    counts: Vec<usize>,
    seeds: Vec<u64>,
    threads: usize,
) -> PyResult<(Labels<'py>, Masks<'py>)> {
    let num_classes = matrix.shape()[0];
    let (clean, matrix) = (slice(py, "labels", &labels)?, slice(py, "matrix", &matrix)?);
    let corruption = Corruption::new(matrix, num_classes).map_err(|error| to_python(py, error))?;
    if counts.len() != seeds.len() {
        return Err(value_error(py, "seeds", "are not as many as counts"));
    }
    let draws: Vec<_> = counts.into_iter().zip(seeds).collect();
    let (noisy, selected) = run(py, threads, None, |control| {
        corrupt_many(clean, &corruption, &draws, control)
    })?;
    let shape = [draws.len(), clean.len()];
    Ok((
        noisy.into_pyarray(py).reshape(shape)?,
        selected.into_pyarray(py).reshape(shape)?,
    ))
}

#[pyfunction]
pub fn random_integer(seed: u64, name: &str, index: u64) -> u64 {
    Stream::new(seed, name).integer(index)
}

#[pyfunction]
pub fn random_uniform<'py>(
    py: Python<'py>,
    seed: u64,
    name: &str,
    count: usize,
) -> Bound<'py, PyArray1<f64>> {
    let stream = Stream::new(seed, name);
    let numbers: Vec<f64> = (0..count as u64).map(|i| stream.uniform(i)).collect();
    numbers.into_pyarray(py)
}

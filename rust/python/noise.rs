//! Bindings of [`crate::noise`] and [`crate::random`].

use numpy::{
    IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2,
    PyUntypedArrayMethods,
};
use pyo3::prelude::*;

use super::arguments::slice;
use super::run::{run, to_python, value_error};
use crate::noise::{Candidates, Corruption, relabel_many, select_many, toss_many};
use crate::random::Stream;

type Labels<'py> = Bound<'py, PyArray2<i32>>;
type Masks<'py> = Bound<'py, PyArray2<bool>>;

#[pyfunction]
pub fn select<'py>(
    py: Python<'py>,
    groups: PyReadonlyArray1<'py, i32>,
    counts: Vec<Vec<usize>>,
    seeds: Vec<u64>,
    weights: Option<PyReadonlyArray1<'py, f64>>,
    threads: usize,
) -> PyResult<Masks<'py>> {
    let groups = slice(py, "groups", &groups)?;
    let weights = weights
        .as_ref()
        .map(|weights| slice(py, "weights", weights));
    let candidates = Candidates {
        groups,
        weights: weights.transpose()?,
    };
    let widths: Vec<usize> = counts.iter().map(Vec::len).collect();
    if widths.len() != seeds.len() || widths.windows(2).any(|pair| pair[0] != pair[1]) {
        return Err(value_error(py, "counts", "are not one a seed and group"));
    }
    let masks = run(py, threads, None, |control| {
        select_many(candidates, &counts.concat(), &seeds, control)
    })?;
    masks.into_pyarray(py).reshape([seeds.len(), groups.len()])
}

#[pyfunction]
pub fn toss<'py>(
    py: Python<'py>,
    groups: PyReadonlyArray1<'py, i32>,
    levels: Vec<f64>,
    seeds: Vec<u64>,
    threads: usize,
) -> PyResult<Masks<'py>> {
    let groups = slice(py, "groups", &groups)?;
    let masks = run(py, threads, None, |control| {
        toss_many(groups, &levels, &seeds, control)
    })?;
    masks.into_pyarray(py).reshape([seeds.len(), groups.len()])
}

#[pyfunction]
pub fn relabel<'py>(
    py: Python<'py>,
    labels: PyReadonlyArray1<'py, i32>,
    matrix: PyReadonlyArray2<'py, f64>,
    selected: PyReadonlyArray2<'py, bool>,
    seeds: Vec<u64>,
    threads: usize,
) -> PyResult<Labels<'py>> {
    let num_classes = matrix.shape()[0];
    let (clean, matrix) = (slice(py, "labels", &labels)?, slice(py, "matrix", &matrix)?);
    let corruption = Corruption::new(matrix, num_classes).map_err(|error| to_python(py, error))?;
    let selected = slice(py, "selected", &selected)?;
    let noisy = run(py, threads, None, |control| {
        relabel_many(clean, &corruption, selected, &seeds, control)
    })?;
    noisy.into_pyarray(py).reshape([seeds.len(), clean.len()])
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

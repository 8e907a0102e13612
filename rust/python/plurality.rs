//! Bindings of [`crate::plurality`].

use numpy::{
    IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2,
    PyUntypedArrayMethods,
};
use pyo3::prelude::*;

use super::arguments::slice;
use super::run::{run, to_python, value_error};
use crate::noise::Corruption;
use crate::plurality::fixed::{self, Noise};
use crate::plurality::{Method, Ties, accuracy};

/// The tie rule of this name.
pub fn ties(py: Python<'_>, name: &str) -> PyResult<Ties> {
    match name {
        "strict" => Ok(Ties::Strict),
        "first" => Ok(Ties::First),
        "random" => Ok(Ties::Random),
        _ => Err(value_error(
            py,
            "ties",
            &format!("{name:?} is not one of strict, first, random"),
        )),
    }
}

#[pyfunction]
#[pyo3(signature = (q, label, ks, ties, method, threads, progress=None))]
#[allow(clippy::too_many_arguments)] // the kernel's
pub fn plurality_accuracy<'py>(
    py: Python<'py>,
    q: PyReadonlyArray2<'py, f64>,
    label: PyReadonlyArray1<'py, i32>,
    ks: Vec<usize>,
    ties: &str,
    method: &str,
    threads: usize,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let num_classes = q.shape()[1];
    let (q, label, ties) = (
        slice(py, "q", &q)?,
        slice(py, "label", &label)?,
        self::ties(py, ties)?,
    );
    let method = match method {
        "auto" => Method::Auto,
        "dp" => Method::Dp,
        "contour" => Method::Contour,
        _ => {
            let message = format!("{method:?} is not one of auto, dp, contour");
            return Err(value_error(py, "method", &message));
        }
    };
    let result = run(py, threads, progress, |control| {
        accuracy(q, label, num_classes, &ks, ties, method, control)
    })?;
    result.into_pyarray(py).reshape([ks.len(), label.len()])
}

/// What becomes of a selected neighbour, as Python has it.
#[derive(FromPyObject)]
pub enum NoiseArgument<'py> {
    Targets(PyReadonlyArray1<'py, i32>),
    Shares(PyReadonlyArray1<'py, f64>),
    Matrix(PyReadonlyArray2<'py, f64>),
}

type Exact<'py> = (Bound<'py, PyArray2<f64>>, Bound<'py, PyArray1<bool>>);

#[pyfunction]
#[pyo3(signature = (counts, label, k, noise, ties, node_budget, threads, progress=None))]
#[allow(clippy::too_many_arguments)] // the kernel's
pub fn fixed_accuracy<'py>(
    py: Python<'py>,
    counts: PyReadonlyArray2<'py, i32>,
    label: PyReadonlyArray1<'py, i32>,
    k: usize,
    noise: Option<NoiseArgument<'py>>,
    ties: &str,
    node_budget: usize,
    threads: usize,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<Exact<'py>> {
    let num_classes = counts.shape()[1];
    let (counts, label) = (slice(py, "counts", &counts)?, slice(py, "label", &label)?);
    let noise = match &noise {
        Some(NoiseArgument::Targets(targets)) => Noise::LabelMap(slice(py, "noise", targets)?),
        Some(NoiseArgument::Shares(shares)) => Noise::Spread(slice(py, "noise", shares)?),
        Some(NoiseArgument::Matrix(matrix)) => Noise::Dense(slice(py, "noise", matrix)?),
        None => Noise::OthersOnly,
    };
    let ties = self::ties(py, ties)?;
    let (values, exact) = run(py, threads, progress, |control| {
        fixed::accuracy(
            counts,
            label,
            num_classes,
            k,
            noise,
            ties,
            node_budget,
            control,
        )
    })?;
    let values = values.into_pyarray(py).reshape([label.len(), k + 1])?;
    Ok((values, exact.into_pyarray(py)))
}

#[pyfunction]
#[pyo3(signature = (counts, label, weights, k, matrix, ties, draws, seed, threads, progress=None))]
#[allow(clippy::too_many_arguments)] // the kernel's
pub fn fixed_sample<'py>(
    py: Python<'py>,
    counts: PyReadonlyArray2<'py, i32>,
    label: PyReadonlyArray1<'py, i32>,
    weights: PyReadonlyArray1<'py, i64>,
    k: usize,
    matrix: PyReadonlyArray2<'py, f64>,
    ties: &str,
    draws: usize,
    seed: u64,
    threads: usize,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let num_classes = counts.shape()[1];
    let (counts, label) = (slice(py, "counts", &counts)?, slice(py, "label", &label)?);
    let (weights, matrix) = (
        slice(py, "weights", &weights)?,
        slice(py, "matrix", &matrix)?,
    );
    let corruption = Corruption::new(matrix, num_classes).map_err(|error| to_python(py, error))?;
    let ties = self::ties(py, ties)?;
    let sums = run(py, threads, progress, |control| {
        fixed::sample(
            counts,
            label,
            weights,
            k,
            &corruption,
            ties,
            (draws, seed),
            control,
        )
    })?;
    sums.into_pyarray(py).reshape([draws, k + 1])
}

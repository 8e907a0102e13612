//! Bindings of [`crate::plurality`].

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;

use super::arguments::slice;
use super::run::{run, value_error};
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
#[pyo3(signature = (q, label, k, ties, method, threads, progress=None))]
#[allow(clippy::too_many_arguments)] // the kernel's
pub fn plurality_accuracy<'py>(
    py: Python<'py>,
    q: PyReadonlyArray2<'py, f64>,
    label: PyReadonlyArray1<'py, i32>,
    k: usize,
    ties: &str,
    method: &str,
    threads: usize,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
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
        accuracy(q, label, num_classes, k, ties, method, control)
    })?;
    Ok(result.into_pyarray(py))
}

//! Bindings of [`crate::kmeans`].

use numpy::{
    IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray2, PyUntypedArrayMethods,
};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use super::arguments::slice;
use super::neighbors::{Mapped, matrix};
use super::run::run;
use crate::kmeans::{Options, kmeans as cluster};
use crate::neighbors::File;

type Clusters<'py> = (
    Bound<'py, PyArray2<f64>>,
    Bound<'py, PyArray1<i32>>,
    f64,
    usize,
);

#[pyfunction]
#[pyo3(signature = (x, n_clusters, n_init, max_iter, tol, seed, init, file, threads, progress=None))]
#[allow(clippy::too_many_arguments)] // the kernel's
pub fn kmeans<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    n_clusters: usize,
    n_init: usize,
    max_iter: usize,
    tol: f64,
    seed: u64,
    init: Option<PyReadonlyArray2<'py, f64>>,
    file: Mapped,
    threads: usize,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<Clusters<'py>> {
    let options = Options {
        clusters: n_clusters,
        starts: n_init,
        iterations: max_iter,
        tolerance: tol,
        seed,
    };
    let init = match &init {
        Some(init) => Some(slice(py, "init", init)?),
        None => None,
    };
    let file = file.map(|(path, bytes)| File { path, bytes });
    macro_rules! with_matrix {
        ($($type:ty),*) => {
            $(if let Ok(x) = x.extract::<PyReadonlyArray2<$type>>() {
                let width = x.shape()[1];
                let x = matrix(py, "x", &x)?.mapped(file.as_ref());
                let found = run(py, threads, progress, |control| {
                    cluster(x, init, &options, control)
                })?;
                (found, width)
            } else)* {
                return Err(PyTypeError::new_err(
                    "x: a matrix of float32, float64 or uint8",
                ));
            }
        };
    }
    let (found, width) = with_matrix!(f32, u8, f64);
    Ok((
        found
            .centers
            .into_pyarray(py)
            .reshape([n_clusters, width])?,
        found.labels.into_pyarray(py),
        found.inertia,
        found.iterations,
    ))
}

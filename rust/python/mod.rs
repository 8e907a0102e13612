//! The bindings: they check arguments, release the GIL, map errors, and hold nothing else.

mod arguments;
mod clustering;
mod neighbors;
mod noise;
mod plurality;
mod run;

use pyo3::prelude::*;

/// The compiled part of pynoise; `_core.pyi` beside it documents the functions.
#[pymodule]
mod _core {
    #[pymodule_export]
    use super::clustering::kmeans;
    #[pymodule_export]
    use super::neighbors::{count_correct, label_histograms, search, settle};
    #[pymodule_export]
    use super::noise::{random_integer, random_uniform, relabel, select, toss};
    #[pymodule_export]
    use super::plurality::{fixed_accuracy, fixed_sample, plurality_accuracy};

    use numpy::PyArray1;
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        // The bindings of numpy load it when an array is first met, and panic if Ctrl-C comes meanwhile.
        // So load it here, where it can only raise, by the steps that they would take.
        let py = module.py();
        let version = py.import("numpy")?.getattr("__version__")?;
        py.import("numpy.lib")?
            .getattr("NumpyVersion")?
            .call1((version,))?;
        PyArray1::<u8>::zeros(py, 1, false);
        module.add("MOST_VOTES", crate::plurality::MOST_VOTES)?;
        module.add("MOST_FIXED_VOTES", crate::plurality::fixed::MOST_VOTES)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}

//! The bindings: they check arguments, release the GIL, map errors, and hold nothing else.

mod arguments;
mod neighbors;
mod noise;
mod plurality;
mod run;

use pyo3::prelude::*;

/// The compiled part of pynoise; `_core.pyi` beside it documents the functions.
#[pymodule]
mod _core {
    #[pymodule_export]
    use super::neighbors::{count_correct, label_histograms, search};
    #[pymodule_export]
    use super::noise::{corrupt, random_integer, random_uniform};
    #[pymodule_export]
    use super::plurality::plurality_accuracy;

    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}

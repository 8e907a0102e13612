//! Arrays as the kernels want them.

use numpy::{Element, PyReadonlyArray, PyUntypedArrayMethods, ndarray::Dimension};
use pyo3::prelude::*;

use super::run::value_error;

/// The elements of an array in C order. (`as_slice` alone would take Fortran order too.)
pub fn slice<'a, T: Element, D: Dimension>(
    py: Python<'_>,
    name: &str,
    array: &'a PyReadonlyArray<'_, T, D>,
) -> PyResult<&'a [T]> {
    if !array.is_c_contiguous() {
        return Err(value_error(
            py,
            name,
            &format!("is not in C order; pass numpy.ascontiguousarray({name})"),
        ));
    }
    Ok(array.as_slice()?)
}

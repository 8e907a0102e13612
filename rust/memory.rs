//! Memory whose size a caller decides: too much of it is an error, not the end of the process.

use crate::{Error, Result};

/// A vector of zeros for an array of this `shape`.
pub fn zeros<T: Clone + Default>(shape: &[usize]) -> Result<Vec<T>> {
    let too_large = || {
        Error::Memory(format!(
            "an array of shape {shape:?} does not fit in memory"
        ))
    };
    let count = shape
        .iter()
        .try_fold(1usize, |count, size| count.checked_mul(*size))
        .ok_or_else(too_large)?;
    let mut values = Vec::new();
    values.try_reserve_exact(count).map_err(|_| too_large())?;
    values.resize(count, T::default());
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_an_error() {
        assert_eq!(zeros::<u8>(&[2, 3]).unwrap(), [0; 6]);
        assert!(zeros::<u8>(&[0, 3]).unwrap().is_empty());
        assert!(matches!(
            zeros::<f64>(&[1 << 40, 1 << 6]),
            Err(Error::Memory(_))
        ));
        assert!(matches!(
            zeros::<f64>(&[usize::MAX, 2]),
            Err(Error::Memory(_))
        ));
    }
}

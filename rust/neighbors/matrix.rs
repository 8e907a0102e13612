//! Rows of numbers.

use crate::{Error, Result};

/// A matrix in C order.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a, T> {
    pub(super) data: &'a [T],
    pub(super) width: usize,
}

impl<'a, T> Matrix<'a, T> {
    /// Rows of `width` numbers each.
    ///
    /// # Errors
    /// [`Error::Value`] naming `argument` if there is no row or no column, or the last row is not whole.
    pub fn new(argument: &'static str, data: &'a [T], width: usize) -> Result<Self> {
        if width == 0 || data.is_empty() || !data.len().is_multiple_of(width) {
            return Err(Error::value(
                argument,
                format!("has {} numbers in rows of {width}", data.len()),
            ));
        }
        Ok(Self { data, width })
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.data.len() / self.width
    }

    pub(super) fn row(&self, i: usize) -> &'a [T] {
        &self.data[i * self.width..][..self.width]
    }
}

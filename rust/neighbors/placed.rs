//! A parcel of rows in the float32 space.

use super::element::Element;
use super::matrix::Matrix;
use super::space::Space;

/// Coordinates and squared norms of the rows that are placed at present.
pub struct Placed {
    /// The most rows that are placed at a time.
    pub capacity: usize,
    width: usize,
    pub data: Vec<f32>,
    pub norms: Vec<f64>,
}

impl Placed {
    pub fn new(capacity: usize, width: usize) -> Self {
        Self {
            capacity,
            width,
            data: Vec::with_capacity(capacity * width),
            norms: Vec::with_capacity(capacity),
        }
    }

    /// Place the rows of `matrix` from `first` on, as many as fit.
    pub fn fill<T: Element>(&mut self, space: &Space, matrix: Matrix<T>, first: usize) {
        let count = self.capacity.min(matrix.rows() - first);
        let part = Matrix {
            data: &matrix.data[first * self.width..][..count * self.width],
            width: self.width,
        };
        self.data.resize(count * self.width, 0.0);
        self.norms.resize(count, 0.0);
        space.place(part, &mut self.data, &mut self.norms);
    }
}

//! Rows of numbers, wherever they lie.

use std::path::PathBuf;

use crate::{Control, Error, Result};

/// The file behind a memory-mapped matrix.
#[derive(Debug, Clone)]
pub struct File {
    /// Where it is.
    pub path: PathBuf,
    /// How long it must be for every row to be there.
    pub bytes: u64,
}

/// A matrix of any layout: element (i, j) lies `i * strides.0 + j * strides.1` after the first one.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a, T> {
    argument: &'static str,
    data: &'a [T],
    first: usize,
    strides: (isize, isize),
    rows: usize,
    width: usize,
    file: Option<&'a File>,
}

/// Some rows of a matrix, in C order.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a, T> {
    data: &'a [T],
    width: usize,
}

impl<'a, T> Rows<'a, T> {
    pub fn new(data: &'a [T], width: usize) -> Self {
        Self { data, width }
    }

    /// Row `i` of these.
    #[inline(always)]
    pub fn row(&self, i: usize) -> &'a [T] {
        &self.data[i * self.width..][..self.width]
    }

    pub fn iter(&self) -> impl Iterator<Item = &'a [T]> + use<'a, T> {
        self.data.chunks_exact(self.width)
    }
}

impl<'a, T: Copy> Matrix<'a, T> {
    /// Rows of `width` numbers each, in C order.
    ///
    /// # Errors
    /// [`Error::Value`] naming `argument` if there is no row or no column, or the last row is not whole.
    pub fn new(argument: &'static str, data: &'a [T], width: usize) -> Result<Self> {
        if width == 0 || !data.len().is_multiple_of(width) {
            return Err(Error::value(
                argument,
                format!("has {} numbers in rows of {width}", data.len()),
            ));
        }
        let strides = (width as isize, 1);
        Self::strided(argument, data, 0, [data.len() / width, width], strides)
    }

    /// A matrix of this `shape` whose element (0, 0) is `data[first]`.
    ///
    /// # Errors
    /// [`Error::Value`] naming `argument` if there is no row or no column, or an element lies outside
    /// `data`.
    pub fn strided(
        argument: &'static str,
        data: &'a [T],
        first: usize,
        [rows, width]: [usize; 2],
        strides: (isize, isize),
    ) -> Result<Self> {
        let wrong = |what: &str| Err(Error::value(argument, what));
        if rows == 0 || width == 0 {
            return wrong("has no row or no column");
        }
        let reach = |count: usize, stride: isize| (count as i128 - 1) * stride as i128;
        let (down, across) = (reach(rows, strides.0), reach(width, strides.1));
        let least = first as i128 + down.min(0) + across.min(0);
        let most = first as i128 + down.max(0) + across.max(0);
        if least < 0 || most >= data.len() as i128 {
            return wrong("reaches beyond its data");
        }
        Ok(Self {
            argument,
            data,
            first,
            strides,
            rows,
            width,
            file: None,
        })
    }

    /// The same matrix, memory-mapped from `file`: its length is looked at before rows are read.
    pub fn mapped(self, file: Option<&'a File>) -> Self {
        Self { file, ..self }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// What the matrix is called in errors.
    pub(super) fn argument(&self) -> &'static str {
        self.argument
    }

    /// Whether [`Matrix::part`] copies.
    pub(crate) fn scattered(&self) -> bool {
        self.strides != (self.width as isize, 1)
    }

    /// Rows from `first` on, copied into `room` where they do not lie in C order.
    ///
    /// # Errors
    /// [`Error::Value`] if the file of a mapped matrix has become too short: reading on would end the
    /// process.
    pub(crate) fn part<'b>(
        &self,
        first: usize,
        count: usize,
        room: &'b mut Vec<T>,
        control: &Control,
    ) -> Result<Rows<'b, T>>
    where
        'a: 'b,
    {
        self.check_file()?;
        assert!(first + count <= self.rows, "a part lies within its matrix");
        if !self.scattered() {
            return Ok(self.whole(first, count));
        }
        /// Rows and columns copied at a time: one side is read, the other written, across its lines.
        const SQUARE: usize = 32;
        room.clear();
        room.resize(count * self.width, self.data[self.first]);
        let at = |i: usize, j: usize| {
            let place = (first + i) as isize * self.strides.0 + j as isize * self.strides.1;
            self.data[self.first.wrapping_add_signed(place)]
        };
        for top in (0..count).step_by(SQUARE) {
            control.go_on()?;
            for left in (0..self.width).step_by(SQUARE) {
                for j in left..self.width.min(left + SQUARE) {
                    for i in top..count.min(top + SQUARE) {
                        room[i * self.width + j] = at(i, j);
                    }
                }
            }
        }
        Ok(Rows::new(room, self.width))
    }

    /// Rows of a matrix that has them in C order.
    pub(super) fn whole(&self, first: usize, count: usize) -> Rows<'a, T> {
        let data = &self.data[self.first + first * self.width..][..count * self.width];
        Rows::new(data, self.width)
    }

    /// Is the file of a mapped matrix still as long as it must be?
    pub(crate) fn check_file(&self) -> Result<()> {
        let Some(file) = self.file else {
            return Ok(());
        };
        let path = file.path.display();
        match std::fs::metadata(&file.path) {
            Ok(found) if found.len() < file.bytes => Err(Error::value(
                self.argument,
                format!(
                    "is memory-mapped from {path}, which has {} bytes and needs {}: it is cut short",
                    found.len(),
                    file.bytes
                ),
            )),
            // A file that was removed stays readable while it is mapped.
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_any_layout() {
        let data: Vec<i32> = (0..70 * 40).collect();
        let (mut room, control) = (Vec::new(), Control::default());
        let c = Matrix::new("x", &data, 40).unwrap();
        assert!(!c.scattered());
        assert_eq!(
            c.part(3, 2, &mut room, &control).unwrap().row(1),
            &data[160..200]
        );
        // Fortran order, and every other row backwards.
        let f = Matrix::strided("x", &data, 0, [40, 70], (1, 40)).unwrap();
        let back = Matrix::strided("x", &data, 69 * 40, [35, 40], (-80, 1)).unwrap();
        let part = f.part(5, 35, &mut room, &control).unwrap();
        assert!((0..35).all(|i| (0..70).all(|j| part.row(i)[j] == (5 + i + 40 * j) as i32)));
        let part = back.part(0, 35, &mut room, &control).unwrap();
        assert!((0..35).all(|i| part.row(i) == &data[(69 - 2 * i) * 40..][..40]));
    }

    #[test]
    fn bad_layouts_are_errors() {
        assert!(Matrix::new("x", &[0.0f32; 0], 3).is_err());
        assert!(Matrix::new("x", &[0.0f32; 4], 3).is_err());
        assert!(Matrix::new("x", &[0.0f32; 4], 0).is_err());
        assert!(Matrix::strided("x", &[0u8; 6], 0, [2, 3], (3, 1)).is_ok());
        assert!(Matrix::strided("x", &[0u8; 6], 1, [2, 3], (3, 1)).is_err());
        assert!(Matrix::strided("x", &[0u8; 6], 2, [2, 3], (-3, 1)).is_err());
    }
}

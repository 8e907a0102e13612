//! Dense products of strided matrices.

/// A matrix whose element (i, j) is `data[i * rows + j * columns]`.
#[derive(Clone, Copy)]
pub struct View<'a, T> {
    pub data: &'a [T],
    pub rows: usize,
    pub columns: usize,
}

impl<'a, T> View<'a, T> {
    /// Rows of `width` numbers each.
    pub fn rows(data: &'a [T], width: usize) -> Self {
        Self {
            data,
            rows: width,
            columns: 1,
        }
    }

    /// The same numbers, rows and columns exchanged.
    pub fn transposed(self) -> Self {
        Self {
            data: self.data,
            rows: self.columns,
            columns: self.rows,
        }
    }

    fn holds(&self, m: usize, n: usize) -> bool {
        m == 0 || n == 0 || (m - 1) * self.rows + (n - 1) * self.columns < self.data.len()
    }
}

/// out = a·b, or out + a·b, for a of m by k, b of k by n, and out in C order.
pub fn multiply<T: Default + Copy + From<u8> + 'static>(
    [m, n, k]: [usize; 3],
    a: View<T>,
    b: View<T>,
    out: &mut [T],
    add: bool,
) {
    assert!(
        a.holds(m, k) && b.holds(k, n) && out.len() == m * n,
        "matrices hold what is read, and there is room for every product"
    );
    if k == 0 && !add {
        out.fill(T::default());
    }
    let one = T::from(1);
    // SAFETY: the matrices hold every element that the strides walk over, as asserted; `out` is borrowed
    // mutably, so it overlaps neither of them.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            n as isize,
            add,
            a.data.as_ptr(),
            a.columns as isize,
            a.rows as isize,
            b.data.as_ptr(),
            b.columns as isize,
            b.rows as isize,
            one,
            one,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_by_hand() {
        let a = [1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0];
        let mut out = [0.0f32; 4];
        let rows = View::rows(&a, 3);
        multiply([2, 2, 3], rows, rows.transposed(), &mut out, false);
        assert_eq!(out, [14.0, 32.0, 32.0, 77.0]);
        multiply([2, 2, 3], rows, rows.transposed(), &mut out, true);
        assert_eq!(out, [28.0, 64.0, 64.0, 154.0]);
    }
}

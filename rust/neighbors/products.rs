//! The dense product behind a search, and the scan of its result.

use pulp::{Arch, WithSimd};

/// out[i, j] = -2⟨queries[i], rows[j]⟩ for blocks of rows in C order.
pub fn scaled_products(queries: &[f32], rows: &[f32], width: usize, out: &mut [f32]) {
    let (m, n) = (queries.len() / width, rows.len() / width);
    assert!(
        queries.len() == m * width && rows.len() == n * width && out.len() == m * n,
        "blocks of whole rows, and room for every product"
    );
    let stride = width as isize;
    // SAFETY: the three blocks have the sizes that the strides walk over, as asserted; `out` is borrowed
    // mutably, so it overlaps neither input.
    unsafe {
        gemm::gemm(
            m,
            n,
            width,
            out.as_mut_ptr(),
            1,
            n as isize,
            false,
            queries.as_ptr(),
            1,
            stride,
            rows.as_ptr(),
            stride,
            1,
            0.0f32,
            -2.0f32,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// Calls `found(j, value)` for each value = `products[j]` + `norms[j]` ≤ `threshold`; `found` returns the
/// threshold to go on with.
pub fn scan(
    arch: Arch,
    products: &[f32],
    norms: &[f32],
    mut threshold: f32,
    mut found: impl FnMut(usize, f32) -> f32,
) {
    const STRIP: usize = 64;
    for (strip, (products, norms)) in products.chunks(STRIP).zip(norms.chunks(STRIP)).enumerate() {
        let any = arch.dispatch(AnyWithin {
            products,
            norms,
            threshold,
        });
        if !any {
            continue;
        }
        for (j, (product, norm)) in products.iter().zip(norms).enumerate() {
            let value = product + norm;
            if value <= threshold {
                threshold = found(strip * STRIP + j, value);
            }
        }
    }
}

/// Whether some product + norm is within the threshold: most strips hold none.
struct AnyWithin<'a> {
    products: &'a [f32],
    norms: &'a [f32],
    threshold: f32,
}

impl WithSimd for AnyWithin<'_> {
    type Output = bool;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) -> bool {
        let within = |(product, norm): (&f32, &f32)| u32::from(product + norm <= self.threshold);
        self.products
            .iter()
            .zip(self.norms)
            .map(within)
            .fold(0, |any, one| any | one)
            != 0
    }
}

//! Sums, by whatever vector unit there is: of whole numbers, so exact, or in one order, so the same bits on
//! all.
//!
//! Sums of products of codes fit 32 bits as long as no code is longer than [`LONGEST`].

/// Rows that lie side by side in a panel.
pub const PANEL: usize = 16;
/// Queries that are multiplied side by side.
pub const GROUP: usize = 6;
/// Rows that are settled side by side: each sum is sequential, so one at a time would wait for every
/// addition.
pub const LANES: usize = 8;
/// The length of the longest code: the product of two, and what [`survivors`] compares it with, fit 32 bits.
pub const LONGEST: f64 = 22_000.0;

/// Rows in a panel: for each pair of coordinates, those of each row.
pub type Pairs = [[i16; 2]; PANEL];

/// Products of a panel with queries of `panel.len()` pairs of coordinates each, a whole number of groups
/// of them.
pub fn products(panel: &[Pairs], queries: &[[i16; 2]], out: &mut Vec<[i32; PANEL]>) {
    out.clear();
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the feature is there.
        return unsafe { avx2::products(panel, queries, out) };
    }
    for group in queries.chunks_exact(GROUP * panel.len()) {
        out.extend(portable(panel, group));
    }
}

/// Appends (query, row), as query·2¹⁶ + row, for each product that is at least `rows[row]` +
/// `of_queries[query]`.
pub fn survivors(
    panel: &[Pairs],
    queries: &[[i16; 2]],
    rows: &[i32; PANEL],
    of_queries: &[i32],
    out: &mut Vec<u32>,
) {
    assert_eq!(queries.len(), of_queries.len() * panel.len());
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the feature is there.
        return unsafe { avx2::survivors(panel, queries, rows, of_queries, out) };
    }
    let groups = queries.chunks_exact(GROUP * panel.len());
    for (i, (group, bounds)) in groups.zip(of_queries.chunks_exact(GROUP)).enumerate() {
        for (j, (products, bound)) in portable(panel, group).iter().zip(bounds).enumerate() {
            for row in 0..PANEL {
                if products[row] >= rows[row] + bound {
                    out.push(((i * GROUP + j) << 16 | row) as u32);
                }
            }
        }
    }
}

/// The product of two codes, of a whole number of panels of coordinates.
#[inline(always)]
pub fn product(a: &[i16], b: &[i16]) -> i32 {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the feature is there.
        return unsafe { avx2::product(a, b) };
    }
    portable_product(a, b)
}

fn portable_product(a: &[i16], b: &[i16]) -> i32 {
    let each = a.iter().zip(b);
    each.map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}

/// Σ(a-b)² between a query and some rows, in float64, added in index order.
#[inline(always)]
pub fn sums_in_order(query: &[f32], rows: [&[f32]; LANES]) -> [f64; LANES] {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the feature is there.
        return unsafe { avx2::sums_in_order(query, rows) };
    }
    portable_sums(query, rows)
}

fn portable_sums(query: &[f32], rows: [&[f32]; LANES]) -> [f64; LANES] {
    rows.map(|row| {
        query.iter().zip(row).fold(0.0, |sum, (q, x)| {
            let difference = f64::from(*x) - f64::from(*q);
            sum + difference * difference
        })
    })
}

/// Asks for a row that will soon be read.
#[inline(always)]
pub fn prefetch<T>(row: &[T]) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        /// What follows comes by itself.
        const FIRST_BYTES: usize = 1024;
        let start = row.as_ptr().cast::<i8>();
        for line in (0..size_of_val(row).min(FIRST_BYTES)).step_by(64) {
            // SAFETY: a hint, of an address within the row.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(start.add(line)) };
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = row;
}

/// Σ(a-b)² of bytes.
#[inline(always)]
pub fn squared_distance(a: &[u8], b: &[u8]) -> u64 {
    const STRETCH: usize = 1 << 14; // 255²·2¹⁴ fits an i32
    if a.len() <= STRETCH {
        return stretch(a, b) as u64;
    }
    let stretches = a.chunks(STRETCH).zip(b.chunks(STRETCH));
    stretches.map(|(a, b)| stretch(a, b) as u64).sum()
}

#[inline(always)]
fn stretch(a: &[u8], b: &[u8]) -> i32 {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the feature is there.
        return unsafe { avx2::stretch(a, b) };
    }
    portable_stretch(a, b)
}

fn portable_stretch(a: &[u8], b: &[u8]) -> i32 {
    let each = a.iter().zip(b);
    each.map(|(a, b)| (i32::from(*a) - i32::from(*b)).pow(2))
        .sum()
}

/// The slow twin of the vector code.
fn portable(panel: &[Pairs], group: &[[i16; 2]]) -> [[i32; PANEL]; GROUP] {
    std::array::from_fn(|i| {
        let query = &group[i * panel.len()..][..panel.len()];
        let mut sums = [0; PANEL];
        for (rows, q) in panel.iter().zip(query) {
            for (sum, row) in sums.iter_mut().zip(rows) {
                *sum += i32::from(row[0]) * i32::from(q[0]) + i32::from(row[1]) * i32::from(q[1]);
            }
        }
        sums
    })
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::*;

    use super::{GROUP, LANES, PANEL, Pairs};

    #[inline]
    #[target_feature(enable = "avx2")]
    fn sum(lanes: __m256i) -> i32 {
        let four = _mm_add_epi32(
            _mm256_castsi256_si128(lanes),
            _mm256_extracti128_si256::<1>(lanes),
        );
        let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b1110>(four));
        _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32::<1>(two)))
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn product(a: &[i16], b: &[i16]) -> i32 {
        let mut lanes = _mm256_setzero_si256();
        for (a, b) in a.chunks_exact(PANEL).zip(b.chunks_exact(PANEL)) {
            // SAFETY: a chunk is one vector long, and unaligned loads take any address.
            let (a, b) = unsafe {
                (
                    _mm256_loadu_si256(a.as_ptr().cast()),
                    _mm256_loadu_si256(b.as_ptr().cast()),
                )
            };
            lanes = _mm256_add_epi32(lanes, _mm256_madd_epi16(a, b));
        }
        sum(lanes)
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn stretch(a: &[u8], b: &[u8]) -> i32 {
        let (a, b) = (a.chunks_exact(PANEL), b.chunks_exact(PANEL));
        let rest = super::portable_stretch(a.remainder(), b.remainder());
        let mut lanes = _mm256_setzero_si256();
        for (a, b) in a.zip(b) {
            // SAFETY: a chunk is half a vector long, and unaligned loads take any address.
            let (a, b) = unsafe {
                (
                    _mm_loadu_si128(a.as_ptr().cast()),
                    _mm_loadu_si128(b.as_ptr().cast()),
                )
            };
            let apart = _mm256_sub_epi16(_mm256_cvtepu8_epi16(a), _mm256_cvtepu8_epi16(b));
            lanes = _mm256_add_epi32(lanes, _mm256_madd_epi16(apart, apart));
        }
        rest + sum(lanes)
    }

    /// A row a lane: four columns of four rows are read at a time, and turned.
    #[target_feature(enable = "avx2")]
    pub fn sums_in_order(query: &[f32], rows: [&[f32]; LANES]) -> [f64; LANES] {
        let width = query.len();
        for row in rows {
            assert_eq!(row.len(), width);
        }
        let mut sums = [_mm256_setzero_pd(); LANES / 4];
        let whole = width / 4 * 4;
        for j in (0..whole).step_by(4) {
            for (half, sum) in sums.iter_mut().enumerate() {
                let at = |lane: usize| rows[4 * half + lane][j..].as_ptr();
                // SAFETY: every row has four more numbers there; unaligned loads take any address.
                let (a, b, c, d) = unsafe {
                    (
                        _mm_loadu_ps(at(0)),
                        _mm_loadu_ps(at(1)),
                        _mm_loadu_ps(at(2)),
                        _mm_loadu_ps(at(3)),
                    )
                };
                let (ab, cd) = (_mm_unpacklo_ps(a, b), _mm_unpacklo_ps(c, d));
                let (ab_high, cd_high) = (_mm_unpackhi_ps(a, b), _mm_unpackhi_ps(c, d));
                let columns = [
                    _mm_movelh_ps(ab, cd),
                    _mm_movehl_ps(cd, ab),
                    _mm_movelh_ps(ab_high, cd_high),
                    _mm_movehl_ps(cd_high, ab_high),
                ];
                for (column, q) in columns.into_iter().zip(&query[j..j + 4]) {
                    let q = _mm256_set1_pd(f64::from(*q));
                    let difference = _mm256_sub_pd(_mm256_cvtps_pd(column), q);
                    *sum = _mm256_add_pd(*sum, _mm256_mul_pd(difference, difference));
                }
            }
        }
        let mut totals = [0.0; LANES];
        for (half, sum) in sums.into_iter().enumerate() {
            // SAFETY: there is room for four numbers; unaligned stores take any address.
            unsafe { _mm256_storeu_pd(totals[4 * half..].as_mut_ptr(), sum) };
        }
        for (total, row) in totals.iter_mut().zip(rows) {
            for j in whole..width {
                let difference = f64::from(row[j]) - f64::from(query[j]);
                *total += difference * difference;
            }
        }
        totals
    }

    /// Half a panel of 32-bit numbers.
    type Half = [__m256i; 2];

    #[inline]
    #[target_feature(enable = "avx2")]
    fn load<T>(from: &[T; PANEL]) -> Half {
        const { assert!(size_of::<[T; PANEL]>() == 2 * size_of::<__m256i>()) };
        let start: *const __m256i = std::ptr::from_ref(from).cast();
        // SAFETY: the array is two vectors long, and unaligned loads take any address.
        unsafe { [_mm256_loadu_si256(start), _mm256_loadu_si256(start.add(1))] }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn multiply(panel: &[Pairs], group: &[[i16; 2]]) -> [Half; GROUP] {
        // Not by a closure: one that is called from elsewhere is not compiled for this vector unit.
        let n = panel.len();
        let queries: [&[[i16; 2]]; GROUP] = [
            &group[..n],
            &group[n..2 * n],
            &group[2 * n..3 * n],
            &group[3 * n..4 * n],
            &group[4 * n..5 * n],
            &group[5 * n..6 * n],
        ];
        let mut sums = [[_mm256_setzero_si256(); 2]; GROUP];
        for (j, rows) in panel.iter().enumerate() {
            let rows = load(rows);
            for (sum, query) in sums.iter_mut().zip(&queries) {
                let [low, high] = query[j];
                let both = i32::from(low) & 0xffff | i32::from(high) << 16;
                let q = _mm256_set1_epi32(both);
                for half in 0..2 {
                    sum[half] = _mm256_add_epi32(sum[half], _mm256_madd_epi16(rows[half], q));
                }
            }
        }
        sums
    }

    #[target_feature(enable = "avx2")]
    pub fn products(panel: &[Pairs], queries: &[[i16; 2]], out: &mut Vec<[i32; PANEL]>) {
        for group in queries.chunks_exact(GROUP * panel.len()) {
            for sums in multiply(panel, group) {
                let mut products = [0; PANEL];
                let start: *mut __m256i = products.as_mut_ptr().cast();
                // SAFETY: the array is two vectors long, and unaligned stores take any address.
                unsafe {
                    _mm256_storeu_si256(start, sums[0]);
                    _mm256_storeu_si256(start.add(1), sums[1]);
                }
                out.push(products);
            }
        }
    }

    #[target_feature(enable = "avx2")]
    pub fn survivors(
        panel: &[Pairs],
        queries: &[[i16; 2]],
        rows: &[i32; PANEL],
        of_queries: &[i32],
        out: &mut Vec<u32>,
    ) {
        let rows = load(rows);
        let groups = queries.chunks_exact(GROUP * panel.len());
        for (i, (group, bounds)) in groups.zip(of_queries.chunks_exact(GROUP)).enumerate() {
            let sums = multiply(panel, group);
            for j in 0..GROUP {
                let bound = _mm256_set1_epi32(bounds[j]);
                let mut short = [0; 2];
                for half in 0..2 {
                    let least = _mm256_add_epi32(rows[half], bound);
                    let below = _mm256_cmpgt_epi32(least, sums[j][half]);
                    short[half] = _mm256_movemask_ps(_mm256_castsi256_ps(below)) as u32;
                }
                let mut left = !(short[0] | short[1] << 8) & 0xffff;
                while left != 0 {
                    out.push(((i * GROUP + j) << 16) as u32 | left.trailing_zeros());
                    left &= left - 1;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn sums_equal_their_twins() {
        let stream = Stream::new(2, "codes");
        for width in [0, 1, 31, 32, 33, 300, 1 << 14] {
            let a: Vec<u8> = (0..width).map(|i| stream.integer(i) as u8).collect();
            let b: Vec<u8> = (0..width).map(|i| (stream.integer(i) >> 8) as u8).collect();
            assert_eq!(stretch(&a, &b), portable_stretch(&a, &b));
            let most = (LONGEST / (width as f64).sqrt().max(1.0)) as i16;
            let codes = (0..width / 16 * 16).map(|i| (stream.integer(i) as i16) % most);
            let codes: Vec<i16> = codes.collect();
            assert_eq!(product(&codes, &codes), portable_product(&codes, &codes));
        }
        for width in [1, 3, 4, 7, 64, 101] {
            let number = |i: usize| (stream.uniform(i as u64) * 1e4) as f32;
            let query: Vec<f32> = (0..width).map(number).collect();
            let rows: Vec<f32> = (0..LANES * width).map(|i| number(i + 500)).collect();
            let rows = std::array::from_fn(|lane| &rows[lane * width..][..width]);
            assert_eq!(sums_in_order(&query, rows), portable_sums(&query, rows));
        }
        // As large as they come.
        let (a, b) = (vec![0; 70_000], vec![255; 70_000]);
        assert_eq!(squared_distance(&a, &b), 70_000 * 255 * 255);
    }

    #[test]
    fn the_vector_code_equals_its_twin() {
        let stream = Stream::new(1, "codes");
        for pairs in [1, 2, 5, 33] {
            // As long as a code may be.
            let most = (LONGEST / (2.0 * pairs as f64).sqrt()) as i64;
            let code = |i: usize| {
                (stream.integer(i as u64) % (2 * most + 1) as u64) as i64 as i16 - most as i16
            };
            let panel: Vec<Pairs> = (0..pairs)
                .map(|j| std::array::from_fn(|r| [0, 1].map(|s| code(64 * j + 2 * r + s))))
                .collect();
            let queries: Vec<[i16; 2]> = (0..3 * GROUP * pairs)
                .map(|i| [0, 1].map(|s| code(100_000 + 2 * i + s)))
                .collect();
            let twin: Vec<[i32; PANEL]> = queries
                .chunks_exact(GROUP * pairs)
                .flat_map(|group| portable(&panel, group))
                .collect();
            let mut got = Vec::new();
            products(&panel, &queries, &mut got);
            assert!(got == twin);
            let rows = std::array::from_fn(|r| (r as i32 - 8) * 1000);
            let bounds: Vec<i32> = (0..3 * GROUP as i32).map(|q| (q % 5 - 2) << 24).collect();
            let mut found = Vec::new();
            survivors(&panel, &queries, &rows, &bounds, &mut found);
            let want: Vec<u32> = (0..3 * GROUP)
                .flat_map(|q| (0..PANEL).map(move |r| (q, r)))
                .filter(|&(q, r)| twin[q][r] >= rows[r] + bounds[q])
                .map(|(q, r)| (q << 16 | r) as u32)
                .collect();
            assert!(!want.is_empty() && want.len() < 3 * GROUP * PANEL);
            assert_eq!(found, want);
        }
    }
}

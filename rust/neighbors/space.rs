//! The space in which candidates are found, and how far its distances may be off.
//!
//! Rows are shifted by the training columns' mean and scaled by a power of two, so that no coordinate
//! exceeds 1 in size: an offset of the data costs no digits, a scale neither overflows nor underflows.
//! For the cosine, rows are first divided by their norms.

use rayon::prelude::*;

use super::element::{self, Element, LANES};
use super::matrix::Matrix;
use crate::{Control, Error, Result};

/// Differences beyond this would overflow when squared in float64.
const LARGEST: f64 = 1e150;
/// Columns beyond this would make the error bounds useless.
const WIDEST: usize = 1 << 20;
/// Numbers between two looks at the control in the pass over the data, and parcels that it is cut into.
const STRETCH: usize = 1 << 18;
const PARCELS: usize = 256;
/// What all parcels take, where rows are wide.
const PARCEL_BYTES: usize = 32 << 20;
/// How far, in a distance between rows of length 1, float64 may be off: each coordinate is rounded twice.
const ANGLE_ERROR: f64 = 1e-15;

/// What distance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// The root of Σ(a-b)².
    Euclidean,
    /// 1 - cos: half of Σ(a/‖a‖ - b/‖b‖)².
    Cosine,
}

impl Metric {
    /// The number that a row is divided by; for the Euclidean distance that is 1.
    #[inline(always)]
    pub(super) fn norm<T: Element>(self, row: &[T]) -> f64 {
        match self {
            Self::Euclidean => 1.0,
            Self::Cosine => element::norm(row),
        }
    }

    /// The distances between a query and some rows, as a search returns them.
    #[inline(always)]
    pub(super) fn distances<T: Element>(
        self,
        query: &[T],
        norm: f64,
        rows: [&[T]; LANES],
        norms: [f64; LANES],
    ) -> [f64; LANES] {
        match self {
            Self::Euclidean => T::squared_distances(query, rows).map(f64::sqrt),
            Self::Cosine => element::squared_angles(query, norm, rows, norms).map(|sum| sum / 2.0),
        }
    }
}

/// The shift, the scale and the errors of one search.
///
/// "Reference" is float64 brute force, with which a search agrees: it has a rounding of its own.
pub struct Space {
    pub metric: Metric,
    center: Vec<f64>,
    pub scale: f64,
    /// What underflow may take from the distance of a row or a query.
    pub floor: f64,
    /// A distance of the reference is off by at most this share, and by `absolute`.
    reference: f64,
    absolute: f64,
    /// A rough squared distance is off by at most this share, and by `rough_floor`.
    rough_error: f64,
    rough_floor: f64,
}

/// Sum, least and greatest value of every column.
#[derive(Clone)]
struct Columns {
    sum: Vec<f64>,
    least: Vec<f64>,
    greatest: Vec<f64>,
}

impl Space {
    /// Reads both matrices once.
    ///
    /// # Errors
    /// [`Error::Value`] naming the first row that is not finite or, for the cosine, has no direction, or
    /// data too wide or too large; [`Error::Interrupted`].
    pub fn new<T: Element>(
        train: Matrix<T>,
        query: Matrix<T>,
        metric: Metric,
        control: &Control,
    ) -> Result<Self> {
        let width = train.width();
        if width > WIDEST {
            return Err(Error::value(
                "train",
                format!("has {width} columns; at most {WIDEST} fit"),
            ));
        }
        let (of_train, of_query) = (
            columns(train, metric, control)?,
            columns(query, metric, control)?,
        );
        let rows = train.rows() as f64;
        // Any centre would be right; one within the data keeps the coordinates small. (A sum of huge
        // values may overflow, hence the clamp.)
        let center = (0..width)
            .map(|j| (of_train.sum[j] / rows).clamp(of_train.least[j], of_train.greatest[j]))
            .collect();
        let spread = (0..width).map(|j| {
            let least = of_train.least[j].min(of_query.least[j]);
            of_train.greatest[j].max(of_query.greatest[j]) - least
        });
        let largest = spread.fold(0.0, f64::max);
        if largest > LARGEST {
            return Err(Error::value(
                "train",
                format!("spreads, with query, over more than {LARGEST:e}; rescale both"),
            ));
        }
        let exponent = if largest > 0.0 {
            -(largest.log2().floor() + 1.0)
        } else {
            0.0
        };
        let scale = exponent.clamp(-1000.0, 1000.0).exp2();
        let (columns, least) = (width as f64, f64::from(f32::MIN_POSITIVE));
        // Squares of differences that vanish from the reference. For data so small that the scale
        // overflows when squared, this is infinite: no row is ruled out, all are settled.
        let vanished = columns * scale * scale * 1e-322;
        let (absolute, rough_error, rough_floor) = match metric {
            Metric::Euclidean => (0.0, T::rough_error(width), 0.0),
            // (D + ε)² ≤ (1 + s)D² + (1 + 1/s)ε²
            Metric::Cosine => (
                4.0 * ANGLE_ERROR * scale,
                1e-7,
                2e7 * (ANGLE_ERROR * scale).powi(2),
            ),
        };
        Ok(Self {
            metric,
            center,
            scale,
            // Coordinates and products lose less than the smallest normal float32, squares of what a code
            // misses too.
            floor: 8.0 * columns * least + 2.0 * (columns * least).sqrt() + vanished.sqrt(),
            reference: (columns + 16.0) * f64::EPSILON,
            absolute,
            rough_error: rough_error + 2.0 * f64::from(f32::EPSILON),
            rough_floor: rough_floor + 8.0 * columns * least + vanished,
        })
    }

    /// Coordinates `first..` of a row of this norm. They are off by a share of 2⁻²⁴, if they do not
    /// vanish.
    #[inline(always)]
    pub fn coordinates<T: Element>(&self, row: &[T], norm: f64, first: usize, out: &mut [f32]) {
        let weight = 1.0 / norm;
        let columns = row[first..].iter().zip(&self.center[first..]);
        for ((x, center), y) in columns.zip(out) {
            *y = ((x.to_f64() * weight - center) * self.scale) as f32;
        }
    }

    /// How far a row may be, in this space, that the reference puts at this rough squared distance.
    pub fn rough_reach(&self, squared: f32) -> f64 {
        let most = (f64::from(squared) + self.rough_floor) / (1.0 - self.rough_error);
        self.widen(most.sqrt())
    }

    /// And at this `distance`.
    pub fn exact_reach(&self, distance: f64) -> f64 {
        match self.metric {
            Metric::Euclidean => self.widen(distance * self.scale),
            Metric::Cosine => self.widen((2.0 * distance).sqrt() * self.scale),
        }
    }

    /// Past what the reference may be off: one row too near, the other too far.
    fn widen(&self, distance: f64) -> f64 {
        distance * (1.0 + 4.0 * self.reference) + self.absolute
    }

    /// The largest rough squared distance of a row within `reach`.
    pub fn rough_cut(&self, reach: f64) -> f32 {
        let most = reach * reach * (1.0 + self.rough_error) + self.rough_floor;
        (most as f32).next_up()
    }
}

/// One pass over a matrix; parcels are combined in order, so threads do not change the result.
fn columns<T: Element>(m: Matrix<T>, metric: Metric, control: &Control) -> Result<Columns> {
    let (rows, width) = (m.rows(), m.width());
    let stretch = (STRETCH / width).max(1);
    let parcels = (PARCEL_BYTES / (24 * width)).clamp(1, PARCELS);
    let rows_each = rows.div_ceil(parcels).max(stretch.min(1024));
    let parcels: Vec<Columns> = (0..rows.div_ceil(rows_each))
        .into_par_iter()
        .map(|parcel| {
            let mut found = Columns {
                sum: vec![0.0; width],
                least: vec![f64::INFINITY; width],
                greatest: vec![f64::NEG_INFINITY; width],
            };
            let mut room = Vec::new();
            let end = rows.min((parcel + 1) * rows_each);
            for first in (parcel * rows_each..end).step_by(stretch) {
                control.go_on()?;
                let part = m.part(first, stretch.min(end - first), &mut room, control)?;
                pulp::Arch::new().dispatch(
                    #[inline(always)]
                    || part.iter().for_each(|row| found.add(row, metric)),
                );
                // Sums may overflow, or there is something wrong: look closer.
                if !found.sum.iter().all(|sum| sum.is_finite()) {
                    for (i, row) in part.iter().enumerate() {
                        check_row(row, metric).map_err(|problem| {
                            Error::value(m.argument(), format!("row {} {problem}", first + i))
                        })?;
                    }
                }
            }
            Ok(found)
        })
        // Every parcel's result is kept, so that the first bad row is the one named.
        .collect::<Vec<Result<Columns>>>()
        .into_iter()
        .collect::<Result<_>>()?;
    let mut parcels = parcels.into_iter();
    let first = parcels.next().expect("a matrix has at least one row");
    Ok(parcels.fold(first, |mut all, one| {
        for j in 0..width {
            all.sum[j] += one.sum[j];
            all.least[j] = all.least[j].min(one.least[j]);
            all.greatest[j] = all.greatest[j].max(one.greatest[j]);
        }
        all
    }))
}

impl Columns {
    /// Counts a row; one that is not finite, or has no direction where it needs one, makes sums that are
    /// not finite.
    #[inline(always)]
    fn add<T: Element>(&mut self, row: &[T], metric: Metric) {
        let weight = 1.0 / metric.norm(row);
        let weight = if sound(weight) { weight } else { f64::NAN };
        let width = row.len();
        let (sum, least) = (&mut self.sum[..width], &mut self.least[..width]);
        let greatest = &mut self.greatest[..width];
        for j in 0..width {
            let x = row[j].to_f64() * weight;
            sum[j] += x;
            least[j] = if x < least[j] { x } else { least[j] };
            greatest[j] = if x > greatest[j] { x } else { greatest[j] };
        }
    }
}

/// Whether the norm of this inverse is neither infinite nor so small that its squares lose digits.
fn sound(weight: f64) -> bool {
    weight > 0.0 && weight < 1e146
}

fn check_row<T: Element>(row: &[T], metric: Metric) -> std::result::Result<(), &'static str> {
    let all = |test: fn(f64) -> bool| row.iter().all(|x| test(x.to_f64()));
    if !all(f64::is_finite) {
        return Err("has a value that is not finite");
    }
    if metric == Metric::Euclidean {
        return Ok(());
    }
    if all(|x| x == 0.0) {
        return Err(
            "is all zeros, which has no direction; leave it out, or take metric='euclidean'",
        );
    }
    if sound(1.0 / element::norm(row)) {
        return Ok(());
    }
    Err("has a norm beyond what float64 can hold; rescale it")
}

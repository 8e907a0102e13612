//! The points, and what is known of their columns.

use rayon::prelude::*;

use super::distance::Point;
use crate::neighbors::{Matrix, Rows};
use crate::{Control, Error, Result};

/// Values that spread over more would overflow when squared in float64, over less would vanish.
const LARGEST: f64 = 1e150;
const LEAST: f64 = 1e-140;
/// Numbers in a parcel, which one thread reads: no thread has a say in how the rows are cut.
const PARCEL: usize = 1 << 19;

/// Points in C order.
#[derive(Clone, Copy)]
pub struct Data<'a, T> {
    matrix: Matrix<'a, T>,
    rows: Rows<'a, T>,
    pub count: usize,
    pub width: usize,
}

impl<'a, T: Point> Data<'a, T> {
    /// The rows of a matrix, copied into `room` if they lie in another order.
    pub fn new(x: Matrix<'a, T>, room: &'a mut Vec<T>, control: &Control) -> Result<Self> {
        if x.scattered()
            && room
                .try_reserve_exact(x.rows().saturating_mul(x.width()))
                .is_err()
        {
            return Err(Error::Memory(
                "a copy of x in C order does not fit in memory".into(),
            ));
        }
        Ok(Self {
            matrix: x,
            rows: x.part(0, x.rows(), room, control)?,
            count: x.rows(),
            width: x.width(),
        })
    }

    /// Point `i`.
    #[inline(always)]
    pub fn row(&self, i: usize) -> &'a [T] {
        self.rows.row(i)
    }

    /// Is everything still there that is to be read?
    pub fn check(&self) -> Result<()> {
        self.matrix.check_file()
    }

    fn parcels(
        &self,
    ) -> (
        usize,
        impl IndexedParallelIterator<Item = std::ops::Range<usize>>,
    ) {
        let rows = (PARCEL / self.width).max(1);
        let (count, parcels) = (self.count, self.count.div_ceil(rows));
        let range = move |i: usize| i * rows..count.min((i + 1) * rows);
        (parcels, (0..parcels).into_par_iter().map(range))
    }
}

/// What the columns are like.
pub struct Columns {
    /// Halfway between the least and the greatest value.
    pub middle: Vec<f64>,
    /// Half the distance between the two.
    pub reach: Vec<f64>,
    pub mean: Vec<f64>,
    /// The mean of the columns' variances.
    pub variance: f64,
}

impl Columns {
    /// Reads the points twice; parcels are combined in order.
    ///
    /// # Errors
    /// [`Error::Value`] naming the first row that is not finite, or values that spread too far.
    pub fn of<T: Point>(data: &Data<T>, control: &Control) -> Result<Self> {
        let width = data.width;
        let ends = extremes(data, control)?;
        let mut middle = vec![0.0; width];
        let mut reach = vec![0.0; width];
        let mut widest: f64 = 0.0;
        for j in 0..width {
            let (least, greatest) = (ends[0][j], ends[1][j]);
            let spread = greatest - least;
            widest = widest.max(spread);
            reach[j] = spread / 2.0;
            middle[j] = least + reach[j];
        }
        if widest > LARGEST {
            return Err(Error::value(
                "x",
                format!("spreads over more than {LARGEST:e}; rescale it"),
            ));
        }
        if widest > 0.0 && widest < LEAST {
            return Err(Error::value(
                "x",
                format!("spreads over less than {LEAST:e}; rescale it"),
            ));
        }
        let (_, parcels) = data.parcels();
        let parcels: Vec<[Vec<f64>; 2]> = parcels
            .map(|rows| {
                control.go_on()?;
                let mut sums = [vec![0.0; width], vec![0.0; width]];
                pulp::Arch::new().dispatch(
                    #[inline(always)]
                    || rows.for_each(|i| moments(data.row(i), &middle, &mut sums)),
                );
                Ok(sums)
            })
            .collect::<Result<_>>()?;
        let n = data.count as f64;
        let mut mean = vec![0.0; width];
        let mut variance = 0.0;
        for j in 0..width {
            let sum = |which: usize| parcels.iter().map(|sums| sums[which][j]).sum::<f64>() / n;
            let (off, square) = (sum(0), sum(1));
            mean[j] = middle[j] + off;
            variance += (square - off * off).max(0.0);
        }
        Ok(Self {
            middle,
            reach,
            mean,
            variance: variance / width as f64,
        })
    }
}

#[inline(always)]
fn moments<T: Point>(row: &[T], middle: &[f64], [sums, squares]: &mut [Vec<f64>; 2]) {
    let columns = row.iter().zip(middle).zip(sums.iter_mut().zip(squares));
    for ((x, middle), (sum, square)) in columns {
        let off = x.to_f64() - middle;
        *sum += off;
        *square += off * off;
    }
}

/// Makes room for a row between the least and the greatest values; returns whether it is finite.
#[inline(always)]
fn widen<T: Point>(row: &[T], [least, greatest]: &mut [Vec<f64>; 2]) -> bool {
    let mut sound = true;
    for ((x, least), greatest) in row.iter().zip(least).zip(greatest) {
        let x = x.to_f64();
        sound &= x.abs() < f64::INFINITY;
        *least = if x < *least { x } else { *least };
        *greatest = if x > *greatest { x } else { *greatest };
    }
    sound
}

/// The least and the greatest value of each column.
fn extremes<T: Point>(data: &Data<T>, control: &Control) -> Result<[Vec<f64>; 2]> {
    let width = data.width;
    let (_, parcels) = data.parcels();
    let parcels: Vec<Result<[Vec<f64>; 2]>> = parcels
        .map(|rows| {
            control.go_on()?;
            let mut ends = [vec![f64::INFINITY; width], vec![f64::NEG_INFINITY; width]];
            let sound = pulp::Arch::new().dispatch(
                #[inline(always)]
                || {
                    rows.clone()
                        .fold(true, |sound, i| widen(data.row(i), &mut ends) & sound)
                },
            );
            if !sound {
                let bad = |i: &usize| !data.row(*i).iter().all(|x| x.to_f64().is_finite());
                let first = rows.clone().find(bad).expect("a row is not finite");
                return Err(Error::value(
                    "x",
                    format!("row {first} has a value that is not finite; leave it out or fill it"),
                ));
            }
            Ok(ends)
        })
        .collect();
    // In order, so that the first bad row is the one named.
    let mut all = [vec![f64::INFINITY; width], vec![f64::NEG_INFINITY; width]];
    for ends in parcels {
        let ends = ends?;
        for j in 0..width {
            all[0][j] = all[0][j].min(ends[0][j]);
            all[1][j] = all[1][j].max(ends[1][j]);
        }
    }
    Ok(all)
}

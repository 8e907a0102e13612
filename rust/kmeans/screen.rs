//! Bounds on distances from few coordinates.
//!
//! Points and centres are placed on orthonormal axes near the principal ones. With y and z their coordinates,
//! and r and s the lengths that the axes leave of them,
//!
//! ‖x - c‖² = ‖x‖² + ‖c‖² - 2⟨y, z⟩ ± 2rs
//!
//! and s is small where c is the mean of many points. So one small product says which centre is nearest, for
//! most points. Everything is in float32, and what rounding may add is in the bounds: whatever a product is
//! off by, no centre is ruled out that may be the nearest one.

use rayon::prelude::*;

use super::data::{Columns, Data};
use super::distance::Point;
use super::plan;
use super::product::{LANES, Limits, POINTS, Panels};
use crate::memory::zeros;
use crate::neighbors::axes::{Axes, STRIP};
use crate::{Control, Result};

/// Points that are placed in one go.
const PLACED: usize = 64;
const UNIT: f64 = f32::EPSILON as f64 / 2.0;
/// Lengths in the space beyond this, its points being within √d: float32 would not hold products.
const FARTHEST: f64 = 1e12;

/// Points are shifted by the columns' mean and scaled by a power of two, so that no coordinate exceeds 1.
pub struct Space {
    mean: Vec<f64>,
    pub scale: f64,
}

impl Space {
    pub fn new(columns: &Columns) -> Self {
        let widest = columns.reach.iter().fold(0.0, |a: f64, b| a.max(*b));
        // 2^exponent > the distance from the mean of any value.
        let exponent = (widest.to_bits() >> 52) as i32 - 1021;
        let scale = if widest > 0.0 {
            f64::from_bits(((1023 - exponent).clamp(1, 2046) as u64) << 52)
        } else {
            1.0
        };
        Self {
            mean: columns.mean.clone(),
            scale,
        }
    }

    /// Coordinates `first..` of a row, each rounded once, as many as there is room for; returns the sum of
    /// their squares.
    #[inline]
    pub fn coordinates<T: Point>(&self, row: &[T], first: usize, out: &mut [f32]) -> f64 {
        let (row, mean) = (&row[first..][..out.len()], &self.mean[first..][..out.len()]);
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the feature is there.
            return unsafe { coordinates_avx2(row, mean, self.scale, out) };
        }
        coordinates(row, mean, self.scale, out)
    }
}

#[inline(always)]
fn coordinates<T: Point>(row: &[T], mean: &[f64], scale: f64, out: &mut [f32]) -> f64 {
    let mut squares = [0.0; LANES];
    let rows = row.chunks(LANES).zip(mean.chunks(LANES));
    for ((row, mean), out) in rows.zip(out.chunks_mut(LANES)) {
        let columns = row.iter().zip(mean).zip(out).zip(&mut squares);
        for (((x, mean), y), square) in columns {
            let x = (x.to_f64() - mean) * scale;
            *square += x * x;
            *y = x as f32;
        }
    }
    squares.iter().sum()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn coordinates_avx2<T: Point>(row: &[T], mean: &[f64], scale: f64, out: &mut [f32]) -> f64 {
    coordinates(row, mean, scale, out)
}

/// How long a point or a centre is, and how much of that products may miss.
#[derive(Clone, Copy, Default)]
pub struct Length {
    /// ‖x‖²
    pub square: f64,
    /// Products with another are off by at most the product of both reaches, all rounding included.
    pub reach: f32,
}

/// All points, placed.
pub struct Screen {
    space: Space,
    /// None: the columns are the coordinates.
    axes: Option<Axes>,
    width: usize,
    /// How many coordinates there are.
    count: usize,
    points: Vec<f32>,
    lengths: Vec<Length>,
    errors: Errors,
}

/// What may be off, by shares of the lengths.
#[derive(Clone, Copy)]
struct Errors {
    /// The place of a point, of its length.
    place: f64,
    /// A product, of both lengths.
    product: f64,
    /// A square in float64, and what decides.
    square: f64,
    /// What underflow may take away from a square or a product.
    floor: f64,
}

/// Centres, or points that may become such.
pub struct Targets {
    panels: Panels,
    /// None is too far away for float32.
    pub sound: bool,
}

impl Screen {
    /// Places all points; `passes` is how often each will meet `targets` of them.
    pub fn new<T: Point>(
        data: &Data<T>,
        columns: &Columns,
        (targets, passes): (usize, usize),
        control: &Control,
    ) -> Result<Self> {
        let (n, width) = (data.count, data.width);
        let space = Space::new(columns);
        let axes = plan::axes(data, &space, targets, passes, control)?;
        let count = axes.as_ref().map_or(width, |axes| axes.count);
        let place = axes.as_ref().map_or(0.0, |axes| axes.error) * (1.0 + UNIT) + 2.0 * UNIT;
        let terms = (count + 2) as f64 * UNIT;
        let dot = terms / (1.0 - terms) * (1.0 + place).powi(2);
        let d = width as f64;
        let errors = Errors {
            place,
            // The last: what becomes of the product in float32.
            product: 2.0 * place + place * place + dot + 128.0 * UNIT,
            square: (d + 64.0) * f64::EPSILON * 2.0,
            floor: d * d * 1e-36,
        };
        let mut screen = Self {
            space,
            axes,
            width,
            count,
            points: zeros(&[n, count])?,
            lengths: zeros(&[n])?,
            errors,
        };
        let mut points = std::mem::take(&mut screen.points);
        let mut lengths = std::mem::take(&mut screen.lengths);
        points
            .par_chunks_mut(PLACED * count)
            .zip(lengths.par_chunks_mut(PLACED))
            .enumerate()
            .try_for_each_init(Vec::new, |room, (b, (points, lengths))| {
                control.go_on()?;
                screen.place(|i| data.row(b * PLACED + i), points, lengths, room);
                Ok(())
            })?;
        (screen.points, screen.lengths) = (points, lengths);
        Ok(screen)
    }

    /// Places some rows: as many as there are `lengths`.
    fn place<'b, U: Point>(
        &self,
        rows: impl Fn(usize) -> &'b [U],
        places: &mut [f32],
        lengths: &mut [Length],
        room: &mut Vec<f32>,
    ) {
        let Some(axes) = &self.axes else {
            let outs = places.chunks_mut(self.count).zip(lengths);
            for (i, (place, length)) in outs.enumerate() {
                let square = self.space.coordinates(rows(i), 0, &mut place[..self.width]);
                *length = self.length(square, square, 0.0);
            }
            return;
        };
        let (n, count) = (lengths.len(), axes.count);
        room.clear();
        room.resize(n * (count + STRIP), 0.0);
        let (projected, strip) = room.split_at_mut(n * count);
        lengths.fill(Length::default());
        for first in (0..self.width).step_by(STRIP) {
            let wide = STRIP.min(self.width - first);
            let outs = strip.chunks_mut(wide).zip(&mut *lengths);
            for (i, (out, length)) in outs.enumerate() {
                length.square += self.space.coordinates(rows(i), first, out);
            }
            axes.project(&strip[..n * wide], wide, first, projected);
        }
        let places = places.chunks_mut(self.count).zip(projected.chunks(count));
        for ((place, projected), length) in places.zip(lengths) {
            place[..count].copy_from_slice(projected);
            let squares = projected.iter().map(|y| f64::from(*y) * f64::from(*y));
            *length = self.length(length.square, squares.sum(), 1.0);
        }
    }

    /// From ‖x‖² and ‖y‖²; `rest` is 0 where nothing is left of x.
    fn length(&self, square: f64, placed: f64, rest: f64) -> Length {
        let errors = self.errors;
        let size = square.sqrt();
        let least = (placed.sqrt() - errors.place * size).max(0.0);
        let left = (square - least * least).max(0.0) + errors.square * square + errors.floor;
        let reach = (left * rest + errors.product * square).sqrt() * (1.0 + 4.0 * UNIT);
        Length {
            square,
            reach: (reach as f32).next_up(),
        }
    }

    /// Places centres.
    pub fn targets(&self, centers: &[f64]) -> Targets {
        let count = centers.len() / self.width;
        let mut places = vec![0.0; count * self.count];
        let mut lengths = vec![Length::default(); count];
        places
            .par_chunks_mut(PLACED * self.count)
            .zip(lengths.par_chunks_mut(PLACED))
            .zip(centers.par_chunks(PLACED * self.width))
            .for_each_init(Vec::new, |room, ((places, lengths), centers)| {
                let rows = |i: usize| &centers[i * self.width..][..self.width];
                self.place(rows, places, lengths, room);
            });
        self.made(&places, &lengths)
    }

    /// These points as targets.
    pub fn of_points(&self, points: &[usize]) -> Targets {
        let places: Vec<&[f32]> = points.iter().map(|i| self.point(*i)).collect();
        let lengths: Vec<Length> = points.iter().map(|i| self.lengths[*i]).collect();
        self.made(&places.concat(), &lengths)
    }

    fn made(&self, places: &[f32], lengths: &[Length]) -> Targets {
        let share = 64.0 * UNIT + self.errors.square;
        let numbers = lengths.iter().map(|l| {
            let off = l.square * share + self.errors.floor;
            [(l.square - off) as f32, (l.square + off) as f32, l.reach]
        });
        Targets {
            panels: Panels::new(places, self.count, numbers),
            sound: lengths.iter().all(|l| l.square < FARTHEST),
        }
    }

    #[inline(always)]
    fn point(&self, i: usize) -> &[f32] {
        &self.points[i * self.count..][..self.count]
    }

    /// What is to be added to limits of point `i`, for the square of the distance in the units of the data.
    #[inline(always)]
    pub fn own(&self, i: usize) -> [f64; 2] {
        let Length { square, .. } = self.lengths[i];
        let off = square * self.errors.square * 2.0 + self.errors.floor;
        [square - off, square + off]
    }

    /// By what the root of a square in the space is multiplied, for a distance in the units of the data.
    pub fn unit(&self) -> f64 {
        1.0 / self.space.scale
    }

    /// Bounds between some points and every target. The targets must be sound.
    #[inline]
    pub fn limits(&self, points: [usize; POINTS], targets: &Targets, out: &mut [Limits; POINTS]) {
        let reaches = points.map(|i| self.lengths[i].reach);
        let points = points.map(|i| self.point(i));
        targets.panels.limits(points, reaches, out);
    }
}

//! Lloyd's iterations from given centres.
//!
//! Each point keeps an upper bound on its distance from its own centre and a lower one on that from all
//! others; both move with the centres, and a point is looked at when they meet (Hamerly, SDM 2010).

use rayon::prelude::*;

use super::data::Data;
use super::distance::{self, Point, rough, squared};
use super::product::{self, POINTS};
use super::screen::{Screen, Targets};
use super::sums::{Grid, Move, Sums};
use crate::memory::zeros;
use crate::{Control, Result};

/// The most points in a block, which one thread looks at in one go, and the most numbers it multiplies.
const BLOCK: usize = 512;
const NUMBERS: usize = 1 << 22;
/// Points whose distances are summed in order; then such sums are.
const SUMMED: usize = 256;

/// Where one start has ended.
pub struct Run {
    pub centers: Vec<f64>,
    pub labels: Vec<i32>,
    pub inertia: f64,
    pub iterations: usize,
}

/// When to stop.
#[derive(Clone, Copy)]
pub struct Limits {
    pub iterations: usize,
    /// The sum of the squared shifts of all centres.
    pub shift: f64,
}

/// Runs from these centres; the unit of work is an iteration.
pub fn run<T: Point>(
    data: &Data<T>,
    grid: &Grid,
    screen: &Screen,
    centers: Vec<f64>,
    limits: Limits,
    control: &Control,
) -> Result<Run> {
    let clusters = centers.len() / data.width;
    let mut state = State {
        data,
        grid,
        screen,
        labels: vec![-1; data.count],
        bounds: zeros(&[data.count])?,
        sums: Sums::new(clusters, data.width)?,
        drift: Drift::none(clusters),
        centers,
    };
    let mut iterations = 0;
    let mut settled = false;
    while iterations < limits.iterations && !settled {
        iterations += 1;
        let moves = state.assign(control)?;
        state.sums.apply_all(data, grid, &moves, control)?;
        let (shift, repaired) = state.move_centers(control)?;
        settled = moves.is_empty() && !repaired;
        control.advance(1)?;
        if !settled && (shift <= limits.shift || iterations == limits.iterations) {
            // The labels of the centres that are returned.
            state.assign(control)?;
            break;
        }
    }
    control.advance((limits.iterations - iterations) as u64)?;
    Ok(Run {
        inertia: state.inertia(control)?,
        centers: state.centers,
        labels: state.labels,
        iterations,
    })
}

/// Bounds on distances: own centre, the nearest other one.
#[derive(Clone, Copy, Default)]
struct Bounds {
    own: f64,
    other: f64,
}

/// How far centres have moved since the bounds were right.
struct Drift {
    each: Vec<f64>,
    /// The farthest, and the farthest of the others.
    most: (usize, f64),
    second: f64,
}

impl Drift {
    fn none(clusters: usize) -> Self {
        Self {
            each: vec![0.0; clusters],
            most: (0, 0.0),
            second: 0.0,
        }
    }

    fn new(each: Vec<f64>) -> Self {
        let (mut most, mut second) = ((0, 0.0), 0.0);
        for (c, d) in each.iter().enumerate() {
            if *d > most.1 {
                second = most.1;
                most = (c, *d);
            } else if *d > second {
                second = *d;
            }
        }
        Self { each, most, second }
    }

    #[inline(always)]
    fn of_others(&self, label: usize) -> f64 {
        if self.most.0 == label {
            self.second
        } else {
            self.most.1
        }
    }
}

/// What is needed to find the centre that is nearest to a point.
struct Look<'a, T> {
    data: &'a Data<'a, T>,
    screen: &'a Screen,
    centers: &'a [f64],
    /// The same in float32, where points have no more digits.
    singles: &'a [f32],
    targets: &'a Targets,
    /// By what a distance that decides, and one in a bound, may be off: a factor.
    safe: f64,
    /// Less than its inverse.
    less: f64,
}

/// What a thread works with.
#[derive(Default)]
struct Room {
    open: Vec<usize>,
    near: [product::Limits; POINTS],
}

impl<T: Point> Look<'_, T> {
    /// The centres nearest to some points, and new bounds.
    fn nearest(
        &self,
        points: [usize; POINTS],
        near: &mut [product::Limits; POINTS],
    ) -> [(usize, Bounds); POINTS] {
        if !self.targets.sound {
            return points.map(|i| self.settled(i, |_| true, f64::INFINITY));
        }
        self.screen.limits(points, self.targets, near);
        std::array::from_fn(|p| {
            let (i, near) = (points[p], &near[p]);
            let [least, own] = self.screen.own(i);
            let unit = self.screen.unit();
            let other = (least + f64::from(near.next)).max(0.0).sqrt() * unit * self.less;
            if near.within > 1 {
                return self.settled(i, |c| near.low[c] <= near.most, other);
            }
            let own = (own + f64::from(near.most)).max(0.0).sqrt() * unit * self.safe;
            (near.first, Bounds { own, other })
        })
    }

    /// The nearest of the centres that may be it; `other` is a bound on the distance from all the others.
    fn settled(&self, i: usize, maybe: impl Fn(usize) -> bool, other: f64) -> (usize, Bounds) {
        let row = self.data.row(i);
        if T::ROUGH
            && let Some((nearest, Bounds { own, other: next })) = self.roughly(row, &maybe)
        {
            let other = other.min(next);
            return (nearest, Bounds { own, other });
        }
        let (mut best, mut second) = ((f64::INFINITY, 0), f64::INFINITY);
        let centers = self.centers.chunks_exact(self.data.width).enumerate();
        for (c, center) in centers.filter(|(c, _)| maybe(*c)) {
            let d = squared(row, center);
            if d < best.0 {
                second = best.0;
                best = (d, c);
            } else if d < second {
                second = d;
            }
        }
        let bounds = Bounds {
            own: best.0.sqrt() * self.safe,
            other: (second.sqrt() * self.less).min(other),
        };
        (best.1, bounds)
    }

    /// The same in float32, unless that cannot tell.
    fn roughly(&self, row: &[T], maybe: impl Fn(usize) -> bool) -> Option<(usize, Bounds)> {
        let (mut best, mut second) = (([f64::INFINITY; 2], 0), f64::INFINITY);
        let centers = self.singles.chunks_exact(self.data.width).enumerate();
        for (c, center) in centers.filter(|(c, _)| maybe(*c)) {
            let [least, most] = rough(row, center)?;
            if most < best.0[1] {
                second = second.min(best.0[0]);
                best = ([least, most], c);
            } else {
                second = second.min(least);
            }
        }
        let bounds = Bounds {
            own: best.0[1].sqrt() * self.safe,
            other: second.sqrt() * self.less,
        };
        (best.0[1] < second).then_some((best.1, bounds))
    }
}

struct State<'a, T> {
    data: &'a Data<'a, T>,
    grid: &'a Grid,
    screen: &'a Screen,
    centers: Vec<f64>,
    labels: Vec<i32>,
    bounds: Vec<Bounds>,
    sums: Sums,
    drift: Drift,
}

impl<T: Point> State<'_, T> {
    /// Gives each point the nearest centre, the first of equal ones, and returns which have changed.
    fn assign(&mut self, control: &Control) -> Result<Vec<Move>> {
        self.data.check()?;
        let block = (NUMBERS / self.centers.len()).clamp(1, BLOCK);
        let drift = &self.drift;
        let safe = 1.0 + 2.0 * distance::error(self.data.width);
        let singles: Vec<f32> = if T::ROUGH {
            self.centers.iter().map(|x| *x as f32).collect()
        } else {
            Vec::new()
        };
        let look = Look {
            data: self.data,
            screen: self.screen,
            centers: &self.centers,
            singles: &singles,
            targets: &self.screen.targets(&self.centers),
            safe,
            less: 2.0 - safe,
        };
        let moves: Vec<Vec<Move>> = self
            .labels
            .par_chunks_mut(block)
            .zip(self.bounds.par_chunks_mut(block))
            .enumerate()
            .map_init(Room::default, |room, (b, (labels, bounds))| {
                control.go_on()?;
                room.open.clear();
                for (i, (label, bounds)) in labels.iter().zip(&mut *bounds).enumerate() {
                    if let Ok(own) = usize::try_from(*label) {
                        bounds.own = (bounds.own + drift.each[own]) * (1.0 + f64::EPSILON);
                        bounds.other -= drift.of_others(own);
                        bounds.other *= 1.0 - f64::EPSILON;
                        if bounds.own * look.safe < bounds.other {
                            continue;
                        }
                    }
                    room.open.push(i);
                }
                let mut moves = Vec::new();
                for some in room.open.chunks(POINTS) {
                    let points = std::array::from_fn(|p| b * block + some[p.min(some.len() - 1)]);
                    let found = look.nearest(points, &mut room.near);
                    for (i, (nearest, found)) in some.iter().zip(found) {
                        bounds[*i] = found;
                        let (from, to) = (labels[*i], nearest as i32);
                        if from != to {
                            labels[*i] = to;
                            let point = (b * block + i) as u32;
                            moves.push(Move { point, from, to });
                        }
                    }
                }
                Ok(moves)
            })
            .collect::<Result<_>>()?;
        Ok(moves.concat())
    }

    /// Moves centres to the means; returns the sum of their squared shifts, and whether an empty cluster was
    /// given a point.
    fn move_centers(&mut self, control: &Control) -> Result<(f64, bool)> {
        let repaired = if self.sums.sizes.contains(&0) {
            self.repaired(control)?
        } else {
            None
        };
        let sums = repaired.as_ref().unwrap_or(&self.sums);
        let (width, grid) = (self.data.width, self.grid);
        let squares: Vec<f64> = self
            .centers
            .par_chunks_exact_mut(width)
            .enumerate()
            .map(|(c, center)| {
                if sums.sizes[c] == 0 {
                    return 0.0;
                }
                let mut new = vec![0.0; width];
                sums.center::<T>(grid, c, &mut new);
                let square = squared(&new, center);
                center.copy_from_slice(&new);
                square
            })
            .collect();
        let safe = 1.0 + distance::error(width);
        self.drift = Drift::new(squares.iter().map(|d| d.sqrt() * safe).collect());
        Ok((squares.iter().sum(), repaired.is_some()))
    }

    /// Sums in which each empty cluster has a point: those farthest from their centres, the first of equal
    /// ones. None where every point lies on its centre.
    fn repaired(&self, control: &Control) -> Result<Option<Sums>> {
        let mut far: Vec<(f64, usize)> = (0..self.data.count)
            .into_par_iter()
            .with_min_len(SUMMED)
            .map(|i| {
                control.go_on()?;
                Ok((self.distance(i), i))
            })
            .collect::<Result<_>>()?;
        far.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut far = far.into_iter().take_while(|(d, _)| *d > 0.0);
        let mut sums = self.sums.clone();
        let mut any = false;
        for empty in (0..sums.sizes.len()).filter(|c| self.sums.sizes[*c] == 0) {
            let Some((_, i)) = far.find(|(_, i)| sums.sizes[self.labels[*i] as usize] > 1) else {
                break;
            };
            let (from, to) = (self.labels[i], empty as i32);
            sums.apply(
                self.data,
                self.grid,
                Move {
                    point: i as u32,
                    from,
                    to,
                },
            );
            any = true;
        }
        Ok(any.then_some(sums))
    }

    fn distance(&self, i: usize) -> f64 {
        let center = &self.centers[self.labels[i] as usize * self.data.width..][..self.data.width];
        squared(self.data.row(i), center)
    }

    fn inertia(&self, control: &Control) -> Result<f64> {
        let blocks = (0..self.data.count.div_ceil(SUMMED)).into_par_iter();
        let sums: Vec<f64> = blocks
            .map(|b| {
                control.go_on()?;
                let points = b * SUMMED..self.data.count.min((b + 1) * SUMMED);
                Ok(points.map(|i| self.distance(i)).sum())
            })
            .collect::<Result<_>>()?;
        Ok(sums.iter().sum())
    }
}

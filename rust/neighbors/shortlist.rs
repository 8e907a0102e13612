//! The rows that may still be among one query's K nearest.

use super::element::{Element, LANES};
use super::matrix::Matrix;
use super::space::Space;

/// A row that the float32 bound has not ruled out.
///
/// Write D² for the row's squared distance in the [`Space`], ‖q‖² for the query's squared norm and η for
/// the relative error: `lower` ≤ D² - (1-η)‖q‖² + floor, and `upper` is at or above both.
#[derive(Clone, Copy)]
struct Candidate {
    lower: f32,
    upper: f32,
    row: u32,
}

/// One query's candidates and settled rows.
pub struct Shortlist {
    k: usize,
    /// A row with a `lower` above this is not among the K nearest.
    pub threshold: f32,
    norm: f64,
    open: Vec<Candidate>,
    /// Settled rows, (distance, row): the K nearest of them at most.
    settled: Vec<(f64, u32)>,
}

/// What the settling of a query's candidates reads.
pub struct Source<'a, T> {
    pub space: &'a Space,
    pub train: Matrix<'a, T>,
    pub query: &'a [T],
}

impl Shortlist {
    /// The size of a shortlist of `k` of `n` rows.
    pub fn bytes(k: usize, n: usize) -> usize {
        let capacity = Self::capacity(k, n);
        capacity * size_of::<Candidate>() + (capacity + k) * size_of::<(f64, u32)>()
    }

    fn capacity(k: usize, n: usize) -> usize {
        (2 * k + 64).min(n + 1)
    }

    pub fn new(k: usize, n: usize) -> Self {
        let capacity = Self::capacity(k, n);
        Self {
            k,
            threshold: f32::INFINITY,
            norm: 0.0,
            open: Vec::with_capacity(capacity),
            settled: Vec::with_capacity(capacity + k),
        }
    }

    /// Start again for a query of this squared `norm`.
    pub fn reset(&mut self, norm: f64) {
        self.threshold = f32::INFINITY;
        self.norm = norm;
        self.open.clear();
        self.settled.clear();
    }

    /// Take `row`, of squared norm `row_norm`, as a candidate; returns the new threshold.
    pub fn push<T: Element>(
        &mut self,
        row: u32,
        lower: f32,
        row_norm: f64,
        source: &Source<T>,
    ) -> f32 {
        let slack =
            2.0 * (source.space.relative_error * (row_norm + self.norm) + source.space.floor);
        self.open.push(Candidate {
            lower,
            upper: ((f64::from(lower) + slack) as f32).next_up(),
            row,
        });
        if self.open.len() == self.open.capacity() {
            self.narrow();
            // Many rows in the same place: bounds cannot tell them apart, exact distances can.
            if self.open.len() > self.open.capacity() / 4 * 3 {
                self.settle(source);
            }
        }
        self.threshold
    }

    /// The K nearest rows, nearest first, with their distances.
    pub fn finish<T: Element>(&mut self, source: &Source<T>) -> &[(f64, u32)] {
        self.narrow();
        self.settle(source);
        self.settled.sort_unstable_by(nearer);
        &self.settled
    }

    /// Drop the candidates that the K-th smallest upper bound rules out.
    fn narrow(&mut self) {
        if self.open.len() > self.k {
            let (_, kth, _) = self
                .open
                .select_nth_unstable_by(self.k - 1, |a, b| a.upper.total_cmp(&b.upper));
            self.threshold = self.threshold.min(kth.upper);
        }
        let threshold = self.threshold;
        self.open.retain(|candidate| candidate.lower <= threshold);
    }

    /// Replace the candidates by their exact distances.
    fn settle<T: Element>(&mut self, source: &Source<T>) {
        let train = source.train;
        let arch = pulp::Arch::new();
        for group in self.open.chunks(LANES) {
            let rows =
                std::array::from_fn(|i| train.row(group[i.min(group.len() - 1)].row as usize));
            let sums = arch.dispatch(
                #[inline(always)]
                || T::squared_distances(source.query, rows),
            );
            let found = group.iter().zip(sums);
            self.settled
                .extend(found.map(|(candidate, sum)| (sum.sqrt(), candidate.row)));
        }
        self.open.clear();
        if self.settled.len() >= self.k {
            let (_, kth, _) = self.settled.select_nth_unstable_by(self.k - 1, nearer);
            let (space, distance) = (source.space, kth.0);
            let exact =
                space.squared(distance) - (1.0 - space.relative_error) * self.norm + space.floor;
            self.threshold = self.threshold.min((exact as f32).next_up());
            self.settled.truncate(self.k);
        }
    }
}

fn nearer(a: &(f64, u32), b: &(f64, u32)) -> std::cmp::Ordering {
    a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
}

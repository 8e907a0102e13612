//! The rows that may still be among one query's K nearest.

use pulp::{Simd, WithSimd};

use super::element::{self, Element, LANES};
use super::kernel;
use super::matrix::Rows;
use super::space::{Metric, Space};

/// One query's candidates and settled rows.
///
/// Distances here are in the units of the [`Space`]. A candidate is a rough squared distance, whose error
/// the space bounds, and the row; as one integer, so that its order is that of the distance.
pub struct Shortlist {
    k: usize,
    capacity: usize,
    /// A row that is farther than this is not among the K nearest.
    pub reach: f64,
    /// The rough squared distance of such a row is above this.
    pub cut: f32,
    /// Rows by a lower bound of their distance, whose columns nobody has looked at.
    waiting: Vec<u64>,
    open: Vec<u64>,
    /// Settled rows, (distance, row): the K nearest of them at most.
    settled: Vec<(f64, u32)>,
}

/// One query and the rows at hand, of which the first is row `first` of the training matrix.
pub struct Source<'a, T> {
    pub space: &'a Space,
    pub rows: Rows<'a, T>,
    /// What the rows are divided by.
    pub norms: &'a [f64],
    pub first: usize,
    pub query: &'a [T],
    pub norm: f64,
    /// The row that is the query itself, where that does not count.
    pub own: Option<u32>,
}

impl<T: Element> Source<'_, T> {
    /// The squared distance of a row, in the units of the space: off by what the space says.
    #[inline(always)]
    pub fn rough(&self, row: u32) -> f32 {
        let i = row as usize - self.first;
        let squared = match self.space.metric {
            Metric::Euclidean => T::rough_distance(self.query, self.rows.row(i), self.space.scale),
            Metric::Cosine => {
                let scale = self.space.scale;
                let angle =
                    element::rough_angle(self.query, self.norm, self.rows.row(i), self.norms[i]);
                angle * (scale * scale)
            }
        };
        squared as f32
    }

    /// Says that a row will be asked for.
    #[inline(always)]
    pub fn prefetch(&self, row: u32) {
        kernel::prefetch(self.rows.row(row as usize - self.first));
    }

    /// The distances of some rows, as the search returns them.
    #[inline(always)]
    fn exact(&self, rows: [u32; LANES]) -> [f64; LANES] {
        let places = rows.map(|row| row as usize - self.first);
        let data = places.map(|i| self.rows.row(i));
        let norms = places.map(|i| self.norms[i]);
        self.space
            .metric
            .distances(self.query, self.norm, data, norms)
    }
}

/// The distances of some rows. (A closure would not be compiled for the vector unit.)
struct Settle<'a, 'b, T> {
    source: &'a Source<'b, T>,
    rows: [u32; LANES],
}

impl<T: Element> WithSimd for Settle<'_, '_, T> {
    type Output = [f64; LANES];

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) -> [f64; LANES] {
        self.source.exact(self.rows)
    }
}

/// A number that is not negative and a row, as one integer, whose order is that of the number.
pub const fn key(number: f32, row: u32) -> u64 {
    (number.to_bits() as u64) << 32 | row as u64
}

pub const fn number(key: u64) -> f32 {
    f32::from_bits((key >> 32) as u32)
}

impl Shortlist {
    /// The size of a shortlist of `k` of `n` rows.
    pub fn bytes(k: usize, n: usize) -> usize {
        let capacity = Self::capacity(k, n);
        2 * capacity * size_of::<u64>() + (capacity + k) * size_of::<(f64, u32)>()
    }

    fn capacity(k: usize, n: usize) -> usize {
        (k + (k / 4).max(32)).min(n + 1)
    }

    pub fn new(k: usize, n: usize) -> Self {
        Self {
            k,
            capacity: Self::capacity(k, n),
            reach: f64::INFINITY,
            cut: f32::INFINITY,
            waiting: Vec::new(),
            open: Vec::new(),
            settled: Vec::new(),
        }
    }

    /// Start again for another query.
    pub fn reset(&mut self) {
        self.reach = f64::INFINITY;
        self.cut = f32::INFINITY;
        self.open.clear();
        self.settled.clear();
    }

    /// Learn that K rows are within `reach`.
    fn shrink(&mut self, reach: f64, space: &Space) {
        if reach < self.reach {
            self.reach = reach;
            self.cut = space.rough_cut(reach);
        }
    }

    /// Let `row`, which is no nearer than `bound`, wait until nearer ones have been looked at; says how
    /// many rows were looked at meanwhile.
    #[inline(always)]
    pub fn wait<T: Element>(&mut self, row: u32, bound: f32, source: &Source<T>) -> usize {
        if self.waiting.capacity() == 0 {
            self.waiting.reserve_exact(self.capacity);
        }
        self.waiting.push(key(bound, row));
        if self.waiting.len() < self.capacity {
            return 0;
        }
        self.look(self.capacity / 2, source)
    }

    /// Look at waiting rows, the nearest first, until no more than `rest` of them wait.
    pub fn look<T: Element>(&mut self, rest: usize, source: &Source<T>) -> usize {
        let step = (self.k / 4).max(16);
        let mut looked = 0;
        loop {
            let most = key((self.reach as f32).next_up(), u32::MAX);
            self.waiting.retain(|waiting| *waiting <= most);
            if self.waiting.len() <= rest {
                return looked;
            }
            let some = step.min(self.waiting.len());
            if some < self.waiting.len() {
                self.waiting.select_nth_unstable(some - 1);
            }
            // Settled at once: a rough distance would have to read the rows as well.
            self.open.extend_from_slice(&self.waiting[..some]);
            self.waiting.drain(..some);
            self.settle(source);
            looked += some;
        }
    }

    /// Take `row`, of this rough squared distance, as a candidate.
    pub fn push<T: Element>(&mut self, row: u32, squared: f32, source: &Source<T>) {
        if squared > self.cut {
            return;
        }
        if self.open.capacity() == 0 {
            self.open.reserve_exact(self.capacity);
        }
        self.open.push(key(squared, row));
        if self.open.len() < self.capacity {
            return;
        }
        self.narrow(source.space);
        // Many rows in the same place: bounds cannot tell them apart, exact distances can.
        if self.open.len() > self.k + (self.capacity - self.k) / 2 {
            self.settle(source);
        }
    }

    /// Drop the candidates that the K-th smallest rules out.
    pub fn narrow(&mut self, space: &Space) {
        if self.open.len() > self.k {
            let (_, kth, _) = self.open.select_nth_unstable(self.k - 1);
            let kth = number(*kth);
            self.shrink(space.rough_reach(kth), space);
            let most = key(self.cut, u32::MAX);
            self.open.retain(|candidate| *candidate <= most);
        }
    }

    /// Replace the candidates by their exact distances.
    fn settle<T: Element>(&mut self, source: &Source<T>) {
        let arch = pulp::Arch::new();
        if self.settled.capacity() == 0 {
            self.settled.reserve_exact(self.capacity + self.k);
        }
        for (i, group) in self.open.chunks(LANES).enumerate() {
            let next = self.open.iter().skip((i + 1) * LANES).take(LANES);
            next.for_each(|row| source.prefetch(*row as u32));
            let rows = std::array::from_fn(|i| group[i.min(group.len() - 1)] as u32);
            let distances = arch.dispatch(Settle { source, rows });
            let found = distances.into_iter().zip(rows).take(group.len());
            self.settled.extend(found);
        }
        self.open.clear();
        if self.settled.len() >= self.k {
            let (_, kth, _) = self.settled.select_nth_unstable_by(self.k - 1, nearer);
            let reach = source.space.exact_reach(kth.0);
            self.settled.truncate(self.k);
            self.shrink(reach, source.space);
        }
    }

    /// Settle what is left, before the rows at hand are replaced by others; says how many rows were looked
    /// at.
    pub fn close<T: Element>(&mut self, source: &Source<T>) -> usize {
        let looked = self.look(0, source);
        self.narrow(source.space);
        self.settle(source);
        looked
    }

    /// Put the settled rows in order, the nearest first.
    pub fn sort(&mut self) {
        self.settled.sort_unstable_by(nearer);
    }

    /// The K nearest rows with their distances, once all are settled.
    pub fn nearest(&self) -> &[(f64, u32)] {
        &self.settled
    }
}

fn nearer(a: &(f64, u32), b: &(f64, u32)) -> std::cmp::Ordering {
    a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
}

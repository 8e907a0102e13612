//! Any corruption matrix, where few classes are present.
//!
//! Each of the c_k neighbours of class k either keeps its label or is dealt to label j, with weight P[k, j].
//! With one variable x_k for each class present, label j receives λ_j = Σ_k P[k, j] x_k, so the ways in which
//! n_j votes come about are
//!
//! Π_k c_k! [Π_k x_k^{c_k}] Π_j Σ_{a + t allowed} x_j^a/a! λ_j^t/t!
//!
//! with a, the votes that label j keeps, 0 for labels that are not present. The polynomials have Π_k (c_k + 1)
//! coefficients, the *nodes* of the budget, and for the labels that are present one such a number of votes
//! kept in all, K - R. Every term is positive.

use super::Votes;
use super::binomials::Binomials;
use crate::{Control, Result};

/// A polynomial in the variables of the classes present, the last running fastest.
type Polynomial = Vec<f64>;

/// One row's work.
pub struct Dense<'a> {
    counts: &'a [i32],
    matrix: &'a [f64],
    present: Vec<usize>,
    /// c_k + 1 of each class present.
    shape: Vec<usize>,
    /// Distance of neighbours in each variable.
    strides: Vec<usize>,
    /// Degrees of each coefficient.
    degrees: Vec<Vec<usize>>,
}

impl<'a> Dense<'a> {
    /// For these `counts`; nothing if there would be more nodes than `budget`.
    pub fn new(counts: &'a [i32], matrix: &'a [f64], budget: usize) -> Option<Self> {
        let present: Vec<usize> = (0..counts.len()).filter(|j| counts[*j] > 0).collect();
        let shape: Vec<usize> = present.iter().map(|k| counts[*k] as usize + 1).collect();
        let nodes = shape.iter().try_fold(1usize, |nodes, size| {
            nodes.checked_mul(*size).filter(|nodes| *nodes <= budget)
        })?;
        let mut strides = vec![1; shape.len()];
        for i in (1..shape.len()).rev() {
            strides[i - 1] = strides[i] * shape[i];
        }
        let degree = |node: usize| {
            let places = strides.iter().zip(&shape);
            places.map(|(stride, size)| node / stride % size).collect()
        };
        Some(Self {
            counts,
            matrix,
            degrees: (0..nodes).map(degree).collect(),
            present,
            shape,
            strides,
        })
    }

    /// λ_j^t/t! of every degree, without a limit on t, in powers of c_k x_k.
    fn received(&self, label: usize) -> Polynomial {
        let classes = self.counts.len();
        let powers: Vec<Vec<f64>> = (self.present.iter().zip(&self.shape))
            .map(|(k, size)| {
                let mut powers = vec![1.0];
                for u in 1..*size {
                    let share = scale_of(*size) * self.matrix[k * classes + label];
                    powers.push(powers[u - 1] * share / u as f64);
                }
                powers
            })
            .collect();
        let term = |degrees: &Vec<usize>| {
            degrees
                .iter()
                .zip(&powers)
                .map(|(u, row)| row[*u])
                .product()
        };
        self.degrees.iter().map(term).collect()
    }

    /// Adds C(K, R) g_R 2^-K times `weight`.
    pub fn add(
        &self,
        votes: &Votes,
        weight: f64,
        binomials: &Binomials,
        sums: &mut [f64],
        control: &Control,
    ) -> Result<()> {
        let nodes = self.degrees.len();
        let mut product = vec![0.0; nodes];
        product[0] = 1.0;
        for label in (0..self.counts.len()).filter(|j| self.counts[*j] == 0) {
            let mut factor = self.received(label);
            if factor[1..].iter().all(|term| *term == 0.0) && !votes.is_winner(label) {
                continue; // it receives nothing
            }
            for (term, degrees) in factor.iter_mut().zip(&self.degrees) {
                *term *= votes.weight(label, degrees.iter().sum());
            }
            let mut next = vec![0.0; nodes];
            add_product(&self.shape, &product, &factor, &mut next);
            product = next;
            control.go_on()?;
        }
        // By the votes kept so far.
        let mut kept = vec![product];
        for (place, &label) in self.present.iter().enumerate() {
            let count = self.shape[place] - 1;
            let received = self.received(label);
            let mut next = vec![vec![0.0; nodes]; kept.len() + count];
            let mut keep = 1.0; // c^a/a!
            for a in 0..=count {
                if a > 0 {
                    keep *= scale_of(count + 1) / a as f64;
                }
                // Times x^a: the coefficients move up by a.
                let mut factor = vec![0.0; nodes];
                for (node, degrees) in self.degrees.iter().enumerate() {
                    if degrees[place] + a <= count {
                        let allowed = votes.weight(label, a + degrees.iter().sum::<usize>());
                        factor[node + a * self.strides[place]] = keep * allowed * received[node];
                    }
                }
                for (before, product) in kept.iter().enumerate() {
                    if place + 1 == self.present.len() {
                        // Of the last product the last coefficient is wanted, no other.
                        let last = product.iter().zip(factor.iter().rev());
                        next[before + a][nodes - 1] += last.map(|(x, y)| x * y).sum::<f64>();
                    } else {
                        add_product(&self.shape, product, &factor, &mut next[before + a]);
                        control.go_on()?;
                    }
                }
            }
            kept = next;
        }
        // Π c_k!/c_k^c_k 2^-K
        let mut scale = weight;
        for size in &self.shape {
            (1..*size).for_each(|n| scale *= 0.5 * n as f64 / scale_of(*size));
        }
        let k = binomials.largest();
        for (stay, product) in kept.iter().enumerate() {
            sums[k - stay] += scale * product[nodes - 1];
        }
        Ok(())
    }
}

/// c_k: powers of λ_j are scaled by it, so that λ^t/t! does not underflow for many neighbours of a class.
fn scale_of(size: usize) -> f64 {
    (size - 1) as f64
}

/// out += a·b of polynomials of this shape, as far as they have coefficients.
fn add_product(shape: &[usize], a: &[f64], b: &[f64], out: &mut [f64]) {
    let Some((size, inner)) = shape.split_first() else {
        out[0] += a[0] * b[0];
        return;
    };
    if inner.is_empty() {
        for (i, weight) in a.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
            for (slot, term) in out[i..].iter_mut().zip(b) {
                *slot += weight * term;
            }
        }
        return;
    }
    let stride = a.len() / size;
    for (i, a) in a.chunks_exact(stride).enumerate() {
        if a.iter().any(|weight| *weight != 0.0) {
            let out = out[i * stride..].chunks_exact_mut(stride);
            for (out, b) in out.zip(b.chunks_exact(stride)) {
                add_product(inner, a, b, out);
            }
        }
    }
}

//! Sharing out ties.
//!
//! A t-way tie counts 1/t = ∫₀¹ z^(t-1) dz: a label that equals the winner's count has weight z, and the
//! integral over z is a Gauss-Legendre rule, exact since so few labels can tie.

use super::gauss_legendre;

/// The rules, made when they are first needed.
pub struct Sharing {
    k: usize,
    num_classes: usize,
    /// By number of nodes.
    rules: Vec<Vec<(f64, f64)>>,
}

impl Sharing {
    /// For votes of `k` among `num_classes` labels.
    pub fn new(k: usize, num_classes: usize) -> Self {
        Self {
            k,
            num_classes,
            rules: Vec::new(),
        }
    }

    /// At most ⌊K/n⌋ labels have n votes: the integrand's degree is one less.
    fn nodes(&self, count: usize) -> usize {
        (self.k / count).min(self.num_classes).div_ceil(2)
    }

    /// Make the rule for a winner with `count` votes.
    pub fn prepare(&mut self, count: usize) {
        let nodes = self.nodes(count);
        if self.rules.len() <= nodes {
            self.rules.resize(nodes + 1, Vec::new());
        }
        if self.rules[nodes].is_empty() {
            self.rules[nodes] = gauss_legendre::rule(nodes);
        }
    }

    /// Nodes z and weights for a winner with `count` votes.
    ///
    /// # Panics
    /// Unless the rule is prepared.
    pub fn rule(&self, count: usize) -> &[(f64, f64)] {
        &self.rules[self.nodes(count)]
    }
}

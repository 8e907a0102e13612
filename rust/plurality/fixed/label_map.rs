//! A selected neighbour of class k gets the label f(k).
//!
//! With B_k of the c_k neighbours of class k selected, label j has n_j = c_j - B_j + Σ_{f(k)=j} B_k votes.
//! The classes and their targets are a graph in which every class has one way out: trees that lead into
//! cycles. Along a tree the distribution over (votes passed on, number selected) is carried from the leaves
//! to the root; round a cycle, for each number that its smallest class passes on. Every term is positive.

use super::Votes;
use super::binomials::Binomials;

/// What is passed on by some classes, and how many of their neighbours are selected: weights [passed on,
/// selected].
struct Flow {
    width: usize,
    weights: Vec<f64>,
}

impl Flow {
    fn new(passed: usize, selected: usize) -> Self {
        Self {
            width: selected + 1,
            weights: vec![0.0; (passed + 1) * (selected + 1)],
        }
    }

    /// Nothing is passed on, and nobody is there to be selected.
    fn none() -> Self {
        Self {
            width: 1,
            weights: vec![1.0],
        }
    }

    fn rows(&self) -> std::slice::ChunksExact<'_, f64> {
        self.weights.chunks_exact(self.width)
    }

    /// Both flows together.
    fn joined(&self, other: &Self) -> Self {
        if self.weights.len() == 1 {
            return Self {
                width: other.width,
                weights: other.weights.iter().map(|w| w * self.weights[0]).collect(),
            };
        }
        let passed = self.rows().len() + other.rows().len() - 2;
        let mut result = Self::new(passed, self.width + other.width - 2);
        let width = result.width;
        for (i, a) in self.rows().enumerate() {
            for (j, b) in other.rows().enumerate() {
                add_product(a, b, &mut result.weights[(i + j) * width..][..width]);
            }
        }
        result
    }
}

/// out += a·b, as polynomials.
fn add_product(a: &[f64], b: &[f64], out: &mut [f64]) {
    for (s, weight) in a.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
        for (slot, term) in out[s..].iter_mut().zip(b) {
            *slot += weight * term;
        }
    }
}

/// A class that is present, or a label that it may become.
struct Node {
    label: usize,
    count: usize,
    /// The node that its selected neighbours go to; itself if they stay.
    next: usize,
    present: bool,
}

/// The graph of one row, in the order in which it is worked through.
pub struct Graph {
    nodes: Vec<Node>,
    /// Nodes of the trees, each after those that lead into it.
    trees: Vec<usize>,
    cycles: Vec<Vec<usize>>,
}

impl Graph {
    pub fn new(counts: &[i32], targets: &[i32]) -> Self {
        let present: Vec<usize> = (0..counts.len()).filter(|j| counts[*j] > 0).collect();
        let mut labels = present.clone();
        labels.extend(present.iter().map(|k| targets[*k] as usize));
        labels.sort_unstable();
        labels.dedup();
        let place = |label: usize| labels.binary_search(&label).unwrap_or_default();
        let node = |(i, label): (usize, &usize)| Node {
            label: *label,
            count: counts[*label] as usize,
            next: if counts[*label] > 0 {
                place(targets[*label] as usize)
            } else {
                i
            },
            present: counts[*label] > 0,
        };
        let nodes: Vec<Node> = labels.iter().enumerate().map(node).collect();
        let mut waiting = vec![0; nodes.len()];
        for (i, node) in nodes.iter().enumerate() {
            waiting[node.next] += usize::from(node.present && node.next != i);
        }
        // Nodes of the trees in the order in which all that leads into them is known; cycles are left.
        let own_end = |i: usize| nodes[i].next == i;
        let mut trees: Vec<usize> = (0..nodes.len()).filter(|i| waiting[*i] == 0).collect();
        let mut at = 0;
        while let Some(&i) = trees.get(at) {
            at += 1;
            if !own_end(i) {
                waiting[nodes[i].next] -= 1;
                if waiting[nodes[i].next] == 0 {
                    trees.push(nodes[i].next);
                }
            }
        }
        let mut seen: Vec<bool> = waiting.iter().map(|n| *n == 0).collect();
        let mut cycles = Vec::new();
        for start in 0..nodes.len() {
            let mut cycle = Vec::new();
            let mut i = start;
            while !seen[i] {
                seen[i] = true;
                cycle.push(i);
                i = nodes[i].next;
            }
            if !cycle.is_empty() {
                // Its smallest class first: that one is gone through number by number.
                let smallest = (0..cycle.len()).min_by_key(|t| nodes[cycle[*t]].count);
                cycle.rotate_left(smallest.unwrap_or_default());
                cycles.push(cycle);
            }
        }
        Self {
            nodes,
            trees,
            cycles,
        }
    }

    /// The most votes that `label` can have.
    pub fn most(&self, label: usize) -> usize {
        let mut most = 0;
        for (i, node) in self.nodes.iter().enumerate() {
            let into = self.nodes[node.next].label == label;
            if node.label == label || (into && node.next != i) {
                most += node.count;
            }
        }
        most
    }

    /// The weight of every number of selected neighbours, with these votes allowed.
    pub fn weights(&self, votes: &Votes, binomials: &Binomials) -> Vec<f64> {
        let mut inflow: Vec<Flow> = self.nodes.iter().map(|_| Flow::none()).collect();
        let mut result = vec![1.0];
        let mut multiply = |polynomial: &[f64]| {
            let mut product = vec![0.0; result.len() + polynomial.len() - 1];
            add_product(&result, polynomial, &mut product);
            result = product;
        };
        for &i in &self.trees {
            let node = &self.nodes[i];
            if node.next != i {
                let passed = pass_on(node, &inflow[i], votes, binomials);
                inflow[node.next] = inflow[node.next].joined(&passed);
            } else {
                // Its own selected neighbours stay, if it has any.
                let arrived = allowed(&inflow[i], votes, node.label, node.count);
                let own = binomials.row(node.count);
                let mut polynomial = vec![0.0; arrived.len() + node.count];
                add_product(own, &arrived, &mut polynomial);
                multiply(&polynomial);
            }
        }
        for cycle in &self.cycles {
            let first = &self.nodes[cycle[0]];
            let mut polynomial = Vec::new();
            for passed in 0..=first.count {
                let mut flow = Flow::new(passed, passed);
                if let Some(last) = flow.weights.last_mut() {
                    *last = binomials.row(first.count)[passed];
                }
                for &i in &cycle[1..] {
                    flow = inflow[i].joined(&flow);
                    flow = pass_on(&self.nodes[i], &flow, votes, binomials);
                }
                let flow = inflow[cycle[0]].joined(&flow);
                let kept = first.count - passed;
                let around = allowed(&flow, votes, first.label, kept);
                if polynomial.len() < around.len() {
                    polynomial.resize(around.len(), 0.0);
                }
                for (sum, weight) in polynomial.iter_mut().zip(around) {
                    *sum += weight;
                }
            }
            multiply(&polynomial);
        }
        result
    }
}

/// Σ over the votes that arrive, where they and those `kept` are allowed for `label`.
fn allowed(inflow: &Flow, votes: &Votes, label: usize, kept: usize) -> Vec<f64> {
    let mut result = vec![0.0; inflow.width];
    for (arrived, row) in inflow.rows().enumerate() {
        let weight = votes.weight(label, kept + arrived);
        if weight != 0.0 {
            for (sum, term) in result.iter_mut().zip(row) {
                *sum += weight * term;
            }
        }
    }
    result
}

/// What `node` passes on, by how many of its neighbours are selected.
fn pass_on(node: &Node, inflow: &Flow, votes: &Votes, binomials: &Binomials) -> Flow {
    let mut result = Flow::new(node.count, inflow.width - 1 + node.count);
    let width = result.width;
    // The sum over all arrivals that are allowed outright grows by a row as one more is passed on.
    let mut sums = vec![0.0; inflow.width];
    let mut rows = inflow.rows().enumerate().peekable();
    for (passed, weight) in binomials.row(node.count).iter().enumerate() {
        let kept = node.count - passed;
        while let Some((_, row)) =
            rows.next_if(|(arrived, _)| votes.weight(node.label, kept + arrived) == 1.0)
        {
            for (sum, term) in sums.iter_mut().zip(row) {
                *sum += term;
            }
        }
        let out = &mut result.weights[passed * width..][passed..];
        if votes.is_winner(node.label) {
            let row = votes.count().checked_sub(kept);
            if let Some(row) = row.and_then(|arrived| inflow.rows().nth(arrived)) {
                add_product(&[*weight], row, out);
            }
            continue;
        }
        add_product(&[*weight], &sums, out);
        if let Some((arrived, row)) = rows.peek() {
            let equal = votes.weight(node.label, kept + arrived);
            add_product(&[weight * equal], row, out);
        }
    }
    result
}

//! Exact K nearest neighbours, and the votes that they cast.
//!
//! The search equals float64 brute force for any offset and scale of the data. Distances are first taken
//! in float32 from one matrix product of centred, scaled rows, with a bound on the rounding error
//! ([`space`]); only rows that the bound cannot rule out are settled in float64 ([`element`]).

mod element;
mod matrix;
mod placed;
mod products;
mod search;
mod shortlist;
mod space;
mod votes;

pub use element::Element;
pub use matrix::Matrix;
pub use search::{Neighbors, search};
pub use votes::{count_correct, label_histograms};

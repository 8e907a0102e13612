//! k-means: k-means++ and Lloyd's iterations, the same bits on every machine and for any number of threads.
//!
//! What decides is fixed to the last bit: a distance is a sum in float64 in one order ([`distance`]), a
//! centre comes from a sum of whole numbers, which any order gives alike ([`sums`]), and draws are
//! counted ([`seeding`]). What is merely fast may differ: bounds that rule distances out know how far they
//! may be off, so they change the time
//! and never a label ([`screen`], [`lloyd`]).

mod data;
mod distance;
mod fit;
mod lloyd;
mod plan;
mod product;
mod screen;
mod seeding;
mod sums;

pub use distance::Point;
pub use fit::{Clustering, Options, kmeans};

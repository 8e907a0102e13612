//! Exact K nearest neighbours, and the votes that they cast.
//!
//! The search equals float64 brute force for any offset and scale of the data, and skips most of its
//! work: a lower bound on every distance is taken from few coordinates, on axes near the principal ones
//! ([`axes`], [`plan`]), as a dense product of whole numbers ([`tiles`], [`kernel`]); what it cannot rule
//! out meets a second bound on more axes ([`placed`]), then the columns themselves in float32, and the
//! last few are settled in float64 ([`shortlist`], [`element`]). Every step knows how far it may be off
//! ([`space`]).

mod arrange;
pub(crate) mod axes;
mod element;
pub(crate) mod kernel;
mod look_around;
mod matrix;
mod part;
mod pass;
mod placed;
mod plan;
pub(crate) mod products;
mod search;
mod settle;
mod shortlist;
mod space;
mod tiles;
mod votes;
mod work;

pub use element::Element;
pub(crate) use matrix::Rows;
pub use matrix::{File, Matrix};
pub use search::{Neighbors, Options, Statistics, search};
pub use settle::settle;
pub use space::Metric;
pub use votes::{count_correct, label_histograms};

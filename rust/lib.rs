//! The kernels of pynoise, a laboratory for label noise.
//!
//! * [`plurality`]: who wins the vote of K noisy neighbours (Drory et al., BMVC 2020, Theorem 1);
//! * [`neighbors`]: exact K nearest neighbours, and the votes that they cast;
//! * [`kmeans`]: k-means++ and Lloyd's iterations, seeded;
//! * [`noise`]: noisy labels from a corruption matrix, exact in number and seeded;
//! * [`random`]: the value-stable random numbers behind every draw;
//! * [`control`]: how a long kernel is watched and stopped.
//!
//! Every kernel takes slices, works from Rust alone and uses the rayon pool that it is called in.
//! The feature `python` adds the bindings, which check arguments and hold nothing else.

pub mod control;
pub mod error;
pub mod kmeans;
mod labels;
mod memory;
pub mod neighbors;
pub mod noise;
pub mod plurality;
#[cfg(feature = "python")]
mod python;
pub mod random;

pub use control::Control;
pub use error::{Error, Result};

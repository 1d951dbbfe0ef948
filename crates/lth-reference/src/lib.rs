//! The reference: networks in 64-bit floats, forward, backward and in training, as the formulas say.
//!
//! [`ReferenceEngine`] is an engine as any other, slow and exact. [`Network`] has what engines do not give: derivatives of
//! any order up to the second along a direction, in 64 bits. [`conformance`] compares an engine with the reference.

mod backward;
pub mod conformance;
mod convolution;
mod dropout;
mod dual;
mod engine;
mod forward;
mod inputs;
mod network;
mod noise;
mod norm;
mod objective;
mod optimizer;
mod pool;
mod scored;
mod step;
mod taps;
mod trainer;
mod training;

pub use engine::ReferenceEngine;
pub use inputs::{by_channel, inputs};
pub use network::{Network, Statistics, Values};
pub use objective::{Objective, Score};
pub use optimizer::update;
pub use training::Training;

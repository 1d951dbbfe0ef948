//! Supermasks: those that are learned, in a folder of their own, and those that criteria find in a run.

mod experiment;
mod files;
mod learn;
mod record;
mod result;

pub use experiment::SupermaskExperiment;
pub use files::SupermaskFiles;
pub use learn::{LearnedSupermask, learn_supermask};
pub use record::{MaskAccuracy, SupermaskRecord};

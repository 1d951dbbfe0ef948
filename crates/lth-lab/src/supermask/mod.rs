//! Supermasks: those that are learned, in a folder of their own, and those that criteria find in a run.

mod best;
mod dense;
mod estimate;
mod evaluator;
mod experiment;
mod files;
mod heuristic;
mod learn;
mod record;
mod result;

pub use best::{HeuristicPoint, best_points, heuristic_points};
pub use dense::DenseWeights;
pub use estimate::{estimate_heuristics, estimate_learning};
pub use experiment::SupermaskExperiment;
pub use files::SupermaskFiles;
pub use heuristic::{HeuristicReport, HeuristicRow, HeuristicSettings, HeuristicTask, heuristic_supermasks};
pub use learn::{LearnedSupermask, learn_supermasks};
pub use record::{MaskAccuracy, SupermaskRecord};

//! Sweeps: an experiment with several values for some of its settings, a run for each combination.

mod axes;
mod derivation;
mod estimate;
mod file;
mod plan;
mod run;

pub use axes::Axis;
pub use estimate::estimate_sweep;
pub use file::Sweep;
pub use plan::{SweepPlan, SweepRun};
pub use run::{SweepReport, SweepTask, run_sweep};

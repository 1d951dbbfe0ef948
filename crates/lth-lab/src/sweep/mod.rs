//! Sweeps: an experiment with several values for some of its settings, a run for each combination.

mod axes;
mod estimate;
mod file;
mod plan;
mod run;
mod status;
mod table;
mod tasks;

pub use axes::Axis;
pub use estimate::estimate_sweep;
pub use file::Sweep;
pub use plan::{SweepPlan, SweepRun, runs_of_sweep};
pub use run::{SweepReport, run_sweep, write_sweep_table};
pub use status::{SweepStatus, TaskState};
pub use tasks::SweepTask;

//! Which trainings a run needs, in which order, on how many cores, and how each is done.

mod before_training;
mod dense;
mod derivation;
mod during_training;
mod early_bird;
mod finish;
mod next;
mod other_run;
mod plan;
mod repair;
mod run_control;
mod share;
mod stage;
mod start;
mod train_stage;

pub(crate) use derivation::Derivation;
pub(crate) use other_run::check_other_runs;
pub use plan::plan;
pub use repair::Remedy;
pub use stage::Stage;
pub(crate) use train_stage::StageRunner;

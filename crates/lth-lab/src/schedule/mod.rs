//! Which trainings a run needs, in which order, on how many cores, and how each is done.

mod before_training;
mod dense;
mod during_training;
mod early_bird;
mod finish;
mod next;
mod observer;
mod other_run;
mod plan;
mod queue;
mod repair;
mod run_control;
mod stage;
mod start;
mod stop;
mod train_stage;
mod watch;

pub use observer::{RunEvent, RunObserver, ScoringProgress, Silent, StageProgress};
pub(crate) use other_run::check_other_runs;
pub use plan::plan;
pub(crate) use queue::{Ended, run_queue};
pub use repair::Remedy;
pub use stage::{PlannedStage, Stage, StageError, StageFailure};
pub use stop::Stop;
pub(crate) use train_stage::StageRunner;
pub use watch::CheckpointEvery;
pub(crate) use watch::{Sitting, StageWatch};

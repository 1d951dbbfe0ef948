//! What a run measured: the files it is written to, and reading them back.

mod history;
mod lec;
mod record;
mod results;
mod summary;
mod tensorboard;
mod timing;

pub(crate) use history::{metrics_csv, read_metrics_csv, to_csv};
pub(crate) use lec::lec_csv;
pub use record::{LayerCount, Outcome, RoundRecord};
pub(crate) use record::{layer_counts, read_json};
pub use results::{RoundResult, RunResults};
pub(crate) use summary::{summary_csv, timing_csv};
pub(crate) use tensorboard::{
    ReadScalar, read_event_file, round_event_file, scalars_of, training_event_file,
};
pub(crate) use timing::now;
pub use timing::{Timestamps, Timing};

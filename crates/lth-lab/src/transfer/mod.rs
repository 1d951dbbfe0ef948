//! Transfer on disk: tickets of one data set, trained on another, beside their baselines (Morcos et al. 2019).
//!
//! [`TicketSource`] is a ticket file or a run, [`Transfer`] what is trained from it, [`run_transfer`] does what is not done
//! yet and gives a [`TransferReport`]. The rules for weights and masks are those of `lth-ticket`.
//!
//! ```text
//! transfer-<model>-<source>-to-<target>-<hash>/
//!   transfer.toml                 what is transferred, and how
//!   transfer.csv                  a row a finished training
//!   dense/<training>/             a run folder a training, as of `lth train`
//!   round-07/transferred/<training>/
//!   round-07/reinit/<training>/
//! ```

mod error;
mod estimate;
mod kind;
mod results;
mod run;
mod settings;
mod source;
mod training;

pub use error::TransferRunError;
pub use estimate::estimate_transfer;
pub use kind::TransferKind;
pub use results::{TransferReport, TransferRow};
pub use run::run_transfer;
pub use settings::TransferSettings;
pub use source::TicketSource;
pub use training::{Transfer, TransferTraining};

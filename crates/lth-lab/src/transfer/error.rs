//! Why a transfer is refused or stopped.

use std::path::PathBuf;

use lth_data::DATASETS;
use lth_model::Hint;
use lth_ticket::{TicketError, TransferError};
use thiserror::Error;

use crate::LabError;

/// Why a transfer is refused or stopped.
#[derive(Debug, Error)]
pub enum TransferRunError {
    /// A file or folder cannot be used.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// A file is no ticket.
    #[error(transparent)]
    NoTicket(#[from] TicketError),
    /// A ticket is not one of its model.
    #[error("'{}': {source}", path.display())]
    Ticket {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<TicketError>,
    },
    /// The ticket does not fit the target.
    #[error(transparent)]
    Rules(Box<TransferError>),
    /// There is no such ticket.
    #[error("'{}' has no ticket of round {round}", path.display())]
    NoSuchRound {
        /// The ticket file or run.
        path: PathBuf,
        /// The round that was asked for.
        round: u32,
        /// The rounds that there are.
        rounds: Vec<u32>,
    },
    /// A run without any ticket of a pruned network.
    #[error("'{}' has no tickets yet", path.display())]
    NoTickets {
        /// Which run.
        path: PathBuf,
    },
    /// The run with the target's own tickets is of something else.
    #[error("'{}' is a run of {found}, not of {wanted}", path.display())]
    OtherRun {
        /// Which run.
        path: PathBuf,
        /// Its model and data.
        found: String,
        /// The target's model and data.
        wanted: String,
    },
    /// The schedule would go on after its end.
    #[error("the ticket is of iteration {iteration}, the training on the target ends at {length}")]
    NothingLeft {
        /// The ticket's rewind point.
        iteration: u64,
        /// The length of training, in iterations.
        length: u64,
    },
}

impl From<TransferError> for TransferRunError {
    fn from(error: TransferError) -> Self {
        Self::Rules(Box::new(error))
    }
}

impl TransferRunError {
    /// Whether it concerns the disk, not what was asked for.
    pub fn stops_the_run(&self) -> bool {
        matches!(self, Self::Lab(error) if error.stops_the_run())
    }
}

impl Hint for TransferRunError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Lab(error) => return error.hint(),
            Self::NoTicket(error) => return error.hint(),
            Self::Ticket { source, .. } => return source.hint(),
            Self::Rules(error) => {
                let wanted = error.fitting_examples();
                let fitting =
                    DATASETS.iter().filter(|info| wanted.is_some_and(|shape| info.shape == **shape));
                let names: Vec<&str> = fitting.map(|info| info.name).collect();
                let hint = error.hint()?;
                return Some(if names.is_empty() {
                    hint
                } else {
                    format!("{hint}; such are {}", names.join(", "))
                });
            }
            Self::NoSuchRound { rounds, .. } => {
                let rounds: Vec<String> = rounds.iter().map(ToString::to_string).collect();
                format!("there are {}", rounds.join(", "))
            }
            Self::NoTickets { .. } => "let the run finish its first round".to_owned(),
            Self::OtherRun { .. } => {
                "give a run of the same model on the data set that the ticket is transferred to".to_owned()
            }
            Self::NothingLeft { .. } => {
                "train longer, or leave out --schedule-from-ticket: the schedule then starts at 0".to_owned()
            }
        })
    }
}

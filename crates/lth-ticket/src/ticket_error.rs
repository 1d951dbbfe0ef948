//! Why a file is not a ticket that can be used.

use lth_model::{EngineError, Hint, TensorFileError};
use thiserror::Error;

use crate::TICKET_FORMAT_VERSION;

/// Why a ticket is refused.
#[derive(Debug, Error)]
pub enum TicketError {
    /// The file cannot be read or is no safetensors file.
    #[error(transparent)]
    File(#[from] TensorFileError),
    /// Written by a newer version of this program.
    #[error("'{path}' has ticket format {found}, this program reads up to {TICKET_FORMAT_VERSION}")]
    Newer {
        /// Which file.
        path: String,
        /// The file's format version.
        found: u32,
    },
    /// A file that is not a ticket, or a damaged one.
    #[error("'{path}' is not a valid ticket: {reason}")]
    Invalid {
        /// Which file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Tensors or masks that do not fit.
    #[error("the ticket is of another architecture than {wanted}: {source}")]
    Fit {
        /// The name of the architecture that was wanted.
        wanted: String,
        /// What does not fit.
        source: EngineError,
    },
    /// The same tensors, but other layers between them.
    #[error("the ticket is of architecture {model} ({found}), not of {wanted} ({expected})")]
    OtherArchitecture {
        /// The ticket's model.
        model: String,
        /// The ticket's fingerprint.
        found: String,
        /// The name of the architecture that was wanted.
        wanted: String,
        /// Its fingerprint.
        expected: String,
    },
    /// Contents that contradict each other.
    #[error("the ticket contradicts itself: {reason}")]
    Contradiction {
        /// What does not agree.
        reason: String,
    },
}

impl Hint for TicketError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::File(error) => return error.hint(),
            Self::Newer { .. } => "use the version that wrote it, or a newer one".to_owned(),
            Self::Invalid { .. } | Self::Contradiction { .. } => {
                "tickets are in RUN/replicate-0/round-NN/ticket.safetensors; make it again if it is damaged"
                    .to_owned()
            }
            Self::Fit { .. } | Self::OtherArchitecture { .. } => {
                "`lth inspect FILE` shows which model a ticket is of".to_owned()
            }
        })
    }
}

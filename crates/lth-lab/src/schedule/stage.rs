//! The unit of work: one training.

use std::fmt;

use crate::{Task, Variant};

/// One training of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stage {
    /// Which repetition.
    pub replicate: u32,
    /// The ticket, or a control.
    pub variant: Variant,
    /// The round, 0 is dense.
    pub round: u32,
}

impl Stage {
    /// The ticket of a round.
    pub(crate) fn ticket(replicate: u32, round: u32) -> Self {
        Self { replicate, variant: Variant::Ticket, round }
    }
}

impl Task for Stage {}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "replicate {}, round {}", self.replicate, self.round)?;
        if self.variant == Variant::Ticket { Ok(()) } else { write!(f, " ({})", self.variant) }
    }
}

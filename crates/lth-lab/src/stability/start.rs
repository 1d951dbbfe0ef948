//! What copies are trained from.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Stage, Variant};

/// A network that copies are trained from: the start of a round, or the dense network at a later iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StartPoint {
    /// Which repetition of the run.
    pub replicate: u32,
    /// The ticket, or a control; of round 0 the ticket is the dense network.
    pub variant: Variant,
    /// The round.
    pub round: u32,
    /// The iteration at which the copies of a dense network part, if that is later than the start of its training. Until then they
    /// are one training; the optimiser's memory is that of this training.
    pub parts_at: Option<u64>,
}

impl StartPoint {
    /// The start of a round.
    pub fn of_round(replicate: u32, variant: Variant, round: u32) -> Self {
        Self { replicate, variant, round, parts_at: None }
    }

    /// The start of the replicate's dense network.
    pub(super) fn dense(&self) -> Self {
        Self::of_round(self.replicate, Variant::Ticket, 0)
    }

    /// The round that it belongs to.
    pub(super) fn stage(&self) -> Stage {
        Stage { replicate: self.replicate, variant: self.variant, round: self.round }
    }

    /// The start whose copy of this number is the same training: copy 0 of the dense network is the run's own training, wherever
    /// the others part from it.
    pub(super) fn owner_of(self, copy: u32) -> Self {
        if copy == 0 { Self { parts_at: None, ..self } } else { self }
    }

    /// The name of its folder below that of the replicate.
    pub(super) fn folder(&self) -> String {
        let Self { variant, round, .. } = self;
        match self.parts_at {
            None => format!("round-{round:02}-{variant}"),
            Some(iteration) => format!("round-{round:02}-{variant}-from-{iteration}it"),
        }
    }
}

impl fmt::Display for StartPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.stage())?;
        self.parts_at.map_or(Ok(()), |iteration| write!(f, " from iteration {iteration}"))
    }
}

//! Which trained weights stay on disk, and what that costs.

use std::{fmt, str::FromStr};

use lth_model::{Architecture, ParseError};
use serde::{Deserialize, Serialize};

use super::Experiment;

/// Which trained weights stay on disk beside the tickets and those of the dense network, which always do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// None: any of them can be trained again from its ticket, to the same bits.
    Tickets,
    /// Those of the last round.
    Last,
    /// Those of the round with the best validation accuracy at the end of training.
    Best,
    /// Those of every round and control.
    All,
}

impl Keep {
    /// Every policy, from the smallest folder to the largest.
    pub const ALL: [Self; 4] = [Self::Tickets, Self::Last, Self::Best, Self::All];

    /// What it keeps, in a line.
    pub fn description(self) -> &'static str {
        match self {
            Self::Tickets => "tickets and the trained dense network, all else can be repeated from them",
            Self::Last => "also the trained weights of the last round",
            Self::Best => "also the trained weights of the round with the best validation accuracy",
            Self::All => "also the trained weights of every round and control",
        }
    }
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tickets => "tickets",
            Self::Last => "last",
            Self::Best => "best",
            Self::All => "all",
        })
    }
}

impl FromStr for Keep {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::ALL.into_iter().find(|keep| keep.to_string() == text).ok_or_else(|| ParseError {
            what: "keep policy",
            value: text.to_owned(),
            reason: "there is no such policy".to_owned(),
            hint: "one of tickets, last, best, all".to_owned(),
        })
    }
}

/// What the tensors of a finished run take on disk, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeepEstimate {
    /// The policy.
    pub keep: Keep,
    /// All safetensors files of the run; tables and pictures come on top.
    pub bytes: u64,
}

/// A safetensors header beyond its tensors: metadata and padding.
const METADATA_BYTES: u64 = 420;
/// One entry of a safetensors header.
const ENTRY_BYTES: u64 = 75;

impl Experiment {
    /// What the run will take on disk under each policy, smallest first.
    pub fn estimate_sizes(&self, architecture: &Architecture) -> [KeepEstimate; 4] {
        Keep::ALL.map(|keep| KeepEstimate { keep, bytes: self.estimate_size(architecture, keep) })
    }

    fn estimate_size(&self, architecture: &Architecture, keep: Keep) -> u64 {
        let parameters = architecture.parameters();
        let statistics = architecture.running_statistics();
        let shapes = parameters.iter().map(|p| &p.shape).chain(statistics.iter().map(|s| &s.shape));
        let values: u64 = shapes.map(|shape| shape.iter().product::<usize>() as u64).sum();
        let tensors = (parameters.len() + statistics.len()) as u64;
        let masked = parameters.iter().filter(|p| p.kind.is_prunable()).count() as u64;
        let weights = 4 * values + ENTRY_BYTES * tensors + METADATA_BYTES;
        let ticket = weights + architecture.weight_count() as u64 + ENTRY_BYTES * masked;

        let rounds = u64::from(self.rounds);
        let one_shot = matches!(self.pruning.procedure, super::Procedure::OneShot(..));
        // Iterative pruning leaves the ticket of one round more; a plain training none.
        let tickets = if one_shot || self.start.is_some() { rounds } else { rounds + 1 };
        let starts = if self.pruning.procedure.rewind().is_zero() { 1 } else { 2 };
        let controls = rounds.saturating_sub(1) * self.controls.len() as u64;
        // The dense network stays, for runs that cut their tickets from it too.
        let dense = u64::from(self.start.is_none());
        let trained = match keep {
            Keep::Tickets => dense,
            Keep::Last => 1 + u64::from(dense > 0 && rounds > 1),
            Keep::Best => 1 + dense,
            Keep::All => rounds + controls,
        };
        u64::from(self.replicates) * (ticket * (tickets + controls) + weights * (starts + trained))
    }
}

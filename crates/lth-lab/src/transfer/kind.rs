//! What is trained on the target.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a training on the target starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransferKind {
    /// The ticket, by the rules of the transfer.
    Transferred,
    /// The ticket of the same round of a run on the target's own data.
    SameData,
    /// The ticket's masks, fresh weights (Frankle and Carbin 2019).
    Reinit,
    /// Masks permuted over all layers together, fresh weights (Morcos et al. 2019).
    RandomTicket,
    /// The dense network, fresh weights.
    Dense,
}

impl TransferKind {
    /// Every kind, in the order of tables.
    pub const ALL: [Self; 5] =
        [Self::Transferred, Self::SameData, Self::Reinit, Self::RandomTicket, Self::Dense];

    /// Its name in files and folders.
    pub fn name(self) -> &'static str {
        match self {
            Self::Transferred => "transferred",
            Self::SameData => "same-data",
            Self::Reinit => "reinit",
            Self::RandomTicket => "random-ticket",
            Self::Dense => "dense",
        }
    }
}

impl fmt::Display for TransferKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

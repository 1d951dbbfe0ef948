//! The tasks of a study.

use std::fmt;

use super::StartPoint;
use crate::{Task, TaskKind};

/// Something that takes time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StabilityTask {
    /// Training the dense network of a replicate to the points at which copies part.
    Dense {
        /// Which repetition.
        replicate: u32,
    },
    /// Training a copy.
    Copy {
        /// From where.
        start: StartPoint,
        /// Its number, from 0.
        copy: u32,
    },
    /// Measuring how far copy 0 is from that of the dense network.
    Pruning {
        /// From where.
        start: StartPoint,
    },
    /// Measuring the path between two copies.
    Path {
        /// Where they come from.
        start: StartPoint,
        /// Their numbers.
        pair: [u32; 2],
    },
}

impl Task for StabilityTask {
    fn kind(&self) -> TaskKind {
        match self {
            Self::Dense { .. } | Self::Copy { .. } => TaskKind::Training,
            Self::Pruning { .. } => TaskKind::Distance,
            Self::Path { .. } => TaskKind::Path,
        }
    }
}

impl fmt::Display for StabilityTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dense { replicate } => write!(f, "replicate {replicate}, dense to where copies part"),
            Self::Copy { start, copy } => write!(f, "{start}, copy {copy}"),
            Self::Pruning { start } => write!(f, "{start}, distance from the dense network"),
            Self::Path { start, pair: [a, b] } => write!(f, "{start}, path from copy {a} to {b}"),
        }
    }
}

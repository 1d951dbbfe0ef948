//! The examples of a step.

use super::{DataSet, View};

/// The examples of one step.
#[derive(Debug, Clone, Copy)]
pub enum Batch<'a> {
    /// Examples of a data set, by index, in this order.
    Stored {
        /// The data set.
        data: &'a DataSet,
        /// Which examples.
        indices: &'a [u32],
        /// How each is read; empty where all are read as they are stored.
        views: &'a [View],
    },
    /// Plain numbers, `[example][feature]`.
    Values {
        /// The inputs.
        inputs: &'a [f32],
        /// One class an example.
        labels: &'a [u16],
    },
}

impl Batch<'_> {
    /// The number of examples.
    pub fn len(&self) -> usize {
        match self {
            Self::Stored { indices, .. } => indices.len(),
            Self::Values { labels, .. } => labels.len(),
        }
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// One update: its examples and its learning rate, after the schedule.
#[derive(Debug, Clone, Copy)]
pub struct Update<'a> {
    /// The examples.
    pub batch: Batch<'a>,
    /// The learning rate of this very update.
    pub rate: f32,
}

/// Consecutive updates of one network of a trainer.
#[derive(Debug, Clone, Copy)]
pub struct Stretch<'a> {
    /// Which network.
    pub network: usize,
    /// Its updates, in order.
    pub updates: &'a [Update<'a>],
}

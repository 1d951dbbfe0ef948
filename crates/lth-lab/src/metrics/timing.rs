//! Wall-clock times of a training, apart from all that is the same in every repetition.

use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use super::record::read_json;
use crate::LabError;

/// `timing.json`: how long a training took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timing {
    /// Seconds of training and evaluation, interruptions not counted.
    pub seconds: f64,
    /// Updates made in them.
    pub steps: u64,
    /// When it was finished, in seconds since 1970.
    pub finished: f64,
}

impl Timing {
    /// Updates a second, evaluations included.
    pub fn steps_per_second(&self) -> f64 {
        if self.seconds > 0.0 { self.steps as f64 / self.seconds } else { 0.0 }
    }

    pub(crate) fn to_json(self) -> String {
        let mut text = serde_json::to_string_pretty(&self).expect("times are plain values");
        text.push('\n');
        text
    }

    pub(crate) fn read(path: &Path) -> Result<Option<Self>, LabError> {
        read_json(path)
    }
}

/// When each evaluation of a training was made: iteration and seconds since 1970.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamps(Vec<(u64, f64)>);

impl Timestamps {
    /// Notes that an iteration was reached now.
    pub(crate) fn note(&mut self, iteration: u64) {
        if self.0.last().is_none_or(|&(last, _)| last < iteration) {
            self.0.push((iteration, now()));
        }
    }

    /// Notes for a training whose own are lost: it began at iteration `start`, took so many seconds and was finished then.
    pub(crate) fn spread(
        iterations: impl Iterator<Item = u64>,
        start: u64,
        seconds: f64,
        finished: f64,
    ) -> Self {
        let mut iterations: Vec<u64> = iterations.collect();
        iterations.dedup();
        let last = iterations.last().map_or(start, |&last| last.max(start));
        let left = |iteration: u64| (last - iteration) as f64 / (last - start).max(1) as f64;
        let note = |iteration| (iteration, finished - seconds * left(iteration));
        Self(iterations.into_iter().map(note).collect())
    }

    /// When an iteration was reached: the first note at or after it, else the last.
    pub(crate) fn at(&self, iteration: u64) -> f64 {
        let after = self.0.partition_point(|&(noted, _)| noted < iteration);
        self.0.get(after).or(self.0.last()).map_or_else(now, |&(_, time)| time)
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64())
}

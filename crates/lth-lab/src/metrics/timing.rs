//! How long a training took, apart from all that is the same in every repetition.

use std::{
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use super::record::read_json;
use crate::LabError;

/// `timing.json`: how long a training took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timing {
    /// Wall-clock seconds of training and evaluation, interruptions not counted.
    pub seconds: f64,
    /// Seconds of CPU time in them, of all threads of the training: what it costs, whatever else the machine does. `None`
    /// where it is not known; older versions did not measure it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_seconds: Option<f64>,
    /// Updates made in them.
    pub steps: u64,
    /// When it was finished, in seconds since 1970.
    pub finished: f64,
    /// The folder in which it was done, of another run, where its files are taken from there; relative to the folder of runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<PathBuf>,
}

impl Timing {
    /// Of a training that ends now.
    pub(crate) fn now(seconds: f64, cpu_seconds: Option<f64>, steps: u64) -> Self {
        Self { seconds, cpu_seconds, steps, finished: now(), origin: None }
    }

    /// Seconds of CPU time an update, evaluations included; `None` where it is not known or there was no update.
    pub fn cpu_seconds_a_step(&self) -> Option<f64> {
        let seconds = self.cpu_seconds.filter(|&seconds| seconds > 0.0 && self.steps > 0)?;
        Some(seconds / self.steps as f64)
    }

    /// How many times less CPU time a step takes than one of another training; in wall-clock time where that of either is
    /// not known.
    pub(crate) fn speed_up(&self, dense: &Self) -> Option<f64> {
        if let (Some(own), Some(dense)) = (self.cpu_seconds_a_step(), dense.cpu_seconds_a_step()) {
            return Some(dense / own);
        }
        let (own, dense) = (self.steps_per_second(), dense.steps_per_second());
        (own > 0.0 && dense > 0.0).then(|| own / dense)
    }

    /// Updates a second of wall-clock time, evaluations included.
    pub fn steps_per_second(&self) -> f64 {
        if self.seconds > 0.0 { self.steps as f64 / self.seconds } else { 0.0 }
    }

    pub(crate) fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("times are plain values");
        text.push('\n');
        text
    }

    /// Reads the times of a training; `None` where they are not there.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(seconds: f64, cpu_seconds: Option<f64>, steps: u64) -> Timing {
        Timing { seconds, cpu_seconds, steps, finished: 0.0, origin: None }
    }

    #[test]
    fn the_speed_up_does_not_see_a_busy_machine() {
        let dense = timing(10.0, Some(10.0), 100);
        // Half the work, while something else had the core for 30 seconds.
        assert_eq!(timing(35.0, Some(5.0), 100).speed_up(&dense), Some(2.0));
        assert_eq!(timing(35.0, Some(2.5), 50).speed_up(&dense), Some(2.0));
    }

    #[test]
    fn without_cpu_time_wall_clock_time_counts() {
        let old = timing(5.0, None, 100);
        assert_eq!(old.speed_up(&timing(10.0, Some(8.0), 100)), Some(2.0));
        assert_eq!(timing(5.0, Some(1.0), 100).speed_up(&timing(10.0, None, 100)), Some(2.0));
        assert_eq!(timing(0.0, None, 0).speed_up(&old), None);
        assert_eq!(timing(0.0, Some(0.0), 0).speed_up(&old), None);
    }

    #[test]
    fn files_of_older_versions_are_read() {
        let text = r#"{ "seconds": 1.5, "steps": 3, "finished": 0.0 }"#;
        assert_eq!(serde_json::from_str::<Timing>(text).unwrap(), timing(1.5, None, 3));
        let new = timing(1.5, Some(1.25), 3);
        assert_eq!(serde_json::from_str::<Timing>(&new.to_json()).unwrap(), new);
    }
}

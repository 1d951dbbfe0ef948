//! How much a run may be asked for: so much that it can be planned.

use super::refuse;
use crate::{Experiment, LabError};

/// The most rounds that a run may have; at the papers' rates nothing is left after a hundred.
const MOST_ROUNDS: u32 = 10_000;

/// The most trainings that a run may have, whose list is made before the first.
pub(crate) const MOST_TRAININGS: u64 = 100_000;

impl Experiment {
    /// How many trainings the experiment has: a ticket in each round of each replicate, controls in each but the dense one.
    pub fn trainings(&self) -> u64 {
        let controls = (self.controls.len() as u64).saturating_mul(u64::from(self.rounds.saturating_sub(1)));
        u64::from(self.replicates).saturating_mul(controls.saturating_add(u64::from(self.rounds)))
    }

    /// Refuses more rounds, replicates and controls than can be planned. Memory and time that these numbers decide are only spent
    /// after it.
    ///
    /// # Errors
    /// [`LabError::Setting`], with the bound.
    pub fn check_size(&self) -> Result<(), LabError> {
        if self.rounds > MOST_ROUNDS {
            let reason = "these are more rounds than a run can have";
            return refuse("rounds", self.rounds, reason, format!("use {MOST_ROUNDS} at most"));
        }
        let trainings = self.trainings();
        if trainings <= MOST_TRAININGS {
            return Ok(());
        }
        let reason = format!(
            "{} rounds of {} replicates, with {} controls, are {trainings} trainings",
            self.rounds,
            self.replicates,
            self.controls.len()
        );
        let hint = format!("a run has {MOST_TRAININGS} trainings at most");
        if self.controls.len() as u64 > u64::from(self.replicates) {
            refuse("controls", self.controls.len(), reason, hint)
        } else {
            refuse("replicates", self.replicates, reason, hint)
        }
    }
}

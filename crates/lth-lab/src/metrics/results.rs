//! A run read back from its folder, finished or not.

use std::path::Path;

use lth_model::{Density, TensorFile};
use lth_ticket::{MetricRow, Replicate, TestSet, Verdict};

use super::{RoundRecord, Timing, read_metrics_csv};
use crate::{Experiment, LabError, Layout, RunState, Variant};

/// One finished training.
#[derive(Debug, Clone, PartialEq)]
pub struct RoundResult {
    /// What it found.
    pub record: RoundRecord,
    /// How long it took, if that is known.
    pub timing: Option<Timing>,
    /// How many times less CPU time a step takes than in round 0 of the same replicate ([`Timing::cpu_seconds`]).
    pub speed_up: Option<f64>,
}

impl RoundResult {
    /// The fraction of weights kept.
    pub fn density(&self) -> Density {
        self.record.density
    }

    /// Test accuracy at early stop; without a validation set, at the end.
    pub fn test_accuracy(&self) -> f64 {
        self.record.early_stop.as_ref().unwrap_or(&self.record.end).test_accuracy
    }
}

/// What a run has found so far.
#[derive(Debug, Clone, PartialEq)]
pub struct RunResults {
    /// Its folder.
    pub layout: Layout,
    /// Its settings.
    pub experiment: Experiment,
    /// Every finished training, by replicate, then variant (tickets first, then the controls as in the experiment),
    /// then round.
    pub rounds: Vec<RoundResult>,
}

impl RunResults {
    /// Reads a run folder; what is unfinished is not there.
    ///
    /// # Errors
    /// When the folder is not a run, a newer version wrote it, or a file in it is damaged (the error names it).
    pub fn load(folder: &Path) -> Result<Self, LabError> {
        let layout = Layout::new(folder);
        if !layout.is_run() {
            return Err(LabError::NotARun { path: folder.to_owned() });
        }
        let experiment = Experiment::read(&layout.experiment())?;
        Self::collect(layout, experiment)
    }

    /// Reads the results of an experiment whose settings are known.
    pub(crate) fn collect(layout: Layout, experiment: Experiment) -> Result<Self, LabError> {
        let mut found = Vec::new();
        for replicate in 0..experiment.replicates {
            for variant in experiment.variants() {
                for round in 0..experiment.rounds {
                    let path = layout.record(replicate, variant, round);
                    let Some(record) = RoundRecord::read(&path)? else { continue };
                    if let Some(reason) = record.is_elsewhere((replicate, variant, round)) {
                        return Err(LabError::Damaged { path, reason });
                    }
                    found.push((record, Timing::read(&layout.timing(replicate, variant, round))?));
                }
            }
        }
        Ok(Self::of_records(layout, experiment, found))
    }

    /// What finished trainings come to together: by replicate, tickets first, then by round.
    pub(crate) fn of_records(
        layout: Layout,
        experiment: Experiment,
        found: Vec<(RoundRecord, Option<Timing>)>,
    ) -> Self {
        let mut dense: Option<(u32, Timing)> = None;
        let rounds = found.into_iter().map(|(record, timing)| {
            if record.variant == Variant::Ticket && record.round == 0 {
                dense = timing.clone().map(|timing| (record.replicate, timing));
            }
            let dense = dense.as_ref().filter(|(replicate, _)| *replicate == record.replicate);
            let speed_up = timing.as_ref().zip(dense).and_then(|(own, (_, dense))| own.speed_up(dense));
            RoundResult { record, timing, speed_up }
        });
        Self { rounds: rounds.collect(), layout, experiment }
    }

    /// The finished trainings of a variant in one replicate, by round.
    pub fn of(&self, replicate: u32, variant: Variant) -> impl Iterator<Item = &RoundResult> {
        self.rounds
            .iter()
            .filter(move |result| result.record.replicate == replicate && result.record.variant == variant)
    }

    /// Which tickets win, by the accuracies on this test set. `None` when no dense network is finished.
    pub fn verdict(&self, test: TestSet) -> Option<Verdict> {
        let replicate = |replicate| Replicate {
            seed: self.experiment.seed(replicate),
            rounds: self
                .of(replicate, Variant::Ticket)
                .map(|result| lth_ticket::RoundResult {
                    round: u64::from(result.record.round),
                    density: result.density(),
                    early_stop_iteration: result.record.early_stop.map(|stop| stop.iteration),
                    last_iteration: result.record.end.iteration,
                    test_accuracy: result.test_accuracy(),
                })
                .collect(),
        };
        let replicates: Vec<Replicate> = (0..self.experiment.replicates).map(replicate).collect();
        Verdict::of(&replicates, test)
    }

    /// Every evaluation of a finished training.
    ///
    /// # Errors
    /// When its file is missing or damaged.
    pub fn history(&self, result: &RoundResult) -> Result<Vec<MetricRow>, LabError> {
        let RoundRecord { replicate, variant, round, .. } = result.record;
        let path = self.layout.metrics(replicate, variant, round);
        self.experiment.there(&self.layout, &path)?;
        read_metrics_csv(&path)
    }

    /// The weights and masks that a training started from.
    ///
    /// # Errors
    /// When the file is missing or damaged.
    pub fn ticket(&self, replicate: u32, variant: Variant, round: u32) -> Result<TensorFile, LabError> {
        let path = self.layout.ticket(replicate, variant, round);
        self.experiment.there(&self.layout, &path)?;
        Ok(TensorFile::read(&path)?)
    }

    /// How far it is, if nobody works in it.
    pub fn state(&self) -> RunState {
        if self.is_complete() {
            RunState::Finished
        } else {
            RunState::unfinished(&self.experiment, &self.layout)
        }
    }

    /// Whether every training of the experiment is finished.
    pub fn is_complete(&self) -> bool {
        self.rounds.len() as u64 == self.experiment.trainings()
    }
}

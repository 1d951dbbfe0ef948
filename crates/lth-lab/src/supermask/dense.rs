//! The weights of a run's dense network, somewhere in its training.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use lth_model::{Density, ParseError, Step, TensorFile, Tensors};

use super::heuristic::HeuristicTask;
use crate::{
    LabError, RoundRecord, RunResults, StageError, Variant, Workbench,
    atomic::write_file,
    tasks::{Ended, Found, TaskName},
    work::{Start, TrainingWork, Until},
};

/// Which weights of the dense network criteria look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DenseWeights {
    /// Those at the end of its training.
    End,
    /// Those at its early-stop iteration.
    EarlyStop,
    /// Those at a step of its training.
    At(Step),
}

impl DenseWeights {
    /// What the names of files end in.
    pub fn suffix(self) -> String {
        if self == Self::End { String::new() } else { format!("-{self}") }
    }

    /// Makes sure that the weights of a replicate's network are there: in the run's files, or trained again.
    ///
    /// # Errors
    /// When the run has no such weights, or files cannot be read or written.
    pub(super) fn provide(
        self,
        results: &RunResults,
        replicate: u32,
        bench: &Workbench<'_>,
    ) -> Result<Ended, StageError> {
        let record = record(results, replicate)?;
        let iteration = self.iteration(&record, results, bench)?;
        let kept = self.file(results, replicate, iteration);
        bench.leased_place(&kept, || Self::train_again(&record, results, bench, iteration, &kept))
    }

    /// Trains a replicate's network again to an iteration, unless that was done, and writes its weights.
    fn train_again(
        record: &RoundRecord,
        results: &RunResults,
        bench: &Workbench<'_>,
        iteration: u64,
        kept: &Path,
    ) -> Result<Ended, StageError> {
        if kept.exists() {
            return Ok(Ended::Skipped(Found::Files));
        }
        let replicate = record.replicate;
        let (experiment, seed) = (&results.experiment, record.seed);
        let ticket = results.layout.ticket(replicate, Variant::Ticket, 0);
        let start = Start { iteration: record.start, ..Start::dense(tensors(&ticket, bench)?) };
        let data = bench.examples(experiment, seed)?;
        let checkpoint =
            kept.with_file_name(format!("replicate-{replicate}-dense-{iteration}it-checkpoint.safetensors"));
        let job = bench.unevaluated_job(experiment, seed, &data, &start);
        let key = bench.key(experiment, seed, &start, &job);
        let work = TrainingWork {
            task: &TaskName::of(&HeuristicTask::Dense { replicate }),
            job,
            saved: Some((&checkpoint, &key)),
            density: Density::DENSE,
            until: Until::Iteration(iteration),
        };
        let sitting = bench.train(work, |end, _| {
            let metadata = BTreeMap::from([
                ("kind".to_owned(), "dense-weights".to_owned()),
                ("iteration".to_owned(), iteration.to_string()),
            ]);
            let file = TensorFile { tensors: end.weights().clone(), metadata, ..TensorFile::default() };
            write_file(kept, &file.to_bytes())?;
            Ok(Some(Ended::Finished { found: Found::Files, seconds: end.seconds() }))
        })?;
        Ok(sitting.into())
    }

    /// The weights of a replicate's network before its training, and those that [`Self::provide`] provided.
    ///
    /// # Errors
    /// When files cannot be read.
    pub(super) fn read(
        self,
        results: &RunResults,
        replicate: u32,
        bench: &Workbench<'_>,
    ) -> Result<[Tensors; 2], StageError> {
        let iteration = self.iteration(&record(results, replicate)?, results, bench)?;
        let before = results.layout.ticket(replicate, Variant::Ticket, 0);
        Ok([tensors(&before, bench)?, tensors(&self.file(results, replicate, iteration), bench)?])
    }

    /// How many steps a replicate's network has to be trained again; `None` where its weights are there.
    ///
    /// # Errors
    /// As [`DenseWeights::of`].
    pub(super) fn steps_left(
        self,
        results: &RunResults,
        replicate: u32,
        bench: &Workbench<'_>,
    ) -> Result<Option<u64>, StageError> {
        let record = record(results, replicate)?;
        let iteration = self.iteration(&record, results, bench)?;
        let kept = self.file(results, replicate, iteration);
        Ok((!kept.exists()).then(|| iteration - record.start))
    }

    /// Where the weights of a replicate are, or will be once they were trained again.
    fn file(self, results: &RunResults, replicate: u32, iteration: u64) -> PathBuf {
        let of_run = results.layout.trained(replicate, Variant::Ticket, 0);
        if self == Self::End && of_run.exists() {
            return of_run;
        }
        let again = format!("replicate-{replicate}-dense-{iteration}it.safetensors");
        results.layout.root().join("supermask").join(again)
    }

    fn iteration(
        self,
        record: &RoundRecord,
        results: &RunResults,
        bench: &Workbench<'_>,
    ) -> Result<u64, LabError> {
        let refuse = |reason: String, hint: &str| {
            let (setting, value, hint) = ("dense-weights", self.to_string(), hint.to_owned());
            Err(LabError::Setting { setting, value, reason, hint })
        };
        let iteration = match self {
            Self::End => record.end.iteration,
            Self::EarlyStop => match &record.early_stop {
                Some(point) => point.iteration,
                None => return refuse("the run has no validation set".to_owned(), "use end, or a step"),
            },
            Self::At(step) => step.iterations(bench.per_epoch(&results.experiment)),
        };
        if (record.start + 1..=record.end.iteration).contains(&iteration) {
            return Ok(iteration);
        }
        let reason =
            format!("the dense training goes from iteration {} to {}", record.start, record.end.iteration);
        refuse(reason, "choose a step of it, for example 200it")
    }
}

/// The record of a replicate's dense network.
fn record(results: &RunResults, replicate: u32) -> Result<RoundRecord, LabError> {
    let path = results.layout.record(replicate, Variant::Ticket, 0);
    RoundRecord::read(&path)?.ok_or_else(|| LabError::Setting {
        setting: "round",
        value: "0".to_owned(),
        reason: format!("replicate {replicate} has not finished round 0"),
        hint: "continue the run with the same command".to_owned(),
    })
}

/// The tensors of a file of the run's network.
fn tensors(path: &Path, bench: &Workbench<'_>) -> Result<Tensors, LabError> {
    let file = TensorFile::read(path)?;
    bench.architecture.check_tensors(&file.tensors)?;
    Ok(bench.architecture.ordered(file.tensors))
}

impl fmt::Display for DenseWeights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::End => f.write_str("end"),
            Self::EarlyStop => f.write_str("early-stop"),
            Self::At(step) => step.fmt(f),
        }
    }
}

impl FromStr for DenseWeights {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "end" => Ok(Self::End),
            "early-stop" => Ok(Self::EarlyStop),
            step => step.parse().map(Self::At),
        }
    }
}

//! The weights of a run's dense network, somewhere in its training.

use std::{
    collections::BTreeMap,
    fmt, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use lth_model::{Learns, Masks, ParseError, Pruned, Step, TensorFile, Tensors};
use lth_ticket::{
    Directive, Observer, Outcome, Progress, TrainingCheckpoint, TrainingData, TrainingJob, train,
};

use super::heuristic::HeuristicContext;
use crate::{LabError, RoundRecord, RunResults, StageError, Stop, Variant, atomic::write_file};

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

/// A dense network before and after training.
pub(super) struct DenseNetwork {
    pub(super) initial: Tensors,
    pub(super) trained: Tensors,
}

impl DenseWeights {
    /// What the names of files end in.
    pub fn suffix(self) -> String {
        if self == Self::End { String::new() } else { format!("-{self}") }
    }

    /// The network of a replicate, from the run's files or trained again; `None` when it was stopped.
    ///
    /// # Errors
    /// When the run has no such weights, or files cannot be read or written.
    pub(super) fn of(
        self,
        results: &RunResults,
        replicate: u32,
        data: &TrainingData,
        context: &HeuristicContext<'_>,
    ) -> Result<Option<DenseNetwork>, StageError> {
        let layout = &results.layout;
        let initial = tensors(&layout.ticket(replicate, Variant::Ticket, 0), context)?;
        let record = record(results, replicate)?;
        let iteration = self.iteration(&record, results, data)?;
        let kept = self.file(results, replicate, iteration);
        if kept.exists() {
            return Ok(Some(DenseNetwork { initial, trained: tensors(&kept, context)? }));
        }
        let Some(trained) = train_to(iteration, &record, &initial, results, data, context)? else {
            return Ok(None);
        };
        let metadata = BTreeMap::from([
            ("kind".to_owned(), "dense-weights".to_owned()),
            ("iteration".to_owned(), iteration.to_string()),
        ]);
        let file = TensorFile { tensors: trained.clone(), metadata, ..TensorFile::default() };
        write_file(&kept, &file.to_bytes())?;
        Ok(Some(DenseNetwork { initial, trained }))
    }

    /// How many steps a replicate's network has to be trained again; `None` where its weights are there.
    ///
    /// # Errors
    /// As [`DenseWeights::of`].
    pub(super) fn steps_left(
        self,
        results: &RunResults,
        replicate: u32,
        data: &TrainingData,
    ) -> Result<Option<u64>, StageError> {
        let record = record(results, replicate)?;
        let iteration = self.iteration(&record, results, data)?;
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
        data: &TrainingData,
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
            Self::At(step) => {
                let batch = results.experiment.recipe.batch_size.max(1);
                step.iterations(data.train_indices.len().div_ceil(batch) as u64)
            }
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

/// Trains the dense network of a replicate to an iteration; `None` when it was stopped before.
fn train_to(
    iteration: u64,
    record: &RoundRecord,
    initial: &Tensors,
    results: &RunResults,
    data: &TrainingData,
    context: &HeuristicContext<'_>,
) -> Result<Option<Tensors>, StageError> {
    let experiment = &results.experiment;
    let job = TrainingJob {
        architecture: context.architecture,
        recipe: &experiment.recipe,
        learns: Learns::Weights,
        data,
        weights: initial,
        masks: &Masks::new(),
        mask_updates: None,
        pruned: Pruned::Zero,
        seed: record.seed,
        start: record.start,
        order: experiment.order,
        optimizer: None,
        // Only the weights count, and an evaluation on the way changes no bit.
        evaluate_every: u64::MAX,
        snapshots: Vec::new(),
    };
    match train(context.engine, &job, None, &mut Until { iteration, stop: &context.stop })? {
        Outcome::Finished(trained) => Ok(Some(trained.weights)),
        Outcome::Stopped(checkpoint) if checkpoint.iteration >= iteration => {
            Ok(Some(checkpoint.trainer.weights))
        }
        Outcome::Stopped(_) => Ok(None),
        Outcome::Diverged { iteration } => Err(StageError::Diverged { iteration }),
    }
}

/// Stops a training at an iteration, or when the user wants it.
struct Until<'a> {
    iteration: u64,
    stop: &'a Stop,
}

impl Observer for Until<'_> {
    fn step(&mut self, progress: &Progress) -> Directive {
        let ends_here = progress.iteration == progress.iterations;
        if self.stop.is_set() || (progress.iteration >= self.iteration && !ends_here) {
            Directive::Stop
        } else {
            Directive::Continue
        }
    }

    fn stops(&self) -> bool {
        self.stop.is_set()
    }

    fn checkpoint(&mut self, _checkpoint: &TrainingCheckpoint) -> io::Result<()> {
        Ok(())
    }
}

/// The tensors of a file of the run's network.
fn tensors(path: &Path, context: &HeuristicContext<'_>) -> Result<Tensors, LabError> {
    let file = TensorFile::read(path)?;
    context.architecture.check_tensors(&file.tensors)?;
    Ok(context.architecture.ordered(file.tensors))
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

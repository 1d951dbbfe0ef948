//! Learning a supermask in a folder of its own, resumable like a round.

use std::collections::BTreeMap;

use lth_model::{Masks, Normalizing, Pruned, Purpose, Tensors, TrainerState, initialize};
use lth_ticket::{
    MetricRow, Outcome as End, RunningMean, SupermaskSettings, Trained, TrainingCheckpoint, TrainingData,
    TrainingError, TrainingJob, train,
};

use super::{SupermaskExperiment, SupermaskFiles, SupermaskRecord, result::write_result};
use crate::{
    Experiment, LabError, Remedy, RunContext, RunEvent, RunFolder, Stage, StageError, Timestamps, Timing,
    Variant,
    atomic::remove_file,
    context::Uploaded,
    disk::{read_checkpoint, write_checkpoint},
    find::with_data,
    metrics::{read_json, read_metrics_csv},
    schedule::{Sitting, StageWatch},
};

/// Training examples that running statistics of batch normalisations are estimated on for a mask.
pub(super) const NORMALIZING: usize = 2_560;
/// How many of them are normalised together.
const NORMALIZING_BATCH: usize = 128;

/// A learned supermask.
#[derive(Debug, Clone, PartialEq)]
pub struct LearnedSupermask {
    /// Where its files lie.
    pub files: SupermaskFiles,
    /// What came out; `None` when it was stopped before its end.
    pub record: Option<SupermaskRecord>,
    /// How long it took, if that is known.
    pub timing: Option<Timing>,
    /// Every evaluation, when it came to its end.
    pub history: Vec<MetricRow>,
}

/// Learns a supermask in the folder `<output>/<folder_name()>`, or continues to; the same command again finds it finished.
///
/// Of the context, jobs are not used. An interruption changes no bit; neither does the number of threads of the engine.
///
/// # Errors
/// When settings make no sense, the engine refuses the network, learning diverges, the folder belongs to something else or
/// to another process, or its files cannot be read or written.
pub fn learn_supermask(
    learning: &SupermaskExperiment,
    context: &RunContext<'_>,
) -> Result<LearnedSupermask, StageError> {
    learning.check()?;
    learning.check_engine(context.engine, context.architecture).map_err(LabError::Engine)?;
    let experiment = with_data(&learning.resolved(), context)?;
    experiment.check(context.engine, context.architecture, context.data.train.len())?;
    let root = context.output.join(format!("supermask-{}", experiment.folder_name()));
    let (folder, experiment) = RunFolder::open(&root, &experiment)?;
    if let Some(provenance) = context.provenance {
        provenance.add_to(folder.layout())?;
    }
    let work = Learning::new(learning, &experiment, context, SupermaskFiles::new(root))?;
    work.learn()
}

/// One supermask that is being learned.
pub(super) struct Learning<'a> {
    pub(super) settings: SupermaskSettings,
    pub(super) experiment: &'a Experiment,
    pub(super) context: &'a RunContext<'a>,
    pub(super) files: SupermaskFiles,
    pub(super) data: TrainingData,
    /// The weights that masks are put on.
    pub(super) frozen: Tensors,
    pub(super) inputs: String,
}

impl<'a> Learning<'a> {
    fn new(
        learning: &'a SupermaskExperiment,
        experiment: &'a Experiment,
        context: &'a RunContext<'a>,
        files: SupermaskFiles,
    ) -> Result<Self, LabError> {
        let (network, recipe, seed) = (context.architecture, &experiment.recipe, experiment.seed(0));
        let initial = initialize(network, recipe.init, recipe.bias_init, seed, Purpose::Init, 0);
        let inputs = format!(
            "lth-supermask-2\nnumerics={}\n{}architecture={}\ndata={}\nseed={seed}\n",
            context.engine.numerics(),
            experiment.identity_text(),
            network.fingerprint(),
            context.data.fingerprint,
        );
        Ok(Self {
            settings: learning.settings,
            experiment,
            context,
            files,
            data: Uploaded::new(context.engine, context.data)?.split(experiment.validation_size, seed),
            frozen: learning.settings.weights.of(network, &initial),
            inputs: blake3::hash(inputs.as_bytes()).to_hex()[..32].to_owned(),
        })
    }

    fn learn(&self) -> Result<LearnedSupermask, StageError> {
        let stage = Stage { replicate: 0, variant: Variant::Ticket, round: 0 };
        if let Some(record) = read_json::<SupermaskRecord>(&self.files.record())? {
            if record.inputs != self.inputs {
                let reason =
                    "it was learned on other data or for another network than are there now, or in other arithmetic"
                        .to_owned();
                return Err(LabError::Changed { path: self.files.record(), reason }.into());
            }
            let missing = self.files.missing();
            if missing.is_empty() {
                remove_file(&self.files.checkpoint())?;
                return self.result(Some(record));
            }
            let remedy = Remedy::Training;
            self.context.observer.event(&RunEvent::Incomplete { stage, missing: &missing, remedy });
        }
        let (weights, masks) = (&self.frozen, Masks::new());
        let job = TrainingJob {
            architecture: self.context.architecture,
            recipe: &self.experiment.recipe,
            learns: self.settings.learns(Some(normalizing(&self.data))),
            data: &self.data,
            weights,
            masks: &masks,
            mask_updates: None,
            pruned: Pruned::Zero,
            seed: self.experiment.seed(0),
            start: 0,
            order: self.experiment.order,
            optimizer: None,
            evaluate_every: self.experiment.evaluate_every,
            snapshots: Vec::new(),
        };
        let checkpoint = read_checkpoint(&self.files.checkpoint(), &self.inputs)?;
        let (resume, timestamps) = match checkpoint {
            Some(checkpoint) => (Some(checkpoint.training), checkpoint.timestamps),
            None => (None, Timestamps::default()),
        };
        let iteration = resume.as_ref().map_or(0, |checkpoint| checkpoint.iteration);
        self.context.observer.event(&RunEvent::Started { stage, iteration });
        let mut watch = StageWatch {
            stage,
            rounds: 1,
            density: self.context.architecture.density(&masks),
            checkpoint_path: self.files.checkpoint(),
            inputs: &self.inputs,
            every: self.context.checkpoint_every,
            stop: &self.context.stop,
            observer: self.context.observer,
            timestamps,
            trainings_left: 0.0,
            sitting: Sitting::new(iteration, 0),
            failed: None,
        };
        match train(self.context.engine, &job, resume, &mut watch) {
            Ok(End::Finished(trained)) => {
                let record = write_result(self, &trained)?;
                if record.is_some() {
                    remove_file(&self.files.checkpoint())?;
                } else {
                    let end = at_its_end(trained);
                    write_checkpoint(&watch.checkpoint_path, &self.inputs, &end, &watch.timestamps)?;
                }
                self.result(record)
            }
            Ok(End::Diverged { iteration }) => Err(StageError::Diverged { iteration }),
            Ok(End::Stopped(checkpoint)) => {
                write_checkpoint(&watch.checkpoint_path, &self.inputs, &checkpoint, &watch.timestamps)?;
                let iteration = checkpoint.iteration;
                self.context.observer.event(&RunEvent::Stopped { stage, iteration });
                self.result(None)
            }
            Err(TrainingError::Checkpoint { .. }) if watch.failed.is_some() => {
                Err(watch.failed.take().expect("it was just seen").into())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn result(&self, record: Option<SupermaskRecord>) -> Result<LearnedSupermask, StageError> {
        let history = if record.is_some() { read_metrics_csv(&self.files.metrics())? } else { Vec::new() };
        let timing = Timing::read(&self.files.timing())?;
        Ok(LearnedSupermask { files: self.files.clone(), record, timing, history })
    }

    /// What is written beside each file of tensors.
    pub(super) fn metadata(&self, kind: &str) -> BTreeMap<String, String> {
        let pairs = [
            ("kind", kind.to_owned()),
            ("supermask", self.settings.to_string()),
            ("model", self.experiment.model.clone()),
            ("data", self.experiment.view.name_of(&self.experiment.dataset)),
            ("seed", self.experiment.seed(0).to_string()),
        ];
        pairs.map(|(key, value)| (key.to_owned(), value)).into()
    }
}

/// A training that is over but for what follows from it.
fn at_its_end(trained: Trained) -> TrainingCheckpoint {
    TrainingCheckpoint {
        iteration: trained.history.last().map_or(0, |row| row.iteration),
        trainer: TrainerState { weights: trained.weights, optimizer: trained.optimizer },
        masks: None,
        running: RunningMean::default(),
        history: trained.history,
        snapshots: trained.snapshots,
        seconds: trained.seconds,
        cpu_seconds: trained.cpu_seconds,
    }
}

/// What batch normalisations are estimated on; a network without one does not look at it.
pub(super) fn normalizing(data: &TrainingData) -> Normalizing {
    let indices = &data.train_indices;
    Normalizing {
        data: data.train.clone(),
        indices: indices[..indices.len().min(NORMALIZING)].to_vec(),
        batch_size: NORMALIZING_BATCH,
    }
}

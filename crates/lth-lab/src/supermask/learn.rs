//! Learning supermasks, each in a folder of its own, resumable like a round.

use std::{collections::BTreeMap, fmt, sync::Arc};

use lth_model::{Density, Normalizing, Purpose, Seed, initialize};
use lth_ticket::{MetricRow, SupermaskSettings, TrainingData, TrainingJob};

use super::{SupermaskExperiment, SupermaskFiles, SupermaskRecord, result::write_result};
use crate::{
    Experiment, LabError, Planned, Remedy, RunFolder, StageError, Task, Timing, Workbench,
    atomic::remove_file,
    find::with_data,
    metrics::{read_json, read_metrics_csv},
    tasks::{Ended, Found, TaskEvent, TaskKey, TaskName, run_queue},
    work::{End, Start, TrainingWork, Until},
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

/// Learns supermasks side by side, each in the folder `<output>/<folder_name()>`, or continues to; the same call again finds them
/// finished.
///
/// An interruption changes no bit; neither does the number of jobs, or of threads of the engine.
///
/// # Errors
/// When settings make no sense, the engine refuses the network, learning diverges, a folder belongs to something else or
/// to another process, or files cannot be read or written.
pub fn learn_supermasks(
    learnings: &[SupermaskExperiment],
    bench: &Workbench<'_>,
) -> Result<Vec<LearnedSupermask>, StageError> {
    let works = learnings.iter().map(|learning| Learning::open(learning, bench));
    let works = works.collect::<Result<Vec<Learning<'_>>, StageError>>()?;
    let tasks: Vec<Planned<LearningTask>> = works
        .iter()
        .enumerate()
        .map(|(place, work)| Planned::alone(LearningTask { place, seed: work.experiment.seed(0) }))
        .collect();
    let mut report = run_queue(&tasks, bench, &|task| {
        let work = &works[task.place];
        bench.leased_place(&work.files.record(), || work.carry_out(*task))
    });
    if !report.failures.is_empty() {
        return Err(report.failures.swap_remove(0).error);
    }
    works.iter().map(|work| Ok(work.learned(report.ended)?)).collect()
}

/// One of the supermasks.
#[derive(Debug, Clone, Copy)]
struct LearningTask {
    place: usize,
    seed: Seed,
}

impl Task for LearningTask {}

impl fmt::Display for LearningTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "supermask of seed {}", self.seed)
    }
}

/// One supermask that is being learned.
pub(super) struct Learning<'a> {
    pub(super) settings: SupermaskSettings,
    pub(super) experiment: Experiment,
    pub(super) bench: &'a Workbench<'a>,
    pub(super) files: SupermaskFiles,
    /// Kept until it is learned.
    _folder: RunFolder,
    pub(super) data: Arc<TrainingData>,
    /// The weights that masks are put on.
    pub(super) frozen: Start,
    pub(super) key: TaskKey,
}

impl<'a> Learning<'a> {
    fn open(learning: &SupermaskExperiment, bench: &'a Workbench<'a>) -> Result<Self, StageError> {
        learning.check()?;
        learning.check_engine(bench.engine, bench.architecture).map_err(LabError::Engine)?;
        let experiment = with_data(&learning.resolved(), bench)?;
        experiment.check(bench.engine, bench.architecture, bench.data.train.len())?;
        let root = bench.output.join(format!("supermask-{}", experiment.folder_name()));
        let (folder, experiment) = RunFolder::open(&root, &experiment)?;
        let files = SupermaskFiles::new(root);
        bench.note_sitting(folder.layout(), !files.record().is_file())?;
        let (network, recipe, seed) = (bench.architecture, &experiment.recipe, experiment.seed(0));
        let initial = initialize(network, recipe.init, recipe.bias_init, seed, Purpose::Init, 0);
        let frozen = Start::dense(learning.settings.weights.of(network, &initial));
        let data = bench.examples(&experiment, seed).map_err(LabError::Engine)?;
        let job = job_of(learning.settings, &experiment, bench, &data, &frozen);
        let key = bench.key(&experiment, seed, &frozen, &job);
        let settings = learning.settings;
        Ok(Self { settings, experiment, bench, files, _folder: folder, data, frozen, key })
    }

    /// What came out; no record where not all came to their end.
    fn learned(&self, ended: bool) -> Result<LearnedSupermask, LabError> {
        let record = read_json::<SupermaskRecord>(&self.files.record())?.filter(|_| ended);
        let history = if record.is_some() { read_metrics_csv(&self.files.metrics())? } else { Vec::new() };
        let timing = Timing::read(&self.files.timing())?;
        Ok(LearnedSupermask { files: self.files.clone(), record, timing, history })
    }

    fn carry_out(&self, task: LearningTask) -> Result<Ended, StageError> {
        let task = TaskName::of(&task);
        if let Some(record) = read_json::<SupermaskRecord>(&self.files.record())? {
            if record.inputs != self.key.as_str() {
                let reason =
                    "it was learned on other data or for another network than are there now, or in other arithmetic"
                        .to_owned();
                return Err(LabError::Changed { path: self.files.record(), reason }.into());
            }
            let missing = self.files.missing();
            if missing.is_empty() {
                remove_file(&self.files.checkpoint())?;
                return Ok(Ended::Skipped(Found::Files));
            }
            let event = TaskEvent::Incomplete { missing: &missing, remedy: Remedy::Training };
            self.bench.observer.event(&task, &event);
        }
        let work = TrainingWork {
            task: &task,
            job: job_of(self.settings, &self.experiment, self.bench, &self.data, &self.frozen),
            saved: Some((&self.files.checkpoint(), &self.key)),
            density: Density::DENSE,
            until: Until::Last,
        };
        let sitting = self.bench.train(work, |end, _| {
            let End::Last(trained) = end else { return Ok(None) };
            let made = write_result(self, trained)?;
            Ok(made.then_some(Ended::Finished { found: Found::Files, seconds: trained.seconds }))
        })?;
        Ok(sitting.into())
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

/// The training of the scores of masks on frozen weights.
fn job_of<'a>(
    settings: SupermaskSettings,
    experiment: &'a Experiment,
    bench: &'a Workbench<'a>,
    data: &'a TrainingData,
    frozen: &'a Start,
) -> TrainingJob<'a> {
    let learns = settings.learns(Some(normalizing(data)));
    TrainingJob { learns, ..bench.job(experiment, experiment.seed(0), data, frozen) }
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

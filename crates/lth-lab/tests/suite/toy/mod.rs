//! A small problem that trains in milliseconds, and ways to look at a run folder.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use lth_cpu::CpuEngine;
use lth_data::Dataset;
use lth_lab::{
    CheckpointEvery, ControlKind, Experiment, LabError, RunReport, Silent, Stop, TaskEvent, TaskName,
    TaskObserver, Workbench, find_winning_ticket,
};
use lth_model::{Architecture, Engine, Examples, Normalization, Purpose, RandomStream, Seed, Step, mlp};

/// 200 training and 60 test examples of 16 values in 3 classes.
pub(crate) fn data() -> Dataset {
    let (train, test) = (examples(200, 0), examples(60, 1));
    let classes = ["0", "1", "2"].map(str::to_owned).to_vec();
    Dataset::new("toy-data", train, test, vec![16], classes, "test")
}

fn examples(count: usize, index: u64) -> Examples {
    let mut stream = RandomStream::new(Seed(1), Purpose::RandomScores, index);
    let (mut bytes, mut labels) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let label = stream.below(3) as u16;
        for feature in 0..16 {
            let bright = feature % 3 == usize::from(label);
            bytes.push((stream.uniform() * 150.0) as u8 + if bright { 80 } else { 0 });
        }
        labels.push(label);
    }
    Examples { bytes: bytes.into(), labels: labels.into(), features: 16, normalization: Normalization::UNIT }
}

/// 16-12-3.
pub(crate) fn architecture() -> Architecture {
    mlp("toy", &[16], &[12], 3)
}

/// 4 rounds of 24 iterations, 2 replicates, one control.
pub(crate) fn experiment() -> Experiment {
    let mut experiment = Experiment::new("toy", "toy-data");
    experiment.rounds = 4;
    experiment.replicates = 2;
    experiment.validation_size = 40;
    experiment.evaluate_every = 5;
    experiment.controls = vec![control("random-reinit")];
    experiment.recipe.batch_size = 20;
    experiment.recipe.length = Step::from_epochs(3);
    experiment.recipe.learning_rate = 0.02;
    experiment
}

/// A control by name.
pub(crate) fn control(name: &str) -> ControlKind {
    name.parse().unwrap()
}

/// How a run is done; change what a test is about.
pub(crate) struct Setup<'a> {
    pub(crate) engine: Box<dyn Engine>,
    pub(crate) jobs: usize,
    pub(crate) stop: Stop,
    pub(crate) observer: &'a dyn TaskObserver,
    pub(crate) checkpoint_every: CheckpointEvery,
}

impl Default for Setup<'_> {
    fn default() -> Self {
        Self {
            engine: Box::new(CpuEngine::new()),
            jobs: 2,
            stop: Stop::default(),
            observer: &Silent,
            checkpoint_every: CheckpointEvery { seconds: 1e9, iterations: Some(7) },
        }
    }
}

impl Setup<'_> {
    /// Runs the experiment in a folder.
    pub(crate) fn run(&self, experiment: &Experiment, output: &Path) -> Result<RunReport, LabError> {
        let (architecture, data) = (architecture(), data());
        find_winning_ticket(experiment, &self.bench(&architecture, &data, output))
    }

    /// What the experiment is run with.
    pub(crate) fn bench<'a>(
        &'a self,
        architecture: &'a Architecture,
        data: &'a Dataset,
        output: &'a Path,
    ) -> Workbench<'a> {
        let mut bench = Workbench::new(self.engine.as_ref(), architecture, data, output);
        (bench.jobs, bench.stop, bench.observer) = (self.jobs, self.stop.clone(), self.observer);
        bench.checkpoint_every = self.checkpoint_every;
        bench
    }
}

/// Runs the experiment to its end in a new folder.
pub(crate) fn finished(experiment: &Experiment) -> (tempfile::TempDir, RunReport) {
    let output = tempfile::tempdir().unwrap();
    let report = Setup::default().run(experiment, output.path()).unwrap();
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    assert!(report.results.is_complete());
    (output, report)
}

/// Every file below a folder but those that carry wall-clock times, by relative path.
pub(crate) fn exact_files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = all_files(root);
    files.retain(|path, _| {
        let name = path.file_name().unwrap().to_str().unwrap();
        !["timing.json", "timing.csv", "metrics-lec.csv", "events.out.tfevents.lth"].contains(&name)
    });
    files
}

/// Every file below a folder, by relative path.
pub(crate) fn all_files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    collect(root, root, &mut files);
    files
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // The index of outputs is a cache.
        if path.file_name().unwrap() == ".lth" {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            files.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap());
        }
    }
}

/// Fails with the names of the files that differ.
pub(crate) fn assert_same(left: &Path, right: &Path) {
    let (left, right) = (exact_files(left), exact_files(right));
    let names = left.keys().chain(right.keys());
    let differing: Vec<_> = names.filter(|name| left.get(*name) != right.get(*name)).collect();
    assert!(differing.is_empty(), "{differing:?}");
}

/// Cancels at the n-th event.
struct CancelAt {
    left: AtomicUsize,
    cancel: Arc<AtomicBool>,
}

impl TaskObserver for CancelAt {
    fn event(&self, _task: &TaskName, _event: &TaskEvent<'_>) {
        if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.cancel.store(true, Ordering::SeqCst);
        }
    }
}

/// An experiment cancelled again and again, each time a little later, gives the bits of one that is left alone. Returns how many
/// runs it took.
pub(crate) fn assert_same_when_cancelled(experiment: &Experiment) -> usize {
    let (undisturbed, _) = finished(experiment);
    let output = tempfile::tempdir().unwrap();
    for runs in 1.. {
        let cancel = Arc::new(AtomicBool::new(false));
        // Each run gets a little further: the finished stages give one event each.
        let observer = CancelAt { left: AtomicUsize::new(2 + runs), cancel: cancel.clone() };
        let setup =
            Setup { stop: Stop::when(cancel), observer: &observer, jobs: 1 + runs % 2, ..Setup::default() };
        let report = setup.run(experiment, output.path()).unwrap();
        assert!(report.failures.is_empty());
        assert_eq!(report.stopped, !report.results.is_complete());
        if report.results.is_complete() {
            assert_same(undisturbed.path(), output.path());
            return runs;
        }
    }
    unreachable!("it completes one day")
}

//! Copies of small networks: exact where they must be, resumable, refused where nothing makes sense.

mod pruning;
mod resuming;

use std::{fs, sync::Mutex};

use lth_cpu::CpuEngine;
use lth_data::Dataset;
use lth_model::{Architecture, Examples, Hint, Normalization, Purpose, RandomStream, Seed, Step, mlp};
use lth_ticket::{DuringTraining, Outcome, Unobserved, train};

use super::{study::Study, *};
use crate::{
    CheckpointEvery, Experiment, LabError, Procedure, RunResults, Silent, Stop, TaskEvent, TaskName,
    TaskObserver, Variant, Workbench, find_winning_ticket,
};

/// 120 training and 40 test examples of 12 values in 3 classes, of two kinds each.
fn data() -> Dataset {
    let examples = |count: usize, index: u64| {
        let mut stream = RandomStream::new(Seed(1), Purpose::RandomScores, index);
        let (mut bytes, mut labels) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let label = stream.below(3) as u16;
            for feature in 0..12 {
                let bright = feature % 3 == usize::from(label);
                bytes.push((stream.uniform() * 190.0) as u8 + if bright { 40 } else { 0 });
            }
            labels.push(label);
        }
        Examples {
            bytes: bytes.into(),
            labels: labels.into(),
            features: 12,
            normalization: Normalization::UNIT,
        }
    };
    let classes = ["0", "1", "2"].map(str::to_owned).to_vec();
    Dataset::new("toy-data", examples(120, 0), examples(40, 1), vec![12], classes, "test")
}

fn experiment() -> Experiment {
    let mut experiment = Experiment::new("toy", "toy-data");
    experiment.rounds = 3;
    experiment.validation_size = 20;
    experiment.controls = vec!["random-mask".parse().unwrap()];
    experiment.recipe.batch_size = 20;
    experiment.recipe.length = Step::from_epochs(4);
    experiment.recipe.learning_rate = 0.02;
    experiment
}

/// A finished run in a folder, and all that a study of it needs.
struct Toy {
    _folder: tempfile::TempDir,
    engine: CpuEngine,
    architecture: Architecture,
    data: Dataset,
    results: RunResults,
}

impl Toy {
    fn new(experiment: &Experiment, hidden: &[usize]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (engine, architecture, data) = (CpuEngine::new(), mlp("toy", &[12], hidden, 3), data());
        let bench = Workbench::new(&engine, &architecture, &data, folder.path());
        let report = find_winning_ticket(experiment, &bench).unwrap();
        assert!(report.results.is_complete());
        Self { _folder: folder, engine, architecture, data, results: report.results }
    }

    fn context<'a>(&'a self, observer: &'a dyn TaskObserver, stop: Stop) -> Workbench<'a> {
        let output = self.results.layout.root();
        let mut bench = Workbench::new(&self.engine, &self.architecture, &self.data, output);
        bench.jobs = 2;
        (bench.stop, bench.observer) = (stop, observer);
        bench.checkpoint_every = CheckpointEvery { seconds: 1e9, iterations: Some(3) };
        bench
    }

    fn settings(&self) -> StabilitySettings {
        StabilitySettings { points: 5, train_examples: Some(50), ..StabilitySettings::of_run(&self.results) }
    }

    fn study(&self, settings: &StabilitySettings) -> StabilityReport {
        let report = stability(settings, &self.results, &self.context(&Silent, Stop::default())).unwrap();
        assert!(report.failures.is_empty() && !report.stopped, "{:?}", report.failures);
        report
    }

    fn refused(&self, settings: &StabilitySettings) -> String {
        let error = stability(settings, &self.results, &self.context(&Silent, Stop::default())).unwrap_err();
        assert!(matches!(error, LabError::Setting { .. }) && error.hint().is_some(), "{error}");
        assert!(!self.results.layout.root().join("stability").exists(), "nothing is left behind");
        error.to_string()
    }
}

/// Names of the tasks that were not only skipped.
#[derive(Default)]
struct Worked(Mutex<Vec<String>>);

impl TaskObserver for Worked {
    fn event(&self, task: &TaskName, event: &TaskEvent<'_>) {
        if let TaskEvent::Finished { .. } = event {
            self.0.lock().unwrap().push(task.to_string());
        }
    }
}

#[test]
fn the_usual_study_compares_dense_ticket_and_control() {
    let toy = Toy::new(&experiment(), &[8]);
    let settings = toy.settings();
    assert_eq!(
        (&settings.replicates[..], &settings.rounds[..], settings.variants.len()),
        (&[0][..], &[0, 2][..], 2)
    );
    let report = toy.study(&settings);
    let starts: Vec<String> = report.pairs.iter().map(|pair| pair.start.to_string()).collect();
    assert_eq!(
        starts,
        ["replicate 0, round 0", "replicate 0, round 2", "replicate 0, round 2 (random-mask)"]
    );
    for pair in &report.pairs {
        assert!(pair.distance > 0.0 && pair.angle.unwrap() > 0.0, "another order gives other weights");
        assert!(pair.next_mask_overlap.is_some_and(|overlap| overlap > 0.4 && overlap <= 1.0));
        let alphas: Vec<f64> = pair.path.iter().map(|point| point.alpha).collect();
        assert_eq!(alphas, [0.0, 0.25, 0.5, 0.75, 1.0]);
    }
    let read = |name| fs::read_to_string(report.folder.join(name)).unwrap();
    assert!(read("stability.csv").starts_with("replicate,seed,variant,round,density,from,pair,distance,"));
    assert_eq!((read("stability.csv").lines().count(), read("path.csv").lines().count()), (4, 16));
    assert!(read("path.csv").contains("\n0,random-mask,2,"), "{}", read("path.csv"));
}

#[test]
fn copy_0_is_the_run_and_ends_of_paths_are_the_copies() {
    let mut experiment = experiment();
    experiment.keep = crate::Keep::All;
    let toy = Toy::new(&experiment, &[8]);
    let settings = StabilitySettings { train_examples: None, ..toy.settings() };
    let (layout, worked) = (&toy.results.layout, Worked::default());
    let report = stability(&settings, &toy.results, &toy.context(&worked, Stop::default())).unwrap();
    let trainings = worked.0.lock().unwrap().iter().filter(|task| task.ends_with("copy 0")).count();
    assert_eq!(trainings, 0, "kept weights are not trained again");
    for pair in &report.pairs {
        let start = pair.start;
        let record = toy
            .results
            .of(0, start.variant)
            .find(|result| result.record.round == start.round)
            .map(|result| &result.record)
            .unwrap();
        let end = pair.path[0];
        assert_eq!((1.0 - record.end.test_accuracy).to_bits(), end.test_error.to_bits());
        assert_eq!(record.end.test_loss.to_bits(), end.test_loss.unwrap().to_bits());
        assert_eq!((1.0 - record.train_accuracy).to_bits(), end.train_error.to_bits());
    }
    // Without kept weights copy 0 is trained, to the same weights; copy 1 has the evaluation of its own training.
    for variant in [Variant::Ticket, Variant::Control(experiment.controls[0])] {
        for round in 0..3 {
            crate::remove_file(&layout.trained(0, variant, round)).unwrap();
        }
    }
    fs::remove_dir_all(layout.root().join("stability")).unwrap();
    assert_eq!(toy.study(&settings).pairs, report.pairs);
}

#[test]
fn copies_are_trained_by_the_recipe_of_their_network() {
    let mut experiment = experiment();
    experiment.keep = crate::Keep::All;
    for (key, value) in [
        ("retraining", "fine-tuning"),
        ("schedule", "milestones:2ep,0.1"),
        ("controls", "random-mask,dense-longer"),
    ] {
        experiment.set(key, value).unwrap();
    }
    let toy = Toy::new(&experiment, &[8]);
    let settings = toy.settings();
    let kept = toy.study(&settings);
    let layout = &toy.results.layout;
    for variant in toy.results.experiment.variants() {
        crate::remove_file(&layout.trained(0, variant, 2)).unwrap();
    }
    fs::remove_dir_all(layout.root().join("stability")).unwrap();
    assert_eq!(toy.study(&settings).pairs, kept.pairs, "copy 0, trained again, is the run's training");
}

#[test]
fn copies_of_networks_whose_masks_change_are_refused() {
    let mut experiment = experiment();
    experiment.pruning.procedure = Procedure::dynamic(DuringTraining::RigL);
    experiment.set("densities", "0.5,0.3").unwrap();
    experiment.set("update_every", "3").unwrap();
    let toy = Toy::new(&experiment, &[8]);
    let reason = toy.refused(&toy.settings());
    assert!(reason.contains("rigl") && reason.contains("change while they train"), "{reason}");
    let settings = StabilitySettings { rounds: vec![0], ..toy.settings() };
    let pairs = toy.study(&settings).pairs;
    assert!(pairs.len() == 1 && pairs[0].next_mask_overlap.is_none(), "it prunes nothing that is trained");
}

#[test]
fn tickets_that_were_pruned_before_training_have_no_next_mask() {
    let mut experiment = experiment();
    experiment.pruning.procedure = Procedure::at_init("snip");
    let toy = Toy::new(&experiment, &[8]);
    let report = toy.study(&toy.settings());
    assert!(report.pairs.iter().all(|pair| pair.next_mask_overlap.is_none() && pair.distance > 0.0));
    assert!(fs::read_to_string(report.folder.join("stability.csv")).unwrap().contains(",,"));
}

/// The weights of a training from a start under an order of its own, and its evaluation at the end.
fn trained(study: &Study<'_>, point: &StartPoint, seed: Seed) -> lth_ticket::Trained {
    let start = study.start(point).unwrap();
    let data = study.data(point.replicate).unwrap();
    let job = study.bench.unevaluated_job(study.experiment, seed, &data, &start);
    match train(study.bench.engine, &job, None, &mut Unobserved).unwrap() {
        Outcome::Finished(trained) => trained,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_second_end_is_the_second_copy_to_the_bit() {
    let toy = Toy::new(&experiment(), &[8]);
    let settings = StabilitySettings { train_examples: None, ..toy.settings() };
    let report = toy.study(&settings);
    let context = toy.context(&Silent, Stop::default());
    let study = Study::new(&settings, &toy.results.experiment, &toy.results.layout, &context);
    for pair in &report.pairs {
        let copy = trained(&study, &pair.start, order::order_seed(Seed(0), 1));
        let end = pair.path.last().unwrap();
        let test = copy.history.last().unwrap();
        assert_eq!(end.test_loss.unwrap().to_bits(), test.loss.to_bits());
        assert_eq!(end.train_loss.unwrap().to_bits(), copy.train.loss.to_bits());
        assert_eq!(end.train_error.to_bits(), (1.0 - copy.train.accuracy()).to_bits());
    }
}

#[test]
fn copies_of_one_order_are_one_network() {
    let toy = Toy::new(&experiment(), &[8]);
    let settings = toy.settings();
    toy.study(&settings);
    let context = toy.context(&Silent, Stop::default());
    let study = Study::new(&settings, &toy.results.experiment, &toy.results.layout, &context);
    let point = StartPoint::of_round(0, Variant::Ticket, 2);
    // The second copy becomes a training under the order of the first.
    let again = trained(&study, &point, Seed(0)).weights;
    let path = study.files.copy(&point, 1);
    let mut file = lth_model::TensorFile::read(&path).unwrap();
    assert_ne!(file.tensors, again);
    file.tensors = again;
    fs::write(&path, file.to_bytes()).unwrap();
    fs::remove_file(study.files.pair(&point, [0, 1])).unwrap();
    let report = toy.study(&settings);
    let pair = report.pairs.iter().find(|pair| pair.start == point).unwrap();
    assert_eq!((pair.distance, pair.train_barrier, pair.test_barrier), (0.0, 0.0, 0.0));
    assert!(pair.angle.unwrap() < 1e-3);
    assert!((pair.next_mask_overlap.unwrap() - 1.0).abs() < 1e-12);
    assert!(pair.path.windows(2).all(|points| points[0].test_loss == points[1].test_loss));
}

#[test]
fn the_path_of_a_linear_model_is_convex() {
    let toy = Toy::new(&experiment(), &[]);
    let report = toy.study(&StabilitySettings { points: 9, ..toy.settings() });
    for pair in &report.pairs {
        assert!(pair.distance > 1e-3, "{pair:?}");
        let losses: Vec<f64> = pair.path.iter().map(|point| point.train_loss.unwrap()).collect();
        for three in losses.windows(3) {
            assert!(three[1] <= f64::midpoint(three[0], three[2]) + 1e-6, "{losses:?}");
        }
    }
}

#[test]
fn dense_copies_part_later_and_copy_0_is_the_dense_training_all_the_same() {
    let toy = Toy::new(&experiment(), &[8]);
    let from = vec![Step::from_iterations(7), Step::ZERO, "2ep".parse().unwrap()];
    let settings = StabilitySettings { rounds: vec![0], from, ..toy.settings() };
    let report = toy.study(&settings);
    let iterations: Vec<u64> = report.pairs.iter().map(|pair| pair.iteration).collect();
    assert_eq!(iterations, [0, 7, 10], "the start itself is there once");
    assert!(report.pairs.iter().all(|pair| pair.weights[0] == report.pairs[0].weights[0]));
    assert!(report.pairs[2].distance_from_start < report.pairs[0].distance_from_start);
    // Going on from the point under the run's own order leads to the same bits.
    let context = toy.context(&Silent, Stop::default());
    let study = Study::new(&settings, &toy.results.experiment, &toy.results.layout, &context);
    let copy = study.read_copy(&report.pairs[0].start, 0).unwrap().weights;
    for pair in &report.pairs[1..] {
        assert_eq!(trained(&study, &pair.start, Seed(0)).weights, copy);
    }
    let text = fs::read_to_string(report.folder.join("stability.csv")).unwrap();
    assert!(text.lines().nth(2).unwrap().contains(",7,0-1,"), "{text}");
}

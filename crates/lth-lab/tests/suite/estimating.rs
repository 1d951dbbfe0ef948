//! What a run will take is told before it begins.

use std::path::Path;

use crate::toy::{all_files, exact_files, experiment, finished};
use lth_cpu::CpuEngine;
use lth_lab::{
    Calibration, EstimateContext, EstimatedTime, Experiment, Keep, Procedure, RunEstimate, StudyWork,
    SupermaskExperiment, SupermaskFiles, Workbench, estimate_learning, estimate_run, estimate_study,
};
use lth_model::Step;
use lth_ticket::{FrozenWeights, SupermaskMethod, SupermaskSettings};

fn seconds(estimate: &RunEstimate) -> f64 {
    match estimate.time {
        EstimatedTime::About(seconds) => seconds,
        other => panic!("{other:?}"),
    }
}

fn estimate(experiment: &Experiment, folder: &Path, jobs: usize) -> RunEstimate {
    let (engine, architecture, data) = (CpuEngine::new(), crate::toy::architecture(), crate::toy::data());
    let context = EstimateContext {
        engine: &engine,
        architecture: &architecture,
        data: &data,
        folder,
        jobs,
        calibration: None,
    };
    estimate_run(experiment, None, &context)
}

#[test]
fn a_short_run_is_not_measured_and_nothing_is_written() {
    let output = tempfile::tempdir().unwrap();
    let folder = output.path().join("run");
    let estimate = estimate(&experiment(), &folder, 2);
    // Two replicates of four tickets and three controls.
    assert_eq!((estimate.trainings, estimate.time), (14, EstimatedTime::Seconds));
    assert!(estimate.present_bytes == 0 && !folder.exists());
}

#[test]
fn a_long_run_is_measured_and_cores_shorten_it() {
    let mut long = experiment();
    long.recipe.length = Step::from_epochs(2_000_000);
    // The least of several, since other tests may take the core while a step is measured.
    let took = |jobs| {
        (0..4).map(|_| seconds(&estimate(&long, Path::new("absent"), jobs))).fold(f64::INFINITY, f64::min)
    };
    let (one, many) = (took(1), took(14));
    // 14 trainings of 16 million steps, each of some microseconds at least; with a core for each the longest chain of 4 is left.
    assert!(one > 30.0 && one < 1e7, "{one}");
    assert!(many < one, "{many} is no less than {one}");
}

#[test]
fn a_calibration_measures_a_network_once_and_keeps_it() {
    let (engine, architecture, data) = (CpuEngine::new(), crate::toy::architecture(), crate::toy::data());
    let calibration = Calibration::default();
    let output = Path::new("absent");
    let mut bench = Workbench::new(&engine, &architecture, &data, output);
    (bench.jobs, bench.calibration) = (2, Some(&calibration));
    let mut long = experiment();
    long.recipe.length = Step::from_epochs(2_000_000);
    let study = |experiment: &Experiment, trainings| {
        let work = StudyWork { round: 1, trainings, evaluated: 0 };
        let estimate = estimate_study(experiment, &[work], &bench);
        assert_eq!(estimate.trainings as u64, trainings);
        seconds(&estimate)
    };
    let (two, eight) = (study(&long, 2), study(&long, 8));
    assert_eq!(calibration.count(), 1, "the second estimate measures nothing");
    // Known costs give the same time again, four times as much for four times the work.
    assert!((eight / two - 4.0).abs() < 1e-6, "{eight} and {two}");

    let mut larger = long.clone();
    larger.recipe.batch_size += 1;
    study(&larger, 2);
    assert_eq!(calibration.count(), 2);
    let text = serde_json::to_string(&calibration).unwrap();
    let again: Calibration = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&again).unwrap(), text);
    assert!(!output.exists());
}

#[test]
fn what_is_finished_is_not_counted_and_stays_as_it_is() {
    let (output, report) = finished(&experiment());
    let root = report.results.layout.root();
    let before = exact_files(output.path());
    let estimate_of = |experiment: &Experiment| estimate(experiment, root, 1);
    assert_eq!(estimate_of(&experiment()).trainings, 0);
    let mut more = experiment();
    more.rounds = 5;
    assert_eq!(estimate_of(&more).trainings, 2 * 2);
    let present: u64 = all_files(root).values().map(|bytes| bytes.len() as u64).sum();
    assert_eq!(estimate_of(&more).present_bytes, present);
    assert_eq!(exact_files(output.path()), before);
}

#[test]
fn the_disk_that_was_told_is_the_disk_that_is_taken() {
    for keep in [Keep::Tickets, Keep::All] {
        let experiment = Experiment { keep, ..experiment() };
        let told = estimate(&experiment, Path::new("absent"), 1).bytes;
        let (output, _) = finished(&experiment);
        let taken: u64 = all_files(output.path()).values().map(|bytes| bytes.len() as u64).sum();
        assert!(told > taken / 2 && told < 4 * taken, "{keep}: {told} bytes were told, {taken} are taken");
    }
}

#[test]
fn a_single_chain_of_rounds_is_one_training_at_a_time() {
    let at_once = |experiment: &Experiment| estimate(experiment, Path::new("absent"), 8).at_once;
    let chain = Experiment { replicates: 1, controls: Vec::new(), ..experiment() };
    assert_eq!(at_once(&chain), 1);
    assert_eq!(at_once(&Experiment { replicates: 2, ..chain.clone() }), 2);
    let mut apart = chain;
    apart.pruning.procedure = Procedure::one_shot();
    assert_eq!(at_once(&apart), 3);
}

#[test]
fn scoring_before_training_is_counted() {
    for method in ["snip", "grasp", "synflow"] {
        let took = |steps: u64| {
            let mut scored = Experiment { replicates: 1, controls: Vec::new(), rounds: 2, ..experiment() };
            scored.pruning.procedure = Procedure::at_init(method);
            scored.set("pruning.steps", &steps.to_string()).unwrap();
            seconds(&estimate(&scored, Path::new("absent"), 1))
        };
        // A scoring of 30 examples takes more than a microsecond on any processor.
        assert!(took(50_000_000) > 50.0, "{method}");
        assert!(took(1) < 5.0, "{method}");
    }
}

#[test]
fn a_supermask_is_measured_until_it_is_learned() {
    let settings = SupermaskSettings {
        method: SupermaskMethod::BERNOULLI,
        dynamic_rescaling: false,
        weights: FrozenWeights::Initial,
    };
    let mut learning = SupermaskExperiment::new("toy", "toy-data", settings);
    learning.experiment = Experiment { validation_size: 40, ..learning.experiment };
    learning.experiment.recipe.batch_size = 20;
    learning.experiment.recipe.length = Step::from_epochs(2_000_000);
    let second = Experiment { first_seed: learning.experiment.seed(1), ..learning.experiment.clone() };
    let learnings = [learning.clone(), SupermaskExperiment { experiment: second, ..learning }];
    let (engine, architecture, data) = (CpuEngine::new(), crate::toy::architecture(), crate::toy::data());
    let output = tempfile::tempdir().unwrap();
    let estimate = || {
        let bench = Workbench::new(&engine, &architecture, &data, output.path());
        estimate_learning(&learnings, &bench)
    };
    let told = estimate();
    // 16 million steps of each.
    assert_eq!(told.trainings, 2);
    assert!(seconds(&told) > 10.0, "{told:?}");
    for (learning, left) in learnings.iter().zip([1, 0]) {
        let folder = output.path().join(learning.folder_name());
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(SupermaskFiles::new(folder).record(), "{}").unwrap();
        assert_eq!(estimate().trainings, left);
    }
    assert_eq!(estimate().present_bytes, 4);
}

#[test]
fn the_disk_is_compared_with_what_is_free() {
    let told = estimate(&experiment(), Path::new("absent"), 1);
    assert!(!told.exceeds_disk(), "{told:?}");
    let full = RunEstimate { free_bytes: Some(told.bytes - told.present_bytes - 1), ..told.clone() };
    assert!(full.exceeds_disk());
    assert!(!RunEstimate { free_bytes: None, ..told }.exceeds_disk());
}

//! Sweeps of small experiments, and trainings that runs share.

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use crate::toy::{Setup, architecture, assert_same, control, data, experiment, finished};
use lth_lab::{
    Axis, Experiment, Layout, Setting, Stop, Sweep, SweepPlan, SweepReport, SweepStatus, TaskEvent, TaskName,
    TaskObserver, TaskState, Value, Variant, estimate_sweep, list_runs, run_sweep,
};

/// Two criteria at two learning rates, three rounds of two replicates with a control.
fn plan() -> SweepPlan {
    plan_over("lr=0.02,0.01")
}

/// Two criteria along another axis, three rounds of two replicates with a control.
fn plan_over(axis: &str) -> SweepPlan {
    let axes = ["criterion=large-final,movement", axis].map(|text| Axis::parse(text).unwrap());
    let base = Experiment { rounds: 3, ..experiment() };
    SweepPlan::of(&Sweep::new(base_of(&base), axes.to_vec()).unwrap()).unwrap()
}

/// All settings of an experiment.
fn base_of(experiment: &Experiment) -> Vec<(&'static Setting, Value)> {
    lth_lab::settings().filter_map(|setting| Some((setting, setting.value(experiment)?))).collect()
}

fn sweep(plan: &SweepPlan, setup: &Setup<'_>, output: &Path) -> SweepReport {
    let (architecture, data) = (architecture(), data());
    let bench = setup.bench(&architecture, &data, output);
    run_sweep(plan, &vec![bench; plan.runs.len()], false).unwrap()
}

/// Counts trainings that were done, and those that another run had done; wants to stop after some events.
#[derive(Default)]
struct Counts {
    finished: Mutex<Vec<String>>,
    shared: AtomicUsize,
    left: Option<(AtomicUsize, Arc<AtomicBool>)>,
}

impl TaskObserver for Counts {
    fn event(&self, task: &TaskName, event: &TaskEvent<'_>) {
        match event {
            TaskEvent::Finished { .. } => self.finished.lock().unwrap().push(task.to_string()),
            TaskEvent::Shared { .. } => drop(self.shared.fetch_add(1, Ordering::SeqCst)),
            _ => {}
        }
        if let Some((left, cancel)) = &self.left
            && left.fetch_sub(1, Ordering::SeqCst) == 1
        {
            cancel.store(true, Ordering::SeqCst);
        }
    }
}

#[test]
fn trainings_that_are_the_same_are_done_once_and_every_run_is_as_if_it_were_alone() {
    let plan = plan();
    assert_eq!((plan.runs.len(), plan.tasks.len(), plan.dense()), (4, 4 * 2 * (3 + 2), (8, 4)));
    assert_eq!(plan.distinct(), plan.tasks.len() - 4);
    let output = tempfile::tempdir().unwrap();
    let counts = Counts::default();
    let report = sweep(&plan, &Setup { observer: &counts, ..Setup::default() }, output.path());
    assert!(report.failures.is_empty() && !report.stopped);
    assert_eq!(counts.finished.lock().unwrap().len(), plan.distinct());
    assert_eq!(counts.shared.load(Ordering::SeqCst), 4);
    let first = "criterion large-final, learning rate 0.02, replicate 0, round 0";
    assert!(counts.finished.lock().unwrap().iter().any(|name| name == first), "{:?}", counts.finished);
    for (run, results) in plan.runs.iter().zip(&report.runs) {
        assert!(results.is_complete());
        let (_alone, alone) = finished(&run.experiment);
        assert_same(results.layout.root(), alone.results.layout.root());
    }
    let table = std::fs::read_to_string(report.folder.join("sweep.csv")).unwrap();
    assert!(table.starts_with("pruning.criterion,recipe.learning_rate,run,replicate,"), "{table}");
    assert_eq!(table.lines().count(), 1 + plan.tasks.len());
    // Again, nothing is left to do.
    let counts = Counts::default();
    sweep(&plan, &Setup { observer: &counts, ..Setup::default() }, output.path());
    assert_eq!(counts.finished.lock().unwrap().len() + counts.shared.load(Ordering::SeqCst), 0);
}

#[test]
fn one_dense_network_has_the_rewind_points_of_all_runs() {
    let plan = plan_over("rewind=0it,9it,4it");
    assert_eq!(plan.dense(), (12, 2));
    let output = tempfile::tempdir().unwrap();
    let counts = Counts::default();
    let report = sweep(&plan, &Setup { observer: &counts, ..Setup::default() }, output.path());
    assert_eq!(counts.shared.load(Ordering::SeqCst), 10);
    for (run, results) in plan.runs.iter().zip(&report.runs) {
        let (_alone, alone) = finished(&run.experiment);
        assert_same(results.layout.root(), alone.results.layout.root());
    }
}

#[test]
fn a_sweep_cancelled_anywhere_continues_to_the_same_bits() {
    cancelled_again_and_again(&plan());
}

#[test]
fn a_sweep_over_rewind_points_cancelled_anywhere_continues_to_the_same_bits() {
    cancelled_again_and_again(&plan_over("rewind=0it,17it"));
}

fn cancelled_again_and_again(plan: &SweepPlan) {
    let undisturbed = tempfile::tempdir().unwrap();
    let expected = sweep(plan, &Setup::default(), undisturbed.path());
    let output = tempfile::tempdir().unwrap();
    for sitting in 1.. {
        let cancel = Arc::new(AtomicBool::new(false));
        let left = Some((AtomicUsize::new(3 + 7 * sitting), cancel.clone()));
        let counts = Counts { left, ..Counts::default() };
        let setup =
            Setup { stop: Stop::when(cancel), observer: &counts, jobs: 1 + sitting % 2, ..Setup::default() };
        let report = sweep(plan, &setup, output.path());
        assert!(report.failures.is_empty());
        if !report.stopped {
            assert!(sitting > 2);
            for (one, other) in expected.runs.iter().zip(&report.runs) {
                assert_same(one.layout.root(), other.layout.root());
            }
            return;
        }
    }
}

#[test]
fn a_second_run_does_not_train_what_the_first_has() {
    let first = Experiment { rounds: 2, replicates: 1, controls: Vec::new(), ..experiment() };
    let mut second = first.clone();
    second.set("criterion", "movement").unwrap();
    let output = tempfile::tempdir().unwrap();
    let counted = |experiment: &Experiment| {
        let counts = Counts::default();
        let report = Setup { observer: &counts, ..Setup::default() }.run(experiment, output.path()).unwrap();
        let counts = (counts.finished.into_inner().unwrap().len(), counts.shared.into_inner());
        (counts, report.results.layout)
    };
    let (counts, of_first) = counted(&first);
    assert_eq!(counts, (2, 0));
    let (counts, of_second) = counted(&second);
    assert_eq!(counts, (1, 1));
    let origin = |layout: &Layout| {
        let text = std::fs::read_to_string(layout.timing(0, Variant::Ticket, 0)).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["origin"].as_str().map(str::to_owned)
    };
    let folder = of_first.round(0, Variant::Ticket, 0);
    let relative = folder.strip_prefix(output.path()).unwrap().to_str().unwrap();
    assert_eq!((origin(&of_first), origin(&of_second).as_deref()), (None, Some(relative)));
    // The dense network is the same file in both, and is counted once.
    for name in ["round-00/ticket.safetensors", "round-00/trained.safetensors", "initial.safetensors"] {
        let [first, second] = [&of_first, &of_second]
            .map(|layout| std::fs::read(layout.root().join("replicate-0").join(name)).unwrap());
        assert!(first == second, "{name}");
    }
    // The rewind point and the optimiser's memory there come along; another point is trained to.
    let mut rewound = first.clone();
    rewound.set("rewind", "8it").unwrap();
    rewound.set("keep_optimizer_state", "on").unwrap();
    let mut other = rewound.clone();
    other.set("criterion", "movement").unwrap();
    let mut earlier = rewound.clone();
    earlier.set("rewind", "5it").unwrap();
    for experiment in [&rewound, &other, &earlier] {
        let (counts, layout) = counted(experiment);
        assert_eq!(counts, (1, 1));
        let (_alone, alone) = finished(experiment);
        assert_same(layout.root(), alone.results.layout.root());
    }
}

#[test]
fn what_is_not_whole_in_another_run_is_trained() {
    let first =
        Experiment { rounds: 2, replicates: 1, controls: vec![control("random-mask")], ..experiment() };
    let mut second = first.clone();
    second.set("criterion", "movement").unwrap();
    for lost in ["trained.safetensors", "metrics.csv", "round.json"] {
        let output = tempfile::tempdir().unwrap();
        let report = Setup::default().run(&first, output.path()).unwrap();
        let round = report.results.layout.round(0, Variant::Ticket, 0);
        std::fs::write(round.join(lost), "broken").unwrap();
        let counts = Counts::default();
        let setup = Setup { observer: &counts, ..Setup::default() };
        let report = setup.run(&second, output.path()).unwrap();
        assert!(report.failures.is_empty() && report.results.is_complete(), "{lost}");
        assert_eq!(counts.shared.load(Ordering::SeqCst), 0, "{lost}");
    }
}

#[test]
fn what_failed_is_tried_again_when_that_is_said() {
    let (architecture, data) = (architecture(), data());
    let dataset_fingerprint = Some(data.fingerprint.clone());
    let base = Experiment { rounds: 3, replicates: 1, dataset_fingerprint, ..experiment() };
    let sweep = Sweep::new(base_of(&base), vec![Axis::parse("learning-rate=0.02,1e30").unwrap()]).unwrap();
    let plan = SweepPlan::of(&sweep).unwrap();
    let output = tempfile::tempdir().unwrap();
    let run = |retry: bool| {
        let counts = Counts::default();
        let setup = Setup { observer: &counts, ..Setup::default() };
        let bench = setup.bench(&architecture, &data, output.path());
        let report = run_sweep(&plan, &vec![bench; plan.runs.len()], retry).unwrap();
        assert!(!report.stopped);
        let failures: Vec<String> = report.failures.iter().map(ToString::to_string).collect();
        (counts.finished.into_inner().unwrap().len(), failures)
    };
    let (done, failures) = run(false);
    assert_eq!((done as u64, failures.len()), (base.trainings(), 1), "{failures:?}");
    assert!(
        failures[0].starts_with("learning rate 1e30, replicate 0, round 0: the loss is not"),
        "{failures:?}"
    );
    let (done, failures) = run(false);
    assert_eq!(done, 0);
    assert!(failures[0].ends_with("(in an earlier sitting)"), "{failures:?}");
    let runs = list_runs(&[output.path().to_owned()]).unwrap();
    let failed: Vec<&str> = runs.iter().filter_map(|run| run.state.reason()).collect();
    let [reason] = failed[..] else { panic!("{runs:?}") };
    assert!(reason.starts_with("replicate 0, round 0: the loss is not"), "{reason}");
    let states = SweepStatus::of(&plan, output.path()).unwrap();
    assert_eq!(states.count(|state| *state == TaskState::Done) as u64, base.trainings());
    assert_eq!(states.count(|state| matches!(state, TaskState::Failed(_))), 1);
    assert_eq!(states.count(|state| *state == TaskState::Waiting) as u64, base.trainings() - 1);
    assert!(states.finished.1 as u64 == base.trainings() && states.seconds_left().is_none());
    let left = |retry: bool| {
        let setup = Setup::default();
        let bench = setup.bench(&architecture, &data, output.path());
        estimate_sweep(&plan, &vec![bench; plan.runs.len()], retry).trainings as u64
    };
    assert_eq!((left(false), left(true)), (0, base.trainings()));
    let (_, failures) = run(true);
    assert!(failures[0].contains("not a finite number") && !failures[0].contains("earlier"), "{failures:?}");
}

#[test]
fn what_runs_share_and_failed_fails_all_of_them() {
    let mut base = Experiment { rounds: 2, replicates: 1, ..experiment() };
    base.recipe.learning_rate = 1e30;
    let axis = Axis::parse("criterion=large-final,movement").unwrap();
    let sweep = Sweep::new(base_of(&base), vec![axis]).unwrap();
    let output = tempfile::tempdir().unwrap();
    let report = self::sweep(&SweepPlan::of(&sweep).unwrap(), &Setup::default(), output.path());
    assert_eq!(report.failures.len(), 1);
    let runs = list_runs(&[output.path().to_owned()]).unwrap();
    assert!(runs.len() == 2 && runs.iter().all(|run| run.state.name() == "failed"), "{runs:?}");
}

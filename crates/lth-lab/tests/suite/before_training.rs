//! Runs whose tickets are pruned before training: what they tell meanwhile, and how they are stopped.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use crate::toy::{Setup, assert_same, finished};
use lth_lab::{
    Activity, Experiment, Procedure, Stop, TaskEvent, TaskName, TaskObserver, TaskProgress, Variant,
};

fn experiment() -> Experiment {
    let mut experiment = crate::toy::experiment();
    experiment.replicates = 1;
    experiment.controls = Vec::new();
    experiment.rounds = 3;
    experiment.pruning.procedure = Procedure::at_init("synflow");
    experiment.set("densities", "0.5,0.2").unwrap();
    experiment
}

/// Notes what is told of scoring; wants to stop at the first of it if there is a wish to set.
#[derive(Default)]
struct Scorings {
    told: Mutex<Vec<(String, f64, TaskProgress)>>,
    cancel: Option<Arc<AtomicBool>>,
}

impl TaskObserver for Scorings {
    fn event(&self, task: &TaskName, event: &TaskEvent<'_>) {
        if let TaskEvent::Progress(progress) = event
            && let Activity::Scoring { density } = progress.activity
        {
            self.told.lock().unwrap().push((task.to_string(), density.get(), *progress));
            if let Some(cancel) = &self.cancel {
                cancel.store(true, Ordering::SeqCst);
            }
        }
    }
}

#[test]
fn scoring_is_told_and_a_stopped_one_begins_again_to_the_same_bits() {
    let experiment = experiment();
    let (whole, _) = finished(&experiment);
    let output = tempfile::tempdir().unwrap();
    let cancel = Arc::new(AtomicBool::new(false));
    let observer = Scorings { cancel: Some(cancel.clone()), ..Scorings::default() };
    let setup = Setup { stop: Stop::when(cancel), observer: &observer, jobs: 1, ..Setup::default() };
    let report = setup.run(&experiment, output.path()).unwrap();
    assert!(report.stopped && report.failures.is_empty());
    assert!(!report.results.layout.ticket(0, Variant::Ticket, 1).exists(), "nothing half-done is written");

    let observer = Scorings::default();
    let report = Setup { observer: &observer, ..Setup::default() }.run(&experiment, output.path()).unwrap();
    assert!(report.results.is_complete());
    assert_same(whole.path(), output.path());
    let told = observer.told.into_inner().unwrap();
    let first: Vec<_> = told
        .iter()
        .filter(|(_, _, progress)| progress.done == 0)
        .map(|(task, density, _)| (task.as_str(), *density))
        .collect();
    let rounds = [("replicate 0, round 1", 0.5), ("replicate 0, round 2", 0.2)];
    assert!(rounds.iter().all(|round| first.contains(round)), "{first:?}");
    assert!(told.iter().all(|(_, _, progress)| progress.done <= progress.of && progress.seconds_left >= 0.0));
}

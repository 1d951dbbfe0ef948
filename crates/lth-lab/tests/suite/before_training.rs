//! Runs whose tickets are pruned before training: what they tell meanwhile, and how they are stopped.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use crate::toy::{Setup, assert_same, finished};
use lth_lab::{Experiment, PruningSchedule, RunEvent, RunObserver, ScoringProgress, Stop, Variant};
use lth_model::Density;

fn experiment() -> Experiment {
    let mut experiment = crate::toy::experiment();
    experiment.replicates = 1;
    experiment.controls = Vec::new();
    experiment.rounds = 3;
    experiment.pruning.schedule = PruningSchedule::BeforeTraining;
    experiment.pruning.criterion = "synflow".to_owned();
    experiment.pruning.densities = vec![Density::new(0.5).unwrap(), Density::new(0.2).unwrap()];
    experiment
}

/// Notes what is told of scoring; wants to stop at the first of it if there is a wish to set.
#[derive(Default)]
struct Scorings {
    told: Mutex<Vec<ScoringProgress>>,
    cancel: Option<Arc<AtomicBool>>,
}

impl RunObserver for Scorings {
    fn event(&self, event: &RunEvent<'_>) {
        if let RunEvent::Scoring(progress) = event {
            self.told.lock().unwrap().push(*progress);
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
        .filter(|progress| progress.fraction == 0.0)
        .map(|p| (p.stage.round, p.density.get()))
        .collect();
    assert!(first.contains(&(1, 0.5)) && first.contains(&(2, 0.2)), "{first:?}");
    assert!(
        told.iter().all(|progress| (0.0..=1.0).contains(&progress.fraction) && progress.seconds_left >= 0.0)
    );
}

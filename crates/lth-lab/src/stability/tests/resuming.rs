//! From any state of the folder, and from settings that make no sense.

use std::{
    path::Path,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use super::*;

#[test]
fn finished_work_is_skipped_and_more_is_added() {
    let toy = Toy::new(&experiment(), &[8]);
    let settings =
        StabilitySettings { rounds: vec![0, 1], variants: vec![Variant::Ticket], ..toy.settings() };
    let first = toy.study(&settings);
    let work = |settings: &StabilitySettings| {
        let worked = Worked::default();
        let report = stability(settings, &toy.results, &toy.context(&worked, Stop::default())).unwrap();
        let mut names = worked.0.into_inner().unwrap();
        names.sort();
        (names, report)
    };
    assert_eq!(work(&settings).0, [""; 0]);
    let (names, report) = work(&StabilitySettings { copies: 3, rounds: vec![1], ..settings.clone() });
    let [copy, paths @ ..] = &names[..] else { panic!("{names:?}") };
    assert_eq!(copy, "replicate 0, round 1, copy 2");
    assert_eq!(paths.len(), 2, "{names:?}");
    assert_eq!(report.pairs.len(), 4, "what was there before is in the tables too");
    assert!(first.pairs.iter().all(|pair| report.pairs.contains(pair)));
    // Another way to compare goes elsewhere, with the same copies.
    let other = StabilitySettings { batch_norm: BatchNormStatistics::Interpolated, ..settings };
    let (names, report) = work(&other);
    assert!(names.len() == 2 && names.iter().all(|name| name.contains("path")), "{names:?}");
    assert_ne!(report.folder, first.folder);
}

/// Stops after so many reports of progress.
struct Impatient(Arc<AtomicBool>, Mutex<u32>);
impl TaskObserver for Impatient {
    fn event(&self, _task: &TaskName, event: &TaskEvent<'_>) {
        if let TaskEvent::Progress(_) = event {
            let mut left = self.1.lock().unwrap();
            *left = left.saturating_sub(1);
            self.0.store(*left == 0, std::sync::atomic::Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

#[test]
fn a_stopped_study_continues_to_the_same_bits() {
    let toy = Toy::new(&experiment(), &[8]);
    let settings = StabilitySettings { from: vec![Step::from_iterations(8)], ..toy.settings() };
    let whole = toy.study(&settings);
    let tables = |folder: &Path| fs::read(folder.join("path.csv")).unwrap();
    let expected = tables(&whole.folder);
    fs::remove_dir_all(toy.results.layout.root().join("stability")).unwrap();

    let mut sittings = 0;
    loop {
        let wish = Arc::new(AtomicBool::new(false));
        // More each time, for on a slow machine a line is not done between two reports.
        let observer = Impatient(wish.clone(), Mutex::new(2 + sittings / 4));
        let report = stability(&settings, &toy.results, &toy.context(&observer, Stop::when(wish))).unwrap();
        assert!(report.failures.is_empty(), "{:?}", report.failures);
        if !report.stopped {
            break;
        }
        sittings += 1;
        assert!(sittings < 100, "no progress");
    }
    assert!(sittings > 2, "{sittings}");
    assert_eq!(toy.study(&settings).pairs, whole.pairs);
    assert_eq!(tables(&whole.folder), expected);
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_trained() {
    let toy = Toy::new(&experiment(), &[8]);
    let usual = toy.settings();
    let said = |change: &dyn Fn(&mut StabilitySettings)| {
        let mut settings = usual.clone();
        change(&mut settings);
        toy.refused(&settings)
    };
    assert_eq!(said(&|s| s.rounds = vec![3]), "round = 3: the run has rounds 0 to 2");
    assert!(said(&|s| s.replicates = vec![1]).starts_with("replicate = 1: the run has 1 replicates"));
    assert!(said(&|s| s.points = 2).starts_with("points = 2: "));
    assert!(said(&|s| s.copies = 1).starts_with("copies = 1: "));
    assert!(said(&|s| s.train_examples = Some(0)).starts_with("train-examples = 0: "));
    assert!(
        said(&|s| s.from = vec![Step::from_epochs(4)]).contains("the run's trainings end at iteration 20")
    );
    let reinit = Variant::Control("random-reinit".parse().unwrap());
    assert_eq!(said(&|s| s.variants = vec![reinit]), "variant = random-reinit: the run has no such control");
    assert!(said(&|s| s.rounds = Vec::new()).contains("nothing to compare"));
    let mut unfinished = toy.results.clone();
    unfinished.rounds.retain(|result| result.record.round < 2);
    let error = stability(&usual, &unfinished, &toy.context(&Silent, Stop::default())).unwrap_err();
    assert_eq!(error.to_string(), "round = 2: replicate 0, round 2 is not finished");
    assert!(!toy.results.layout.root().join("stability").exists());
}

#[test]
fn a_changed_copy_is_not_taken_for_another() {
    let toy = Toy::new(&experiment(), &[8]);
    let settings = StabilitySettings { rounds: vec![1], variants: vec![Variant::Ticket], ..toy.settings() };
    let report = toy.study(&settings);
    let copies = toy.results.layout.root().join("stability/copies/replicate-0/round-01-ticket");
    fs::copy(copies.join("copy-1.safetensors"), copies.join("copy-0.safetensors")).unwrap();
    let report_after = stability(&settings, &toy.results, &toy.context(&Silent, Stop::default())).unwrap();
    assert!(report_after.failures[0].to_string().contains("trained from another"), "{report_after:?}");
    assert_eq!(report_after.pairs, report.pairs);
}

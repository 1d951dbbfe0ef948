//! Runs that are stopped, killed or broken, and continued.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use crate::toy::{Setup, assert_same, assert_same_when_cancelled, experiment, finished};
use lth_lab::{CheckpointEvery, LabError, StageError, Variant};
use lth_model::Hint;

#[test]
fn cancelled_anywhere_and_continued_gives_the_same_bits() {
    let runs = assert_same_when_cancelled(&experiment());
    assert!(runs > 5, "{runs}");
}

const CHILD: &str = "LTH_TEST_CHILD_OUTPUT";

/// Not a test by itself: the process that `killed_at_any_moment` kills.
#[test]
fn child() {
    let Ok(output) = env::var(CHILD) else { return };
    let checkpoint_every = CheckpointEvery { seconds: 1e9, iterations: Some(1) };
    let report =
        Setup { checkpoint_every, ..Setup::default() }.run(&experiment(), Path::new(&output)).unwrap();
    assert!(report.results.is_complete());
}

fn spawn(output: &Path) -> std::process::Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "interrupted::child"])
        .env(CHILD, output)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn killed_at_any_moment_and_continued_gives_the_same_bits() {
    let (undisturbed, _) = finished(&experiment());
    let output = tempfile::tempdir().unwrap();
    let mut kills = 0;
    for attempt in 0..2_000_u64 {
        let mut child = spawn(output.path());
        // Moments that drift through the run, from before its first write on.
        thread::sleep(Duration::from_micros(3_000 + attempt * 977 % 40_000));
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    assert!(spawn(output.path()).wait().unwrap().success());
    assert!(kills >= 5, "killed only {kills} times");
    assert_same(undisturbed.path(), output.path());
}

#[test]
fn a_write_that_fails_stops_the_run_and_the_same_command_continues_it() {
    let (undisturbed, report) = finished(&experiment());
    let output = tempfile::tempdir().unwrap();
    let name = report.results.layout.root().file_name().unwrap();
    // A folder where the metrics of round 1 should be written.
    let blocked: PathBuf = output.path().join(name).join("replicate-0/round-01/metrics.csv");
    fs::create_dir_all(&blocked).unwrap();
    let report = Setup { jobs: 1, ..Setup::default() }.run(&experiment(), output.path()).unwrap();
    assert!(report.stopped);
    let failure = &report.failures[0];
    assert!(
        matches!(&failure.error, StageError::Lab(LabError::Write { path, .. }) if *path == blocked),
        "{failure}"
    );
    assert!(failure.hint().is_some());
    assert!(report.results.rounds.iter().all(|round| round.record.round == 0 || round.record.replicate == 1));

    fs::remove_dir(&blocked).unwrap();
    let report = Setup::default().run(&experiment(), output.path()).unwrap();
    assert!(report.results.is_complete());
    assert_same(undisturbed.path(), output.path());
}

#[test]
fn a_damaged_checkpoint_stops_only_its_replicate_and_is_named() {
    let output = tempfile::tempdir().unwrap();
    let (_undisturbed, report) = finished(&experiment());
    let name = report.results.layout.root().file_name().unwrap();
    let layout = lth_lab::Layout::new(output.path().join(name));
    let path = layout.checkpoint(0, Variant::Ticket, 0);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, b"not a checkpoint").unwrap();
    let report = Setup::default().run(&experiment(), output.path()).unwrap();
    assert_eq!(report.failures.len(), 1);
    assert!(report.failures[0].to_string().contains("checkpoint.safetensors"), "{}", report.failures[0]);
    assert!(report.failures[0].hint().unwrap().contains("move"));
    assert_eq!(report.results.of(1, Variant::Ticket).count(), 4);
    assert_eq!(report.results.of(0, Variant::Ticket).count(), 0);
}

#[test]
fn a_replicate_that_diverges_does_not_stop_the_others() {
    let output = tempfile::tempdir().unwrap();
    let mut wild = experiment();
    // Weights beyond all bounds after the first updates.
    wild.recipe.optimizer = lth_model::Optimizer::SGD;
    wild.recipe.learning_rate = 1e30;
    let report = Setup::default().run(&wild, output.path()).unwrap();
    assert_eq!(report.failures.len(), 2);
    for (replicate, failure) in (0..).zip(&report.failures) {
        assert_eq!(failure.task.replicate, replicate);
        assert!(matches!(failure.error, StageError::Diverged { iteration } if iteration < 24), "{failure}");
        assert!(failure.to_string().contains("iteration"), "{failure}");
    }
    assert!(report.results.rounds.is_empty());
    assert!(!report.stopped);
}

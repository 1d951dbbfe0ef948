//! Ctrl-C, once and twice.

use std::{
    ffi::OsStr,
    fs,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::common::{Sandbox, exact_files, run_folder};

/// Long enough that nobody misses it, and small in every other respect.
const LONG: &str =
    "find-ticket lenet-300-100 mnist data --validation 60 -b 20 --length 6000it --evaluate-every 100 -i 2";

/// A program that heeds signals, even where whatever runs the tests was started with signals ignored (as by `nohup` or in the
/// background of a script), which its children inherit.
fn heeding(program: impl AsRef<OsStr>) -> Command {
    let resets = ["--default-signal=INT,TERM,HUP"];
    let can_reset = Command::new("env").args(resets).arg("true").stderr(Stdio::null()).status();
    if can_reset.is_ok_and(|status| status.success()) {
        let mut command = Command::new("env");
        command.args(resets).arg(program);
        command
    } else {
        Command::new(program)
    }
}

fn start(sandbox: &Sandbox, flags: &str) -> Child {
    heeding(assert_cmd::cargo::cargo_bin("lth"))
        .args(flags.split_whitespace())
        .current_dir(sandbox.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(status.unwrap().success());
}

fn interrupt(child: &Child) {
    signal(child, "INT");
}

/// Waits until the run has begun to train.
fn wait_for_round(sandbox: &Sandbox) {
    let begun = Instant::now();
    let has_begun = |run: PathBuf| run.join("replicate-0/round-00/ticket.safetensors").is_file();
    let runs = || fs::read_dir(sandbox.join("runs")).into_iter().flatten();
    while !runs().any(|run| has_begun(run.unwrap().path())) {
        assert!(begun.elapsed() < Duration::from_mins(1), "the run did not begin");
        thread::sleep(Duration::from_millis(5));
    }
}

fn end(child: Child) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[test]
fn once_saves_everything_and_says_how_to_go_on() {
    let (sandbox, undisturbed) = (Sandbox::new(), Sandbox::new());
    let child = start(sandbox.data(), LONG);
    wait_for_round(&sandbox);
    interrupt(&child);
    let (code, stderr) = end(child);
    assert_eq!(code, Some(130), "{stderr}");
    assert!(stderr.contains("everything is saved") && stderr.contains("--length 6000it"), "{stderr}");
    assert!(!run_folder(&sandbox).join("replicate-0/round-01/round.json").exists(), "it was over already");

    sandbox.output(LONG);
    undisturbed.data().output(LONG);
    assert_eq!(exact_files(&run_folder(&sandbox)), exact_files(&run_folder(&undisturbed)));
}

#[test]
fn twice_ends_at_once_and_spoils_nothing() {
    let sandbox = Sandbox::new();
    let child = start(sandbox.data(), LONG);
    wait_for_round(&sandbox);
    interrupt(&child);
    interrupt(&child);
    let (code, stderr) = end(child);
    assert_eq!(code, Some(130), "{stderr}");
    sandbox.output(LONG);
}

#[test]
fn a_single_training_stops_too() {
    let sandbox = Sandbox::new();
    let flags = LONG.replace("find-ticket", "train").replace(" -i 2", " --save-weights w");
    let child = start(sandbox.data(), &flags.replace("6000it", "6000000it"));
    wait_for_round(&sandbox);
    interrupt(&child);
    let (code, stderr) = end(child);
    assert_eq!(code, Some(130), "{stderr}");
    assert!(stderr.contains("stopped at iteration"), "{stderr}");
    assert!(!sandbox.join("w").exists());
}

#[test]
fn a_signal_that_was_ignored_at_the_start_stays_ignored() {
    let lth = assert_cmd::cargo::cargo_bin("lth");
    // As a shell starts it: in a script's background, with a trap, after nohup.
    for (shell, ignored, heeded) in [
        ("trap '' INT; exec", "INT", "TERM"),
        ("trap '' TERM; exec", "TERM", "HUP"),
        ("exec nohup", "HUP", "INT"),
    ] {
        let sandbox = Sandbox::new();
        let mut child = heeding("sh")
            .args(["-c", &format!("{shell} '{}' {}", lth.display(), LONG.replace("6000it", "6000000it"))])
            .current_dir(sandbox.data().path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        wait_for_round(&sandbox);
        for _ in 0..2 {
            signal(&child, ignored);
            thread::sleep(Duration::from_millis(200));
            assert!(child.try_wait().unwrap().is_none(), "{shell}: {ignored} stopped it");
        }
        signal(&child, heeded);
        let (code, stderr) = end(child);
        assert_eq!(code, Some(130), "{shell}: {stderr}");
        assert_eq!(stderr.matches("stopping; everything is saved first").count(), 1, "{shell}: {stderr}");
    }
}

#[test]
fn summary_and_figures_are_there_before_the_run_is_over() {
    let sandbox = Sandbox::new();
    let mut child = start(sandbox.data(), &LONG.replace("6000it -", "600it -").replace("-i 2", "-i 2000"));
    wait_for_round(&sandbox);
    let run = run_folder(&sandbox);
    let (figure, summary) = (run.join("figures/accuracy-against-density.svg"), run.join("summary.csv"));
    let begun = Instant::now();
    while !(figure.is_file() && summary.is_file()) {
        assert!(begun.elapsed() < Duration::from_mins(2) && child.try_wait().unwrap().is_none());
        thread::sleep(Duration::from_millis(50));
    }
    let summary = fs::read_to_string(summary).unwrap();
    assert!(summary.lines().count() > 1, "{summary}");
    interrupt(&child);
    let (code, stderr) = end(child);
    assert_eq!(code, Some(130), "{stderr}");
}

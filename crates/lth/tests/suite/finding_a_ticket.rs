//! Finding winning tickets, as a user does it.

use std::fs;

use crate::common::{SMALL, Sandbox, exact_files, run_folder, visible};

#[test]
fn a_run_ends_with_a_table_a_sentence_and_a_folder() {
    let sandbox = Sandbox::new();
    let text = sandbox.data().output(&format!("find-winning-ticket {SMALL} -i 3 --control random-reinit"));
    for part in
        ["round", "density %", "80.04", "Control: random-reinit", "No verdict on", "Everything is in runs/"]
    {
        assert!(text.contains(part), "'{part}' is not in\n{text}");
    }
    let run = run_folder(&sandbox);
    for file in [
        "experiment.toml",
        "summary.csv",
        "timing.csv",
        "replicate-0/initial.safetensors",
        "replicate-0/round-02/ticket.safetensors",
        "replicate-0/round-02/metrics.csv",
        "replicate-0/round-02/metrics-lec.csv",
        "replicate-0/round-02/controls/random-reinit/metrics.csv",
        "figures/accuracy-against-density.svg",
        "figures/accuracy-against-density.png",
        "figures/training-curves.svg",
        "figures/first-layer.svg",
        "figures/rounds/round-02.svg",
    ] {
        assert!(run.join(file).is_file(), "{file} is missing");
    }
    // The dense network stays: other runs cut tickets from it.
    assert!(run.join("replicate-0/round-00/trained.safetensors").is_file());
    assert!(!run.join("replicate-0/round-01/trained.safetensors").exists());
}

/// The verdict's column of the summary, a row each.
fn verdicts(sandbox: &Sandbox) -> Vec<(String, String)> {
    let summary = fs::read_to_string(run_folder(sandbox).join("summary.csv")).unwrap();
    let (header, rows) = summary.split_once('\n').unwrap();
    let place = |name: &str| header.split(',').position(|column| column == name).unwrap();
    let (round, verdict) = (place("round"), place("verdict"));
    let cells = |row: &str| -> Vec<String> { row.split(',').map(str::to_owned).collect() };
    rows.lines().map(|row| (cells(row)[round].clone(), cells(row)[verdict].clone())).collect()
}

#[test]
fn there_is_no_verdict_on_rounds_that_pruned_nothing() {
    for flags in ["-i 2 --pruning-rate 1e-9", "--one-shot --densities 1"] {
        let sandbox = Sandbox::new();
        let text = sandbox.data().output(&format!("find-ticket {SMALL} {flags} --no-figures"));
        assert!(text.contains("No verdict on round 1: nothing was pruned."), "{flags}\n{text}");
        assert!(!text.contains("winning ticket"), "{flags}\n{text}");
        let of = |round: &str, verdict: &str| (round.to_owned(), verdict.to_owned());
        assert_eq!(verdicts(&sandbox), [of("0", "dense"), of("1", "unpruned")], "{flags}");
    }
}

#[test]
fn there_is_no_verdict_on_networks_at_chance() {
    let sandbox = Sandbox::new();
    // Hardly a step from where they begin.
    let text = sandbox.data().output(&format!("find-ticket {SMALL} -i 2 -l 1e-12 --no-figures"));
    let sentence = "No verdict on round 1: the dense network is at chance level: no better than naming the most frequent class (";
    assert!(text.contains(sentence), "{text}");
    assert!(!text.contains("winning ticket"), "{text}");
    let of = |round: &str, verdict: &str| (round.to_owned(), verdict.to_owned());
    assert_eq!(verdicts(&sandbox), [of("0", "dense"), of("1", "at-chance")]);
}

#[test]
fn the_same_command_again_changes_nothing() {
    let sandbox = Sandbox::new();
    let command = format!("find-ticket {SMALL} -i 2");
    let first = sandbox.data().output(&command);
    let before = exact_files(&run_folder(&sandbox));
    assert_eq!(sandbox.output(&command), first);
    assert_eq!(exact_files(&run_folder(&sandbox)), before);
}

#[test]
fn a_run_that_grew_equals_one_made_at_once() {
    let (grown, whole) = (Sandbox::new(), Sandbox::new());
    grown.data().output(&format!("find-ticket {SMALL} -i 2"));
    grown.output(&format!("find-ticket {SMALL} -i 3 --replicates 2 --control random-mask --jobs 2"));
    whole.data().output(&format!("find-ticket {SMALL} -i 3 --replicates 2 --control random-mask --jobs 1"));
    let (grown, whole) = (exact_files(&run_folder(&grown)), exact_files(&run_folder(&whole)));
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&grown), names(&whole));
    for ((name, left), (_, right)) in grown.iter().zip(&whole) {
        assert!(left == right, "{name} differs");
    }
}

#[test]
fn another_setting_is_another_folder() {
    let sandbox = Sandbox::new();
    sandbox.data().output(&format!("find-ticket {SMALL} -i 1"));
    sandbox.output(&format!("find-ticket {SMALL} -i 1 -l 0.002"));
    assert_eq!(visible(&sandbox.join("runs")).len(), 2);
}

#[test]
fn an_experiment_file_repeats_its_run() {
    let (first, second) = (Sandbox::new(), Sandbox::new());
    let output = first.data().output(&format!("find-ticket {SMALL} -i 2 --rewind 6it --scope global"));
    fs::copy(run_folder(&first).join("experiment.toml"), second.data().join("mine.toml")).unwrap();
    let again = second.output("run mine.toml --data-folder data");
    let without_times = |text: &str| -> Vec<Vec<String>> {
        text.lines().map(|line| line.split_whitespace().take(8).map(str::to_owned).collect()).collect()
    };
    assert_eq!(without_times(&again), without_times(&output));
    assert_eq!(exact_files(&run_folder(&second)), exact_files(&run_folder(&first)));
}

#[test]
fn figures_can_be_drawn_later() {
    let sandbox = Sandbox::new();
    sandbox.data().output(&format!("find-ticket {SMALL} -i 2 --no-figures"));
    let run = run_folder(&sandbox);
    assert!(!run.join("figures").exists());
    let text = sandbox.output(&format!("plot {}", run.display()));
    assert_eq!(text.trim(), run.join("figures").display().to_string());
    assert!(run.join("figures/accuracy-against-density.svg").is_file());
}

#[test]
fn one_shot_keeps_the_densities_of_iterative_pruning() {
    let sandbox = Sandbox::new();
    let text = sandbox.data().output(&format!("find-ticket {SMALL} -i 3 --one-shot --keep all"));
    assert!(text.contains("64.06"), "{text}");
    assert!(run_folder(&sandbox).join("replicate-0/round-02/trained.safetensors").is_file());
}

#[test]
fn messages_also_go_to_the_log_file() {
    let sandbox = Sandbox::new();
    sandbox.data().output(&format!("find-ticket {SMALL} -i 1 --logging-path . --verbosity error"));
    let log = fs::read_to_string(sandbox.join("lth.log")).unwrap();
    assert!(log.contains("round 0") && log.lines().all(|line| line.starts_with("20")), "{log}");
}

#[test]
fn without_a_terminal_there_is_a_line_a_round_and_no_escape() {
    let sandbox = Sandbox::new();
    let assert = sandbox.data().lth(&format!("find-ticket {SMALL} -i 2")).assert().success();
    let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(stderr.contains("[1/2]") && stderr.contains("[2/2]"), "{stderr}");
    assert!(!stderr.contains('\u{1b}'), "{stderr}");
    let left = |count: &str| stderr.lines().any(|line| line.starts_with(count) && line.ends_with("s left"));
    assert!(left("[1/2]") && !left("[2/2]"), "{stderr}");
}

#[test]
fn a_dry_run_tells_time_disk_and_folder_and_writes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.data();
    for command in
        [format!("find-ticket {SMALL} -i 3 --control random-reinit --replicates 2"), format!("train {SMALL}")]
    {
        let assert = sandbox.lth(&format!("{command} --dry-run")).assert().success();
        let output = assert.get_output();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(stderr.contains("a few seconds") && stderr.contains("of disk"), "{stderr}");
        assert!(stderr.contains("runs/lenet-300-100-mnist-"), "{stderr}");
        assert!(output.stdout.is_empty() && !sandbox.join("runs").exists());
    }
    // A run that is long enough to be measured.
    let long = "find-ticket lenet-300-100 mnist data --validation 60 -b 20 --length 90000it --dry-run";
    let assert = sandbox.lth(long).assert().success();
    let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(stderr.contains("20 trainings take about "), "{stderr}");
    assert!(!sandbox.join("runs").exists());
}

#[test]
fn a_dry_run_of_a_finished_run_finds_nothing_left() {
    let sandbox = Sandbox::new();
    sandbox.data().output(&format!("find-ticket {SMALL} -i 2"));
    let file = run_folder(&sandbox).join("experiment.toml");
    let run = format!("run {} --data-folder data --dry-run", file.display());
    let assert = sandbox.lth(&run).assert().success();
    let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(stderr.contains("nothing is left to train"), "{stderr}");
    let control =
        format!("control {} --kind random-mask --data-folder data --dry-run", run_folder(&sandbox).display());
    let assert = sandbox.lth(&control).assert().success();
    let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(stderr.contains("one training takes a few seconds"), "{stderr}");
    assert!(!run_folder(&sandbox).join("replicate-0/round-01/controls").exists());
}

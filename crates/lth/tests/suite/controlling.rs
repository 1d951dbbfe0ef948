//! Controls of a finished run, and what tickets restart from.

use std::fs;

use crate::common::{SMALL, Sandbox, run_folder, visible};

#[test]
fn controls_are_added_to_a_run_and_trained_once() {
    let sandbox = Sandbox::new();
    sandbox.data().output(&format!("find-ticket {SMALL} -i 2 --no-figures"));
    let run = run_folder(&sandbox);
    let ticket = fs::read(run.join("replicate-0/round-01/round.json")).unwrap();
    let control = format!("control {} --kind random-reinit --draws 2 --no-figures", run.display());
    let control = format!("{control} --data-folder data");
    sandbox.output(&control);
    let rows = |kind: &str| {
        let summary = fs::read_to_string(run.join("summary.csv")).unwrap();
        summary.lines().filter(|line| line.split(',').nth(2) == Some(kind)).count()
    };
    assert_eq!([rows("random-reinit"), rows("random-reinit-draw-1"), rows("ticket")], [1, 1, 2]);
    assert_eq!(fs::read(run.join("replicate-0/round-01/round.json")).unwrap(), ticket);
    let record = run.join("replicate-0/round-01/controls/random-reinit/round.json");
    let written = fs::metadata(&record).unwrap().modified().unwrap();
    sandbox.output(&control);
    assert_eq!(fs::metadata(&record).unwrap().modified().unwrap(), written);
}

#[test]
fn several_runs_are_controlled_one_after_the_other() {
    let sandbox = Sandbox::new();
    sandbox.data();
    for seed in [1, 2] {
        sandbox.output(&format!("find-ticket {SMALL} -i 2 --no-figures --seed {seed}"));
    }
    let runs = visible(&sandbox.join("runs"));
    let [one, other] = [&runs[0], &runs[1]].map(|run| run.display().to_string());
    let rest = "--kind random-mask --data-folder data --no-figures";
    // Before the first is trained, all are looked at.
    sandbox.refused(
        &format!("control {one} data {rest}"),
        "'data' is not a run folder",
        "find-winning-ticket",
    );
    assert!(!runs[0].join("replicate-0/round-01/controls").exists());
    let text = sandbox.output(&format!("control {one} {other} {rest}"));
    for run in &runs {
        assert!(run.join("replicate-0/round-01/controls/random-mask/round.json").is_file(), "{text}");
        assert_eq!(text.lines().filter(|line| *line == run.display().to_string()).count(), 1, "{text}");
    }
}

#[test]
fn commands_that_take_one_run_say_so_when_a_pattern_matches_more() {
    let sandbox = Sandbox::new();
    for run in ["runs/a", "runs/b"] {
        fs::create_dir_all(sandbox.join(run)).unwrap();
        fs::write(sandbox.join(run).join("experiment.toml"), "").unwrap();
        fs::write(sandbox.join(run).join("ticket.safetensors"), "").unwrap();
    }
    let tickets = "runs/a/ticket.safetensors runs/b/ticket.safetensors";
    let files = "runs/a/experiment.toml runs/b/experiment.toml";
    for (line, command, named) in [
        ("transfer runs/a runs/b fashion-mnist --dry-run".to_owned(), "lth transfer", "runs/a, runs/b"),
        ("transfer runs/a runs/b x fashion-mnist".to_owned(), "lth transfer", "runs/a, runs/b"),
        ("supermask heuristic runs/a runs/b".to_owned(), "lth supermask heuristic", "runs/a, runs/b"),
        (format!("inspect {tickets}"), "lth inspect", "runs/a/ticket.safetensors, runs/b/ticket.safetensors"),
        (format!("export {tickets} out.safetensors"), "lth export", "runs/a/ticket.safetensors, runs/b/"),
        (format!("run {files}"), "lth run", "runs/a/experiment.toml, runs/b/experiment.toml"),
    ] {
        sandbox.refused(
            &line,
            &format!("`{command}` takes one "),
            &format!("choose one of them, for example: {command} runs/a"),
        );
        sandbox.refused(&line, &format!("2 are named: {named}"), "choose one");
    }
}

#[test]
fn the_mask_of_another_run_is_a_control() {
    let sandbox = Sandbox::new();
    let find = |flags: &str| format!("find-ticket {SMALL} -i 2 --no-figures {flags}");
    sandbox.data().output(&find("--criterion movement --output-path others"));
    sandbox.output(&find(""));
    let run = run_folder(&sandbox);
    let other = visible(&sandbox.join("others")).remove(0);
    let of = |what: &str| format!("control {} --data-folder data --no-figures {what}", run.display());
    let kind = "--kind other-run-mask";
    sandbox.refused(&of(kind), "0 are named", "--masks-of");
    sandbox.refused(&of(&format!("{kind} --masks-of nowhere")), "cannot read 'nowhere'", "--masks-of");
    sandbox.refused(&of(&format!("{kind} --masks-of data")), "data", "");
    sandbox.output(&of(&format!("{kind} --masks-of {}", other.display())));
    let summary = fs::read_to_string(run.join("summary.csv")).unwrap();
    assert_eq!(summary.matches("other-run-mask").count(), 1);
    // Asked for again it is the same draw, and without it the run goes on.
    sandbox.output(&of(&format!("{kind} --masks-of {}", other.display())));
    sandbox.output(&of("--kind random-mask"));
    assert_eq!(fs::read_to_string(run.join("summary.csv")).unwrap().matches("other-run-mask").count(), 1);
}

#[test]
fn what_cannot_be_controlled_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.data().output(&format!("find-ticket {SMALL} -i 2 --no-figures"));
    let run = run_folder(&sandbox);
    let of = |what: &str| format!("control {} --data-folder data {what}", run.display());
    sandbox.refused(&of("--kind reinnit"), "control 'reinnit' is not valid", "random-reinit");
    sandbox.refused(&of("--kind random-mask --draws 0"), "number of draws '0'", "--draws 3");
    sandbox.refused(&of("--kind random-mask --draws 60000"), "from 1 to 1000", "--draws 3");
    sandbox.refused(&of("--kind random-mask --output-path x"), "in the run's folder", "--output-path");
    sandbox.refused("control nowhere --kind random-mask", "is not a run folder", "find-winning-ticket");
    let renamed = sandbox.join("renamed");
    fs::rename(&run, &renamed).unwrap();
    let flags = "control renamed --kind random-mask --data-folder data";
    sandbox.refused(flags, "are those of a folder named", "rename the folder");
}

#[test]
fn actions_and_ways_of_retraining_are_checked_before_training() {
    let sandbox = Sandbox::new();
    sandbox.data();
    let with = |flags: &str| format!("find-ticket {SMALL} -i 2 --no-figures {flags}");
    sandbox.refused(&with("--mask1-action reint"), "no mask-1 action 'reint'", "did you mean 'reinit'?");
    sandbox.refused(&with("--mask0-action none"), "no mask-0 action 'none'", "zero");
    sandbox.refused(&with("--retrain often"), "pruning.retraining = often", "fine-tuning");
    sandbox.refused(
        &with("--retrain fine-tuning --mask1-action reinit"),
        "kept weights stay as they were trained",
        "leave one of the two out",
    );
    sandbox.refused(
        &with("--retrain fine-tuning --schedule cosine").replace("24it", "2000it"),
        "ends near a learning rate of 0",
        "learning-rate-rewinding",
    );
    let text = sandbox.output(&with("--mask1-action constant-same-sign --mask0-action freeze-init"));
    assert!(text.contains("Everything is in"), "{text}");
}

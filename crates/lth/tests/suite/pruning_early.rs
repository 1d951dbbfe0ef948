//! Networks that are pretrained, pruned before or during training, or young.

use std::fs;

use crate::common::{SMALL, Sandbox, run_folder, visible};

#[test]
fn a_run_begins_with_weights_that_were_trained_on_something_else() {
    let sandbox = Sandbox::new();
    sandbox.data();
    sandbox.output(&format!("train {SMALL} --save-weights before.safetensors"));
    let begin = |flags: &str| format!("find-ticket {SMALL} -i 2 --no-figures --initial-weights {flags}");
    sandbox.output(&begin("before.safetensors"));
    let run = visible(&sandbox.join("runs"))
        .into_iter()
        .find(|path| path.join("replicate-0/round-01").exists())
        .unwrap();
    let settings = fs::read_to_string(run.join("experiment.toml")).unwrap();
    assert!(settings.contains("initial_weights = \""));
    let two_classes = begin("before.safetensors --classes 3,8").replace("--validation 60", "--validation 20");
    let other_classes = sandbox.lth(&two_classes).assert().success();
    let messages = String::from_utf8_lossy(&other_classes.get_output().stderr).into_owned();
    assert!(messages.contains("its output layer 'fc3' is drawn anew"), "{messages}");
    sandbox.output(&format!("control {} --kind random-mask --no-figures --data-folder data", run.display()));

    sandbox.refused(&begin("nothing.safetensors"), "nothing.safetensors", "");
    let ticket = run.join("replicate-0/round-01/ticket.safetensors");
    sandbox.refused(&begin(&ticket.display().to_string()), "has pruned weights", "lth transfer");
    let copy = sandbox.join("copy.toml");
    fs::copy(run.join("experiment.toml"), &copy).unwrap();
    sandbox.refused(
        "run copy.toml --data-folder data --output-path elsewhere",
        "initial_weights",
        "--initial-weights",
    );
}

#[test]
fn a_layer_that_lost_everything_is_named() {
    let sandbox = Sandbox::new();
    sandbox.data();
    let flags = format!("{SMALL} --no-figures --before-training random --densities 0.1,0.00002");
    let finished = sandbox.lth(&format!("find-ticket {flags}")).assert().success();
    let table = String::from_utf8_lossy(&finished.get_output().stdout).into_owned();
    assert!(table.contains("0.0019") && table.contains("99.9981"), "{table}");
    assert!(
        table.contains("Layer collapse: no weight left in fc3 from round 2 on (density 0.0019 %"),
        "{table}"
    );
    let messages = String::from_utf8_lossy(&finished.get_output().stderr).into_owned();
    assert!(messages.contains("density 0.0019 %, no weight left in "), "{messages}");
    assert!(messages.contains("density 10.0 %, early stop"), "{messages}");
}

#[test]
fn masks_change_while_a_round_trains() {
    let sandbox = Sandbox::new();
    sandbox.data();
    for (method, control) in [("rigl", "--control random-mask"), ("SET", ""), ("gradual", "")] {
        let flags = format!("{SMALL} --no-figures --update-every 3 --densities 0.3,0.1 {control}");
        let table = sandbox.output(&format!("find-ticket {flags} --during-training {method}"));
        assert!(table.contains("30.00") && table.contains("10.00"), "{method}: {table}");
        assert_eq!(table.contains("Control: random-mask"), !control.is_empty(), "{method}");
    }
    let with = |flags: &str| format!("find-ticket {SMALL} --no-figures {flags}");
    sandbox.refused(&with("--during-training rigel"), "'rigel'", "did you mean 'rigl'?");
    // From a file too, where the method is a word among the settings: before a folder is made, and never as no method.
    sandbox.output(&with("--during-training rigl --update-every 3 --densities 0.3 --output-path other"));
    let run = visible(&sandbox.join("other")).remove(0);
    let file = fs::read_to_string(run.join("experiment.toml")).unwrap();
    fs::write(sandbox.join("rigel.toml"), file.replace("\"rigl\"", "\"rigel\"")).unwrap();
    sandbox.refused("run rigel.toml --data-folder data --output-path new", "'rigel'", "did you mean 'rigl'?");
    assert!(!sandbox.join("new").exists());
    sandbox.refused(
        &with("--during-training rigl --update-every 3 --densities 0.000001"),
        "no weight would be left",
        "larger",
    );
    sandbox.refused(
        &with("--during-training set --update-every 1000"),
        "pruning.update_every",
        "train longer",
    );
    sandbox.refused(&with("--allocation erk"), "pruning.allocation", "--at-init");
    let gradual = with("--during-training gradual --control random-mask");
    sandbox.refused(&gradual, "whose mask no control can change", "leave it out");
}

#[test]
fn a_young_networks_ticket_tells_its_epoch() {
    let sandbox = Sandbox::new();
    sandbox.data();
    let flags = format!("find-ticket {SMALL} --no-figures --early-bird --densities 0.5");
    let flags = flags.replace("24it", "8ep");
    sandbox.output(&format!("{flags} --early-bird-threshold 1"));
    let ticket = run_folder(&sandbox).join("replicate-0/round-01/ticket.safetensors");
    let told = sandbox.output(&format!("inspect {}", ticket.display()));
    let line = told.lines().find(|line| line.contains("early-bird-epoch"));
    assert!(line.is_some_and(|line| line.trim_end().ends_with('5')), "{told}");
    sandbox.refused(&format!("{flags} --early-bird-window 1"), "at least 2", "for example 5");
}

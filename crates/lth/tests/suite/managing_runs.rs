//! `lth runs`: listing, measuring and removing.

use std::fs;

use crate::common::{SMALL, Sandbox, run_folder, visible};
use serde_json::Value;

/// Two runs of one replicate that differ in their criterion, the second with one round of two.
fn two_runs() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.data();
    sandbox.output(&format!("find-ticket {SMALL} -i 2"));
    sandbox.output(&format!("find-ticket {SMALL} -i 1 --criterion movement --no-figures"));
    for run in visible(&sandbox.join("runs")) {
        let path = run.join("experiment.toml");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, text.replace("rounds = 1\n", "rounds = 2\n")).unwrap();
    }
    sandbox
}

fn json(sandbox: &Sandbox, flags: &str) -> Vec<Value> {
    serde_json::from_str(&sandbox.output(&format!("runs {flags} --format json"))).unwrap()
}

#[test]
fn runs_are_listed_with_what_differs() {
    let sandbox = two_runs();
    let table = sandbox.output("runs");
    let header = table.lines().next().unwrap();
    assert!(header.contains("criterion") && !header.contains("learning rate"), "{table}");
    assert!(table.contains("lenet-300-100") && table.contains("2/2") && table.contains("1/2"), "{table}");
    let runs = json(&sandbox, "--sort criterion");
    let of = |key: &str| runs.iter().map(|run| run[key].clone()).collect::<Vec<_>>();
    assert_eq!(of("state"), ["finished", "unfinished"]);
    assert_eq!(of("rounds_done"), [2, 1]);
    assert_eq!((&runs[1]["settings"]["criterion"], &runs[1]["trainings"]), (&"movement".into(), &2.into()));
    assert!(
        runs[0]["seconds"].as_f64().unwrap() > 0.0 && runs[0]["bytes"].as_u64() > runs[1]["bytes"].as_u64()
    );
    let csv = sandbox.output("runs runs --where criterion=movement --format csv");
    assert_eq!(csv.lines().count(), 2, "{csv}");
    assert!(csv.starts_with("run,model,data,state,reason,replicates,rounds_done,rounds,"), "{csv}");
    assert_eq!(json(&sandbox, "--reverse --sort criterion")[0]["state"], "unfinished");
    let one = runs[0]["run"].as_str().unwrap();
    assert_eq!(json(&sandbox, one).len(), 1);
}

#[test]
fn runs_are_found_by_what_their_user_calls_them() {
    let sandbox = Sandbox::new();
    let command = format!("find-ticket {SMALL} -i 1 --no-figures --name baseline --tag paper --tag mine");
    let dry = sandbox.data().output(&format!("{command} --dry-run --print-folder"));
    sandbox.output(&command);
    assert_eq!(sandbox.path().join(dry.trim()), run_folder(&sandbox));
    let table = sandbox.output("runs --where tag=mine");
    assert!(table.contains("name") && table.contains("baseline"), "{table}");
    assert_eq!(json(&sandbox, "--where tags=paper --where name=baseline")[0]["name"], "baseline");
    assert!(json(&sandbox, "--where tag=other").is_empty());
}

#[test]
fn a_damaged_run_is_named_with_its_reason() {
    let sandbox = two_runs();
    let damaged = run_folder_of(&sandbox, "finished");
    fs::write(sandbox.join(&damaged).join("experiment.toml"), "rounds = ").unwrap();
    let table = sandbox.output("runs");
    assert!(table.contains(&format!("{damaged}: ")) && table.contains("experiment.toml:1:"), "{table}");
    assert_eq!(json(&sandbox, "--where state=damaged").len(), 1);
}

fn run_folder_of(sandbox: &Sandbox, state: &str) -> String {
    json(sandbox, &format!("--where state={state}"))[0]["run"].as_str().unwrap().to_owned()
}

#[test]
fn other_kinds_of_trainings_are_listed_too() {
    let sandbox = Sandbox::new();
    sandbox.data();
    sandbox.output(&format!("train {SMALL}"));
    sandbox.output("supermask learn lenet-300-100 mnist data --validation 60 -b 60 --length 5it");
    let runs = json(&sandbox, "");
    assert_eq!(runs.len(), 2, "{runs:?}");
    assert!(runs.iter().all(|run| run["state"] == "finished" && run["rounds_done"] == 1), "{runs:?}");
}

#[test]
fn a_run_is_removed_when_it_is_said() {
    let sandbox = two_runs();
    let [finished, unfinished] = ["finished", "unfinished"].map(|state| run_folder_of(&sandbox, state));
    sandbox.fails(&format!("runs rm {finished}"), 2, "no terminal to ask on", "--yes");
    sandbox.refused("runs rm data --yes", "'data' is neither a run folder", "lth runs");
    let said = sandbox.output(&format!("runs rm {finished} -y"));
    assert!(said.contains("1 run with 2 finished trainings"), "{said}");
    assert_eq!(run_folder(&sandbox), sandbox.join(&unfinished));
}

#[cfg(unix)]
#[test]
fn files_that_runs_share_are_counted_once() {
    let sandbox = two_runs();
    let [finished, unfinished] =
        ["finished", "unfinished"].map(|state| sandbox.join(&run_folder_of(&sandbox, state)));
    // They have one dense network. On a file system that clones files this is the only further name.
    let name = "replicate-0/initial.safetensors";
    fs::remove_file(unfinished.join(name)).unwrap();
    fs::hard_link(finished.join(name), unfinished.join(name)).unwrap();
    let table = sandbox.output("runs du");
    assert!(table.lines().next().unwrap().contains("tickets"), "{table}");
    assert!(table.contains("what they share counted once"), "{table}");
    let shared = ["3.7 MB\n", "1.1 MB\n"].map(|size| table.matches(size).count());
    assert!(shared == [2, 0] || shared == [0, 2], "{table}");
    sandbox.output(&format!("runs rm --yes {}", finished.display()));
    assert!(unfinished.join(name).is_file());
}

#[test]
fn what_cannot_be_listed_is_refused() {
    let sandbox = Sandbox::new();
    let none = sandbox.lth("runs").assert().success();
    let output = none.get_output();
    assert_eq!(output.stdout, b"");
    assert!(String::from_utf8_lossy(&output.stderr).contains("there are no runs in 'runs'"));
    sandbox.refused("runs nowhere", "cannot read 'nowhere'", "check the path");
    sandbox.refused("runs --where criterion", "it has no =", "criterion=movement");
    sandbox.refused("runs --where criterium=movement", "no run has it", "'criterion'");
    sandbox.refused("runs --sort shedule", "no run has it", "'schedule'");
}

#[test]
fn scripts_get_the_folder_alone() {
    let sandbox = Sandbox::new();
    sandbox.data();
    let found = sandbox.output(&format!("find-ticket {SMALL} -i 2 --no-figures --print-folder"));
    assert_eq!(found, format!("{}\n", run_folder(&sandbox).strip_prefix(sandbox.path()).unwrap().display()));
    for command in [
        format!("train {SMALL} --print-folder"),
        "supermask learn lenet-300-100 mnist data --validation 60 -b 60 --length 5it --print-folder"
            .to_owned(),
        format!(
            "control {} --kind random-reinit --data-folder data --no-figures --print-folder",
            found.trim()
        ),
    ] {
        let said = sandbox.output(&command);
        assert_eq!(said.lines().count(), 1, "{command}: {said}");
        assert!(sandbox.join(said.trim()).join("experiment.toml").is_file(), "{command}: {said}");
    }
}

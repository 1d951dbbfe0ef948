//! `lth collect`: runs that were done in several places.

use std::fs;

use crate::common::{SMALL, Sandbox, exact_files, files};

/// 5 trainings of two runs.
fn sweep(flags: &str) -> String {
    let base = SMALL.replace("mnist data", "mnist");
    format!("sweep {base} --data-folder data --axis criterion=large-final,movement -i 3 {flags}")
}

/// The last trainings of the two runs, each in a folder of its own, where what they need is done as well.
fn two_halves(sandbox: &Sandbox) {
    let printed = sandbox.output(&sweep("--print-tasks --output-path plan"));
    let names: Vec<&str> = printed
        .lines()
        .map(|line| line.split_whitespace().skip_while(|word| *word != "--task").nth(1).unwrap())
        .collect();
    assert_eq!(names.len(), 5);
    for (folder, name) in [("node1", names[3]), ("node2", names[4])] {
        sandbox.output(&sweep(&format!("--task {name} --output-path {folder}")));
        // As the whole sweep's folder, of which a part writes none.
        sandbox.output(&sweep(&format!("--print-tasks --output-path {folder}")));
    }
}

#[test]
fn halves_of_a_sweep_make_the_whole_to_the_bit() {
    let (sandbox, undisturbed) = (Sandbox::new(), Sandbox::new());
    undisturbed.data().output(&sweep(""));
    two_halves(sandbox.data());
    let table = sandbox.output("collect node1 node2 --data-folder data");
    assert!(table.starts_with("from"), "{table}");
    assert_eq!(exact_files(&sandbox.join("runs")), exact_files(&undisturbed.join("runs")));
    let end = sandbox.lth(&sweep("")).assert().success();
    let said = String::from_utf8_lossy(&end.get_output().stderr).into_owned();
    assert!(said.contains("nothing is left to train"), "{said}");

    let before = files(&sandbox.join("runs"));
    let again = sandbox.lth("collect node1 node2 --data-folder data").assert().success();
    let said = String::from_utf8_lossy(&again.get_output().stderr).into_owned();
    assert!(said.contains("nothing is new"), "{said}");
    assert_eq!(files(&sandbox.join("runs")), before);
}

#[test]
fn what_is_unfinished_stays_and_comes_later() {
    let (sandbox, undisturbed) = (Sandbox::new(), Sandbox::new());
    let run = |rounds: u32, output: &str| {
        format!("find-ticket {SMALL} -i {rounds} --no-figures --output-path {output}")
    };
    undisturbed.data().output(&run(3, "runs"));
    sandbox.data().output(&run(3, "node1"));
    let folder = fs::read_dir(sandbox.join("node1")).unwrap().flatten().map(|entry| entry.path());
    let folder = folder.into_iter().find(|path| path.join("experiment.toml").exists()).unwrap();
    let record = folder.join("replicate-0/round-02/round.json");
    let bytes = fs::read(&record).unwrap();
    fs::remove_file(&record).unwrap();
    sandbox.output("collect node1 --data-folder data");
    let here = sandbox.join("runs").join(folder.file_name().unwrap());
    assert!(here.join("replicate-0/round-01/round.json").exists());
    assert!(here.join("replicate-0/round-02/ticket.safetensors").exists(), "round 1 made it");
    assert!(!here.join("replicate-0/round-02/metrics.csv").exists());
    fs::write(&record, bytes).unwrap();
    let table = sandbox.output("collect node1 --data-folder data");
    assert_eq!(
        table.lines().nth(1).unwrap().split_whitespace().rev().take(2).collect::<Vec<_>>(),
        ["2", "1"]
    );
    assert_eq!(exact_files(&sandbox.join("runs")), exact_files(&undisturbed.join("runs")));
    // Fewer rounds than are here change nothing.
    sandbox.output(&run(2, "node2"));
    sandbox.output("collect node2 --data-folder data");
    assert_eq!(exact_files(&sandbox.join("runs")), exact_files(&undisturbed.join("runs")));
}

#[test]
fn what_differs_is_refused_with_both_names() {
    let sandbox = Sandbox::new();
    let run = |output: &str| format!("find-ticket {SMALL} -i 2 --no-figures --output-path {output}");
    sandbox.data().output(&run("node1"));
    sandbox.output(&run("runs"));
    let before = exact_files(&sandbox.join("runs"));
    let folder = fs::read_dir(sandbox.join("node1")).unwrap().flatten().map(|entry| entry.path());
    let folder = folder.into_iter().find(|path| path.join("experiment.toml").exists()).unwrap();
    let metrics = folder.join("replicate-0/round-01/metrics.csv");
    let text = fs::read_to_string(&metrics).unwrap();
    fs::write(&metrics, text.replacen('1', "2", 1)).unwrap();
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let end = format!("{name}/replicate-0/round-01/metrics.csv'");
    sandbox.refused("collect node1", &format!("'node1/{end} and 'runs/{end} differ"), "provenance.json");
    fs::remove_file(&metrics).unwrap();
    sandbox.refused("collect node1", &format!("'node1/{end} is not there"), "copy the whole folder again");
    fs::remove_dir_all(&folder).unwrap();
    sandbox.refused("collect node1", "there is no run in 'node1'", "name the folder");
    sandbox.refused("collect absent", "cannot read 'absent'", "path");
    assert_eq!(exact_files(&sandbox.join("runs")), before);
}

#[test]
fn what_failed_there_is_passed_over_here() {
    let sandbox = Sandbox::new();
    let sweep = |output: &str| {
        let base = SMALL.replace("mnist data", "mnist");
        format!(
            "sweep {base} --data-folder data -i 1 --optimizer sgd --axis lr=0.1,1e30 --output-path {output}"
        )
    };
    let said = |command: &str| {
        let end = sandbox.lth(command).assert().success();
        String::from_utf8(end.get_output().stderr.clone()).unwrap()
    };
    let reason = "replicate 0, round 0: the loss is not a finite number any more";
    sandbox.data();
    assert!(said(&sweep("node1")).contains(reason));
    for _ in 0..2 {
        sandbox.output("collect node1 --data-folder data");
        let table = sandbox.output("runs runs --where state=failed");
        assert_eq!(table.matches(reason).count(), 1, "{table}");
    }
    assert!(sandbox.output("runs").contains(" 1e30 "));
    let missing = format!("is not finished: 1 of 1 trainings are missing, {reason}");
    assert!(said("table runs").contains(&missing), "{}", said("table runs"));
    assert!(said(&sweep("runs")).contains("(in an earlier sitting)"));
}

//! Tickets beside each other.

use crate::common::{SMALL, Sandbox, visible};
use serde_json::Value;

fn runs(sandbox: &Sandbox, flags: &[&str]) -> Vec<String> {
    sandbox.data();
    let mut known: Vec<String> = Vec::new();
    for flags in flags {
        sandbox.output(&format!("find-ticket {SMALL} -i 3 --no-figures {flags}"));
        let folders = visible(&sandbox.join("runs"));
        let mut new: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
        new.retain(|folder| !known.contains(folder));
        known.extend(new);
    }
    known
}

fn rows(json: &str) -> Vec<Value> {
    serde_json::from_str::<Vec<Value>>(json).unwrap()
}

#[test]
fn a_run_compared_with_itself_is_the_same() {
    let sandbox = Sandbox::new();
    let runs = runs(&sandbox, &["--replicates 2"]);
    let same = rows(&sandbox.output(&format!("compare {0} {0} --format json", runs[0])));
    assert_eq!(same.len(), 2, "rounds 1 and 2");
    for row in &same {
        assert_eq!(row["jaccard"], 1.0);
        assert_eq!(row["same_sign"], 1.0);
        assert_eq!(row["distance"], 0.0);
    }
    let seeds = rows(&sandbox.output(&format!("compare {0} {0} --replicates 0,1 --format json", runs[0])));
    for row in &seeds {
        let (jaccard, chance) =
            (row["jaccard"].as_f64().unwrap(), row["jaccard_by_chance"].as_f64().unwrap());
        assert!((jaccard - chance).abs() < 0.1, "other seeds share little: {jaccard}, {chance}");
        assert!(row["distance"].as_f64().unwrap() > 0.0);
    }
}

#[test]
fn other_criteria_are_told_and_files_find_their_round() {
    let sandbox = Sandbox::new();
    let runs = runs(&sandbox, &["", "--criterion random"]);
    let table = sandbox.output(&format!("compare {} {}", runs[0], runs[1]));
    assert!(table.contains("pruning.criterion: large-final and random"), "{table}");
    assert!(table.contains("64.06"), "{table}");
    let ticket = format!("{}/replicate-0/round-02/ticket.safetensors", runs[1]);
    let by_file = rows(&sandbox.output(&format!("compare {} {ticket} --layers --format json", runs[0])));
    assert_eq!(by_file.len(), 4, "all, and three layers");
    assert_eq!(by_file[0]["round"], 2);
    let csv = sandbox.output(&format!("compare {ticket} {} --round 1 --format csv", runs[0]));
    assert_eq!(csv.lines().count(), 2);
    assert!(csv.starts_with("other,round,other_round,layer,density"));
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let sandbox = Sandbox::new();
    let runs = runs(&sandbox, &["", "--one-shot"]);
    sandbox.output(&format!(
        "find-ticket {} -i 2 --no-figures --output-path more",
        SMALL.replace("lenet-300-100", "mlp-20-10")
    ));
    let small = visible(&sandbox.join("more"))[0].display().to_string();
    let of = |flags: &str| format!("compare {} {flags}", runs[0]);
    sandbox.refused(&of(&small), "'fc1.weight' is [300, 784]", "same network");
    sandbox.refused(&of("nowhere"), "nowhere", "");
    sandbox.refused(&of(&format!("{} --round 9", runs[1])), "round 9", "more rounds");
    sandbox.refused(&of(&format!("{} --replicates 0,5", runs[1])), "no replicate 5", "it has 1");
    let dense = format!("{}/replicate-0/initial.safetensors", runs[0]);
    sandbox.refused(&of(&dense), "has no masks", "compare tickets");
}

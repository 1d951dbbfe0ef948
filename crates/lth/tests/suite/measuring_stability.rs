//! Comparing copies of a run's networks.

use crate::common::{SMALL, Sandbox, files, run_folder};

#[test]
fn a_study_prints_its_networks_and_writes_tables_and_figures() {
    let sandbox = Sandbox::new();
    sandbox.data().output(&format!("find-ticket {SMALL} -i 2 --control random-mask --no-figures"));
    let run = run_folder(&sandbox);
    let flags = format!("stability {} --data-folder data --points 5 --from 8it", run.display());
    let text = sandbox.output(&flags);
    let networks: Vec<&str> =
        text.lines().filter(|line| line.contains('°')).filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(networks, ["dense", "dense"], "{text}");
    let text = sandbox.output(&format!("{flags} --rounds 0,1"));
    assert!(text.contains("random-mask") && text.contains("ticket"), "{text}");
    // Distance and angle, in the row of a network: of its copies, and from the dense network.
    let angles = |network: &str| {
        let row = text.lines().find(|line| line.split_whitespace().next() == Some(network)).unwrap();
        row.matches('°').count()
    };
    assert_eq!(["dense", "ticket", "random-mask"].map(angles), [1, 2, 2], "{text}");
    let folder = run.join("stability/5-points-10000-examples");
    for name in
        ["stability.csv", "path.csv", "figures/error-along-path.svg", "figures/barrier-against-step.png"]
    {
        assert!(folder.join(name).is_file(), "{name}");
    }
    // Nothing changes when nothing is new, and other settings leave it alone.
    let before = files(&folder);
    sandbox.output(&format!("{flags} --rounds 0,1"));
    sandbox.output(&format!("{flags} --rounds 1 --train-examples all --keep-batch-norm-statistics"));
    assert_eq!(files(&folder), before);

    let csv = sandbox.output(&format!("{flags} --rounds 0,1 --format csv --no-figures"));
    assert_eq!(csv.lines().count(), 5, "{csv}");
    let mut table = csv::Reader::from_reader(csv.as_bytes());
    let column = table.headers().unwrap().iter().position(|name| name == "pruning_distance").unwrap();
    let distances: Vec<Option<f64>> = table.records().map(|row| row.unwrap()[column].parse().ok()).collect();
    assert!(
        matches!(distances[..], [None, None, Some(_), Some(_)]),
        "dense at two steps, then its two masks: {csv}"
    );
    let json = sandbox.output(&format!("{flags} --rounds 0,1 --format json --no-figures"));
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["pairs"].as_array().map(Vec::len), Some(4));
    assert_eq!(value["pairs"][0]["path"].as_array().map(Vec::len), Some(5));
    let prunings = value["prunings"].as_array().unwrap();
    let measured: Vec<Option<f64>> = prunings.iter().map(|pruning| pruning["distance"].as_f64()).collect();
    assert_eq!(measured, distances[2..]);
}

#[test]
fn bad_input_is_refused_before_anything_is_trained() {
    let sandbox = Sandbox::new();
    sandbox.data().output(&format!("find-ticket {SMALL} -i 2 --no-figures"));
    let run = run_folder(&sandbox);
    let refused = |flags: &str, error: &str, hint: &str| {
        sandbox.refused(&format!("stability {} --data-folder data {flags}", run.display()), error, hint);
    };
    sandbox.refused("stability data", "is not a run folder", "find-winning-ticket");
    refused("--copies 4000000000", "copies = 4000000000", "100000 can be compared at most");
    refused("--points 4000000000", "points = 4000000000", "10000 at most");
    refused("--rounds 7", "round = 7: the run has rounds 0 to 1", "extend the run");
    refused("--rounds x", "the round 'x'", "--rounds 0,7");
    refused("--points 2", "points = 2", "3 or more");
    refused("--copies 1", "copies = 1", "2");
    refused("--train-examples 0", "training examples '0'", "all");
    refused("--from 500it", "end at iteration 24", "below 24it");
    refused("--from 5", "a unit is missing", "500it");
    refused("--variants random-mask", "the run has no such control", "the run has ticket");
    refused("--variants nonsense", "nonsense", "random-mask");
    refused("--replicate 3", "replicate = 3", "--replicates");
    std::fs::remove_file(run.join("replicate-0/round-01/round.json")).unwrap();
    refused("--rounds 0,1", "replicate 0, round 1 is not finished", "continue the run");
    assert!(!run.join("stability").exists());
}

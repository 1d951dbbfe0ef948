//! Supermasks: learned ones and those of criteria.

use std::{process::Command, thread, time::Duration};

use crate::common::{SMALL, Sandbox, exact_files, run_folder};

#[test]
fn a_mask_is_learned_and_opens_as_a_ticket() {
    let sandbox = Sandbox::new();
    let flags = format!("supermask learn {SMALL} -l 20 --dynamic-rescaling --signed-constant");
    let text = sandbox.data().output(&flags);
    assert!(text.contains("mean of 10 drawn masks") && text.contains("fc1.weight"), "{text}");
    let folder = run_folder(&sandbox);
    let ticket = folder.join("supermask.safetensors");
    assert!(sandbox.output(&format!("inspect {}", ticket.display())).contains("fc1.weight"));
    // The same command again finds it finished.
    let before = exact_files(&folder);
    sandbox.output(&flags);
    assert_eq!(exact_files(&folder).len(), before.len());
    assert!(exact_files(&folder) == before, "something was written again");

    let json: serde_json::Value =
        serde_json::from_str(&sandbox.output(&format!("{flags} --format json"))).unwrap();
    let samples: Vec<f64> =
        json["samples"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect();
    let mean = samples.iter().sum::<f64>() / samples.len() as f64;
    assert!((mean - json["end"]["test_accuracy"].as_f64().unwrap()).abs() < 1e-9, "{json}");
    let csv = sandbox.output(&format!("{flags} --format csv"));
    assert!(csv.starts_with("step,split,metric,value\n"), "{csv}");

    // The ticket can be trained.
    sandbox.output(&format!("train {SMALL} --ticket {}", ticket.display()));
}

#[test]
fn masks_of_several_seeds_have_the_bits_of_each_alone() {
    let sandbox = Sandbox::new();
    let learn = format!("supermask learn {SMALL} --samples 2");
    let several = format!("{learn} --seed 4 --replicates 3 --out several");
    let folders = sandbox.data().output(&format!("{several} --jobs 2 --print-folder"));
    assert_eq!(folders.lines().count(), 3, "{folders}");
    let text = sandbox.output(&several);
    for start in ["4 ", "5 ", "6 ", "mean ± sd "] {
        assert!(text.lines().any(|line| line.trim_start().starts_with(start)), "{start}: {text}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&sandbox.output(&format!("{several} --format json"))).unwrap();
    let seeds: Vec<u64> =
        json.as_array().unwrap().iter().map(|record| record["seed"].as_u64().unwrap()).collect();
    assert_eq!(seeds, [4, 5, 6]);
    let alone = sandbox.output(&format!("{learn} --seed 5 --out alone --print-folder"));
    let of_five = sandbox.join(folders.lines().nth(1).unwrap());
    assert!(exact_files(&of_five) == exact_files(&sandbox.join(alone.trim())), "other bits");
    // The one that is learned already is not learned again.
    let more =
        sandbox.lth(&format!("{learn} --seed 5 --replicates 2 --out alone --dry-run")).assert().success();
    let said = String::from_utf8_lossy(&more.get_output().stderr).into_owned();
    assert!(said.contains("one training takes") && said.matches("the folder will be").count() == 2, "{said}");
}

#[test]
fn edge_popup_keeps_its_density_in_every_layer() {
    let sandbox = Sandbox::new();
    let method = "--method edge-popup --density 0.3 --format json";
    let text = sandbox.data().output(&format!("supermask learn {SMALL} {method}"));
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let live: Vec<u64> =
        json["layers"].as_array().unwrap().iter().map(|layer| layer["live"].as_u64().unwrap()).collect();
    assert_eq!(live, [70_560, 9_000, 300]);
}

#[test]
fn a_killed_learning_goes_on_to_the_same_bits() {
    let flags = "supermask learn lenet-300-100 mnist data --validation 60 -b 20 --length 300it \
                 --evaluate-every 50 --samples 2";
    let whole = Sandbox::new();
    whole.data().output(flags);
    let killed = Sandbox::new();
    killed.data();
    let command = killed.lth(&format!("{flags} --checkpoint-every 0.05"));
    let mut child = Command::new(command.get_program())
        .args(command.get_args())
        .current_dir(killed.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    // Until it has saved something, however slow the machine is.
    for _ in 0..600 {
        let saved = std::fs::read_dir(killed.join("runs")).ok().into_iter().flatten().flatten();
        if saved.map(|entry| entry.path()).any(|path| path.join("checkpoint.safetensors").exists()) {
            break;
        }
        thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    killed.output(flags);
    assert!(exact_files(&run_folder(&killed)) == exact_files(&run_folder(&whole)), "other bits");
    assert!(!run_folder(&killed).join("checkpoint.safetensors").exists());
}

#[test]
fn masks_of_criteria_are_put_on_a_runs_untrained_weights() {
    let sandbox = Sandbox::new();
    sandbox.data().output(&format!("find-ticket {SMALL} -i 1 --replicates 2 --no-figures"));
    let run = run_folder(&sandbox);
    let base =
        format!("supermask heuristic {} --data-folder data --criteria large-final,random", run.display());
    let flags = format!("{base} --densities 0.5,0.2");
    let text = sandbox.output(&flags);
    assert!(text.contains("signed-constant") && text.contains("chosen on the validation set"), "{text}");
    assert!(run.join("supermask/figures/accuracy-without-training.svg").is_file());
    // 2 replicates, 2 criteria, 2 kinds of weights, 2 densities.
    let csv = sandbox.output(&format!("{flags} --format csv"));
    assert_eq!(csv.lines().count(), 17, "{csv}");
    let json: serde_json::Value =
        serde_json::from_str(&sandbox.output(&format!("{flags} --format json --jobs 1"))).unwrap();
    assert_eq!(json["points"].as_array().map(Vec::len), Some(8));
    let again = sandbox.output(&format!("{flags} --format csv --jobs 1 --no-figures"));
    assert!(again == csv, "it depends on the number of jobs");

    let young = sandbox.output(&format!("{base} --densities 0.5 --dense-weights 6it --format csv"));
    assert_eq!(young.lines().count(), 9);
    assert!(run.join("supermask/heuristic-6it.csv").is_file());
}

#[test]
fn bad_input_is_refused_before_anything_is_learned() {
    let sandbox = Sandbox::new();
    sandbox.data();
    let learn = format!("supermask learn {SMALL}");
    for (flags, error, hint) in [
        ("--density 0.5", "--density is an option of edge-popup", "--method edge-popup"),
        ("--method edge-popup --density 1.5", "1.5", ""),
        ("--method edge-popup --density 0", "density '0'", "0.3 to 0.7"),
        ("--method edge-popup --samples 3", "--samples is an option of bernoulli", "--method bernoulli"),
        ("--samples 4000000000", "number of samples '4000000000'", "the paper draws 10"),
        ("--samples 0", "the number of samples '0'", "--samples 10"),
        ("--replicates 0", "number of replicates '0'", "--replicates 5"),
        ("--replicates 257", "a whole number from 1 to 256", "--replicates 5"),
        ("--replicates 2 --format csv", "of several are not", "metrics.csv"),
        ("--sigmoid-bias x", "the sigmoid bias 'x'", "--sigmoid-bias 1"),
        ("--gradient-clip 1", "gradient clip", "leave it out"),
        ("--dropout 0.5", "dropout", ""),
    ] {
        sandbox.refused(&format!("{learn} {flags}"), error, hint);
    }
    assert!(!sandbox.join("runs").exists());

    sandbox.output(&format!("find-ticket {SMALL} -i 1 --no-figures"));
    let run = run_folder(&sandbox);
    let heuristic = format!("supermask heuristic {} --data-folder data", run.display());
    for (flags, error, hint) in [
        ("--criteria large-fnal", "large-fnal", "large-final"),
        ("--densities 2", "2", ""),
        ("--dense-weights 500it", "dense-weights = 500it", "a step of it"),
        ("--dense-weights soon", "soon", ""),
    ] {
        sandbox.refused(&format!("{heuristic} {flags}"), error, hint);
    }
    sandbox.refused("supermask heuristic data", "is not a run folder", "find-winning-ticket");
}

#[test]
fn a_dry_run_tells_what_a_supermask_takes_and_writes_nothing() {
    let sandbox = Sandbox::new();
    let said = |flags: &str| {
        let assert = sandbox.lth(flags).assert().success();
        String::from_utf8_lossy(&assert.get_output().stderr).into_owned()
    };
    let long = format!("supermask learn {}", SMALL.replace("24it", "90000it"));
    sandbox.data();
    let text = said(&format!("{long} --dry-run"));
    assert!(text.contains("one training takes about ") && text.contains("the folder will be runs"), "{text}");
    assert!(!sandbox.join("runs").exists(), "{text}");

    sandbox.output(&format!("find-ticket {SMALL} -i 2 --no-figures"));
    let run = run_folder(&sandbox);
    std::fs::remove_file(run.join("replicate-0/round-00/trained.safetensors")).unwrap();
    let before = exact_files(&run);
    let heuristic = format!("supermask heuristic {} --data-folder data --densities 0.5", run.display());
    let text = said(&format!("{heuristic} --dry-run"));
    assert!(
        text.contains("takes a few seconds") && text.contains("nothing was trained or written"),
        "{text}"
    );
    assert!(exact_files(&run) == before, "a dry run left something");
    assert!(said(&format!("{heuristic} --no-figures")).contains("takes a few seconds"));
}

//! The figures of a run, by what its network is.

mod common;

use std::fs;

use common::{Sandbox, run_folder};

/// Options of a run that takes no time.
const SHORT: &str =
    "data --length 2it --batch-size 20 --validation 50 --evaluate-every 2 --learning-rate 0.001";

fn figures(sandbox: &Sandbox) -> Vec<String> {
    let files = fs::read_dir(run_folder(sandbox).join("figures")).unwrap();
    let mut names: Vec<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_convolutional_first_layer_is_shown_as_filters() {
    let sandbox = Sandbox::new();
    sandbox.data().output(&format!("find-ticket lenet-5 mnist {SHORT} -i 3 --keep last"));
    let names = figures(&sandbox);
    for name in ["filters.svg", "filters.png", "layer-density.svg", "weights-and-flops.svg"] {
        assert!(names.iter().any(|own| own == name), "{name} is not among {names:?}");
    }
    assert!(!names.iter().any(|name| name.starts_with("first-layer")));
    let read = |name: &str| fs::read_to_string(run_folder(&sandbox).join("figures").join(name)).unwrap();
    let filters = read("filters.svg");
    for text in
        ["round 0: 100 %, before training", "round 2: 64.3 %, before training", "round 2: 64.3 %, trained"]
    {
        assert!(filters.contains(text), "'{text}' is not in the figure");
    }
    assert!(read("layer-density.svg").contains(">conv2<"));
}

#[test]
fn a_run_of_one_round_has_them_too() {
    let sandbox = Sandbox::new();
    sandbox.data().output(&format!("find-ticket lenet-300-100 mnist {SHORT} -i 1"));
    let names = figures(&sandbox);
    for name in ["first-layer.svg", "layer-density.svg", "weights-and-flops.svg"] {
        assert!(names.iter().any(|own| own == name), "{name} is not among {names:?}");
    }
}

#[test]
fn weights_and_flops_at_a_ticket_are_counted_by_layer() {
    let sandbox = Sandbox::new();
    sandbox.data().output(&format!("find-ticket lenet-300-100 mnist {SHORT} -i 2 --no-figures"));
    let ticket = run_folder(&sandbox).join("replicate-0/round-01/ticket.safetensors");
    let text = sandbox.output(&format!("models lenet-300-100 --masks {}", ticket.display()));
    assert!(text.contains("426,120 of 532,400 FLOPs (80.04 %)"), "{text}");
    assert!(text.contains("213,060 of 266,200 weights (80.04 %)"), "{text}");
    let row = text.lines().find(|line| line.trim_start().starts_with("fc1 ")).unwrap();
    assert!(row.contains("188,160") && row.ends_with("376,320"), "{row}");
    sandbox.refused(
        &format!("models conv-2 --masks {}", ticket.display()),
        "'fc1.weight.mask' has shape",
        "",
    );
    sandbox.refused("models conv-2 --masks nowhere.safetensors", "nowhere.safetensors", "");
    sandbox.refused("models --masks nowhere.safetensors", "required", "");
}

#[test]
fn several_runs_are_drawn_together_by_what_differs() {
    let sandbox = Sandbox::new();
    sandbox.data();
    for criterion in ["large-final", "movement", "random"] {
        let flags = format!("lenet-300-100 mnist {SHORT} -i 3 --no-figures --criterion {criterion}");
        sandbox.output(&format!("find-ticket {flags}"));
    }
    let folders = fs::read_dir(sandbox.join("runs")).unwrap();
    let mut runs: Vec<String> = folders.map(|entry| entry.unwrap().path().display().to_string()).collect();
    runs.sort();
    let all = runs.join(" ");
    let printed = sandbox.output(&format!("plot --together {all} --output criteria"));
    assert_eq!(printed, "criteria.svg\ncriteria.png\n");
    let figure = fs::read_to_string(sandbox.join("criteria.svg")).unwrap();
    for label in ["large-final", "movement", "random"] {
        assert!(figure.contains(&format!(">{label}<")), "{label} is not in the legend");
    }
    assert_eq!(figure.matches(">dense<").count(), 3, "one in the legend, one a panel: only the first run's");
    sandbox.refused(&format!("plot {all} --output criteria"), "go into its folder", "--together");
    sandbox.refused("plot --together nowhere", "nowhere", "");
}

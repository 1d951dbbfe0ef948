//! Looking into files, and the lists.

use std::process::{Command, Stdio};

use crate::common::{SMALL, Sandbox, run_folder};

#[test]
fn a_ticket_shows_layers_density_and_origin() {
    let sandbox = Sandbox::new();
    sandbox.data().output(&format!("find-ticket {SMALL} -i 1 --seed 7"));
    let ticket = run_folder(&sandbox).join("replicate-0/round-01/ticket.safetensors");
    let text = sandbox.output(&format!("inspect {}", ticket.display()));
    for part in
        ["lenet-300-100", "fc1.weight", "300 x 784", "188,160", "80.00", "90.00", "266,200", "seed", "parent"]
    {
        assert!(text.contains(part), "'{part}' is not in\n{text}");
    }
    let json = sandbox.output(&format!("inspect {} --format json", ticket.display()));
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["tensors"]["fc1.weight"]["live"], 188_160);
    assert_eq!(value["weights"], 266_200);
    assert_eq!(value["metadata"]["seed"], "7");
    assert_eq!(value["model"], "lenet-300-100");
}

#[test]
fn units_that_a_mask_cuts_off_are_told() {
    let sandbox = Sandbox::new();
    let network = lth_model::lenet_300_100(10);
    let mut file = lth_model::TensorFile::default();
    for parameter in network.parameters().into_iter().filter(|parameter| parameter.kind.is_prunable()) {
        let mut mask = lth_model::Mask::dense(parameter.shape);
        if parameter.name == "fc1.weight" {
            // Two units read nothing.
            (0..2 * 784).for_each(|index| mask.set(index, false));
        }
        file.masks.insert(parameter.name, mask);
    }
    std::fs::write(sandbox.join("masks"), file.to_bytes()).unwrap();
    let text = sandbox.output("inspect masks");
    assert!(text.contains("Dead units: 2 "), "{text}");
    let json = sandbox.output("inspect masks --format json");
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    let units = &value["units"];
    assert_eq!(units["layers"][0]["without_input"], 2);
    // What reads them in fc2 is on no path either; their two biases go too.
    assert_eq!(units["effective_parameters"], 266_610 - 2 * 785 - 2 * 100);
    assert_eq!(value["density"], 1.0 - 1568.0 / 266_200.0);
}

#[test]
fn masks_alone_and_foreign_weights_are_shown_too() {
    let sandbox = Sandbox::new();
    let mut file = lth_model::TensorFile::default();
    file.masks.insert("conv.weight".to_owned(), lth_model::Mask::empty(vec![2, 3]));
    std::fs::write(sandbox.join("masks"), file.to_bytes()).unwrap();
    let text = sandbox.output("inspect masks");
    assert!(text.starts_with("masks of no model that lth knows") && text.contains("100.00"), "{text}");
    file.masks.clear();
    file.tensors.insert("x".to_owned(), lth_model::Tensor::zeros(vec![5]));
    std::fs::write(sandbox.join("weights"), file.to_bytes()).unwrap();
    assert!(sandbox.output("inspect weights").contains('5'));
}

#[test]
fn broken_files_are_refused() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.join("broken"), [255; 40]).unwrap();
    sandbox.refused("inspect broken", "'broken' is not a valid safetensors file", "truncated");
    sandbox.refused("inspect absent", "cannot read 'absent'", "check the path");
}

#[test]
fn lists_name_what_the_commands_take() {
    let sandbox = Sandbox::new();
    assert!(sandbox.output("models").contains("lenet-300-100"));
    let criteria = sandbox.output("criteria");
    assert!(criteria.contains("large-final") && criteria.contains("random-reinit"));
    let datasets = sandbox.output("datasets");
    assert!(datasets.contains("mnist") && datasets.contains("fashion-mnist"));
}

#[test]
fn every_shell_gets_a_completion_script() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        // What it offers, `completing` tests.
        assert!(sandbox.output(&format!("completions {shell}")).contains("LTH_COMPLETE"), "{shell}");
    }
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_a_quiet_end() {
    let program = assert_cmd::cargo::cargo_bin("lth");
    let mut child = Command::new(program)
        .args(["completions", "zsh"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_model_is_known_by_its_tensors_whatever_it_was_built_for() {
    let sandbox = Sandbox::new();
    for (flags, model) in [
        ("conv-2 --input 1x28x28 --classes 26 --width-factor 0.1", "conv-2+width-0.1"),
        ("resnet-20 --classes 100", "resnet-20"),
        ("mlp-20-30 --classes 47", "mlp-20-30"),
    ] {
        sandbox.output(&format!("models {flags} --save-weights w.safetensors"));
        let shown = sandbox.output("inspect w.safetensors");
        assert!(shown.starts_with(&format!("initial of {model}\n")), "{shown}");
    }
    sandbox.output("models resnet-18 --classes 200 --save-weights w.safetensors");
    let named = lth_model::TensorFile::read(&sandbox.join("w.safetensors")).unwrap();
    let unnamed = lth_model::TensorFile { tensors: named.tensors, ..Default::default() };
    std::fs::write(sandbox.join("w.safetensors"), unnamed.to_bytes()).unwrap();
    let shown = sandbox.output("inspect w.safetensors");
    assert!(shown.starts_with("weights of resnet-18\n"), "{shown}");
}

#[test]
fn a_ticket_of_ones_own_network_is_shown_with_and_without_its_file() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.data().join("net.toml"), NET).unwrap();
    let small = "mnist data --validation 60 -b 20 --length 5it -i 1 --no-figures --classes 0,1,2";
    sandbox.output(&format!("find-ticket net.toml {small}"));
    let folder = run_folder(&sandbox);
    assert_eq!(std::fs::read_to_string(folder.join("network.toml")).unwrap(), NET);
    let ticket = folder.join("replicate-0/round-01/ticket.safetensors");
    let inspect = || sandbox.output(&format!("inspect {}", ticket.display()));
    let with_file = inspect();
    assert!(with_file.starts_with("ticket of my-net\n"), "{with_file}");
    // In the order of the network, not of the names.
    assert!(with_file.find("zeta.weight").unwrap() < with_file.find("alpha.weight").unwrap(), "{with_file}");
    // The view of the data is part of their name.
    assert!(with_file.contains("mnist-classes-0-1-2"), "{with_file}");

    // Another network is in the file now: the folder has a copy.
    std::fs::write(sandbox.join("net.toml"), NET.replace("outputs = 7", "outputs = 8")).unwrap();
    assert_eq!(inspect(), with_file);
    std::fs::remove_file(sandbox.join("net.toml")).unwrap();
    assert_eq!(inspect(), with_file);
    std::fs::remove_file(folder.join("network.toml")).unwrap();
    let without = inspect();
    assert!(without.starts_with("ticket of my-net\n\nThe network of this name is in no file"), "{without}");
    for text in ["zeta.weight", "7 x 784", "alpha.weight", "3 x 7", "80.0", "mnist-classes-0-1-2"] {
        assert!(without.contains(text), "'{text}' is not in\n{without}");
    }
    let json = sandbox.output(&format!("inspect {} --format json", ticket.display()));
    assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap()["model"], "my-net");
}

const NET: &str = r#"name = "my-net"
input = [1, 28, 28]
[[layers]]
name = "flatten"
kind = "flatten"
[[layers]]
name = "zeta"
kind = "linear"
outputs = 7
[[layers]]
name = "relu"
kind = "relu"
[[layers]]
name = "alpha"
kind = "linear"
outputs = "classes"
"#;

#[test]
fn distributions_of_kept_and_pruned_weights_are_shown() {
    let sandbox = Sandbox::new();
    sandbox.data().output(&format!("find-ticket {SMALL} -i 2 --no-figures --keep all"));
    let round = crate::common::run_folder(&sandbox).join("replicate-0/round-01");
    let of = |file: &str| format!("inspect --histograms {}", round.join(file).display());
    let text = sandbox.output(&of("ticket.safetensors"));
    for word in ["fc1.weight", "kept", "pruned", "initial", "trained", "same sign %", "█"] {
        assert!(text.contains(word), "{word} is not in\n{text}");
    }
    assert_eq!(text, sandbox.output(&of("trained.safetensors")), "the same from either file");
    let drawn = sandbox.output(&format!("{} --output weights", of("ticket.safetensors")));
    assert!(drawn.starts_with(&text) && drawn.ends_with("weights.svg\nweights.png\n"), "{drawn}");
    let svg = std::fs::read_to_string(sandbox.join("weights.svg")).unwrap();
    assert!(
        svg.contains("kept, initial") && svg.contains("fc3.weight") && sandbox.join("weights.png").exists()
    );
    let nowhere = format!("{} --output no/such/folder/weights", of("ticket.safetensors"));
    sandbox.fails(&nowhere, 1, "no/such/folder/weights.svg", "check the output folder");
    let json = sandbox.output(&format!("{} --format json", of("ticket.safetensors")));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let parts = json["distributions"].as_array().unwrap();
    assert_eq!(parts.len(), 9, "kept initial and trained, pruned initial, of three layers");
    let number = |part: &serde_json::Value| part["number"].as_u64().unwrap();
    assert_eq!(number(&parts[0]) + number(&parts[2]), 235_200);
    let counts = parts[0]["histogram"]["counts"].as_array().unwrap();
    assert_eq!(counts.iter().map(|count| count.as_u64().unwrap()).sum::<u64>(), number(&parts[0]));

    let alone = sandbox.join("alone.safetensors");
    std::fs::copy(round.join("ticket.safetensors"), &alone).unwrap();
    sandbox.refused("inspect --histograms alone.safetensors", "neither initial nor trained", "--keep all");
    let initial = crate::common::run_folder(&sandbox).join("replicate-0/initial.safetensors");
    sandbox.refused(&format!("inspect --histograms {}", initial.display()), "has no masks", "give a ticket");
}

//! Training one network.

use std::fs;

use crate::common::{SMALL, Sandbox, run_folder, visible};

const TRAIN: &str = "train lenet-300-100 mnist data --validation 60 -b 20 --length 24it --evaluate-every 12";

#[test]
fn a_training_prints_a_row_an_evaluation() {
    let sandbox = Sandbox::new();
    let text = sandbox.data().output(TRAIN);
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some(
            "iteration,train_loss,train_accuracy,validation_loss,validation_accuracy,test_loss,test_accuracy"
        )
    );
    let iterations: Vec<&str> = lines.map(|line| line.split(',').next().unwrap()).collect();
    assert!(iterations.ends_with(&["12", "24"]), "{iterations:?}");
}

#[test]
fn equal_seeds_give_equal_weights_and_others_do_not() {
    let sandbox = Sandbox::new();
    sandbox.data();
    for (seed, file) in [(3, "a"), (3, "b"), (4, "c")] {
        sandbox.output(&format!("{TRAIN} --seed {seed} --save-weights {file} --output-path of-{file}"));
    }
    let read = |file| lth_model::TensorFile::read(&sandbox.join(file)).unwrap().tensors;
    assert_eq!(read("a"), read("b"));
    assert_ne!(read("a"), read("c"));
}

#[test]
fn a_ticket_trained_alone_repeats_its_round() {
    let sandbox = Sandbox::new();
    sandbox.data().output(&format!("find-ticket {SMALL} -i 2 --keep all --seed 5 --rewind 4it"));
    let round = run_folder(&sandbox).join("replicate-0/round-01");
    sandbox.output(&format!(
        "{TRAIN} --ticket {} --save-weights alone",
        round.join("ticket.safetensors").display()
    ));
    let read = |path: &std::path::Path| lth_model::TensorFile::read(path).unwrap();
    let (alone, run) = (read(&sandbox.join("alone")), read(&round.join("trained.safetensors")));
    assert_eq!(alone.tensors, run.tensors);
    assert!(alone.masks["fc1.weight"].density().get() < 0.81);
}

#[test]
fn weights_and_masks_of_others_are_trained_in_stored_order() {
    let sandbox = Sandbox::new();
    let flags = "--no-shuffle --validation 0 --length 5it";
    sandbox
        .data()
        .output("train lenet-300-100 mnist data --validation 0 -b 20 --length 1it --seed 9 --save-weights w --output-path first");
    sandbox.output(&format!("find-ticket {SMALL} -i 1"));
    let masks = run_folder(&sandbox).join("replicate-0/round-01/ticket.safetensors");
    let run = |seed: u32, out: &str| {
        sandbox.output(&format!(
            "train lenet-300-100 mnist data -b 20 --initial-weights w --masks {} {flags} --seed {seed} --save-weights {out} --output-path of-{out}",
            masks.display()
        ))
    };
    // With weights given and no shuffling nothing is left that a seed could change.
    assert_eq!(run(1, "x"), run(2, "y"));
    let read = |file| lth_model::TensorFile::read(&sandbox.join(file)).unwrap();
    assert_eq!(read("x").tensors, read("y").tensors);
    let (weights, mask) = (&read("x").tensors["fc1.weight"], &read("x").masks["fc1.weight"]);
    assert!(mask.flags().zip(weights.data()).all(|(live, value)| live || *value == 0.0));
}

#[test]
fn a_diverging_training_says_where_and_writes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.data().fails(
        &format!("{TRAIN} --optimizer sgd -l 1e30 --save-weights w"),
        1,
        "the loss is not a finite number any more at iteration",
        "lower learning rate",
    );
    assert!(!sandbox.join("w").exists());
}

#[test]
fn files_of_another_architecture_are_refused() {
    let sandbox = Sandbox::new();
    let mut file = lth_model::TensorFile::default();
    file.tensors.insert("fc1.weight".to_owned(), lth_model::Tensor::zeros(vec![3, 4]));
    file.masks.insert("fc1.weight".to_owned(), lth_model::Mask::dense(vec![3, 4]));
    fs::write(sandbox.data().join("other"), file.to_bytes()).unwrap();
    sandbox.refused(
        &format!("{TRAIN} --initial-weights other"),
        "'fc1.weight' has shape [3, 4]",
        "lth inspect",
    );
    sandbox.refused(&format!("{TRAIN} --masks other"), "'fc1.weight.mask' has shape [3, 4]", "lth inspect");
    sandbox.refused(&format!("{TRAIN} --ticket other"), "other", "");

    fs::write(sandbox.join("broken"), b"not safetensors at all").unwrap();
    for flag in ["--initial-weights", "--masks", "--ticket"] {
        sandbox.refused(&format!("{TRAIN} {flag} broken"), "'broken' is not a valid safetensors file", "");
        sandbox.refused(&format!("{TRAIN} {flag} absent"), "cannot read 'absent'", "check the path");
    }
}

#[test]
fn a_place_that_cannot_be_written_is_refused_before_training() {
    let sandbox = Sandbox::new();
    sandbox.data().refused(
        &format!("{TRAIN} --save-weights nowhere/w"),
        "cannot write 'nowhere/w'",
        "--save-weights",
    );
}

/// Every file but those that carry times, and its bytes.
fn files(folder: &std::path::Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                open.push(path);
            } else if !name.starts_with("timing")
                && !name.starts_with("events")
                && !["metrics-lec.csv", "provenance.json"].contains(&name.as_str())
            {
                found.push((path.clone(), fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_finished_training_is_shown_again_and_nothing_is_overwritten() {
    let sandbox = Sandbox::new();
    let printed = sandbox.data().output(&format!("{TRAIN} --save-weights a"));
    let folder = run_folder(&sandbox);
    let before = files(&folder);
    assert!(before.iter().any(|(path, _)| path.ends_with("replicate-0/round-00/trained.safetensors")));
    let again = sandbox.lth(&format!("{TRAIN} --save-weights b")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&again.stdout), printed);
    let stderr = String::from_utf8_lossy(&again.stderr);
    assert!(stderr.contains("it was trained before") && stderr.contains("end at iteration 24"), "{stderr}");
    assert_eq!(files(&folder), before);
    assert_eq!(fs::read(sandbox.join("a")).unwrap(), fs::read(sandbox.join("b")).unwrap());
    let file = lth_model::TensorFile::read(&sandbox.join("a")).unwrap();
    assert_eq!((file.metadata["kind"].as_str(), file.metadata["length"].as_str()), ("trained", "24it"));
    assert_eq!(file.metadata["data"], "mnist");
    // Another start is another folder.
    sandbox.output(&format!("{TRAIN} --initial-weights a"));
    assert_eq!(files(&folder), before);
    assert_eq!(visible(&sandbox.join("runs")).len(), 2);
}

#[cfg(unix)]
#[test]
fn a_killed_training_goes_on_to_the_same_bits() {
    let sandbox = Sandbox::new();
    // With dropout: what is drawn must be found again.
    let train =
        "train lenet-5 mnist data --dropout 0.3 --validation 60 -b 20 --length 1500it --evaluate-every 500";
    let program = assert_cmd::cargo::cargo_bin("lth");
    sandbox.data().output(&format!("{train} --output-path whole --save-weights whole.safetensors"));
    let mut killed = 0;
    for _ in 0..20 {
        let mut child = std::process::Command::new(&program)
            .args(format!("{train} --checkpoint-every 0.05").split_whitespace())
            .current_dir(sandbox.join("."))
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(400));
        // SIGKILL.
        child.kill().unwrap();
        killed += u32::from(!child.wait().unwrap().success());
    }
    assert!(killed > 0);
    sandbox.output(&format!("{train} --save-weights parts.safetensors"));
    assert_eq!(
        fs::read(sandbox.join("whole.safetensors")).unwrap(),
        fs::read(sandbox.join("parts.safetensors")).unwrap()
    );
    let [whole, parts] = ["whole", "runs"].map(|output| {
        let root = sandbox.join(output);
        files(&root)
            .into_iter()
            .map(|(path, bytes)| (path.strip_prefix(&root).unwrap().to_owned(), bytes))
            .collect::<Vec<_>>()
    });
    assert_eq!(whole.len(), parts.len());
    for (whole, parts) in whole.iter().zip(&parts) {
        assert_eq!(whole.0, parts.0);
        assert!(whole.1 == parts.1, "{} differs", whole.0.display());
    }
}

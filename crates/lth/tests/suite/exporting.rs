//! Tickets for other programs, and without what is dead.

use std::fs;

use crate::common::{SMALL, Sandbox, run_folder};
use lth_model::TensorFile;

fn ticket(sandbox: &Sandbox, flags: &str) -> String {
    sandbox.data().output(&format!("find-ticket {SMALL} -i 2 --no-figures --keep all {flags}"));
    run_folder(sandbox).join("replicate-0/round-01").display().to_string()
}

#[test]
fn weights_alone_are_a_state_dict() {
    let sandbox = Sandbox::new();
    let round = ticket(&sandbox, "");
    assert_eq!(
        sandbox.output(&format!("export {round}/trained.safetensors out.safetensors")),
        "out.safetensors\n"
    );
    let exported = TensorFile::read(&sandbox.join("out.safetensors")).unwrap();
    let trained = TensorFile::read(format!("{round}/trained.safetensors").as_ref()).unwrap();
    assert!(exported.masks.is_empty());
    assert!(exported.tensors == trained.tensors);
    let again = format!("export {round}/trained.safetensors out.safetensors");
    sandbox.refused(&again, "is there already", "--force");
    sandbox.output(&format!("{again} --force --masks"));
    assert_eq!(TensorFile::read(&sandbox.join("out.safetensors")).unwrap().masks.len(), 3);
}

#[test]
fn what_leaves_the_folder_says_which_run_it_is_of() {
    let sandbox = Sandbox::new();
    let round = ticket(&sandbox, "");
    let provenance = fs::read_to_string(run_folder(&sandbox).join("provenance.json")).unwrap();
    let first = &serde_json::from_str::<serde_json::Value>(&provenance).unwrap()[0];
    sandbox.output(&format!("export {round}/ticket.safetensors one.safetensors"));
    let exported = TensorFile::read(&sandbox.join("one.safetensors")).unwrap();
    for (key, said) in [
        ("run-version", "version"),
        ("run-commit", "commit"),
        ("run-begun", "begun"),
        ("run-processor", "processor"),
    ] {
        assert_eq!(exported.metadata.get(key).map(String::as_str), first[said].as_str(), "{key}");
    }
    let command = &exported.metadata["run-command"];
    assert!(command.ends_with("-i 2 --no-figures --keep all"), "{command}");
    let shown = sandbox.output("inspect one.safetensors");
    assert!(shown.contains(first["begun"].as_str().unwrap()) && shown.contains("--keep all"), "{shown}");

    // Later sittings change nothing of it, and neither does a way through another file.
    sandbox.output(&format!(
        "control {} --kind random-mask --data-folder data --no-figures",
        run_folder(&sandbox).display()
    ));
    sandbox.output(&format!("export {round}/ticket.safetensors two.safetensors"));
    sandbox.output("export one.safetensors three.safetensors");
    let bytes = |name: &str| fs::read(sandbox.join(name)).unwrap();
    assert_eq!(bytes("one.safetensors"), bytes("two.safetensors"));
    assert_eq!(bytes("one.safetensors"), bytes("three.safetensors"));
    // The ticket in the folder says nothing that depends on the machine.
    let ticket = TensorFile::read(format!("{round}/ticket.safetensors").as_ref()).unwrap();
    assert!(ticket.metadata.keys().all(|key| !key.starts_with("run-")));
}

#[test]
fn a_compact_network_is_smaller_and_can_be_inspected_and_trained() {
    let sandbox = Sandbox::new();
    let round = ticket(&sandbox, "--pruning-rate 0.98 --output-pruning-rate 0.5");
    let table =
        sandbox.output(&format!("export --compact {round}/trained.safetensors small.safetensors --masks"));
    for word in ["parameters", "effective weights", "FLOPs", "sparse pass"] {
        assert!(table.contains(word), "{word} is not in\n{table}");
    }
    let small = TensorFile::read(&sandbox.join("small.safetensors")).unwrap();
    let units = small.tensors["fc2.weight"].shape().to_vec();
    assert!(units[0] <= 100 && units[1] < 300, "{units:?}");
    assert!(sandbox.output("models small.toml").contains("fc2"));
    let flags = SMALL.replace("lenet-300-100", "small.toml");
    sandbox.output(&format!("train {flags} --initial-weights small.safetensors"));
    assert!(fs::read_to_string(sandbox.join("small.toml")).unwrap().contains("classes = 10"));
}

#[test]
fn what_cannot_be_exported_is_refused() {
    let sandbox = Sandbox::new();
    let round = ticket(&sandbox, "--mask0-action freeze-init");
    let of = |flags: &str| format!("export {round}/ticket.safetensors out.safetensors {flags}");
    sandbox.refused(&of("--compact"), "are frozen at values", "without --compact");
    sandbox.output(&of(""));
    fs::write(sandbox.join("broken.safetensors"), b"nothing").unwrap();
    sandbox.refused("export broken.safetensors new.safetensors", "broken.safetensors", "");
    sandbox.refused("export nowhere.safetensors new.safetensors", "nowhere.safetensors", "");
    assert!(!sandbox.join("new.safetensors").exists());
}

//! Tickets for other programs, and without what is dead.

mod common;

use std::fs;

use common::{SMALL, Sandbox, run_folder};
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

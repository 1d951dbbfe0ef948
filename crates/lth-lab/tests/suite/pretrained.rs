//! Runs that begin with a network that was trained before.

use crate::toy::{Setup, assert_same, control, finished};
use lth_lab::{
    Experiment, Keep, LabError, RunReport, Variant, find_winning_ticket, find_winning_ticket_from,
    initial_weights_hash,
};
use lth_model::{TensorFile, Tensors};

fn experiment() -> Experiment {
    Experiment { rounds: 2, controls: Vec::new(), keep: Keep::All, ..crate::toy::experiment() }
}

fn run(
    experiment: &Experiment,
    weights: Option<&Tensors>,
    output: &std::path::Path,
) -> Result<RunReport, LabError> {
    let setup = Setup::default();
    let (architecture, data) = (crate::toy::architecture(), crate::toy::data());
    let context = setup.bench(&architecture, &data, output);
    match weights {
        Some(weights) => find_winning_ticket_from(experiment, weights, &context),
        None => find_winning_ticket(experiment, &context),
    }
}

/// Trained weights of another run.
fn pretrained() -> Tensors {
    let (_output, report) = finished(&experiment());
    TensorFile::read(&report.results.layout.trained(1, Variant::Ticket, 0)).unwrap().tensors
}

#[test]
fn every_replicate_begins_with_the_given_weights_and_tickets_are_rewound_to_them() {
    let weights = pretrained();
    let output = tempfile::tempdir().unwrap();
    let report = run(&experiment(), Some(&weights), output.path()).unwrap();
    assert!(report.failures.is_empty());
    for replicate in 0..2 {
        let layout = &report.results.layout;
        let initial = TensorFile::read(&layout.initial(replicate)).unwrap().tensors;
        let ticket = TensorFile::read(&layout.ticket(replicate, Variant::Ticket, 1)).unwrap();
        assert_eq!(initial.len(), weights.len());
        for (name, tensor) in &weights {
            assert!(initial[name] == *tensor, "{name}");
            let live = |index: usize| ticket.masks.get(name).is_none_or(|mask| mask.is_live(index));
            let kept = ticket.tensors[name].data().iter().zip(tensor.data()).enumerate();
            assert!(
                kept.into_iter().all(|(index, (a, b))| !live(index) || a.to_bits() == b.to_bits()),
                "{name}"
            );
        }
    }
}

#[test]
fn an_output_layer_that_is_not_given_is_drawn_for_each_replicate() {
    let mut weights = pretrained();
    weights.retain(|name, _| !name.starts_with("fc2."));
    let output = tempfile::tempdir().unwrap();
    let report = run(&experiment(), Some(&weights), output.path()).unwrap();
    let read = |replicate| TensorFile::read(&report.results.layout.initial(replicate)).unwrap().tensors;
    let (first, second) = (read(0), read(1));
    assert!(first["fc1.weight"] == second["fc1.weight"]);
    assert!(first["fc2.weight"] != second["fc2.weight"]);
    let (_plain, plain) = finished(&experiment());
    let usual = TensorFile::read(&plain.results.layout.initial(1)).unwrap().tensors;
    assert!(second["fc2.weight"] == usual["fc2.weight"]);
}

#[test]
fn the_folder_alone_is_enough_to_go_on_and_to_add_controls() {
    let weights = pretrained();
    let with_control = Experiment { controls: vec![control("random-mask")], ..experiment() };
    let (whole, parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    run(&with_control, Some(&weights), whole.path()).unwrap();
    run(&experiment(), Some(&weights), parts.path()).unwrap();
    // As `lth control` does: of the weights it knows the hash only.
    let known = Experiment { initial_weights: Some(initial_weights_hash(&weights)), ..with_control };
    let report = run(&known, None, parts.path()).unwrap();
    assert!(report.failures.is_empty());
    assert_same(whole.path(), parts.path());
}

#[test]
fn without_the_weights_nothing_begins() {
    let known = Experiment { initial_weights: Some("00".repeat(16)), ..experiment() };
    let output = tempfile::tempdir().unwrap();
    let error = run(&known, None, output.path()).unwrap_err();
    assert!(error.to_string().contains("begins with weights of a file"), "{error}");
    assert!(std::fs::read_dir(output.path()).unwrap().next().is_none());
}

#[test]
fn initial_weights_that_got_lost_are_taken_from_the_dense_ticket() {
    let (weights, output) = (pretrained(), tempfile::tempdir().unwrap());
    let report = run(&experiment(), Some(&weights), output.path()).unwrap();
    let before = crate::toy::exact_files(output.path());
    let without = Experiment { initial_weights: Some(initial_weights_hash(&weights)), ..experiment() };
    let layout = &report.results.layout;
    for lost in [layout.initial(0), layout.ticket(0, Variant::Ticket, 0)] {
        std::fs::remove_file(&lost).unwrap();
        assert!(run(&without, None, output.path()).unwrap().failures.is_empty());
        assert!(crate::toy::exact_files(output.path()) == before, "{}", lost.display());
    }
}

//! Plain trainings in folders.

use std::path::Path;

use crate::toy::{all_files, experiment, finished};
use lth_cpu::CpuEngine;
use lth_lab::{Experiment, GivenStart, RunReport, Variant, Workbench, train_one};
use lth_model::{Mask, Masks, TensorFile};

fn train(
    experiment: &Experiment,
    start: Option<&GivenStart>,
    save: Option<&Path>,
    output: &Path,
) -> RunReport {
    let (engine, architecture, data) = (CpuEngine::new(), crate::toy::architecture(), crate::toy::data());
    train_one(experiment, start, save, &Workbench::new(&engine, &architecture, &data, output)).unwrap()
}

#[test]
fn a_dense_training_is_round_0_of_a_run_and_saves_its_weights() {
    let output = tempfile::tempdir().unwrap();
    let saved = output.path().join("weights.safetensors");
    let report = train(&experiment(), None, Some(&saved), output.path());
    let (_run, run) = finished(&experiment());
    let dense = |report: &RunReport| report.results.of(0, Variant::Ticket).next().unwrap().record.end;
    assert_eq!(dense(&report), dense(&run));
    assert_ne!(report.results.layout.root().file_name(), run.results.layout.root().file_name());
    assert_eq!(TensorFile::read(&saved).unwrap().tensors.len(), 4);
    assert!(!report.results.layout.ticket(0, Variant::Ticket, 1).exists());
}

#[test]
fn a_ticket_of_a_run_trained_alone_gives_the_bits_of_its_round() {
    let (_run, run) = finished(&experiment());
    let file = run.results.ticket(0, Variant::Ticket, 2).unwrap();
    let start = GivenStart { weights: file.tensors, masks: file.masks, optimizer: None, iteration: 0 };
    let output = tempfile::tempdir().unwrap();
    let report = train(&experiment(), Some(&start), None, output.path());
    let expected = &run.results.of(0, Variant::Ticket).nth(2).unwrap().record;
    let found = &report.results.rounds[0].record;
    assert_eq!(
        (found.density, found.end, found.early_stop),
        (expected.density, expected.end, expected.early_stop)
    );
}

#[test]
fn another_start_is_another_folder_and_the_same_start_is_finished() {
    let (_run, run) = finished(&experiment());
    let file = run.results.ticket(0, Variant::Ticket, 0).unwrap();
    let dense = GivenStart { weights: file.tensors, masks: Masks::new(), optimizer: None, iteration: 0 };
    let mut pruned = dense.clone();
    let mut mask = Mask::dense(vec![12, 16]);
    mask.set(5, false);
    pruned.masks.insert("fc1.weight".to_owned(), mask);
    let output = tempfile::tempdir().unwrap();
    let first = train(&experiment(), Some(&dense), None, output.path());
    let before = all_files(first.results.layout.root());
    let second = train(&experiment(), Some(&pruned), None, output.path());
    assert_ne!(first.results.layout, second.results.layout);
    train(&experiment(), Some(&dense), None, output.path());
    assert_eq!(all_files(first.results.layout.root()), before);
}

#[test]
fn weights_that_got_lost_are_trained_again() {
    let output = tempfile::tempdir().unwrap();
    let report = train(&experiment(), None, None, output.path());
    let before = crate::toy::exact_files(output.path());
    let layout = &report.results.layout;
    for lost in [layout.trained(0, Variant::Ticket, 0), layout.metrics(0, Variant::Ticket, 0)] {
        std::fs::remove_file(&lost).unwrap();
        train(&experiment(), None, None, output.path());
        assert!(crate::toy::exact_files(output.path()) == before, "{}", lost.display());
    }
}

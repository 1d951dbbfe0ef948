//! Runs whose masks change while a round trains.

use std::path::PathBuf;

use crate::toy::{Setup, assert_same_when_cancelled, control, finished};
use lth_lab::{Dynamic, Experiment, Keep, MaskUpdates, Procedure, Variant};
use lth_model::{Density, Hint, TensorFile};
use lth_ticket::{Allocation, DuringTraining, Scope};

const DENSITIES: [f64; 2] = [0.5, 0.2];

/// Two densities, masks that change every 3 of 24 iterations.
fn experiment(method: DuringTraining) -> Experiment {
    let mut experiment = Experiment {
        rounds: 3,
        replicates: 1,
        keep: Keep::Tickets,
        controls: if method.starts_sparse() { vec![control("random-mask")] } else { Vec::new() },
        ..crate::toy::experiment()
    };
    let pruning = &mut experiment.pruning;
    pruning.procedure = Procedure::Dynamic(Dynamic {
        method,
        densities: DENSITIES.map(|density| Density::new(density).unwrap()).to_vec(),
        allocation: method.starts_sparse().then_some(Allocation::Erk),
        updates: MaskUpdates { every: 3, ..MaskUpdates::default() },
    });
    pruning.scope = Scope::Global;
    experiment
}

#[test]
fn every_round_ends_at_its_density_with_the_mask_that_training_found() {
    for method in DuringTraining::ALL {
        let (_output, report) = finished(&experiment(method));
        let layout = &report.results.layout;
        for (round, density) in (1..).zip(DENSITIES) {
            let read = |path: PathBuf| TensorFile::read(&path).unwrap();
            let start = read(layout.ticket(0, Variant::Ticket, round));
            let end = read(layout.trained(0, Variant::Ticket, round));
            assert!(start.masks != end.masks, "{}: the mask did not change", method.name());
            let architecture = crate::toy::architecture();
            let wanted = (density * architecture.weight_count() as f64).round_ties_even() as usize;
            let kept: usize = end.masks.values().map(lth_model::Mask::live).sum();
            assert_eq!(kept, wanted, "{}", method.name());
            for (name, mask) in &end.masks {
                let zero = |(value, live): (&f32, bool)| live || *value == 0.0;
                let data = end.tensors[name].data();
                assert!(data.iter().zip(mask.flags()).all(zero), "{}: {name}", method.name());
                if method.starts_sparse() {
                    assert_eq!(mask.live(), start.masks[name].live(), "{}: {name}", method.name());
                }
            }
            let rounds = &report.results.rounds;
            let record = rounds
                .iter()
                .map(|result| &result.record)
                .find(|record| (record.round, record.variant) == (round, Variant::Ticket))
                .unwrap();
            assert_eq!(record.density, architecture.density(&end.masks), "{}", method.name());
            let early_stop = record.early_stop.as_ref().unwrap().iteration;
            let settled = if method.starts_sparse() { 0 } else { 18 };
            assert!(early_stop >= settled, "{}: {early_stop} is before it has its density", method.name());
        }
    }
}

#[test]
fn methods_and_the_static_control_differ() {
    let accuracies = |method, variant: Variant| {
        let (_output, report) = finished(&experiment(method));
        let rounds = report.results.rounds.iter().map(|result| result.record.clone());
        rounds
            .filter(|record| record.variant == variant)
            .map(|record| record.end.test_loss)
            .collect::<Vec<_>>()
    };
    let rigl = accuracies(DuringTraining::RigL, Variant::Ticket);
    let set = accuracies(DuringTraining::Set, Variant::Ticket);
    assert_eq!(rigl[0], set[0], "both begin with the same dense network");
    assert_ne!(rigl[1..], set[1..]);
    let fixed = accuracies(DuringTraining::RigL, Variant::Control(control("random-mask")));
    assert_eq!(fixed, accuracies(DuringTraining::Set, Variant::Control(control("random-mask"))));
    assert_ne!(fixed, rigl[1..]);
}

#[test]
fn cancelled_anywhere_and_continued_gives_the_same_bits() {
    for method in DuringTraining::ALL {
        assert!(assert_same_when_cancelled(&experiment(method)) > 2, "{}", method.name());
    }
}

#[test]
fn nonsense_is_refused_before_training() {
    // What belongs to another procedure cannot even be set.
    for (setting, value) in
        [("criterion", "rigel"), ("steps", "5"), ("rewind", "1ep"), ("early-bird-window", "3")]
    {
        let error = experiment(DuringTraining::RigL).set(setting, value).unwrap_err();
        assert!(error.hint().is_some(), "{setting}: {error}");
    }
    for (number, (setting, value)) in [
        ("inverted_scores", "true"),
        ("mask0_action", "freeze-init"),
        ("update-every", "24"),
        ("update-end", "0.1"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut wrong = experiment(DuringTraining::RigL);
        wrong.set(setting, value).unwrap();
        let output = tempfile::tempdir().unwrap();
        let error = Setup::default().run(&wrong, output.path()).unwrap_err();
        assert!(error.hint().is_some(), "{setting}: {error}");
        assert!(
            std::fs::read_dir(output.path()).unwrap().next().is_none(),
            "{number}: something was written"
        );
    }
    let mut gradual = experiment(DuringTraining::Gradual);
    gradual.controls = vec![control("random-mask")];
    assert!(Setup::default().run(&gradual, tempfile::tempdir().unwrap().path()).is_err());
}

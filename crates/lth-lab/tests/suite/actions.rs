//! What tickets restart from, what their pruned weights are, and what they are compared with.

use std::fs;

use crate::toy::{Setup, assert_same, control, finished};
use lth_lab::{ControlKind, Experiment, Keep, Layout, Retraining, RunResults, Variant};
use lth_model::{Step, TensorFile};
use lth_ticket::{MASK0_ACTIONS, MASK1_ACTIONS, Mask1Action};

/// Two rounds of one replicate without controls, all weights kept.
fn short() -> Experiment {
    Experiment { rounds: 3, replicates: 1, controls: Vec::new(), keep: Keep::All, ..crate::toy::experiment() }
}

fn ticket(layout: &Layout, round: u32) -> TensorFile {
    TensorFile::read(&layout.ticket(0, Variant::Ticket, round)).unwrap()
}

fn trained(layout: &Layout, round: u32) -> TensorFile {
    TensorFile::read(&layout.trained(0, Variant::Ticket, round)).unwrap()
}

#[test]
fn every_pair_of_actions_trains_and_frozen_weights_stay_to_the_bit() {
    for kept in MASK1_ACTIONS {
        for pruned in MASK0_ACTIONS {
            let mut experiment = short();
            experiment.rounds = 2;
            experiment.recipe.length = Step::from_iterations(12);
            experiment.pruning.mask1_action = kept.name().into_owned();
            experiment.pruning.mask0_action = pruned.name().to_owned();
            experiment.set("pruning.rate", "0.6").unwrap();
            let (_output, report) = finished(&experiment);
            let layout = &report.results.layout;
            let (start, end) = (ticket(layout, 1), trained(layout, 1));
            let mut frozen = 0;
            for (name, mask) in &start.masks {
                for (index, _) in mask.flags().enumerate().filter(|(_, live)| !live) {
                    let [from, to] = [&start, &end].map(|file| file.tensors[name].data()[index]);
                    assert_eq!(from.to_bits(), to.to_bits(), "{} {} {name}", kept.name(), pruned.name());
                    frozen += usize::from(from != 0.0);
                }
            }
            assert_eq!(frozen > 0, pruned.freezes(), "{} {}", kept.name(), pruned.name());
            assert_eq!(start.metadata.contains_key("pruned-weights"), pruned.freezes());
        }
    }
}

#[test]
fn a_run_with_frozen_weights_continues_to_the_same_bits() {
    let mut experiment = short();
    experiment.pruning.mask0_action = "freeze-init-zero-all".to_owned();
    experiment.pruning.mask1_action = "reshuffle-same-sign".to_owned();
    let (whole, _) = finished(&experiment);
    let parts = tempfile::tempdir().unwrap();
    for rounds in 1..=3 {
        let part = Experiment { rounds, ..experiment.clone() };
        Setup { jobs: 1, ..Setup::default() }.run(&part, parts.path()).unwrap();
    }
    assert_same(whole.path(), parts.path());
}

#[test]
fn learning_rate_rewinding_goes_on_from_trained_weights() {
    for way in [Retraining::LearningRateRewinding, Retraining::FineTuning] {
        let mut experiment = short();
        experiment.set("retraining", &way.to_string()).unwrap();
        experiment.set("rewind", "8it").unwrap();
        experiment.recipe.schedule = "milestones:1ep,0.1".parse().unwrap();
        experiment.controls = vec![control("rewound")];
        let (_output, report) = finished(&experiment);
        let layout = &report.results.layout;
        for round in 1..3 {
            let (start, before) = (ticket(layout, round), trained(layout, round - 1));
            for (name, tensor) in &start.tensors {
                let mut expected = before.tensors[name].clone();
                if let Some(mask) = start.masks.get(name) {
                    mask.apply(&mut expected);
                }
                assert_eq!(*tensor, expected, "{way}, round {round}: {name}");
            }
            let record = report.results.of(0, Variant::Ticket).nth(round as usize).unwrap();
            assert_eq!((record.record.start, record.record.end.iteration), (8, 24));
            let rewound = Variant::Control(control("rewound"));
            let reset = TensorFile::read(&layout.ticket(0, rewound, round)).unwrap();
            assert_eq!(reset.masks, start.masks);
            assert_ne!(reset.tensors["fc1.weight"], start.tensors["fc1.weight"], "{way}");
        }
        let rate = |iteration| experiment.retraining_recipe(8).learning_rate_at(iteration, 8) as f32;
        let expected = if way == Retraining::FineTuning { [0.002, 0.002] } else { [0.02, 0.002] };
        for (found, expected) in [rate(0), rate(20)].into_iter().zip(expected) {
            assert!((found / expected - 1.0_f32).abs() < 1e-6, "{way}: {found}, not {expected}");
        }
    }
}

#[test]
fn inverted_scores_prune_the_largest() {
    let mut experiment = short();
    experiment.pruning.inverted_scores = true;
    let (_output, report) = finished(&experiment);
    let layout = &report.results.layout;
    let (before, after) = (trained(layout, 0), ticket(layout, 1));
    let magnitudes = |live: bool| {
        let mask = &after.masks["fc1.weight"];
        let weights = before.tensors["fc1.weight"].data();
        let chosen = mask.flags().zip(weights).filter(move |(kept, _)| *kept == live);
        chosen.map(|(_, weight)| weight.abs()).collect::<Vec<f32>>()
    };
    let least_pruned = magnitudes(false).into_iter().fold(f32::INFINITY, f32::min);
    assert!(magnitudes(true).into_iter().all(|kept| kept <= least_pruned));
}

#[test]
fn every_control_is_trained_and_the_rewound_one_is_the_ticket_where_tickets_are_rewound() {
    let mut experiment = short();
    experiment.rounds = 2;
    experiment.replicates = 2;
    // The masks of another criterion.
    let mut other = experiment.clone();
    other.set("criterion", "movement").unwrap();
    let (_other_output, other) = finished(&other);
    experiment.mask_runs = vec![other.results.layout.root().to_owned()];
    experiment.controls = ControlKind::all().collect();
    let again = control("random-reinit-draw-1");
    experiment.controls.push(again);
    let (_output, report) = finished(&experiment);
    let RunResults { layout, rounds, .. } = &report.results;
    assert_eq!(rounds.len(), 2 * (2 + experiment.controls.len()));
    let metrics = |variant| fs::read(layout.metrics(0, variant, 1)).unwrap();
    let of_ticket = metrics(Variant::Ticket);
    for kind in &experiment.controls {
        let same = metrics(Variant::Control(*kind)) == of_ticket;
        // After one round, pruning at once is what iterative pruning does.
        assert_eq!(same, ["rewound", "one-shot"].contains(&kind.name()), "{kind}");
    }
    let first = Variant::Control(control("random-reinit"));
    assert_ne!(metrics(first), metrics(Variant::Control(again)), "each draw is another");
}

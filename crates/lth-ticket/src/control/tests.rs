use lth_model::{BiasInit, Mask, Optimizer, Rate, Step, Tensor, lenet_300_100};

use super::*;
use crate::{OneShot, PruningRates, Scope, prune_one_shot};

struct Fixture {
    architecture: Architecture,
    recipe: Recipe,
    rewind: Tensors,
    masks: Masks,
}

impl Fixture {
    fn new() -> Self {
        let architecture = lenet_300_100(10);
        let recipe = Recipe {
            bias_init: BiasInit::PyTorch,
            ..Recipe::new(Optimizer::SGD, 0.1, 60, Step::from_epochs(1))
        };
        let rewind = initialize(&architecture, recipe.init, recipe.bias_init, Seed(1), Purpose::Init, 0);
        let rates = PruningRates::new(Rate::new(0.2).unwrap(), Rate::new(0.1).unwrap());
        let rounds = OneShot::Rounds(7);
        let masks = prune_one_shot(&rewind, &architecture, Scope::Layer, &rates, rounds, Seed(1), 0).unwrap();
        Self { architecture, recipe, rewind, masks }
    }

    fn make(&self, control: &dyn Control, seed: u64, round: u64, draw: u64) -> ControlTicket {
        control.control(&ControlContext {
            architecture: &self.architecture,
            recipe: &self.recipe,
            initial: &self.rewind,
            rewind: &self.rewind,
            masks: &self.masks,
            seed: Seed(seed),
            round,
            draw,
        })
    }
}

fn live(masks: &Masks) -> Vec<usize> {
    masks.values().map(Mask::live).collect()
}

#[test]
fn every_control_keeps_the_counts_and_the_zeros() {
    let fixture = Fixture::new();
    let ticket = rewind(&fixture.rewind, &fixture.masks);
    for control in CONTROLS {
        let made = fixture.make(*control, 1, 7, 0);
        if control.name() == "random-mask-global" {
            let total = |masks: &Masks| live(masks).iter().sum::<usize>();
            assert_eq!(total(&made.masks), total(&fixture.masks));
        } else {
            assert_eq!(live(&made.masks), live(&fixture.masks), "{}", control.name());
        }
        fixture.architecture.check_tensors(&made.weights).unwrap();
        fixture.architecture.check_masks(&made.masks).unwrap();
        for (name, mask) in &made.masks {
            let values = made.weights[name].data();
            let zeros = values.iter().filter(|value| value.to_bits() == 0).count();
            assert_eq!(zeros, mask.len() - mask.live(), "{} {name}", control.name());
            assert!(mask.live_indices().all(|index| values[index] != 0.0));
            let is_ticket = values == ticket[name].data();
            assert_eq!(is_ticket, control.name() == "rewound", "{} is the ticket", control.name());
        }
    }
}

#[test]
fn every_round_draw_and_seed_is_another() {
    let fixture = Fixture::new();
    let random = |control: &&&dyn Control| !["rewound", "constant-same-sign"].contains(&control.name());
    for control in CONTROLS.iter().filter(random) {
        let base = fixture.make(*control, 1, 7, 0);
        assert_eq!(base, fixture.make(*control, 1, 7, 0));
        for (seed, round, draw) in [(2, 7, 0), (1, 8, 0), (1, 7, 1), (1, 0, 7)] {
            assert_ne!(base, fixture.make(*control, seed, round, draw), "{}", control.name());
        }
    }
}

#[test]
fn random_reinit_has_the_masks_and_other_weights_of_the_same_distribution() {
    let fixture = Fixture::new();
    let made = fixture.make(&RandomReinit, 1, 7, 0);
    assert_eq!(made.masks, fixture.masks);
    let kept: Vec<f64> = fixture.masks["fc1.weight"]
        .live_indices()
        .map(|index| f64::from(made.weights["fc1.weight"].data()[index]))
        .collect();
    let variance = kept.iter().map(|value| value * value).sum::<f64>() / kept.len() as f64;
    assert!((variance / (2.0 / 1084.0) - 1.0).abs() < 0.03, "Glorot's variance, not {variance}");
    assert_ne!(made.weights["fc1.bias"], fixture.rewind["fc1.bias"]);
}

#[test]
fn random_mask_has_the_rewound_weights_elsewhere() {
    let fixture = Fixture::new();
    let made = fixture.make(&RandomMask, 1, 7, 0);
    assert_eq!(made.weights, rewind(&fixture.rewind, &made.masks));
    let (ticket, random) = (&fixture.masks["fc1.weight"], &made.masks["fc1.weight"]);
    let both = ticket.live_indices().filter(|&index| random.is_live(index)).count() as f64;
    let expected = ticket.live() as f64 * ticket.density().get();
    assert!((both / expected - 1.0).abs() < 0.05, "independent masks share {expected}, not {both}");
}

#[test]
fn random_sparse_is_random_in_both() {
    let fixture = Fixture::new();
    let made = fixture.make(&RandomSparse, 1, 7, 2);
    assert_eq!(made.masks, fixture.make(&RandomMask, 1, 7, 2).masks);
    let reinit = fixture.make(&RandomReinit, 1, 7, 2);
    let (made_weight, reinit_weight): (&Tensor, &Tensor) =
        (&made.weights["fc1.weight"], &reinit.weights["fc1.weight"]);
    for index in made.masks["fc1.weight"].live_indices().filter(|&i| reinit.masks["fc1.weight"].is_live(i)) {
        assert_eq!(made_weight.data()[index], reinit_weight.data()[index]);
    }
}

#[test]
fn controls_are_found_by_name() {
    assert_eq!(find_control("random_reinit").unwrap().name(), "random-reinit");
    let error = find_control("reinit").err().unwrap();
    assert_eq!(error.to_string(), "there is no control 'reinit'");
    for control in CONTROLS {
        assert!(!control.description().is_empty() && !control.paper().is_empty());
        assert!(find_control(control.name()).is_ok());
    }
}

#[test]
fn random_mask_global_spreads_weights_evenly() {
    let fixture = Fixture::new();
    let made = fixture.make(&RandomMaskGlobal, 1, 7, 0);
    let density = fixture.architecture.density(&fixture.masks).get();
    for (name, mask) in &made.masks {
        assert!((mask.density().get() / density - 1.0).abs() < 0.15, "{name}: {}", mask.density());
    }
}

#[test]
fn controls_of_actions_keep_signs_where_they_say_so() {
    let mut fixture = Fixture::new();
    // The fixture's masks keep the largest values, which are positive.
    fixture.masks = fixture.make(&RandomMask, 1, 7, 0).masks;
    for (name, keeps) in [("reshuffle-same-sign", true), ("constant-same-sign", true), ("reshuffle", false)] {
        let made = fixture.make(find_control(name).unwrap(), 1, 7, 0);
        let (mask, weights) = (&fixture.masks["fc1.weight"], &made.weights["fc1.weight"]);
        let same = mask
            .live_indices()
            .filter(|&at| (weights.data()[at] > 0.0) == (fixture.rewind["fc1.weight"].data()[at] > 0.0))
            .count();
        assert_eq!(same == mask.live(), keeps, "{name}");
    }
}

use lth_model::{Architecture, Mask, Masks, Optimizer, Recipe, Seed, Step, Tensor, mlp};

use super::*;

/// (w_0, w_i, w_f) and whether it is kept, of the weights of a net of one layer.
const WEIGHTS: [(f32, f32, f32, bool); 8] = [
    (0.1, 1.0, 2.0, true),
    (0.2, -1.0, -0.5, true),
    (0.3, 2.0, 1.0, false),
    (0.4, -2.0, -3.0, false),
    (0.5, 3.0, -1.0, false),
    (0.6, -3.0, 3.0, false),
    (0.7, 4.0, 0.5, false),
    (0.8, 0.0, 0.0, false),
];

fn applied(name: &str, round: u64) -> Vec<f32> {
    let architecture: Architecture = mlp("small", &[4], &[], 2);
    let tensors = |value: fn(&(f32, f32, f32, bool)) -> f32| {
        let weight = Tensor::new(vec![2, 4], WEIGHTS.iter().map(value).collect());
        Tensors::from([("fc1.weight".to_owned(), weight), ("fc1.bias".to_owned(), Tensor::zeros(vec![2]))])
    };
    let mask = Mask::from_flags(vec![2, 4], WEIGHTS.iter().map(|weight| weight.3));
    let masks = Masks::from([("fc1.weight".to_owned(), mask)]);
    let recipe = Recipe::new(Optimizer::SGD, 0.1, 60, Step::from_epochs(1));
    let [initial, rewind, trained] = [tensors(|w| w.0), tensors(|w| w.1), tensors(|w| w.2)];
    let context = Mask1Context {
        architecture: &architecture,
        recipe: &recipe,
        initial: &initial,
        rewind: &rewind,
        trained: &trained,
        masks: &masks,
        seed: Seed(1),
        round,
        draw: 0,
    };
    let mut weights = crate::rewind(&rewind, &masks);
    find_mask0_action(name).unwrap().apply(&context, &mut weights);
    assert_eq!(weights["fc1.bias"], rewind["fc1.bias"]);
    weights["fc1.weight"].data().to_vec()
}

#[test]
fn frozen_values_are_the_papers() {
    assert_eq!(applied("zero", 1), [1.0, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(applied("freeze-init", 1), [1.0, -1.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]);
    assert_eq!(applied("freeze-rewind", 1), [1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 4.0, 0.0]);
    assert_eq!(applied("freeze_init_zero_mask", 1), [1.0, -1.0, 0.0, -2.0, 0.0, -3.0, 0.0, 0.0]);
    assert_eq!(applied("freeze-init-zero-all", 1), [1.0, 0.0, 0.0, -2.0, 0.0, -3.0, 0.0, 0.0]);
    assert_eq!(applied("freeze-init-zero-rev", 1), [1.0, -1.0, 2.0, 0.0, 3.0, 0.0, 4.0, 0.0]);
}

#[test]
fn the_reshuffled_control_has_as_many_zeros_elsewhere() {
    let mut different = false;
    for round in 0..20 {
        let values = applied("freeze-init-zero-reshuffle", round);
        assert_eq!(values[..2], [1.0, -1.0], "kept weights stay");
        // Three moved towards zero; the last is zero anyway.
        let early: Vec<f32> = WEIGHTS.iter().map(|weight| weight.1).collect();
        let zeros = (2..8).filter(|&index| values[index] == 0.0).count();
        assert!((3..=4).contains(&zeros), "{values:?}");
        assert!((2..8).all(|index| values[index] == 0.0 || values[index] == early[index]));
        different |= values != applied("freeze-init-zero-mask", round);
    }
    assert!(different);
    assert_eq!(applied("freeze-init-zero-reshuffle", 3), applied("freeze-init-zero-reshuffle", 3));
}

#[test]
fn every_action_is_found_by_its_own_name() {
    for action in MASK0_ACTIONS {
        assert_eq!(find_mask0_action(action.name()).unwrap().description(), action.description());
        assert_eq!(action.freezes(), action.name() != "zero");
        assert!(!action.formula().is_empty() && !action.paper().is_empty());
    }
}

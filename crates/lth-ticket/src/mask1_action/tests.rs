use lth_model::{BiasInit, Mask, ModelOptions, Optimizer, Step, build_model};
use proptest::prelude::*;

use super::*;

/// A network with its weights at three times and random masks.
struct Case {
    architecture: Architecture,
    recipe: Recipe,
    weights: [Tensors; 3],
    masks: Masks,
}

impl Case {
    fn new(seed: u64, density: f64) -> Self {
        let options = ModelOptions::default();
        let architecture = build_model("lenet-5", &options, &[1, 20, 20], 3).unwrap();
        let recipe = Recipe {
            bias_init: BiasInit::PyTorch,
            ..Recipe::new(Optimizer::SGD, 0.1, 60, Step::from_epochs(1))
        };
        let weights = [0, 1, 2].map(|time| {
            lth_model::initialize(
                &architecture,
                recipe.init,
                recipe.bias_init,
                Seed(seed),
                Purpose::Init,
                time << 20,
            )
        });
        let mut stream = RandomStream::new(Seed(seed), Purpose::RandomMask, 0);
        let masks = architecture
            .parameters()
            .into_iter()
            .filter(|parameter| parameter.kind.is_prunable())
            .map(|parameter| {
                let count: usize = parameter.shape.iter().product();
                let flags: Vec<bool> = (0..count).map(|_| stream.uniform() < density).collect();
                (parameter.name, Mask::from_flags(parameter.shape, flags))
            })
            .collect();
        Self { architecture, recipe, weights, masks }
    }

    fn context(&self, round: u64) -> Mask1Context<'_> {
        let [initial, rewind, trained] = &self.weights;
        let Self { architecture, recipe, masks, .. } = self;
        Mask1Context { architecture, recipe, initial, rewind, trained, masks, seed: Seed(4), round, draw: 0 }
    }

    /// Kept weights of each layer, at the rewind point and after the action.
    fn kept(&self, action: &dyn Mask1Action) -> Vec<[Vec<f32>; 2]> {
        let weights = action.weights(&self.context(1));
        let kept = |tensors: &Tensors, name: &String, mask: &Mask| {
            mask.live_indices().map(|index| tensors[name].data()[index]).collect()
        };
        self.masks
            .iter()
            .map(|(name, mask)| [kept(&self.weights[1], name, mask), kept(&weights, name, mask)])
            .collect()
    }
}

fn sorted(mut values: Vec<f32>) -> Vec<f32> {
    values.sort_by(f32::total_cmp);
    values
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_every_action_keeps(seed in 0_u64..1000, density in 0.05_f64..1.0) {
        let case = Case::new(seed, density);
        for action in MASK1_ACTIONS {
            let name = action.name();
            let weights = action.weights(&case.context(1));
            prop_assert_eq!(weights.keys().collect::<Vec<_>>(), case.weights[1].keys().collect::<Vec<_>>());
            for (layer, mask) in &case.masks {
                let pruned = weights[layer].data().iter().enumerate().filter(|(index, _)| !mask.is_live(*index));
                prop_assert!(pruned.into_iter().all(|(_, w)| w.to_bits() == 0), "{name}: pruned weights are +0");
            }
            prop_assert_eq!(&weights, &action.weights(&case.context(1)), "{} depends on nothing else", name);
            for [before, after] in case.kept(*action) {
                if name.ends_with("-same-sign") {
                    let same = before.iter().zip(&after).all(|(a, b)| a.is_sign_negative() == b.is_sign_negative());
                    prop_assert!(same, "{name} keeps signs");
                }
                if name.starts_with("reshuffle") {
                    let magnitudes = |values: &[f32]| sorted(values.iter().map(|value| value.abs()).collect());
                    prop_assert_eq!(magnitudes(&before), magnitudes(&after), "{} permutes", name);
                }
                if name == "reshuffle" {
                    prop_assert_eq!(sorted(before.clone()), sorted(after.clone()), "the same multiset");
                }
                if name == "resample" {
                    prop_assert!(after.iter().all(|value| before.contains(value)), "{name} draws what is kept");
                }
                if name.starts_with("constant") {
                    prop_assert!(after.iter().all(|value| value.abs() == after[0].abs()), "{name} has one magnitude");
                }
            }
        }
    }
}

#[test]
fn rewind_and_keep_are_the_points_themselves() {
    let case = Case::new(3, 0.5);
    let context = case.context(1);
    assert_eq!(Rewind.weights(&context), crate::rewind(&case.weights[1], &case.masks));
    assert_eq!(Keep.weights(&context), crate::rewind(&case.weights[2], &case.masks));
    let still = Noise::new(0.0).unwrap();
    assert_eq!(still.weights(&context), Rewind.weights(&context), "no noise");
}

#[test]
fn rounds_draw_anew() {
    let case = Case::new(5, 0.5);
    for action in MASK1_ACTIONS
        .iter()
        .filter(|action| !["rewind", "keep", "constant-same-sign"].contains(&&*action.name()))
    {
        assert_ne!(action.weights(&case.context(1)), action.weights(&case.context(2)), "{}", action.name());
    }
}

#[test]
fn all_values_are_shuffled_with_the_pruned_ones() {
    let mut case = Case::new(6, 1.0);
    for same_sign in [false, true] {
        for [before, after] in case.kept(&ShuffleInit { same_sign }) {
            let magnitudes = |values: Vec<f32>| sorted(values.into_iter().map(f32::abs).collect());
            assert_eq!(magnitudes(before), magnitudes(after));
        }
    }
    case = Case::new(6, 0.2);
    let [before, after] = case.kept(&ShuffleInit { same_sign: false }).swap_remove(0);
    assert!(after.iter().any(|value| !before.contains(value)), "values of pruned weights come in");
}

#[test]
fn the_constant_is_the_deviation_of_the_initial_layer() {
    let case = Case::new(7, 0.4);
    let weights = case.weights[0]["fc1.weight"].data();
    let mean = weights.iter().map(|&w| f64::from(w)).sum::<f64>() / weights.len() as f64;
    let variance = weights.iter().map(|&w| (f64::from(w) - mean).powi(2)).sum::<f64>() / weights.len() as f64;
    let made = Constant { same_sign: true }.weights(&case.context(1));
    let kept = case.masks["fc1.weight"].live_indices().next().unwrap();
    assert!((f64::from(made["fc1.weight"].data()[kept]).abs() - variance.sqrt()).abs() < 1e-6);
}

#[test]
fn noise_has_the_deviation_that_its_name_says() {
    let case = Case::new(8, 1.0);
    let action = find_mask1_action("noise-2").unwrap();
    let made = action.weights(&case.context(1));
    let (name, rewind) = ("fc1.weight", &case.weights[1]);
    let moved: Vec<f64> =
        made[name].data().iter().zip(rewind[name].data()).map(|(a, b)| f64::from(a - b)).collect();
    let deviation = (moved.iter().map(|d| d * d).sum::<f64>() / moved.len() as f64).sqrt();
    let initial = case.weights[0][name].data();
    let sigma = (initial.iter().map(|&w| f64::from(w).powi(2)).sum::<f64>() / initial.len() as f64).sqrt();
    assert!((deviation / sigma - 2.0).abs() < 0.1, "{deviation} of {sigma}");
}

#[test]
fn every_action_is_found_by_its_own_name() {
    for action in MASK1_ACTIONS {
        let found = find_mask1_action(&action.name().replace('-', "_")).unwrap();
        assert_eq!((found.name(), found.description()), (action.name(), action.description()));
        assert!(!action.formula().is_empty() && !action.paper().is_empty());
    }
    assert!(find_mask1_action("noise--1").is_err());
}

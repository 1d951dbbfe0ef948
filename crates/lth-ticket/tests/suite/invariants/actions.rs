//! Every criterion's ticket, with every mask-1 action and every mask-0 action.

use lth_model::{Masks, Seed};
use lth_ticket::{CRITERIA, MASK0_ACTIONS, MASK1_ACTIONS, Mask1Action, Mask1Context};
use proptest::prelude::*;

use crate::invariants::support::*;

fn context<'a>(case: &'a Case, masks: &'a Masks, round: u64) -> Mask1Context<'a> {
    let Case { architecture, recipe, initial, rewind, trained } = case;
    Mask1Context { architecture, recipe, initial, rewind, trained, masks, seed: Seed(4), round, draw: 0 }
}

/// Whether the first, in order, are all among the second, in order, each as often.
fn is_part(part: &[f32], whole: &[f32]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|value| whole.any(|other| other == value))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn kept_weights_are_what_the_mask_1_action_says(seed in 0_u64..1000, rounds in 1_u64..9) {
        let case = Case::new(seed);
        for (criterion, action) in CRITERIA.iter().flat_map(|one| MASK1_ACTIONS.iter().map(move |other| (one, other))) {
            let (masks, name) = (case.masks(*criterion, rounds), action.name());
            let context = context(&case, &masks, rounds);
            let weights = action.weights(&context);
            let what = format!("{} {name}", criterion.name());
            case.architecture.check_tensors(&weights).unwrap();
            prop_assert!(same_bits(&weights, &action.weights(&context)), "{what}: again");
            for (layer, mask) in &masks {
                let kept: Vec<usize> = mask.live_indices().collect();
                let (before, after) = (at(&case.rewind, layer, &kept), at(&weights, layer, &kept));
                let zero = at(&weights, layer, &pruned_places(mask)).iter().all(|value| value.to_bits() == 0);
                prop_assert!(zero, "{what} {layer}: a pruned weight is not +0");
                prop_assert!(after.iter().all(|value| value.is_finite()), "{what} {layer}");
                if name.ends_with("-same-sign") {
                    prop_assert!(same_signs(&before, &after), "{what} {layer}: a sign was lost");
                }
                if name.starts_with("reshuffle") {
                    prop_assert!(magnitudes(&before) == magnitudes(&after), "{what} {layer}: not a permutation");
                }
                if name.starts_with("shuffle-init") {
                    let all = magnitudes(case.rewind[layer].data());
                    prop_assert!(is_part(&magnitudes(&after), &all), "{what} {layer}: not values of the layer");
                }
            }
        }
    }

    #[test]
    fn pruned_weights_are_what_the_mask_0_action_says(seed in 0_u64..1000, rounds in 1_u64..9) {
        let case = Case::new(seed);
        for criterion in CRITERIA {
            let masks = case.masks(*criterion, rounds);
            let context = context(&case, &masks, rounds);
            for (kept, action) in MASK1_ACTIONS.iter().flat_map(|one| MASK0_ACTIONS.iter().map(move |other| (one, other))) {
                let what = format!("{} {} {}", criterion.name(), kept.name(), action.name());
                let start = kept.weights(&context);
                let [weights, again] = [(); 2].map(|()| {
                    let mut weights = start.clone();
                    action.apply(&context, &mut weights);
                    weights
                });
                prop_assert!(same_bits(&weights, &again), "{what}: again");
                let mut frozen = 0;
                for (name, tensor) in &weights {
                    let Some(mask) = masks.get(name) else {
                        prop_assert!(tensor == &start[name], "{what} {name}: has no mask");
                        continue;
                    };
                    for (index, &value) in tensor.data().iter().enumerate() {
                        let [initial, rewind, before] =
                            [&case.initial, &case.rewind, &start].map(|tensors| tensors[name].data()[index]);
                        let fits = if mask.is_live(index) {
                            value == before || (value == 0.0 && action.name() == "freeze-init-zero-all")
                        } else {
                            frozen += usize::from(value != 0.0);
                            value.to_bits() == 0 || value == initial || value == rewind
                        };
                        prop_assert!(fits, "{what} {name} {index}: {value}");
                    }
                }
                prop_assert!(action.freezes() || frozen == 0, "{what}: {frozen} are not zero");
                // Others may prune only weights that moved towards zero, all of which such an action sets to zero.
                prop_assert!(criterion.name() != "random" || (frozen > 0) == action.freezes(), "{what}: {frozen}");
            }
        }
    }
}

#[test]
fn no_action_is_another() {
    let case = Case::new(2);
    let masks = case.masks(CRITERIA[0], 5);
    let context = context(&case, &masks, 5);
    let mut starts = Vec::new();
    for kept in MASK1_ACTIONS {
        for pruned in MASK0_ACTIONS {
            let mut weights = kept.weights(&context);
            pruned.apply(&context, &mut weights);
            starts.push((format!("{} {}", kept.name(), pruned.name()), weights));
        }
    }
    for (place, (name, weights)) in starts.iter().enumerate() {
        for (other, same) in &starts[..place] {
            assert!(weights != same, "{name} is {other}");
        }
    }
}

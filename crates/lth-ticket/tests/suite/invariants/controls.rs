//! Every criterion's ticket, and every control of it.

use lth_model::{Masks, Seed};
use lth_ticket::{CONTROLS, CRITERIA, Control, ControlContext, ControlTicket, rewind};
use proptest::prelude::*;

use crate::invariants::support::*;

fn make(case: &Case, masks: &Masks, control: &dyn Control, draw: u64) -> ControlTicket {
    let Case { architecture, recipe, initial, rewind, .. } = case;
    control.control(&ControlContext {
        architecture,
        recipe,
        initial,
        rewind,
        masks,
        seed: Seed(4),
        round: 3,
        draw,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_control_has_the_tickets_counts_and_something_else_that_differs(seed in 0_u64..1000, rounds in 2_u64..9) {
        let case = Case::new(seed);
        for criterion in CRITERIA {
            let masks = case.masks(*criterion, rounds);
            let ticket = ControlTicket { weights: rewind(&case.rewind, &masks), masks: masks.clone() };
            for control in CONTROLS {
                let (made, name) = (make(&case, &masks, *control, 0), control.name());
                let what = format!("{} {name}", criterion.name());
                case.architecture.check_tensors(&made.weights).unwrap();
                case.architecture.check_masks(&made.masks).unwrap();
                prop_assert!(made == make(&case, &masks, *control, 0), "{what}: again");
                prop_assert_eq!(made == ticket, name == "rewound", "{}: is the ticket", what);
                let total = |masks: &Masks| live(masks).into_iter().sum::<usize>();
                prop_assert_eq!(total(&made.masks), total(&masks), "{}", what);
                prop_assert!(name == "random-mask-global" || live(&made.masks) == live(&masks), "{what}: counts");
                for (layer, mask) in &made.masks {
                    let zero = at(&made.weights, layer, &pruned_places(mask));
                    prop_assert!(zero.iter().all(|value| value.to_bits() == 0), "{what} {layer}");
                    let places: Vec<usize> = mask.live_indices().collect();
                    let (before, after) = (at(&case.rewind, layer, &places), at(&made.weights, layer, &places));
                    if name.ends_with("-same-sign") {
                        prop_assert!(same_signs(&before, &after), "{what} {layer}: a sign was lost");
                    }
                    if name.starts_with("reshuffle") {
                        prop_assert!(magnitudes(&before) == magnitudes(&after), "{what} {layer}: not a permutation");
                    }
                    if name.starts_with("random-mask") {
                        prop_assert!(before == after, "{what} {layer}: not the weights of the rewind point");
                    }
                }
            }
        }
    }
}

#[test]
fn no_control_is_another_and_no_draw_but_of_those_without_chance() {
    let case = Case::new(2);
    let masks = case.masks(CRITERIA[0], 5);
    let made: Vec<_> = CONTROLS.iter().map(|control| make(&case, &masks, *control, 0)).collect();
    for (place, control) in CONTROLS.iter().enumerate() {
        for other in 0..place {
            assert!(made[place] != made[other], "{} is {}", control.name(), CONTROLS[other].name());
        }
        let same = made[place] == make(&case, &masks, *control, 1);
        assert_eq!(same, ["rewound", "constant-same-sign"].contains(&control.name()), "{}", control.name());
    }
}

#[test]
fn a_layer_that_is_kept_whole_stays_whole() {
    let case = Case::new(3);
    let mut masks = case.masks(CRITERIA[0], 5);
    let shape = masks["fc2.weight"].shape().to_vec();
    masks["fc2.weight"] = lth_model::Mask::dense(shape);
    for control in CONTROLS {
        let made = make(&case, &masks, *control, 0);
        assert_eq!(made.masks["fc2.weight"].live(), 4 * 12, "{}", control.name());
    }
}

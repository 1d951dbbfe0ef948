//! Masks, steps and fractions keep their laws for all values.

use lth_model::{Density, Mask, Rate, Step, Tensor};
use proptest::prelude::*;

fn flags() -> impl Strategy<Value = Vec<bool>> {
    prop::collection::vec(any::<bool>(), 0..300)
}

proptest! {
    #[test]
    fn a_mask_is_its_flags(flags in flags()) {
        let mask = Mask::from_flags(vec![flags.len()], flags.iter().copied());
        prop_assert_eq!(mask.len(), flags.len());
        prop_assert_eq!(mask.is_empty(), flags.is_empty());
        prop_assert_eq!(mask.flags().collect::<Vec<_>>(), flags.clone());
        let live: Vec<usize> = (0..flags.len()).filter(|&index| flags[index]).collect();
        prop_assert_eq!(mask.live(), live.len());
        prop_assert_eq!(mask.live_indices().collect::<Vec<_>>(), live.clone());
        prop_assert_eq!(mask.density(), Density::of(live.len(), flags.len()));
    }

    #[test]
    fn setting_bits_one_by_one_gives_the_same_mask(flags in flags(), from_dense: bool) {
        let shape = vec![flags.len()];
        let mut mask = if from_dense { Mask::dense(shape.clone()) } else { Mask::empty(shape.clone()) };
        for (index, &kept) in flags.iter().enumerate() {
            mask.set(index, kept);
            prop_assert_eq!(mask.is_live(index), kept);
        }
        // Equality and hash compare whole words: no bit beyond the end may be left.
        prop_assert_eq!(mask, Mask::from_flags(shape, flags));
    }

    #[test]
    fn pruned_weights_become_positive_zero_and_others_stay(values in prop::collection::vec((-1e9f32..1e9, any::<bool>()), 1..200)) {
        let (data, flags): (Vec<f32>, Vec<bool>) = values.into_iter().unzip();
        let mut tensor = Tensor::new(vec![data.len()], data.clone());
        Mask::from_flags(vec![data.len()], flags.iter().copied()).apply(&mut tensor);
        for ((&found, &before), kept) in tensor.data().iter().zip(&data).zip(flags) {
            prop_assert_eq!(found.to_bits(), if kept { before.to_bits() } else { 0 });
        }
    }

    #[test]
    fn steps_survive_text_and_files(epochs in 0u32.., iterations in 0u64.., which in 0..3) {
        let text = match which {
            0 => format!("{epochs}ep"),
            1 => format!("{iterations}it"),
            _ => format!("{epochs}ep{iterations}it"),
        };
        let step: Step = text.parse().unwrap();
        prop_assert_eq!(step.to_string().parse::<Step>().unwrap(), step);
        let json = serde_json::to_string(&step).unwrap();
        prop_assert_eq!(serde_json::from_str::<Step>(&json).unwrap(), step);
    }

    #[test]
    fn a_step_is_epochs_and_iterations(epochs in 0u32..100_000, iterations in 0u64..1_000_000, per_epoch in 1u64..100_000) {
        let step: Step = format!("{epochs}ep{iterations}it").parse().unwrap();
        prop_assert_eq!(step.iterations(per_epoch), u64::from(epochs) * per_epoch + iterations);
        prop_assert_eq!(step.is_zero(), epochs == 0 && iterations == 0);
    }

    #[test]
    fn no_text_breaks_the_parsers(text: String) {
        let _ = (text.parse::<Step>(), text.parse::<Density>(), text.parse::<Rate>());
    }

    #[test]
    fn fractions_keep_their_ranges(value: f64) {
        prop_assert_eq!(Density::new(value).is_ok(), (0.0..=1.0).contains(&value));
        prop_assert_eq!(Rate::new(value).is_ok(), value > 0.0 && value < 1.0);
    }

    #[test]
    fn fractions_survive_text(value in 0.0f64..1.0) {
        let density = Density::new(value).unwrap();
        prop_assert_eq!(density.to_string().parse::<Density>().unwrap(), density);
        prop_assert_eq!(density.sparsity(), 1.0 - value);
    }

    #[test]
    fn a_density_is_live_over_total(live in 0usize..1000, pruned in 0usize..1000) {
        prop_assume!(live + pruned > 0);
        prop_assert_eq!(Density::of(live, live + pruned).get(), live as f64 / (live + pruned) as f64);
    }
}

#[test]
fn the_largest_step_does_not_overflow() {
    let step: Step = format!("{}ep{}it", u32::MAX, u64::MAX).parse().unwrap();
    assert_eq!(step.iterations(u64::MAX), u64::MAX);
}

#[test]
fn the_ends_of_the_ranges() {
    assert!(Density::new(0.0).is_ok() && Density::new(1.0).is_ok());
    assert!(Rate::new(0.0).is_err() && Rate::new(1.0).is_err());
    for value in [f64::NAN, f64::INFINITY, -1e-300] {
        assert!(Density::new(value).is_err() && Rate::new(value).is_err());
    }
    assert_eq!(Density::of(0, 0).get(), 1.0);
    assert_eq!(
        "1.5".parse::<Rate>().unwrap_err().to_string(),
        "rate '1.5' is not valid: it must be strictly between 0 and 1"
    );
}

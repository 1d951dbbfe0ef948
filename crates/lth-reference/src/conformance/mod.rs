//! The checks that every engine must pass: what it computes is what the reference computes, to rounding, and what the
//! interface promises to the bit is kept to the bit.
//!
//! An engine's tests run all of them by one line, each a test of its own:
//!
//! ```
//! lth_reference::conformance_tests!(lth_reference::ReferenceEngine);
//! ```
//!
//! A check is a function of an engine in one of the files here, and a name in the list below. Random cases come from fixed
//! seeds: a failure names the case, and it fails again.

// Every check returns the failure that it is there to find.
#![allow(clippy::missing_errors_doc)]

/// Fails with a message where the condition does not hold.
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        // Written so that a comparison with NaN fails.
        if $condition {
        } else {
            return Err($crate::conformance::Failure::new(format!($($message)+)));
        }
    };
}

mod bits;
mod case;
mod dense;
mod dropout;
mod errors;
mod evaluation;
mod failure;
mod frozen;
mod images;
mod layers;
mod masks;
mod memory;
mod nets;
mod networks;
mod norms;
mod pair;
mod random;
mod same;
mod scores;
mod steps;
mod trainings;

use lth_model::Engine;

pub use dense::{
    frozen_networks_have_the_bits_of_dense_ones, pruned_networks_have_the_bits_of_dense_ones, same_passes,
};
pub use failure::{Failure, Outcome};
pub use same::same_bits;

/// What one check does with an engine.
pub type Check = fn(&dyn Engine) -> Outcome;

/// The list of checks, and what is made of it.
macro_rules! checks {
    (($dollar:tt) $($module:ident::$name:ident)*) => {
        /// Every check with its name.
        pub const CHECKS: &[(&str, Check)] = &[$((stringify!($name), $module::$name)),*];

        $(pub use $module::$name;)*

        /// Makes a test of every check, for the engine that the expression gives.
        #[macro_export]
        macro_rules! conformance_tests {
            ($dollar engine:expr) => {
                $(
                    #[test]
                    fn $name() {
                        if let Err(failure) = $crate::conformance::$name(&$dollar engine) {
                            panic!("{failure}");
                        }
                    }
                )*
            };
        }
    };
}

checks! { ($)
    layers::every_kind_of_layer
    layers::batches_of_every_size
    steps::every_optimizer
    steps::clipping_reads_the_batch_of_its_step
    steps::random_networks
    trainings::random_trainings_of_chains
    trainings::random_trainings_of_graphs
    masks::pruned_weights_are_zero
    masks::a_mask_that_keeps_everything_is_no_mask
    masks::layers_may_be_masked_one_by_one
    masks::unusual_masks
    masks::remasking_keeps_what_survives
    masks::a_network_without_weights_trains_its_last_bias
    frozen::frozen_weights_keep_their_bits
    frozen::frozen_weights_count_in_the_outputs
    norms::statistics_are_estimated_anew
    norms::an_estimation_that_is_stopped_changes_nothing
    norms::estimations_of_nothing_are_refused
    norms::one_value_a_channel_is_refused
    evaluation::loss_and_accuracy_are_those_of_the_logits
    evaluation::sets_belong_to_all_trainers
    evaluation::sets_of_nothing_and_of_blank_examples
    evaluation::evaluations_stop
    evaluation::looking_changes_nothing
    evaluation::a_program_that_learns_nothing_has_no_memory
    dropout::factors_are_those_of_the_stream
    dropout::only_updates_have_dropout
    dropout::a_rate_of_zero_is_no_dropout
    memory::what_is_read_goes_on_to_the_same_bits
    memory::random_networks_go_on_to_the_same_bits
    memory::nothing_is_left_of_earlier_work
    memory::nothing_is_left_of_infinities
    memory::writing_without_memory_starts_afresh
    memory::written_weights_are_those_of_a_new_trainer
    memory::the_memory_has_pytorchs_names
    memory::gradients_are_written_over
    networks::a_stretch_is_its_updates_one_by_one
    networks::networks_of_a_trainer_are_as_alone
    networks::retired_networks_leave_the_others
    scores::scores_are_learned
    scores::evaluations_are_means_over_masks
    scores::scores_go_on_to_the_same_bits
    scores::what_scores_exclude_is_refused
    images::stored_bytes_are_the_numbers_they_stand_for
    images::views_shift_and_mirror
    errors::tensors_that_do_not_fit
    errors::masks_that_do_not_fit
    errors::memory_that_does_not_fit
    errors::batches_that_do_not_fit
    errors::a_stretch_ends_at_a_batch_that_does_not_fit
}

/// Runs every check.
///
/// # Panics
/// With every check that failed, its case and its values.
pub fn check(engine: &dyn Engine) {
    check_these(engine, CHECKS);
}

/// Runs some of [`CHECKS`].
///
/// # Panics
/// As [`check`].
pub fn check_these<'a>(engine: &dyn Engine, checks: impl IntoIterator<Item = &'a (&'static str, Check)>) {
    let failed =
        checks.into_iter().filter_map(|(name, check)| Some(format!("{name}: {}", check(engine).err()?)));
    let failed: Vec<String> = failed.collect();
    assert!(failed.is_empty(), "engine {}:\n{}", engine.name(), failed.join("\n"));
}

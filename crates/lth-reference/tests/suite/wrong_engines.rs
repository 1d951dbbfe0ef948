//! Every fault of an engine fails the check that is there for it.

use lth_reference::conformance::CHECKS;

use crate::{faults::Fault, wrong_engine::WrongEngine};

fn failure(fault: Fault, check: &str) -> Option<String> {
    let (_, check) = CHECKS.iter().find(|(name, _)| *name == check).expect("a check of this name");
    check(&WrongEngine(fault)).err().map(|failure| failure.to_string())
}

#[test]
fn faults_are_found() {
    for (fault, check) in [
        (Fault::NoWeightDecay, "every_optimizer"),
        (Fault::NoNesterov, "every_optimizer"),
        (Fault::UpdatesForget, "every_optimizer"),
        (Fault::NoClip, "random_networks"),
        (Fault::NoClip, "clipping_reads_the_batch_of_its_step"),
        (Fault::NoSmoothing, "random_networks"),
        (Fault::Epsilon, "every_kind_of_layer"),
        (Fault::NormMomentum, "every_kind_of_layer"),
        (Fault::NoDropout, "every_kind_of_layer"),
        (Fault::NoDropout, "only_updates_have_dropout"),
        (Fault::OtherSeed, "factors_are_those_of_the_stream"),
        (Fault::OtherSeed, "random_trainings_of_chains"),
        (Fault::PrunedLeaks, "pruned_weights_are_zero"),
        (Fault::PrunedLeaks, "random_trainings_of_graphs"),
        (Fault::LiveIsAll, "pruned_weights_are_zero"),
        (Fault::MemoryLostInRemask, "remasking_keeps_what_survives"),
        (Fault::RemaskGrowsValues, "remasking_keeps_what_survives"),
        (Fault::FrozenMoves, "frozen_weights_keep_their_bits"),
        (Fault::FrozenForgotten, "frozen_weights_count_in_the_outputs"),
        (Fault::BatchSizeIgnored, "statistics_are_estimated_anew"),
        (Fault::StoppedEstimateCounts, "an_estimation_that_is_stopped_changes_nothing"),
        (Fault::SetWithoutLast, "loss_and_accuracy_are_those_of_the_logits"),
        (Fault::EvaluationTrains, "looking_changes_nothing"),
        (Fault::EvaluationTrains, "nothing_is_left_of_earlier_work"),
        (Fault::NeverStops, "evaluations_stop"),
        (Fault::CountLost, "what_is_read_goes_on_to_the_same_bits"),
        (Fault::MemoryKept, "writing_without_memory_starts_afresh"),
        (Fault::MemoryKept, "written_weights_are_those_of_a_new_trainer"),
        (Fault::SecondRate, "a_stretch_is_its_updates_one_by_one"),
        (Fault::LastReportMissing, "a_stretch_is_its_updates_one_by_one"),
        (Fault::FirstNetworkOnly, "networks_of_a_trainer_are_as_alone"),
        (Fault::FirstNetworkOnly, "retired_networks_leave_the_others"),
        (Fault::SameSeeds, "networks_of_a_trainer_are_as_alone"),
        (Fault::ViewsMirrorNever, "views_shift_and_mirror"),
        (Fault::LabelsWrap, "batches_that_do_not_fit"),
        (Fault::OtherSeed, "scores_are_learned"),
        (Fault::NoNesterov, "scores_are_learned"),
        (Fault::EvaluationTrains, "evaluations_are_means_over_masks"),
        (Fault::CountLost, "scores_go_on_to_the_same_bits"),
        (Fault::UnknownTensorsPass, "tensors_that_do_not_fit"),
    ] {
        let found = failure(fault, check);
        assert!(found.is_some(), "{fault:?} passes {check}");
    }
}

/// What is found is the fault, not the wrapper around the reference.
#[test]
fn the_wrapper_alone_is_right() {
    for check in [
        "batches_of_every_size",
        "random_trainings_of_chains",
        "pruned_weights_are_zero",
        "networks_of_a_trainer_are_as_alone",
        "a_stretch_is_its_updates_one_by_one",
        "an_estimation_that_is_stopped_changes_nothing",
        "evaluations_stop",
        "views_shift_and_mirror",
        "batches_that_do_not_fit",
    ] {
        assert_eq!(failure(Fault::None, check), None, "{check}");
    }
}

#[test]
#[should_panic(expected = "pruned_weights_are_zero: small, SGD, density 0.9")]
fn all_failures_are_told_together() {
    let checks =
        CHECKS.iter().filter(|(name, _)| name.starts_with("pruned") || name.starts_with("evaluations"));
    lth_reference::conformance::check_these(&WrongEngine(Fault::PrunedLeaks), checks);
}

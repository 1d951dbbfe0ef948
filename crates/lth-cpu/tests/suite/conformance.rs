//! The checks that every engine passes: with the best instructions, and in every other way that the engine can compute.

use lth_cpu::CpuEngine;
use lth_reference::conformance::{CHECKS, check, check_these};

lth_reference::conformance_tests!(CpuEngine::new());

/// Without vector instructions a check takes twenty times as long, and `bits` shows that nothing is computed otherwise.
const OF_PLAIN: [&str; 4] = [
    "batches_of_every_size",
    "factors_are_those_of_the_stream",
    "random_trainings_of_chains",
    "views_shift_and_mirror",
];

#[test]
fn every_instruction_set() {
    for isa in crate::other_instruction_sets() {
        let wanted = |name: &str| isa.name() != "plain" || OF_PLAIN.contains(&name);
        let checks = CHECKS.iter().filter(|(name, _)| wanted(name));
        check_these(&CpuEngine::with_instructions(isa), checks);
    }
}

#[test]
fn two_threads() {
    check(&CpuEngine::new().with_threads(2));
}

#[test]
fn all_layers_dense() {
    check(&CpuEngine::new().with_crossover(0.0));
}

#[test]
fn all_pruned_layers_sparse() {
    check(&CpuEngine::new().with_crossover(1.0));
}

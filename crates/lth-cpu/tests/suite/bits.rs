//! The same bits on every instruction set, with any number of threads, and however a pruned layer is computed.

use lth_cpu::CpuEngine;
use lth_reference::conformance::{
    Outcome, frozen_networks_have_the_bits_of_dense_ones, pruned_networks_have_the_bits_of_dense_ones,
    same_bits, same_passes,
};

/// Layers as they are chosen, all dense, and all pruned ones sparse.
fn ways(engine: CpuEngine) -> [CpuEngine; 3] {
    [engine, engine.with_crossover(0.0), engine.with_crossover(1.0)]
}

#[track_caller]
fn holds(outcome: Outcome) {
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

#[test]
fn instruction_sets() {
    let best = ways(CpuEngine::new());
    for isa in crate::other_instruction_sets() {
        // Loops without vector instructions take twenty times as long: layers as they are chosen.
        let ways = ways(CpuEngine::with_instructions(isa));
        let count = if isa.name() == "plain" { 1 } else { ways.len() };
        for (engine, best) in ways.iter().zip(&best).take(count) {
            holds(same_bits(engine, best));
        }
    }
}

#[test]
fn threads() {
    for threads in [2, 3] {
        for engine in ways(CpuEngine::new()) {
            holds(same_bits(&engine.with_threads(threads), &engine));
        }
    }
}

#[test]
fn pruned_networks_are_as_dense_ones() {
    for engine in ways(CpuEngine::new()) {
        holds(pruned_networks_have_the_bits_of_dense_ones(&engine));
        holds(frozen_networks_have_the_bits_of_dense_ones(&engine));
    }
}

/// Passes alone: updates add weight gradients in another order where a layer is sparse.
#[test]
fn the_crossover_changes_no_bit_of_forward_pass_and_data_gradient() {
    let [_, dense, sparse] = ways(CpuEngine::new());
    holds(same_passes(&sparse, &dense));
}

//! The engine against PyTorch: outputs, loss, every gradient, and what some steps of each optimiser leave.
//!
//! The tolerance of each group of results is four times the largest difference that 32-bit arithmetic made in PyTorch itself,
//! in three computations that add in different orders, and 2e-7 of the largest value, three roundings, where those
//! happened to agree.

use lth_cpu::CpuEngine;
use lth_model::{Gradients, Masks, OneNetwork, Optimizer, Program, Seed, Start, Tensors};

use super::{comparison::Comparison, graph_file::Golden, program, wide};

const SLACK: f64 = 4.0;
const FLOOR: f64 = 2e-7;

fn network(engine: CpuEngine, program: &Program<'_>, weights: &Tensors, masks: &Masks) -> OneNetwork {
    OneNetwork::new(&engine, program, &Start::new(weights, masks, Seed(0))).unwrap()
}

fn compare(golden: &Golden, engine: CpuEngine) {
    let (weights, masks) = golden.initial();
    let architecture = golden.architecture();
    let batches = golden.batches();
    let first = batches[0].batch();
    let mut comparison = Comparison::new(golden, SLACK, FLOOR);

    let mut net = network(engine, &program(&architecture, Optimizer::SGD), &weights, &masks);
    comparison.add("logits_eval", &wide(&net.logits(first).unwrap()));
    if golden.has("gradient.") {
        for (name, gradient) in net.gradients(first, Gradients::All).unwrap() {
            comparison.add(&format!("gradient.{name}"), &wide(gradient.data()));
        }
    }
    let report = net.step(first, 0.0).unwrap();
    comparison.add("loss", &[report.loss_sum / report.examples as f64]);

    // Training by running statistics is what the reference alone offers.
    for run in golden.runs().into_iter().filter(|run| !run.frozen) {
        let program = Program {
            label_smoothing: run.smoothing,
            gradient_clip: run.clip,
            ..program(&architecture, run.optimizer)
        };
        let mut net = network(engine, &program, &weights, &masks);
        let losses: Vec<f64> = (0..run.steps)
            .map(|step| {
                let report = net.step(batches[step % batches.len()].batch(), run.rate).unwrap();
                report.loss_sum / report.examples as f64
            })
            .collect();
        comparison.add(&format!("{}.losses", run.name), &losses);
        comparison.add(&format!("{}.logits_eval", run.name), &wide(&net.logits(first).unwrap()));
        for (name, tensor) in net.weights() {
            comparison.add(&format!("{}.after.{name}", run.name), &wide(tensor.data()));
        }
    }
    assert!(comparison.check() > 6);
}

#[test]
fn layers() {
    for golden in Golden::read("layers") {
        compare(&golden, CpuEngine::new());
    }
}

#[test]
fn models() {
    for golden in Golden::read("models") {
        for crossover in [0.0, 1.0] {
            compare(&golden, CpuEngine::new().with_crossover(crossover));
        }
    }
}

#[test]
fn twenty_steps_of_resnet_20() {
    for golden in Golden::read("resnet-20") {
        compare(&golden, CpuEngine::new());
    }
}

//! The reference against PyTorch.
//!
//! Both compute in 64 bits, so they agree to the rounding of the file's 32 bits; only the settings of optimisers, which are
//! 32-bit numbers here, differ by up to 6e-8 of themselves.

use lth_model::{Gradients, Masks, Optimizer, Program, Seed, Start, Tensors};
use lth_reference::{Score, Statistics, Training};

use super::{GoldenBatch, comparison::Comparison, graph_file::Golden, program};

/// Of the largest value: its rounding, and what three steps with settings that are rounded to 32 bits add.
const ROUNDING: f64 = 4e-7;

fn training(program: &Program<'_>, weights: &Tensors, masks: &Masks, statistics: Statistics) -> Training {
    let mut training = Training::new(program, &Start::new(weights, masks, Seed(0))).unwrap();
    training.network_mut().normalise_by(statistics);
    training
}

/// `[example][class]`, by running statistics.
fn logits(training: &mut Training, batch: &GoldenBatch) -> Vec<f64> {
    by_example(&training.logits(batch.batch()).unwrap().0, batch.labels.len())
}

fn by_example(logits: &[f64], examples: usize) -> Vec<f64> {
    let classes = logits.len() / examples;
    (0..examples).flat_map(|n| (0..classes).map(move |c| logits[c * examples + n])).collect()
}

fn compare(golden: &Golden, runs: impl Fn(&str) -> bool) {
    let (weights, masks) = golden.initial();
    let architecture = golden.architecture();
    let batches = golden.batches();
    let first = &batches[0];
    let plain = program(&architecture, Optimizer::SGD);
    let mut comparison = Comparison::new(golden, 0.0, ROUNDING);

    let mut net = training(&plain, &weights, &masks, Statistics::Batch);
    comparison.add("logits_eval", &logits(&mut net, first));
    let by_channel = lth_reference::by_channel(&first.inputs, &architecture.nodes[0].shape);
    let found = net.network_mut().logits(by_channel, first.labels.len());
    comparison.add("logits", &by_example(&found, first.labels.len()));
    let score = Score::of(&found, &first.labels, 0.0);
    comparison.add("loss", &[score.loss_sum / first.labels.len() as f64]);
    for (group, statistics) in [("gradient", Statistics::Batch), ("gradient_frozen", Statistics::Running)] {
        if golden.has(&format!("{group}.")) {
            let mut net = training(&plain, &weights, &masks, statistics);
            for (name, gradient) in net.gradients(first.batch(), Gradients::All).unwrap().1 {
                comparison.add(&format!("{group}.{name}"), &gradient);
            }
        }
    }

    for run in golden.runs().into_iter().filter(|run| runs(&run.name)) {
        let program = Program {
            label_smoothing: run.smoothing,
            gradient_clip: run.clip,
            ..program(&architecture, run.optimizer)
        };
        let statistics = if run.frozen { Statistics::Running } else { Statistics::Batch };
        let mut net = training(&program, &weights, &masks, statistics);
        let losses: Vec<f64> = (0..run.steps)
            .map(|step| {
                let report = net.step(batches[step % batches.len()].batch(), run.rate).unwrap();
                report.loss_sum / report.examples as f64
            })
            .collect();
        comparison.add(&format!("{}.losses", run.name), &losses);
        comparison.add(&format!("{}.logits_eval", run.name), &logits(&mut net, first));
        for (name, values) in net.network_mut().values() {
            comparison.add(&format!("{}.after.{name}", run.name), values);
        }
    }
    assert!(comparison.check() > 6);
}

#[test]
fn layers() {
    for golden in Golden::read("layers") {
        compare(&golden, |_| true);
    }
}

#[test]
fn models() {
    for golden in Golden::read("models") {
        compare(&golden, |_| true);
    }
}

/// 20 steps in 64 bits would take as long as all other comparisons together.
#[test]
fn resnet_20() {
    for golden in Golden::read("resnet-20") {
        compare(&golden, |run| run == "first");
    }
}

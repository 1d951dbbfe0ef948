//! The plain reference against PyTorch.
//!
//! Both compute in 64 bits, so they agree to the rounding of the file's 32 bits; only the settings of optimisers, which are
//! 32-bit numbers here, differ by up to 6e-8 of themselves.

use crate::graph::{
    comparison::Comparison,
    golden_file::{Golden, GoldenBatch},
    plain::{Mode, Plain, Settings, total_loss},
};

/// Of the largest value: its rounding, and what three steps with settings that are rounded to 32 bits add.
const ROUNDING: f64 = 4e-7;

fn wide(batch: &GoldenBatch) -> Vec<f64> {
    batch.inputs.iter().copied().map(f64::from).collect()
}

fn compare(golden: &Golden, runs: impl Fn(&str) -> bool) {
    let (weights, masks) = golden.initial();
    let architecture = golden.architecture();
    let net = Plain::new(&architecture, &weights, &masks);
    let batches = golden.batches();
    let (inputs, labels) = (wide(&batches[0]), &batches[0].labels);
    let mut comparison = Comparison::new(golden, 0.0, ROUNDING);

    let logits = net.logits(&inputs, Mode::Training);
    comparison.add("logits", &logits);
    comparison.add("loss", &[total_loss(&logits, labels, 0.0) / labels.len() as f64]);
    comparison.add("logits_eval", &net.logits(&inputs, Mode::Evaluation));
    for (group, mode) in [("gradient", Mode::Training), ("gradient_frozen", Mode::Evaluation)] {
        if golden.has(&format!("{group}.")) {
            for (name, gradient) in net.gradients(&inputs, labels, mode, 0.0) {
                comparison.add(&format!("{group}.{name}"), &gradient);
            }
        }
    }

    for run in golden.runs().into_iter().filter(|run| runs(&run.name)) {
        let mut net = net.clone();
        let settings = Settings {
            optimizer: run.optimizer,
            rate: f64::from(run.rate),
            smoothing: f64::from(run.smoothing),
            clip: run.clip.map(f64::from),
            frozen_norm: run.frozen,
        };
        let losses: Vec<f64> = (0..run.steps)
            .map(|step| {
                let batch = &batches[step % batches.len()];
                net.step(&wide(batch), &batch.labels, &settings) / batch.labels.len() as f64
            })
            .collect();
        comparison.add(&format!("{}.losses", run.name), &losses);
        comparison.add(&format!("{}.logits_eval", run.name), &net.logits(&inputs, Mode::Evaluation));
        for (name, values) in &net.values {
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

/// 20 steps in plain loops would take a minute.
#[test]
fn resnet_20() {
    for golden in Golden::read("resnet-20") {
        compare(&golden, |run| run == "first");
    }
}

//! The engine against PyTorch: activations, loss, gradients, and weights after training, dense and masked.
//!
//! The tolerance of each group of tensors is that of the file: twice the largest difference that 32-bit arithmetic made in
//! PyTorch itself, when the same numbers were added in another order. The 64-bit results are what is compared with.

use std::fmt::Write as _;

use lth_cpu::{CpuEngine, Isa};
use lth_model::{
    Architecture, ArchitectureBuilder, Batch, Gradients, Masks, OneNetwork, Optimizer, Seed, Start, Tensor,
    Tensors, mlp,
};

use super::{chain_file::Golden, program, wide};

/// Times the difference between PyTorch's own results.
const SLACK: f64 = 2.0;

/// All comparisons of a file; fails at the end, with every tensor's difference.
#[derive(Default)]
struct Comparison {
    lines: String,
    failed: bool,
}

impl Comparison {
    fn add(&mut self, golden: &Golden, group: &str, name: &str, values: &[f32]) {
        let (distance, allowed) = (golden.distance(name, &wide(values)), SLACK * golden.difference(group));
        let verdict = if distance <= allowed { "ok" } else { "TOO FAR" };
        self.failed |= distance > allowed;
        writeln!(self.lines, "  {name}: max difference {distance:.2e}, allowed {allowed:.2e}: {verdict}")
            .unwrap();
    }

    #[track_caller]
    fn check(&self, golden: &Golden) {
        assert!(!self.failed, "{}:\n{}", golden.name, self.lines);
    }
}

fn network(
    engine: CpuEngine,
    architecture: &Architecture,
    optimizer: Optimizer,
    weights: &Tensors,
    masks: &Masks,
) -> OneNetwork {
    let start = Start::new(weights, masks, Seed(0));
    OneNetwork::new(&engine, &program(architecture, optimizer), &start).unwrap()
}

/// The first `depth` layers of a network, as one whose logits are what the last of them gives, after its ReLU if asked.
fn cut(weights: &Tensors, masks: &Masks, features: usize, depth: usize, relu: bool) -> OneNetwork {
    let mut builder = ArchitectureBuilder::new("cut", &[features]);
    let (mut kept, mut kept_masks, mut width) = (Tensors::new(), Masks::new(), features);
    for layer in 1..=depth {
        let (weight, bias) = (format!("fc{layer}.weight"), format!("fc{layer}.bias"));
        width = weights[&bias].len();
        builder = builder.linear(&format!("fc{layer}"), width);
        if layer < depth || relu {
            builder = builder.relu(&format!("relu{layer}"));
        }
        kept_masks.extend(masks.get(&weight).map(|mask| (weight.clone(), mask.clone())));
        kept.extend([weight, bias].map(|name| (name.clone(), weights[&name].clone())));
    }
    if relu {
        // The identity lets the ReLU's output through unchanged.
        let identity =
            (0..width * width).map(|at| if at / width == at % width { 1.0 } else { 0.0 }).collect();
        builder = builder.linear("identity", width);
        kept.insert("identity.weight".to_owned(), Tensor::new(vec![width, width], identity));
        kept.insert("identity.bias".to_owned(), Tensor::zeros(vec![width]));
    }
    network(CpuEngine::new(), &builder.build().unwrap(), Optimizer::SGD, &kept, &kept_masks)
}

#[test]
fn the_formulas_are_those_of_the_script() {
    for golden in Golden::all() {
        golden.check_formulas();
    }
}

#[test]
fn activations() {
    for golden in Golden::all() {
        let (weights, masks) = golden.initial();
        let batch = &golden.batches()[0];
        let inputs = Batch::Values { inputs: &batch.inputs, labels: &vec![0; batch.labels.len()] };
        let mut comparison = Comparison::default();
        for (name, depth, relu) in
            [("fc1", 1, false), ("relu1", 1, true), ("fc2", 2, false), ("relu2", 2, true), ("fc3", 3, false)]
        {
            let mut trainer = cut(&weights, &masks, golden.widths()[0], depth, relu);
            let found = trainer.logits(inputs).unwrap();
            comparison.add(&golden, "activation", &format!("f64.activation.{name}"), &found);
        }
        comparison.check(&golden);
    }
}

#[test]
fn loss_and_every_gradient() {
    for golden in Golden::all() {
        let (weights, masks) = golden.initial();
        let widths = golden.widths();
        let architecture = mlp(golden.name, &widths[..1], &widths[1..3], widths[3]);
        let batch = &golden.batches()[0];
        let mut comparison = Comparison::default();
        let mut trainer = network(CpuEngine::new(), &architecture, Optimizer::SGD, &weights, &masks);
        let all = trainer.gradients(batch.batch(), Gradients::All).unwrap();
        for (name, gradient) in &all {
            comparison.add(&golden, "gradient", &format!("f64.gradient.{name}"), gradient.data());
        }
        let live = trainer.gradients(batch.batch(), Gradients::Live).unwrap();
        for (name, mut gradient) in all {
            if let Some(mask) = masks.get(&name) {
                mask.apply(&mut gradient);
            }
            assert_eq!(live[&name], gradient, "{name}: gradients of live weights");
        }
        let report = trainer.step(batch.batch(), 0.0).unwrap();
        let loss = (report.loss_sum / batch.labels.len() as f64) as f32;
        comparison.add(&golden, "loss", "f64.loss", &[loss]);
        comparison.check(&golden);
    }
}

/// Trains with every optimiser and compares losses and weights.
fn train(golden: &Golden, engine: CpuEngine) {
    let (weights, masks) = golden.initial();
    let widths = golden.widths();
    let architecture = mlp(golden.name, &widths[..1], &widths[1..3], widths[3]);
    let batches = golden.batches();
    let mut comparison = Comparison::default();
    for (key, optimizer, rate) in golden.optimizers() {
        let mut trainer = network(engine, &architecture, optimizer, &weights, &masks);
        let mut losses = Vec::new();
        for batch in batches.iter().cycle().take(golden.steps()) {
            let report = trainer.step(batch.batch(), rate).unwrap();
            losses.push((report.loss_sum / report.examples as f64) as f32);
        }
        let group = format!("losses.{key}");
        comparison.add(golden, &group, &format!("f64.{group}"), &losses);
        let group = format!("after.{key}");
        for (name, weight) in &trainer.weights() {
            comparison.add(golden, &group, &format!("f64.{group}.{name}"), weight.data());
        }
    }
    comparison.check(golden);
}

#[test]
fn training_the_small_network() {
    for isa in Isa::available() {
        let engine = CpuEngine::with_instructions(isa);
        train(&Golden::read("mlp-dense"), engine);
        train(&Golden::read("mlp-masked"), engine.with_crossover(1.0));
        train(&Golden::read("mlp-masked"), engine.with_crossover(0.0));
    }
}

#[test]
fn training_lenet_dense() {
    train(&Golden::read("lenet-dense"), CpuEngine::new());
}

#[test]
fn training_lenet_masked_and_sparse() {
    train(&Golden::read("lenet-masked"), CpuEngine::new().with_crossover(1.0));
}

#[test]
fn training_lenet_masked_and_dense() {
    train(&Golden::read("lenet-masked"), CpuEngine::new().with_crossover(0.0));
}

//! Milliseconds a training step of convolutional networks, at the densities of the papers' rounds:
//! `cargo bench -p lth-cpu --bench conv -- conv-2 1 0.2 0.05`, with `--threads 2` on two cores, and with the names of
//! instruction sets (`-- avx2 conv-2 1`) where it shall not be the best of the machine.
//!
//! A density below 1 is that of the first round of iterative pruning (Frankle and Carbin 2019, Figure 2) at or below it, by
//! the magnitude of initial weights: each layer at its own rate for Conv-2/4/6, over all convolutions for VGG and ResNet.
//! `--uniform` prunes every layer to the density itself, at random; `--crossover 0.5` computes layers below this density
//! sparse, whatever suits them; `--evaluate` measures the logits of a batch instead of a step,
//! `--bytes` counts the bytes of maps that a step goes through and the operations of kept weights.

mod common;

use std::time::Instant;

use lth_cpu::{CpuEngine, Isa};
use lth_model::{
    Architecture, Batch, Mask, Masks, ModelOptions, OneNetwork, Optimizer, Program, Purpose, RandomStream,
    Rate, Recipe, Schedule, Seed, Start, Step, Tensor, Tensors, build_model, thread_cpu_time,
};
use lth_ticket::{PruningRates, Scope, prune};

fn main() {
    let mut arguments = common::words();
    let mut option = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.remove(at);
        Some(arguments.remove(at))
    };
    let threads = option("--threads").map_or(1, |count| count.parse().expect("--threads takes a number"));
    let crossover =
        option("--crossover").map(|density| density.parse().expect("--crossover takes a density"));
    let uniform = arguments.iter().any(|argument| argument == "--uniform");
    let evaluates = arguments.iter().any(|argument| argument == "--evaluate");
    let counts = arguments.iter().any(|argument| argument == "--bytes");
    arguments.retain(|argument| !["--uniform", "--evaluate", "--bytes"].contains(&&**argument));
    let named = arguments.len();
    let mut sets = common::instruction_sets(&mut arguments);
    if named == arguments.len() {
        sets = vec![Isa::detect()];
    }
    let Some((model, densities)) = arguments.split_first() else {
        common::refuse("no model was given: cargo bench -p lth-cpu --bench conv -- conv-2 1 0.2 0.05");
    };
    let densities = common::densities(densities, &[1.0, 0.2, 0.05]);
    let input: &[usize] = if model == "lenet-5" { &[1, 28, 28] } else { &[3, 32, 32] };
    let architecture = build_model(model, &ModelOptions::default(), input, 10).expect("a model's name");
    let recipe = recipe(model);
    let weights =
        lth_model::initialize(&architecture, recipe.init, recipe.bias_init, Seed(0), Purpose::Init, 0);
    let features = architecture.input_features();
    let mut stream = RandomStream::new(Seed(1), Purpose::RandomScores, 0);
    let inputs: Vec<f32> = (0..recipe.batch_size * features).map(|_| stream.normal() as f32).collect();
    let labels: Vec<u16> = (0..recipe.batch_size).map(|example| (example % 10) as u16).collect();
    for density in densities {
        let masks = match (density < 1.0, uniform) {
            (false, _) => Masks::new(),
            (true, false) => ladder(model, &architecture, &weights, density),
            (true, true) => random(&architecture, density, &mut stream),
        };
        if counts {
            count(model, &architecture, &masks, recipe.batch_size);
            continue;
        }
        for &isa in &sets {
            let mut engine = CpuEngine::with_instructions(isa).with_threads(threads);
            if let Some(crossover) = crossover {
                engine = engine.with_crossover(crossover);
            }
            let (program, start) =
                (Program::training(&architecture, &recipe), Start::new(&weights, &masks, Seed(0)));
            let mut trainer = OneNetwork::new(&engine, &program, &start).expect("a trainer");
            let batch = Batch::Values { inputs: &inputs, labels: &labels };
            let (median, least, most) = measure(threads, || {
                if evaluates {
                    trainer.logits(batch).expect("an evaluation");
                } else {
                    trainer.step(batch, 1e-3).expect("a step");
                }
            });
            let what = if evaluates { "evaluation" } else { "step" };
            println!(
                "{model} batch {} {isa} threads {threads} density {:.4}: median {median:.2} ms/{what} (min {least:.2}, max {most:.2})",
                recipe.batch_size,
                architecture.density(&masks).get(),
            );
        }
    }
}

/// Prints what a step reads and writes, and what it computes in convolutions.
fn count(model: &str, architecture: &Architecture, masks: &Masks, examples: usize) {
    let traffic = lth_cpu::traffic(architecture, masks, examples).expect("a network that is trained");
    let gigabytes = |bytes: u64| bytes as f64 / 1e9;
    let mut first = true;
    let mut operations = 0.0;
    for parameter in architecture.parameters().iter().filter(|parameter| parameter.shape.len() == 4) {
        let kept = masks.get(&parameter.name).map_or(parameter.shape.iter().product(), Mask::live);
        let map: usize = architecture.nodes[parameter.node].shape[1..].iter().product();
        // Forward, weight gradient and, but for the first layer, data gradient: a product and a sum each.
        operations += (kept * map * examples * if std::mem::take(&mut first) { 4 } else { 6 }) as f64;
    }
    println!(
        "{model} batch {examples} density {:.4}: maps least {:.3} GB, passes apart {:.3} GB, as they are {:.3} GB; {:.2} GFLOP",
        architecture.density(masks).get(),
        gigabytes(traffic.least),
        gigabytes(traffic.apart),
        gigabytes(traffic.moved),
        operations / 1e9,
    );
}

/// Median, least and most milliseconds of five measurements of about a second: of one thread its processor time, which others
/// on the machine change less.
fn measure(threads: usize, mut step: impl FnMut()) -> (f64, f64, f64) {
    let begun = Instant::now();
    let now = || thread_cpu_time().filter(|_| threads == 1).unwrap_or_else(|| begun.elapsed()).as_secs_f64();
    step();
    let start = now();
    step();
    let steps = ((1.0 / (now() - start)) as usize).clamp(2, 200);
    let mut times: Vec<f64> = (0..5)
        .map(|_| {
            let start = now();
            (0..steps).for_each(|_| step());
            (now() - start) / steps as f64 * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[2], times[0], times[4])
}

fn is_layerwise(model: &str) -> bool {
    model.starts_with("conv-") || model.starts_with("lenet-")
}

fn recipe(model: &str) -> Recipe {
    let (batch_size, optimizer) = if is_layerwise(model) {
        (60, Optimizer::ADAM)
    } else {
        let batch_size = if model.starts_with("vgg") { 64 } else { 128 };
        (batch_size, Optimizer::Sgd { momentum: 0.9, nesterov: false, weight_decay: 1e-4 })
    };
    Recipe { schedule: Schedule::default(), ..Recipe::new(optimizer, 1e-3, batch_size, Step::from_epochs(1)) }
}

/// The masks of the first round at or below a density.
fn ladder(model: &str, architecture: &Architecture, weights: &Tensors, density: f64) -> Masks {
    let rate = |percent: u32| Rate::new(f64::from(percent) / 100.0).expect("a rate");
    let mut rates = PruningRates::new(rate(20), rate(10));
    rates.conv = rate(if model == "conv-6" { 15 } else { 10 });
    let scope = if is_layerwise(model) { Scope::Layer } else { Scope::Global };
    if scope == Scope::Global {
        let output = architecture.parameters().into_iter().rfind(|parameter| parameter.kind.is_prunable());
        rates.excluded.extend(output.map(|output| architecture.nodes[output.node].name.clone()));
    }
    let magnitude = |tensor: &Tensor| {
        Tensor::new(tensor.shape().to_vec(), tensor.data().iter().map(|value| value.abs()).collect())
    };
    let scores = weights.iter().map(|(name, tensor)| (name.clone(), magnitude(tensor))).collect();
    let mut masks = Masks::new();
    for round in 0.. {
        if architecture.density(&masks).get() <= density {
            break;
        }
        masks = prune(&scores, &masks, architecture, scope, &rates, Seed(0), round).expect("masks");
    }
    masks
}

/// Masks of a density in every layer.
fn random(architecture: &Architecture, density: f64, stream: &mut RandomStream) -> Masks {
    let prunable = architecture.parameters().into_iter().filter(|parameter| parameter.kind.is_prunable());
    prunable
        .map(|parameter| {
            let count: usize = parameter.shape.iter().product();
            let flags: Vec<bool> = (0..count).map(|_| stream.uniform() < density).collect();
            (parameter.name, Mask::from_flags(parameter.shape, flags))
        })
        .collect()
}

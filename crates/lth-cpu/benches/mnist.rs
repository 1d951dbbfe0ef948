//! Microseconds of a training step and of an evaluation on MNIST itself, LeNet-300-100, batch 60, at several densities.
//!
//! `cargo bench -p lth-cpu --bench mnist [-- INSTRUCTIONS... DENSITY...]`: as `step`, but with the digits, whose many zeros are skipped. An
//! evaluation is of 15,000 examples (validation and test); "share" is its cost for each step when it is made every 100.
//! Each density is measured as the engine chooses, with dense kernels throughout, and with sparse ones wherever there is a
//! mask; the choice should be the cheaper one.

mod common;

use std::time::Instant;

use lth_cpu::CpuEngine;
use lth_model::{
    Batch, DataSet, Engine, Examples, Mask, Masks, Normalization, OneNetwork, Optimizer, Program, Purpose,
    RandomStream, Recipe, Seed, Start, Step,
};

const BATCH: usize = 60;
const REPEATS: usize = 7;

fn main() {
    let mut words = common::words();
    let sets = common::instruction_sets(&mut words);
    let rounds: Vec<f64> = (0..20).map(|round| 0.8f64.powi(round)).collect();
    let densities = common::densities(&words, &rounds);
    let mnist = lth_mnist::load().expect("the embedded data is whole");
    let examples = |images: Vec<u8>, labels: Vec<u8>| Examples {
        bytes: images.into(),
        labels: labels.into_iter().map(u16::from).collect(),
        features: 784,
        normalization: Normalization::UNIT,
    };
    let train = examples(mnist.train_images, mnist.train_labels);
    let test = examples(mnist.test_images, mnist.test_labels);
    println!("instructions, density, kernels, step us, evaluation us, both us, setup ms");
    for isa in sets {
        let engine = CpuEngine::with_instructions(isa);
        for &density in &densities {
            for (kernels, engine) in [
                ("chosen", engine),
                ("dense", engine.with_crossover(0.0)),
                ("sparse", engine.with_crossover(1.0)),
            ] {
                print!("{isa}, ");
                measure(&train, &test, density, kernels, engine);
            }
        }
    }
}

fn measure(train: &Examples, test: &Examples, density: f64, kernels: &str, engine: CpuEngine) {
    let architecture = lth_model::lenet_300_100(10);
    let recipe = Recipe::new(Optimizer::ADAM, 1.2e-3, BATCH, Step::from_epochs(1));
    let mut stream = RandomStream::new(Seed(0), Purpose::RandomMask, 0);
    let masks: Masks = architecture
        .parameters()
        .into_iter()
        .filter(|parameter| density < 1.0 && parameter.kind.is_prunable())
        .map(|p| {
            let flags: Vec<bool> =
                (0..p.shape.iter().product()).map(|_| stream.uniform() < density).collect();
            (p.name, Mask::from_flags(p.shape, flags))
        })
        .collect();
    let weights =
        lth_model::initialize(&architecture, recipe.init, recipe.bias_init, Seed(0), Purpose::Init, 0);
    let (program, start) = (Program::training(&architecture, &recipe), Start::new(&weights, &masks, Seed(0)));
    let mut trainer = OneNetwork::new(&engine, &program, &start).expect("the model fits");
    let order = RandomStream::new(Seed(0), Purpose::DataOrder, 0).permutation(train.len());
    let (validation, training) = order.split_at(5_000);
    let all: Vec<u32> = (0..test.len() as u32).collect();
    let start = Instant::now();
    let (train, test) = (&DataSet::on_host(train), &DataSet::on_host(test));
    let sets = [
        engine.evaluation_set(train, validation).expect("fits"),
        engine.evaluation_set(test, &all).expect("fits"),
    ];
    for set in &sets {
        trainer.evaluate(set).expect("fits");
    }
    let setup = start.elapsed().as_secs_f64() * 1e3;
    let batches: Vec<&[u32]> = training.chunks_exact(BATCH).collect();
    let (mut steps, mut evaluations, mut at) = (Vec::new(), Vec::new(), 0);
    for _ in 0..REPEATS {
        let start = Instant::now();
        for _ in 0..300 {
            let batch = Batch::Stored { data: train, indices: batches[at % batches.len()], views: &[] };
            trainer.step(batch, recipe.learning_rate).expect("fits");
            at += 1;
        }
        steps.push(start.elapsed().as_secs_f64() / 300.0 * 1e6);
        let start = Instant::now();
        for set in &sets {
            std::hint::black_box(trainer.evaluate(set).expect("fits"));
        }
        evaluations.push(start.elapsed().as_secs_f64() * 1e6);
    }
    steps.sort_by(f64::total_cmp);
    evaluations.sort_by(f64::total_cmp);
    let (step, evaluation) = (steps[REPEATS / 2], evaluations[REPEATS / 2]);
    println!(
        "{density:.4}, {kernels}, {step:.1}, {evaluation:.0}, {:.1}, {setup:.0}",
        step + evaluation / 100.0
    );
}

//! Milliseconds per training step of LeNet-300-100, batch 60, on one core, at several densities.
//!
//! `cargo bench -p lth-cpu --bench step [-- INSTRUCTIONS... DENSITY... sgd frozen]`, for example `-- avx2 1 0.107`; `best` is the
//! instruction set that `lth` would take, and without a name all of the machine are measured. The optimiser is Adam, or SGD; pruned
//! weights are zero, or frozen at their initial values. Masks keep the same fraction of
//! every weight tensor at random and inputs are normal noise, so that no zero among the inputs can be skipped: the work that
//! `torch_step.py` and `jax_step.py` (tools/peers) do. Pin it to a core (`taskset -c 0`) and run it beside them.

mod common;

use std::time::Instant;

use lth_cpu::{CpuEngine, Isa};
use lth_model::{
    Batch, Mask, Masks, OneNetwork, Optimizer, Program, Pruned, Purpose, RandomStream, Recipe, Seed, Start,
    Step,
};

const BATCH: usize = 60;
const BATCHES: usize = 4;
/// Seconds of one timing: shorter than the time that a scheduler gives to a process beside this one, so that the least of them
/// is that of an idle core.
const WINDOW: f64 = 0.004;
const WINDOWS: usize = 500;

fn main() {
    let mut words = common::words();
    let sets = common::instruction_sets(&mut words);
    let mut is_given = |name: &str| {
        let before = words.len();
        words.retain(|word| word != name);
        words.len() < before
    };
    let optimizer = if is_given("sgd") { Optimizer::SGD } else { Optimizer::ADAM };
    let pruned = if is_given("frozen") { Pruned::Frozen } else { Pruned::Zero };
    let densities = common::densities(&words, &[1.0, 0.512, 0.262, 0.107, 0.035, 0.012]);
    for isa in sets {
        for &density in &densities {
            measure(isa, density, optimizer, pruned);
        }
        if let Some(peak) = common::peak(isa) {
            println!("peak of this core in {isa} multiply-adds: {:.0} GFLOP/s", peak * 1e-9);
        }
    }
}

fn measure(isa: Isa, density: f64, optimizer: Optimizer, pruned: Pruned) {
    let architecture = lth_model::lenet_300_100(10);
    let recipe = Recipe::new(optimizer, 1.2e-3, BATCH, Step::from_epochs(1));
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
    let engine = CpuEngine::with_instructions(isa);
    let program = Program::training(&architecture, &recipe);
    let start = Start { pruned, ..Start::new(&weights, &masks, Seed(0)) };
    let mut trainer = OneNetwork::new(&engine, &program, &start).expect("the model fits");
    let inputs: Vec<f32> = (0..BATCHES * BATCH * 784).map(|_| stream.normal() as f32).collect();
    let labels: Vec<u16> = (0..BATCHES * BATCH).map(|_| stream.below(10) as u16).collect();
    let mut step = |number: usize| {
        let at = number % BATCHES * BATCH;
        let batch =
            Batch::Values { inputs: &inputs[at * 784..][..BATCH * 784], labels: &labels[at..][..BATCH] };
        trainer.step(batch, recipe.learning_rate).expect("the batch fits");
    };
    let start = Instant::now();
    (0..10).for_each(&mut step);
    let steps = ((WINDOW / (start.elapsed().as_secs_f64() / 10.0)) as usize).max(1);
    let mut times: Vec<f64> = (0..WINDOWS)
        .map(|_| {
            let start = Instant::now();
            (0..steps).for_each(&mut step);
            start.elapsed().as_secs_f64() / steps as f64 * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!(
        "lenet-300-100 batch {BATCH} {isa} density {density}: median {:.4} ms/step (min {:.4}, max {:.4})",
        times[WINDOWS / 2],
        times[0],
        times[WINDOWS - 1]
    );
}

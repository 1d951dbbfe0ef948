//! Everything that changes a step, together: clipping, smoothing, decay, every optimiser, dropout, frozen weights, and masks
//! that change, in chains and in graphs, with layers dense and sparse, over several steps against plain loops.

use crate::shared::Network;
use lth_cpu::CpuEngine;
use lth_model::{
    Architecture, Batch, DataSet, Examples, Gradients, Masks, Normalization, Op, Optimizer, Pruned, View,
};
use proptest::{prelude::*, test_runner::TestCaseError};

use crate::graph::{
    net::Net,
    oracle::{Oracle, pruned_are_zero},
    plain::{Mode, Plain, Settings},
    random_chain::chain,
    random_net::spec_with_dropout,
    support::*,
};

/// Examples of the data set that batches are taken from.
const COUNT: usize = 80;

/// What a training is made with.
#[derive(Debug, Clone)]
struct Training {
    settings: Settings,
    /// Below which density layers are sparse, where it is not the engine's own choice.
    crossover: Option<f64>,
    normalization: Normalization,
    /// The masks of the first step are those that it begins with.
    steps: Vec<Step>,
    seed: u64,
}

/// One step and what comes before it.
#[derive(Debug, Clone)]
struct Step {
    /// Of the largest batch.
    share: f64,
    read: Read,
    /// Densities by layer in turn, and what becomes of pruned weights.
    masks: Option<(Vec<f64>, Pruned)>,
    between: Between,
}

/// How a batch comes in.
#[derive(Debug, Clone, Copy)]
enum Read {
    Stored,
    /// Stored, with a view of each example.
    Seen,
    Values,
}

/// What else a trainer is asked for before a step, with another batch.
#[derive(Debug, Clone, Copy)]
enum Between {
    Nothing,
    Logits,
    Gradients(Gradients),
    Evaluation,
}

fn optimizer() -> impl Strategy<Value = (Optimizer, f32)> {
    let decay = prop_oneof![Just(0.0_f32), Just(1e-2), Just(1e-1)];
    // Adam's epsilon is large enough that a gradient of nothing but rounding makes no full step.
    (0..5, decay).prop_map(|(kind, weight_decay)| match kind {
        0 => (Optimizer::Sgd { momentum: 0.0, nesterov: false, weight_decay }, 0.1),
        1 => (Optimizer::Sgd { momentum: 0.9, nesterov: false, weight_decay }, 0.05),
        2 => (Optimizer::Sgd { momentum: 0.9, nesterov: true, weight_decay }, 0.05),
        3 => (Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-3, weight_decay }, 0.01),
        _ => (Optimizer::AdamW { beta1: 0.9, beta2: 0.99, epsilon: 1e-3, weight_decay }, 0.01),
    })
}

fn settings() -> impl Strategy<Value = Settings> {
    let clip = prop_oneof![Just(None), (0.01..1.0_f32).prop_map(Some)];
    (optimizer(), prop_oneof![Just(0.0_f32), Just(0.1)], clip).prop_map(
        |((optimizer, rate), smoothing, clip)| Settings {
            smoothing: smoothing.into(),
            clip: clip.map(f64::from),
            ..Settings::new(optimizer, rate)
        },
    )
}

fn masks_of_step() -> impl Strategy<Value = (Vec<f64>, Pruned)> {
    let density = prop_oneof![2 => Just(1.0), 2 => 0.5..1.0, 3 => 0.05..0.5, 1 => Just(0.0)];
    let pruned = prop_oneof![2 => Just(Pruned::Zero), 1 => Just(Pruned::Frozen)];
    (proptest::collection::vec(density, 1..=3), pruned)
}

fn step() -> impl Strategy<Value = Step> {
    let read = prop_oneof![2 => Just(Read::Stored), 1 => Just(Read::Seen), 1 => Just(Read::Values)];
    let between = prop_oneof![
        3 => Just(Between::Nothing),
        1 => Just(Between::Logits),
        1 => Just(Between::Gradients(Gradients::All)),
        1 => Just(Between::Gradients(Gradients::Live)),
        1 => Just(Between::Evaluation),
    ];
    (0.0..=1.0, read, proptest::option::weighted(0.4, masks_of_step()), between)
        .prop_map(|(share, read, masks, between)| Step { share, read, masks, between })
}

fn training() -> impl Strategy<Value = Training> {
    let crossover = prop_oneof![Just(None), Just(Some(0.0)), Just(Some(2.0))];
    let shifted = Normalization::same(0.1307, 0.3081);
    let colours =
        Normalization::Channels { mean: [0.4914, 0.4822, 0.4465], deviation: [0.247, 0.2435, 0.2616] };
    let normalization = prop_oneof![2 => Just(Normalization::UNIT), 1 => Just(shifted), 1 => Just(colours)];
    let steps = (masks_of_step(), proptest::collection::vec(step(), 1..=4)).prop_map(|(first, mut steps)| {
        steps[0].masks = Some(first);
        steps
    });
    (settings(), crossover, normalization, steps, any::<u32>()).prop_map(
        |(settings, crossover, normalization, steps, seed)| Training {
            settings,
            crossover,
            normalization,
            steps,
            seed: seed.into(),
        },
    )
}

/// A third of the bytes are 0, and the first features throughout.
fn examples(architecture: &Architecture, training: &Training) -> Examples {
    let (features, classes) = (architecture.input_features(), architecture.classes() as u64);
    let mut stream = stream(training.seed, 5);
    let mut byte = |at: usize| {
        let byte = stream.below(256) as u8;
        if stream.below(3) == 0 || at % features < features / 3 { 0 } else { byte }
    };
    let bytes: Vec<u8> = (0..COUNT * features).map(&mut byte).collect();
    let labels: Vec<u16> = (0..COUNT).map(|_| stream.below(classes) as u16).collect();
    Examples { bytes: bytes.into(), labels: labels.into(), features, normalization: training.normalization }
}

/// Examples as numbers, and their labels.
fn numbers(examples: &Examples, shape: &[usize], indices: &[u32]) -> (Vec<f32>, Vec<u16>) {
    let (features, pixels) = (examples.features, shape.iter().skip(1).product::<usize>());
    let tables = [0, 1, 2].map(|channel| examples.normalization.table(channel).unwrap());
    let channel = |feature: usize| if shape.len() == 3 { (feature / pixels).min(2) } else { 0 };
    let inputs = indices.iter().flat_map(|&index| {
        let bytes = &examples.bytes[index as usize * features..][..features];
        bytes.iter().enumerate().map(|(feature, &byte)| tables[channel(feature)][usize::from(byte)])
    });
    (inputs.collect(), indices.iter().map(|&index| examples.labels[index as usize]).collect())
}

fn ask(trainer: &mut Network, between: Between, examples: &Examples) {
    let indices: Vec<u32> = (0..9).collect();
    let batch = Batch::Stored { data: &DataSet::on_host(examples), indices: &indices, views: &[] };
    match between {
        Between::Nothing => {}
        Between::Logits => drop(trainer.logits(batch).unwrap()),
        Between::Gradients(which) => drop(trainer.gradients(batch, which).unwrap()),
        Between::Evaluation => {
            let set = trainer.add_evaluation_set(examples, &indices).unwrap();
            trainer.evaluate(set);
        }
    }
}

/// Trains the engine and plain loops alike; batches have up to `largest` examples.
fn check(architecture: &Architecture, training: &Training, largest: usize) -> Result<(), TestCaseError> {
    let Training { settings, seed, .. } = training;
    let engine =
        training.crossover.map_or(CpuEngine::new(), |crossover| CpuEngine::new().with_crossover(crossover));
    let start = weights(architecture, *seed);
    let examples = examples(architecture, training);
    let shape = &architecture.nodes[0].shape;
    let has_norm = architecture.nodes.iter().any(|node| matches!(node.op, Op::BatchNorm { .. }));
    let least = if has_norm { 2 } else { 1 };
    let mut oracle = Oracle::new(Plain::new(architecture, &start, &Masks::new()).with_dropout(SEED));
    let mut trainer = trainer(engine, architecture, settings, &start, &Masks::new());
    let mut stream = stream(*seed, 6);
    let mut zero = Masks::new();
    for (number, step) in training.steps.iter().enumerate() {
        if let Some((densities, pruned)) = &step.masks {
            let masks = masks(architecture, densities, seed + number as u64);
            let state = trainer.state();
            let memory = (number > 0).then_some(&state.optimizer);
            match pruned {
                Pruned::Zero => trainer.load(&state.weights, &masks, memory).unwrap(),
                Pruned::Frozen => trainer.load_frozen(&state.weights, &masks, memory).unwrap(),
            }
            oracle.set_masks(&masks, *pruned);
            zero = if *pruned == Pruned::Zero { masks } else { Masks::new() };
        }
        ask(&mut trainer, step.between, &examples);
        let size = least + (step.share * (largest - least) as f64) as usize;
        let indices: Vec<u32> = (0..size).map(|_| stream.below(COUNT as u64) as u32).collect();
        let (inputs, labels) = numbers(&examples, shape, &indices);
        let views = vec![View::default(); size];
        let batch = match step.read {
            Read::Stored => {
                Batch::Stored { data: &DataSet::on_host(&examples), indices: &indices, views: &[] }
            }
            Read::Seen => {
                Batch::Stored { data: &DataSet::on_host(&examples), indices: &indices, views: &views }
            }
            Read::Values => Batch::Values { inputs: &inputs, labels: &labels },
        };
        let x = wide(&inputs);
        prop_assume!(Oracle::decides(&oracle.exact().forward_in_training(&x, size, settings)));
        let what = |result: &str| format!("step {number}, {result}");

        let report = trainer.step(batch, settings.rate as f32).unwrap();
        let step = |net: &mut Plain| vec![net.step(&x, &labels, settings)];
        oracle.compare(&what("loss"), &[report.loss_sum as f32], step)?;
        let state = trainer.state();
        oracle.compare_all(&what("weights"), &state.weights, |net| net.values.clone())?;
        oracle.compare_all(&what("memory"), &state.optimizer.tensors, |net| net.moments.clone())?;
        prop_assert!(pruned_are_zero(&state.weights, &zero), "{}", what("pruned weights"));
        let logits = trainer.logits(batch).unwrap();
        oracle.compare(&what("logits"), &logits, |net| net.logits(&x, Mode::Evaluation))?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_global_rejects: 4096, ..ProptestConfig::default() })]

    #[test]
    fn chains(chain in chain(), training in training(), largest in 2..=90usize) {
        check(&chain.architecture(), &training, largest)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_global_rejects: 4096, ..ProptestConfig::default() })]

    #[test]
    fn graphs(spec in spec_with_dropout(), training in training()) {
        check(&spec.architecture(), &training, spec.examples.div_ceil(4).max(2))?;
    }
}

/// A chain whose first layer is sparse from the second step on, clipped.
fn clipped(read: Read, between: Between, first: f64) -> Training {
    let step = |masks| Step { share: 1.0, read, masks, between };
    let steps = vec![
        step(Some((vec![first], Pruned::Zero))),
        step(Some((vec![0.2], Pruned::Zero))),
        Step { share: 0.4, ..step(None) },
    ];
    let settings = Settings { clip: Some(0.05), ..Settings::new(Optimizer::ADAM, 0.01) };
    Training { settings, crossover: None, normalization: Normalization::UNIT, steps, seed: 4 }
}

#[test]
fn clipping_reads_the_batch_of_its_step_where_the_first_layer_is_sparse() {
    let mut net = Net::new("chain", &[40]);
    let hidden = net.linear("fc1", 0, 20, true);
    let hidden = net.push("relu1", Op::Relu, &[hidden]);
    net.linear("fc2", hidden, 5, true);
    let architecture = net.build();
    for read in [Read::Stored, Read::Seen, Read::Values] {
        for between in [Between::Nothing, Between::Gradients(Gradients::All), Between::Logits] {
            for first in [1.0, 0.2] {
                check(&architecture, &clipped(read, between, first), 70).unwrap();
            }
        }
    }
}

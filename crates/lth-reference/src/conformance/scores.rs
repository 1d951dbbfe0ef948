//! Masks that are learned on frozen weights.

use std::sync::Arc;

use lth_model::{
    Architecture, ArchitectureBuilder, Density, Engine, EngineError, Gradients, Learns, Normalizing,
    OneNetwork, Program, Scores, Seed, Start, Tensors, TrainerState, Window,
    supermask::{SupermaskMethod, rescaling, sampled_masks, top_masks},
};

use super::{
    Failure, Outcome,
    bits::{masked, same_bits, same_state},
    case::{Batches, Case, FEW, SHIFTED},
    nets,
};
use crate::ReferenceEngine;

fn methods() -> [SupermaskMethod; 2] {
    let density = Density::new(0.4).expect("a density");
    [SupermaskMethod::Bernoulli { sigmoid_bias: 0.5, samples: 3 }, SupermaskMethod::EdgePopup { density }]
}

/// A chain, and a graph whose statistics are estimated for each mask.
fn networks() -> [Architecture; 2] {
    let normed = ArchitectureBuilder::new("normed", &[2, 6, 5])
        .conv2d("conv1", 9, Window::square(3, 1, 1))
        .batch_norm("bn1")
        .relu("relu1")
        .conv2d_without_bias("conv2", 7, Window::square(3, 2, 1))
        .global_average_pool("pool")
        .linear("fc", 4);
    [nets::small(), normed.build().expect("a network")]
}

/// A network whose scores are learned.
struct Learning {
    case: Case,
    method: SupermaskMethod,
    dynamic_rescaling: bool,
    normalizing: Arc<Normalizing>,
    batches: Batches,
}

impl Learning {
    /// Every network with every method and kind of optimiser.
    fn all(engine: &dyn Engine) -> Result<Vec<Self>, Failure> {
        let mut all = Vec::new();
        for architecture in networks() {
            for (number, method) in methods().into_iter().cycle().take(4).enumerate() {
                let case = Case::new(architecture.clone(), FEW[number % FEW.len()], 1);
                let case = Case { rate: 20.0 * case.rate, ..case };
                let batches = Batches::small(engine, &case, SHIFTED)?;
                let (data, indices) = (batches.data.clone(), (0..70).collect());
                let normalizing = Arc::new(Normalizing { data, indices, batch_size: 32 });
                all.push(Self { case, method, dynamic_rescaling: number < 2, normalizing, batches });
            }
        }
        Ok(all)
    }

    fn program(&self) -> Program<'_> {
        let Self { method, dynamic_rescaling, normalizing, .. } = self;
        let (method, dynamic_rescaling) = (*method, *dynamic_rescaling);
        let normalizing = Some(normalizing.clone());
        let learns = Learns::Scores(Scores { method, dynamic_rescaling, normalizing });
        Program { learns, ..self.case.program() }
    }

    fn start(&self, engine: &dyn Engine, start: &Start<'_>) -> Result<OneNetwork, Failure> {
        engine.supports(&self.program())?;
        Ok(OneNetwork::new(engine, &self.program(), start)?)
    }

    fn what(&self) -> String {
        format!("{}, {:?}, {}", self.case.architecture.name, self.method, self.case.optimizer)
    }
}

/// The largest difference of two tensors, and the largest magnitude of the second.
fn apart(found: &Tensors, expected: &Tensors, name: &str) -> (f32, f32) {
    let pairs = found[name].data().iter().zip(expected[name].data());
    pairs.fold((0.0, 0.0), |(off, largest), (a, b)| (off.max((a - b).abs()), largest.max(b.abs())))
}

/// First scores, masks, gradients through them and every kind of optimiser: an update from the same scores moves them and their
/// moments as the reference does, to a ten thousandth of the largest change, and the evaluation is the reference's.
pub fn scores_are_learned(engine: &dyn Engine) -> Outcome {
    for learning in Learning::all(engine)? {
        let (case, batches) = (&learning.case, &learning.batches);
        let mut network = learning.start(engine, &case.start())?;
        let mut exact = learning.start(&ReferenceEngine, &case.start())?;
        same_state(&network.state(), &exact.state(), &format!("{}: the first scores", learning.what()))?;
        for number in 0..3 {
            let what = format!("{}, step {number}", learning.what());
            let before = network.state();
            let start =
                Start { weights: &before.weights, optimizer: Some(&before.optimizer), ..case.start() };
            exact.write(&start)?;
            let indices = batches.indices(number);
            let batch = batches.of(&indices);
            let (a, b) = (network.step(batch, case.rate)?, exact.step(batch, case.rate)?);
            let off = (a.loss_sum - b.loss_sum).abs();
            ensure!(off <= 1e-5 * b.loss_sum, "{what}: a loss of {}, expected {}", a.loss_sum, b.loss_sum);
            let (found, expected) = (network.state(), exact.state());
            same_bits(&found.weights, &case.weights, &format!("{what}: frozen weights"))?;
            let (tensors, before) = (&found.optimizer.tensors, &before.optimizer.tensors);
            ensure!(
                tensors.len() == expected.optimizer.tensors.len(),
                "{what}: memory of {:?}",
                tensors.keys()
            );
            for name in expected.optimizer.tensors.keys() {
                ensure!(tensors.contains_key(name), "{what}: no {name} in {:?}", tensors.keys());
                let (change, largest) = apart(before, &expected.optimizer.tensors, name);
                let (off, _) = apart(tensors, &expected.optimizer.tensors, name);
                let allowed = 1e-4 * change + 1e-6 * largest;
                ensure!(off <= allowed, "{what}: {name} is off by {off:e}, allowed {allowed:e}");
            }
            exact.write(&Start { optimizer: Some(&found.optimizer), ..case.start() })?;
            let indices: Vec<u32> = (0..70).collect();
            let set = engine.evaluation_set(&batches.data, &indices)?;
            let (a, b) = (network.evaluate(&set)?, exact.evaluate(&set)?);
            let near = (a.loss - b.loss).abs() <= 1e-4 * b.loss && a.correct.abs_diff(b.correct) <= 1;
            ensure!(near && a.examples == b.examples, "{what}: evaluation {a:?}, expected {b:?}");
        }
    }
    Ok(())
}

/// The masks of an evaluation can be drawn again: its figures are the mean over networks under them.
pub fn evaluations_are_means_over_masks(engine: &dyn Engine) -> Outcome {
    for learning in Learning::all(engine)? {
        let (case, batches) = (&learning.case, &learning.batches);
        if case.architecture.nodes[0].shape.len() > 1 {
            continue;
        }
        let mut network = learning.start(engine, &case.start())?;
        batches.train(&mut network, case.rate, 0..3)?;
        let set = engine.evaluation_set(&batches.data, &(0..70).collect::<Vec<u32>>())?;
        let found = network.evaluate(&set)?;
        let TrainerState { weights, optimizer } = network.state();
        let scores: Tensors = case
            .architecture
            .parameters()
            .into_iter()
            .filter_map(|p| {
                Some((p.name.clone(), optimizer.tensors.get(&format!("{}.score", p.name))?.clone()))
            })
            .collect();
        let (mut correct, mut loss) = (0, 0.0);
        for sample in 0..learning.method.samples() {
            let masks = match learning.method {
                SupermaskMethod::Bernoulli { .. } => {
                    sampled_masks(&scores, case.seed, optimizer.updates, sample)
                }
                SupermaskMethod::EdgePopup { density } => top_masks(&scores, density),
            };
            let mut weights = masked(&weights, &masks);
            for (name, mask) in masks.iter().filter(|_| learning.dynamic_rescaling) {
                let factor = rescaling(mask.len(), mask.live());
                weights[name].data_mut().iter_mut().for_each(|weight| *weight *= factor);
            }
            let alone = Case { weights, masks, ..case.clone() }.trainer(engine)?.evaluate(&set)?;
            correct += alone.correct;
            loss += alone.loss / f64::from(learning.method.samples());
        }
        let near = (found.loss - loss).abs() <= 1e-6 * loss && found.correct.abs_diff(correct) <= 1;
        ensure!(near, "{}: {found:?}, over masks {loss} and {correct}", learning.what());
    }
    Ok(())
}

/// What is read goes on to the same bits; a start without memory begins from first scores.
pub fn scores_go_on_to_the_same_bits(engine: &dyn Engine) -> Outcome {
    for learning in Learning::all(engine)? {
        let (case, batches) = (&learning.case, &learning.batches);
        let mut straight = learning.start(engine, &case.start())?;
        let first = straight.state();
        batches.train(&mut straight, case.rate, 0..2)?;
        let set = engine.evaluation_set(&batches.data, &(0..40).collect::<Vec<u32>>())?;
        let before = straight.evaluate(&set)?;
        let state = straight.state();
        let start = Start { optimizer: Some(&state.optimizer), ..case.start() };
        let mut resumed = learning.start(engine, &start)?;
        let mut written = learning.start(engine, &case.start())?;
        batches.train(&mut written, case.rate, 4..5)?;
        written.write(&start)?;
        batches.train(&mut straight, case.rate, 2..4)?;
        for network in [&mut written, &mut resumed] {
            let again = network.evaluate(&set)?;
            ensure!(again == before, "{}: evaluation {again:?}, expected {before:?}", learning.what());
            batches.train(network, case.rate, 2..4)?;
            same_state(&network.state(), &straight.state(), &learning.what())?;
        }
        resumed.write(&case.start())?;
        same_state(&resumed.state(), &first, &format!("{}: afresh", learning.what()))?;
        let other = Start { seed: Seed(10), ..case.start() };
        resumed.write(&other)?;
        batches.train(&mut resumed, case.rate, 0..1)?;
        let mut same = learning.start(engine, &other)?;
        batches.train(&mut same, case.rate, 0..1)?;
        same_state(&resumed.state(), &same.state(), &format!("{}: another seed", learning.what()))?;
    }
    Ok(())
}

/// Masks besides its own, dropout and clipping are refused, and what only weights in training have.
pub fn what_scores_exclude_is_refused(engine: &dyn Engine) -> Outcome {
    for learning in Learning::all(engine)? {
        let (case, what) = (&learning.case, learning.what());
        let refused = |result: Result<(), EngineError>, of: &str| {
            ensure!(matches!(result, Err(EngineError::Unsupported { .. })), "{what}: {of} gives {result:?}");
            Ok::<(), Failure>(())
        };
        let clipped = Program { gradient_clip: Some(1.0), ..learning.program() };
        refused(engine.supports(&clipped), "clipping")?;
        refused(OneNetwork::new(engine, &clipped, &case.start()).map(drop), "clipping")?;
        let dropping = nets::small_with_dropout();
        refused(engine.supports(&Program { architecture: &dropping, ..learning.program() }), "dropout")?;
        let masks = super::case::masks(&case.architecture, &[0.5], 1);
        let start = Start { masks: &masks, ..case.start() };
        refused(OneNetwork::new(engine, &learning.program(), &start).map(drop), "a mask")?;
        let mut network = learning.start(engine, &case.start())?;
        let before = network.state();
        let indices = learning.batches.indices(0);
        let batch = learning.batches.of(&indices);
        refused(network.write(&start), "a mask in training")?;
        refused(network.remask(&masks), "other masks")?;
        refused(network.logits(batch).map(drop), "outputs")?;
        refused(network.gradients(batch, Gradients::All).map(drop), "gradients")?;
        let estimated = network.reestimate_batch_norm(&learning.batches.data, &indices, 8, &|| false);
        refused(estimated.map(drop), "an estimation")?;
        same_state(&network.state(), &before, &format!("{what}: after what was refused"))?;
    }
    Ok(())
}

//! An engine beside the reference, and how far apart they may be.
//!
//! How far rounding carries depends on the network, so it is measured: two more references have deviations of 2^-20 of each
//! layer's largest value, or of the terms of its sums: eight times what a single rounding of 32 bits makes. What an engine
//! gives may be off by [`SLACK`] times what they are off by, and by [`FLOOR`] of the largest value of a tensor. Where a ReLU
//! or a maximum is decided by less than the noise, there is another gradient on the other side: such a step is passed over.

use lth_model::{
    Batch, DataSet, Engine, EvaluationSet, Gradients, Masks, OneNetwork, Program, Start, Tensors,
    TrainerState,
};

use super::{Failure, Outcome, case::Case};
use crate::{Score, Training, network::Values, noise::Noise};

const NOISE: f64 = 1.0 / (1 << 20) as f64;
/// Times what the noise made.
const SLACK: f64 = 8.0;
/// Of the largest value.
const FLOOR: f64 = 4e-6;
/// Of sums that are exactly zero: what terms of a few hundredths leave in 32 bits.
const ZERO: f64 = 3e-8;

/// Whether a step was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(super) enum Step {
    Compared,
    /// Passed over, and not taken by the engine: no more steps can be compared.
    Undecided,
}

/// A trainer of an engine, the reference, and two noisy references.
pub(super) struct Pair {
    pub(super) engine: OneNetwork,
    references: [Training; 3],
}

impl Pair {
    pub(super) fn new(
        engine: &dyn Engine,
        program: &Program<'_>,
        start: &Start<'_>,
    ) -> Result<Self, Failure> {
        let exact = Training::new(program, start)?;
        let noisy = |seed| exact.noisy(Noise { size: NOISE, seed });
        let references = [noisy(1), noisy(7_000_003), exact];
        Ok(Self { engine: OneNetwork::new(engine, program, start)?, references })
    }

    /// Every network begins from another start.
    pub(super) fn write(&mut self, start: &Start<'_>) -> Outcome {
        self.engine.write(start)?;
        Ok(self.references.iter_mut().try_for_each(|reference| reference.write(start))?)
    }

    /// Other masks for every network.
    pub(super) fn remask(&mut self, masks: &Masks) -> Outcome {
        self.engine.remask(masks)?;
        Ok(self.references.iter_mut().try_for_each(|reference| reference.remask(masks))?)
    }

    /// An update of every network; compares the report, weights and memory.
    pub(super) fn step(&mut self, batch: Batch<'_>, rate: f32) -> Result<Step, Failure> {
        let reports: Vec<_> = self
            .references
            .iter_mut()
            .map(|reference| reference.step(batch, rate))
            .collect::<Result<_, _>>()?;
        if !self.decides() {
            return Ok(Step::Undecided);
        }
        let report = self.engine.step(batch, rate)?;
        ensure!(report.examples == batch.len(), "{} examples, expected {}", report.examples, batch.len());
        let correct: Vec<usize> = reports.iter().map(|report| report.correct).collect();
        within_counts(report.correct, &correct, "the step")?;
        let losses: Vec<_> = reports.iter().map(|report| vec![report.loss_sum]).collect();
        within("loss of the step", &[report.loss_sum], &losses)?;
        self.state("after the step")?;
        Ok(Step::Compared)
    }

    /// The references go on from where the engine is, after a step that it has not taken.
    pub(super) fn catch_up(&mut self, case: &Case, masks: &Masks) -> Outcome {
        let state = self.engine.state();
        let (weights, optimizer, pruned) = (&state.weights, Some(&state.optimizer), case.pruned);
        let start = Start { weights, masks, pruned, optimizer, seed: case.seed };
        Ok(self.references.iter_mut().try_for_each(|reference| reference.write(&start))?)
    }

    /// Whether what a ReLU or a maximum decided in the last pass is the same in every network.
    fn decides(&self) -> bool {
        self.references[2].margin() > 2.0 * NOISE
    }

    /// Compares weights, running statistics and memory; gives what the engine has.
    pub(super) fn state(&mut self, what: &str) -> Result<TrainerState, Failure> {
        let found = self.engine.state();
        let [a, b, exact] = self.references.each_ref().map(Training::everything);
        ensure!(
            found.weights.len() + found.optimizer.tensors.len() == exact.len(),
            "{what}: {} tensors, expected {}",
            found.weights.len() + found.optimizer.tensors.len(),
            exact.len()
        );
        for (name, tensor) in found.weights.iter().chain(&found.optimizer.tensors) {
            let Some(exact) = exact.get(name) else {
                return Err(Failure::new(format!("{what}: no {name} is expected")));
            };
            let of = [a[name].clone(), b[name].clone(), exact.clone()];
            within(&format!("{what}: {name}"), &wide(tensor.data()), &of)?;
        }
        Ok(found)
    }

    /// Compares the outputs for a batch.
    pub(super) fn logits(&mut self, batch: Batch<'_>) -> Outcome {
        let found = self.engine.logits(batch)?;
        let of = self.references.each_mut().map(|reference| {
            let (logits, labels) = reference.logits(batch)?;
            let (count, classes) = (labels.len(), logits.len() / labels.len());
            let order = (0..count).flat_map(|n| (0..classes).map(move |c| c * count + n));
            Ok::<_, Failure>(order.map(|at| logits[at]).collect::<Vec<_>>())
        });
        let of = of.into_iter().collect::<Result<Vec<_>, _>>()?;
        within("logits", &wide(&found), &of)
    }

    /// Compares gradients of all and of kept weights, and their reports.
    pub(super) fn gradients(&mut self, batch: Batch<'_>) -> Result<Step, Failure> {
        let of = self.references.each_mut().map(|reference| reference.gradients(batch, Gradients::All));
        let mut of: Vec<_> = of.into_iter().collect::<Result<_, _>>()?;
        if !self.decides() {
            return Ok(Step::Undecided);
        }
        for which in [Gradients::All, Gradients::Live] {
            let mut found = Tensors::new();
            let report = self.engine.gradients_into(batch, which, &mut found)?;
            let what = format!("gradients of {which:?} weights");
            let losses: Vec<_> = of.iter().map(|(report, _)| vec![report.loss_sum]).collect();
            within(&format!("{what}: loss"), &[report.loss_sum], &losses)?;
            let correct: Vec<usize> = of.iter().map(|(report, _)| report.correct).collect();
            within_counts(report.correct, &correct, &what)?;
            if which == Gradients::Live {
                for (reference, (_, gradients)) in self.references.iter().zip(&mut of) {
                    reference.clear_pruned_gradients(gradients);
                }
            }
            let names: Vec<_> = of[2].1.keys().collect();
            ensure!(found.keys().eq(names.iter().copied()), "{what}: {:?}, expected {names:?}", found.keys());
            for (name, tensor) in &found {
                let of: Vec<_> = of.iter().map(|(_, values)| values[name].clone()).collect();
                within(&format!("{what}: {name}"), &wide(tensor.data()), &of)?;
            }
        }
        Ok(Step::Compared)
    }

    /// Compares loss and accuracy over a set of these examples.
    pub(super) fn evaluate(&mut self, set: &EvaluationSet, data: &DataSet, indices: &[u32]) -> Outcome {
        let found = self.engine.evaluate(set)?;
        ensure!(
            found.examples == indices.len(),
            "evaluation of {} examples, expected {}",
            found.examples,
            indices.len()
        );
        let batch = Batch::Stored { data, indices, views: &[] };
        let of = self.references.each_mut().map(|reference| {
            let (logits, labels) = reference.logits(batch)?;
            Ok::<_, Failure>(Score::of(&logits, &labels, 0.0))
        });
        let of = of.into_iter().collect::<Result<Vec<_>, _>>()?;
        let losses: Vec<_> = of.iter().map(|score| vec![score.loss_sum / indices.len() as f64]).collect();
        within("loss of the evaluation", &[found.loss], &losses)?;
        within_counts(
            found.correct,
            &of.iter().map(|score| score.correct).collect::<Vec<_>>(),
            "the evaluation",
        )
    }

    /// The references, to be asked for something else; the last one is exact.
    pub(super) fn references(&mut self) -> &mut [Training; 3] {
        &mut self.references
    }
}

impl Training {
    /// Values and memory by name.
    fn everything(&self) -> Values {
        self.memory().chain(self.values().map(|(name, values)| (name.clone(), values.to_vec()))).collect()
    }
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().copied().map(f64::from).collect()
}

/// Near logits may be ranked either way.
fn within_counts(found: usize, of: &[usize], what: &str) -> Outcome {
    let (least, most) = (of.iter().min().copied().unwrap_or(0), of.iter().max().copied().unwrap_or(0));
    ensure!((least..=most).contains(&found), "{what}: {found} are correct, expected {least} to {most}");
    Ok(())
}

/// `of` are two noisy results and the exact one.
fn within(what: &str, found: &[f64], of: &[Vec<f64>]) -> Outcome {
    let [a, b, exact] = of else { unreachable!("three references") };
    ensure!(found.len() == exact.len(), "{what}: {} values, expected {}", found.len(), exact.len());
    let distance = |values: &[f64]| {
        let off = values.iter().zip(exact).map(|(a, b)| (a - b).abs()).enumerate();
        off.fold(
            (0, 0.0),
            |most: (usize, f64), (at, off)| if off > most.1 || off.is_nan() { (at, off) } else { most },
        )
    };
    let carried = distance(a).1.max(distance(b).1);
    let largest = exact.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let zero = if what.ends_with("exp_avg_sq") { ZERO * ZERO } else { ZERO };
    let allowed = SLACK * carried + FLOOR * largest + zero;
    let (at, off) = distance(found);
    ensure!(
        off <= allowed,
        "{what}: {:e} at {at}, expected {:e}: off by {off:.2e}, allowed {allowed:.2e}, largest {largest:.2e}",
        found[at],
        exact[at]
    );
    Ok(())
}

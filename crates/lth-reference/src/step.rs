//! Passes of a training: updates, gradients, outputs, estimations.

use lth_model::{Batch, DataSet, EngineError, Evaluation, EvaluationSet, Gradients, Op, StepReport};

use crate::{
    dropout::{self, Factors},
    forward::Pass,
    inputs::numbers,
    network::{Order, Statistics, Values, clear_pruned},
    objective::{Objective, Score},
    optimizer::{clip_factor, update},
    training::{Training, lacks},
};

/// What is added to gradients of noisy networks. Engines may add as much so that moments do not end as subnormal numbers;
/// no weight can resolve it but one that is exactly zero, which may decide a ReLU whose input is exactly zero.
const TINY: f64 = 1e-20;

/// Examples evaluated at a time.
const EVALUATED: usize = 64;

/// What running statistics move towards.
struct Moved {
    name: String,
    momentum: f64,
    values: Vec<f64>,
}

impl Training {
    fn pass(&mut self, inputs: Vec<f64>, examples: usize, factors: Factors) -> Pass {
        let pass = self.network.forward(inputs, examples, factors);
        self.margin = pass.margin;
        pass
    }

    /// Refuses a batch that does not fit, or has no variance where it is normalised by itself.
    fn check(&self, batch: Batch<'_>) -> Result<(), EngineError> {
        batch.check(&self.network.architecture)?;
        match self.network.statistics {
            Statistics::Batch => self.network.architecture.check_statistics(batch.len()),
            Statistics::Running => Ok(()),
        }
    }

    /// One update; the report is of the forward pass before it.
    ///
    /// # Errors
    /// When the batch does not fit; nothing is changed then.
    pub fn step(&mut self, batch: Batch<'_>, rate: f32) -> Result<StepReport, EngineError> {
        if !self.settings.learns {
            return Err(lacks("updates of a program that learns nothing"));
        }
        self.check(batch)?;
        let factors = dropout::draw(&self.network.architecture, self.seed, self.updates, batch.len());
        let (report, mut gradients, statistics) = self.gradients_with(batch, factors);
        self.clear_pruned_gradients(&mut gradients);
        if let Some(longest) = self.settings.clip {
            let factor = clip_factor(gradients.values().flatten(), longest);
            gradients.values_mut().flatten().for_each(|g| *g *= factor);
        }
        self.update(&gradients, rate.into());
        for Moved { name, momentum, values } in statistics {
            for (running, new) in self.network.value_mut(&name).iter_mut().zip(values) {
                *running += momentum * (new - *running);
            }
        }
        Ok(report)
    }

    /// Gradients of all weights, and what running statistics move towards.
    fn gradients_with(&mut self, batch: Batch<'_>, factors: Factors) -> (StepReport, Values, Vec<Moved>) {
        let (inputs, labels) = numbers(batch, &self.network.architecture.nodes[0].shape);
        let (examples, smoothing) = (labels.len(), self.settings.smoothing);
        let mut pass = self.pass(inputs, examples, factors);
        let score = Score::of(&pass.logits().value, &labels, smoothing);
        let statistics = self.statistics_of(&mut pass);
        let objective = Objective::Loss { labels: &labels, temperature: 1.0, smoothing, examples };
        let gradients = self.network.derivative_of(pass, examples, objective, Order::First);
        (StepReport { loss_sum: score.loss_sum, correct: score.correct, examples }, gradients, statistics)
    }

    fn statistics_of(&self, pass: &mut Pass) -> Vec<Moved> {
        let mut found = Vec::new();
        for (node, statistics) in std::mem::take(&mut pass.statistics) {
            let Op::BatchNorm { momentum, .. } = self.network.architecture.nodes[node].op else { continue };
            let moved = |suffix, values| {
                let name = self.network.name(node, suffix);
                Moved { name, momentum: momentum.into(), values }
            };
            found.push(moved("running_mean", statistics.mean));
            found.push(moved("running_var", statistics.variance));
        }
        found
    }

    /// Sets gradients of pruned weights to zero.
    pub(crate) fn clear_pruned_gradients(&self, gradients: &mut Values) {
        for (name, mask) in &self.masks {
            clear_pruned(mask, &mut gradients[name]);
        }
    }

    /// Gradients are those of kept weights; pruned weights stay as they are, without memory.
    fn update(&mut self, gradients: &Values, rate: f64) {
        self.updates += 1;
        let tiny = if self.network.noise.is_some() { TINY } else { 0.0 };
        let (optimizer, number) = (self.settings.optimizer, self.updates);
        for (name, gradients) in gradients {
            let (mask, moments) = (self.masks.get(name), &mut self.moments[name]);
            let weights = self.network.value_mut(name);
            for (at, gradient) in gradients.iter().enumerate() {
                if mask.is_some_and(|mask| !mask.is_live(at)) {
                    continue;
                }
                let mut own = [0.0; 2];
                own.iter_mut().zip(&*moments).for_each(|(own, moment)| *own = moment[at]);
                update(optimizer, rate, number, &mut weights[at], &mut own[..moments.len()], gradient + tiny);
                moments.iter_mut().zip(own).for_each(|(moment, own)| moment[at] = own);
            }
        }
    }

    /// Gradients of the mean loss without an update and without dropout.
    ///
    /// # Errors
    /// When the batch does not fit.
    pub fn gradients(
        &mut self,
        batch: Batch<'_>,
        which: Gradients,
    ) -> Result<(StepReport, Values), EngineError> {
        self.check(batch)?;
        let (report, mut gradients, _) = self.gradients_with(batch, Factors::new());
        if which == Gradients::Live {
            self.clear_pruned_gradients(&mut gradients);
        }
        Ok((report, gradients))
    }

    /// The logits of a batch by running statistics and without dropout, `[class][example]`, and its labels.
    ///
    /// # Errors
    /// When the batch does not fit.
    pub fn logits(&mut self, batch: Batch<'_>) -> Result<(Vec<f64>, Vec<u16>), EngineError> {
        batch.check(&self.network.architecture)?;
        let (inputs, labels) = numbers(batch, &self.network.architecture.nodes[0].shape);
        let before = std::mem::replace(&mut self.network.statistics, Statistics::Running);
        let pass = self.pass(inputs, labels.len(), Factors::new());
        self.network.statistics = before;
        Ok((pass.logits().value.clone(), labels))
    }

    /// Loss and accuracy over a set; `None` when `stop`, which is asked every few examples, says so.
    ///
    /// # Errors
    /// When the examples do not fit.
    pub fn evaluate(
        &mut self,
        set: &EvaluationSet,
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Evaluation>, EngineError> {
        let mut total = Score::default();
        for indices in set.indices().chunks(EVALUATED) {
            if stop() {
                return Ok(None);
            }
            let (logits, labels) = self.logits(Batch::Stored { data: set.data(), indices, views: &[] })?;
            let score = Score::of(&logits, &labels, 0.0);
            total.loss_sum += score.loss_sum;
            total.correct += score.correct;
        }
        Ok(Some(Evaluation::of(total.loss_sum, total.correct, set.indices().len())))
    }

    /// See [`lth_model::Trainer::reestimate_batch_norm`].
    ///
    /// # Errors
    /// When the examples do not fit; nothing is changed then.
    pub fn reestimate_batch_norm(
        &mut self,
        data: &DataSet,
        indices: &[u32],
        batch_size: usize,
        stop: &dyn Fn() -> bool,
    ) -> Result<bool, EngineError> {
        let batches = self.network.architecture.estimation_batches(data, indices, batch_size)?;
        let (mut sums, mut count) = (Values::new(), 0.0);
        for batch in batches {
            if stop() {
                return Ok(false);
            }
            count += 1.0;
            let (inputs, labels) = numbers(batch, &self.network.architecture.nodes[0].shape);
            let mut pass = self.pass(inputs, labels.len(), Factors::new());
            for Moved { name, values, .. } in self.statistics_of(&mut pass) {
                let sum = sums.entry(name).or_insert_with(|| vec![0.0; values.len()]);
                sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
            }
        }
        for (name, sum) in sums {
            self.network.value_mut(&name).iter_mut().zip(sum).for_each(|(value, sum)| *value = sum / count);
        }
        Ok(true)
    }
}

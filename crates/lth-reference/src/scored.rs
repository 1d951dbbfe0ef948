//! A network whose mask is learned on frozen weights.

use lth_model::{
    Batch, EngineError, Evaluation, EvaluationSet, Gradients, Learns, Optimizer, OptimizerState, Program,
    RandomStream, Scores, Seed, Start, StepReport, Tensor, Tensors, TrainerState,
    supermask::{
        SupermaskMethod, first_scores, is_kept, largest, rescaling, sample_stream, sigmoid, step_stream,
    },
};

use crate::{
    ReferenceEngine,
    optimizer::update,
    training::{Training, moment_of},
};

/// A prunable weight with its scores.
struct Layer {
    name: String,
    shape: Vec<usize>,
    /// Of 32 bits, since masks follow from them to the bit.
    scores: Vec<f32>,
    moments: Vec<Vec<f64>>,
    /// By what the last mask multiplied each weight: 0, or the rescaling.
    factors: Vec<f64>,
    /// What the last mask multiplied kept weights by.
    rescaling: f64,
}

/// Scores in training, and the network under the mask of the moment.
pub(crate) struct Scored {
    masked: Training,
    frozen: Tensors,
    layers: Vec<Layer>,
    optimizer: Optimizer,
    settings: Scores,
    seed: Seed,
    updates: u64,
}

impl Scored {
    /// `None` where scores are not what is learned.
    pub(crate) fn new(program: &Program<'_>, start: &Start<'_>) -> Result<Option<Self>, EngineError> {
        let Learns::Scores(settings) = &program.learns else { return Ok(None) };
        let passes = Program { learns: Learns::Nothing, ..program.clone() };
        let mut scored = Self {
            masked: Training::new(&passes, &Start { optimizer: None, ..*start })?,
            frozen: Tensors::new(),
            layers: Vec::new(),
            optimizer: program.optimizer,
            settings: settings.clone(),
            seed: start.seed,
            updates: 0,
        };
        scored.write(start)?;
        Ok(Some(scored))
    }

    /// See [`lth_model::Trainer::write`].
    pub(crate) fn write(&mut self, start: &Start<'_>) -> Result<(), EngineError> {
        start.check_scores(ReferenceEngine::NAME)?;
        let layers = self.layers_of(start)?;
        self.masked.write(&Start { optimizer: None, ..*start })?;
        (self.layers, self.seed) = (layers, start.seed);
        self.updates = start.optimizer.map_or(0, |memory| memory.updates);
        self.frozen.clone_from(start.weights);
        Ok(())
    }

    /// The scores of a start, or first ones.
    fn layers_of(&self, start: &Start<'_>) -> Result<Vec<Layer>, EngineError> {
        let mut layers = Vec::new();
        for (name, first) in
            first_scores(&self.masked.network.architecture, &self.settings.method, start.seed)
        {
            let taken = |moment: &str| match start.optimizer {
                None => Ok(None),
                Some(memory) => moment_of(memory, &format!("{name}.score{moment}"), first.shape()).map(Some),
            };
            let given = taken("")?.map(|scores| scores.iter().map(|&score| score as f32).collect());
            let mut moments = Vec::new();
            for moment in self.optimizer.moments() {
                moments.push(taken(&format!(".{moment}"))?.unwrap_or_else(|| vec![0.0; first.len()]));
            }
            layers.push(Layer {
                shape: first.shape().to_vec(),
                scores: given.unwrap_or_else(|| first.data().to_vec()),
                moments,
                factors: vec![1.0; first.len()],
                rescaling: 1.0,
                name,
            });
        }
        Ok(layers)
    }

    /// Puts masks on the frozen weights, layer after layer.
    fn put_masks(&mut self, mut stream: RandomStream) {
        let mut order = Vec::new();
        for layer in &mut self.layers {
            match self.settings.method {
                SupermaskMethod::Bernoulli { .. } => {
                    for (factor, &score) in layer.factors.iter_mut().zip(&layer.scores) {
                        *factor = f64::from(u8::from(is_kept(stream.next_u32(), sigmoid(score))));
                    }
                }
                SupermaskMethod::EdgePopup { density } => {
                    largest(&layer.scores, density.get(), &mut order);
                    layer.factors.fill(0.0);
                    for &at in &order {
                        layer.factors[at as usize] = 1.0;
                    }
                }
            }
            let live = layer.factors.iter().filter(|&&factor| factor > 0.0).count();
            let by = if self.settings.dynamic_rescaling { rescaling(layer.factors.len(), live) } else { 1.0 };
            layer.rescaling = f64::from(by);
            layer.factors.iter_mut().for_each(|factor| *factor *= layer.rescaling);
            let frozen = self.frozen[&layer.name].data();
            let weights = self.masked.network_mut().value_mut(&layer.name);
            for ((weight, &frozen), factor) in weights.iter_mut().zip(frozen).zip(&layer.factors) {
                *weight = f64::from(frozen) * factor;
            }
        }
    }

    /// One update of the scores.
    ///
    /// A network of weights `f w m` has `dL/dm = f w dL/d(f w m)`. Drawn masks pass it on as their expectation would, `dm/ds =
    /// sigmoid'(s)`; masks of the largest magnitudes as if they were these, `dm/ds = sign(s)`.
    pub(crate) fn step(&mut self, batch: Batch<'_>, rate: f32) -> Result<StepReport, EngineError> {
        self.put_masks(step_stream(self.seed, self.updates));
        let (report, gradients) = self.masked.gradients(batch, Gradients::All)?;
        self.updates += 1;
        for layer in &mut self.layers {
            let (gradients, frozen) = (&gradients[&layer.name], self.frozen[&layer.name].data());
            for (at, score) in layer.scores.iter_mut().enumerate() {
                let slope = match self.settings.method {
                    SupermaskMethod::Bernoulli { .. } => {
                        let probability = f64::from(sigmoid(*score));
                        probability * (1.0 - probability)
                    }
                    SupermaskMethod::EdgePopup { .. } if *score == 0.0 => 0.0,
                    SupermaskMethod::EdgePopup { .. } => f64::from(score.signum()),
                };
                let gradient = gradients[at] * layer.rescaling * f64::from(frozen[at]) * slope;
                let mut value = f64::from(*score);
                let mut own = [0.0; 2];
                own.iter_mut().zip(&layer.moments).for_each(|(own, moment)| *own = moment[at]);
                let moments = &mut own[..layer.moments.len()];
                update(self.optimizer, rate.into(), self.updates, &mut value, moments, gradient);
                *score = value as f32;
                let stored = layer.moments.iter_mut().zip(own);
                stored.for_each(|(moment, own)| moment[at] = f64::from(own as f32));
            }
        }
        Ok(report)
    }

    /// The mean over the method's number of masks.
    pub(crate) fn evaluate(
        &mut self,
        set: &EvaluationSet,
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Evaluation>, EngineError> {
        let samples = self.settings.method.samples();
        let has_norms = self.masked.values().any(|(name, _)| name.ends_with(".running_mean"));
        let mut all = Evaluation::default();
        for sample in 0..samples {
            self.put_masks(sample_stream(self.seed, self.updates, sample));
            if let Some(on) = self.settings.normalizing.as_deref().filter(|_| has_norms)
                && !self.masked.reestimate_batch_norm(&on.data, &on.indices, on.batch_size, stop)?
            {
                return Ok(None);
            }
            let Some(found) = self.masked.evaluate(set, stop)? else { return Ok(None) };
            all.loss += found.loss / f64::from(samples);
            all.correct += found.correct;
            all.examples += found.examples;
        }
        Ok(Some(all))
    }

    /// See [`lth_model::Trainer::read`].
    pub(crate) fn state(&self) -> TrainerState {
        let mut tensors = Tensors::new();
        for layer in &self.layers {
            let mut put = |suffix: &str, values: Vec<f32>| {
                tensors.insert(
                    format!("{}.score{suffix}", layer.name),
                    Tensor::new(layer.shape.clone(), values),
                );
            };
            put("", layer.scores.clone());
            for (moment, values) in self.optimizer.moments().iter().zip(&layer.moments) {
                put(&format!(".{moment}"), values.iter().map(|&value| value as f32).collect());
            }
        }
        TrainerState {
            weights: self.frozen.clone(),
            optimizer: OptimizerState { updates: self.updates, tensors },
        }
    }
}

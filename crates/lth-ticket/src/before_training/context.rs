//! What a method may look at.

use std::ops::ControlFlow;

use lth_model::{Architecture, Engine, Masks, Purpose, RandomStream, Recipe, Seed, Tensor, Tensors};
use lth_reference::Values;

use super::{BeforeTrainingError, scoring_examples};
use crate::TrainingData;

/// What a method may look at.
#[derive(Clone, Copy)]
pub struct BeforeTrainingContext<'a> {
    /// The network.
    pub architecture: &'a Architecture,
    /// Its batch size is that of gradients.
    pub recipe: &'a Recipe,
    /// What computes gradients.
    pub engine: &'a dyn Engine,
    /// The weights at initialisation.
    pub weights: &'a Tensors,
    /// What is kept so far; a weight without a mask is kept.
    pub masks: &'a Masks,
    /// The examples; methods that need none look at none.
    pub data: &'a TrainingData,
    /// Training examples of each class that gradients are taken over; the papers' [`super::EXAMPLES_PER_CLASS`].
    pub examples_per_class: usize,
    /// What GraSP divides logits by; the authors' [`super::GRASP_TEMPERATURE`].
    pub grasp_temperature: f64,
    /// The replicate's seed.
    pub seed: Seed,
    /// How often the weights have been scored before.
    pub iteration: u64,
    /// Told the fraction of a scoring that is done, after each batch; may stop it. [`unwatched`] goes on.
    pub watch: &'a dyn Fn(f64) -> ControlFlow<()>,
}

/// A watcher that never stops.
pub fn unwatched(_done: f64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// What a stream of [`Purpose::BeforeTraining`] is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Draw {
    /// Which examples gradients are taken over.
    Examples = 0,
    /// Random scores; number: the iteration.
    Scores = 1,
    /// Ties; number: the iteration.
    Ties = 2,
    /// Shuffled masks; number: the parameter's place.
    Shuffle = 3,
}

impl Draw {
    pub(super) fn stream(self, seed: Seed, number: u64) -> RandomStream {
        RandomStream::new(seed, Purpose::BeforeTraining, (self as u64) << 32 | number)
    }
}

impl BeforeTrainingContext<'_> {
    /// Indices of the training examples that gradients are taken over, the same in every iteration.
    ///
    /// # Errors
    /// When there is none, or there are labels beyond the network's classes.
    pub fn examples(&self) -> Result<Vec<u32>, BeforeTrainingError> {
        let classes = self.architecture.classes();
        let indices = scoring_examples(self.data, classes, self.examples_per_class, self.seed)?;
        if indices.is_empty() {
            return Err(BeforeTrainingError::NoExamples { per_class: self.examples_per_class });
        }
        Ok(indices)
    }

    /// Examples of a batch.
    pub(super) fn batch_size(&self) -> usize {
        self.recipe.batch_size.max(1)
    }

    /// Tells how much is done.
    ///
    /// # Errors
    /// When the watcher says stop.
    pub fn done(&self, fraction: f64) -> Result<(), BeforeTrainingError> {
        match (self.watch)(fraction) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(BeforeTrainingError::Stopped),
        }
    }

    /// Scores that depend on each weight alone, in the order of the architecture; that of a pruned weight is 0.
    ///
    /// # Errors
    /// When weights or masks do not fit.
    pub fn elementwise(&self, mut score: impl FnMut(f32) -> f32) -> Result<Tensors, BeforeTrainingError> {
        self.layerwise(|_, weights| Ok(weights.iter().map(|&weight| score(weight)).collect()))
    }

    /// Scores from the weights of each tensor.
    fn layerwise(
        &self,
        mut scores: impl FnMut(&str, &[f32]) -> Result<Vec<f32>, BeforeTrainingError>,
    ) -> Result<Tensors, BeforeTrainingError> {
        self.architecture.check_tensors(self.weights)?;
        self.architecture.check_masks(self.masks)?;
        let mut all = Tensors::new();
        for parameter in self.architecture.parameters().into_iter().filter(|p| p.kind.is_prunable()) {
            let scores = scores(&parameter.name, self.weights[&parameter.name].data())?;
            let mut tensor = Tensor::new(parameter.shape, scores);
            if let Some(mask) = self.masks.get(&parameter.name) {
                mask.apply(&mut tensor);
            }
            all.insert(parameter.name, tensor);
        }
        Ok(all)
    }

    /// Scores that are a function of weight times derivative, divided by the largest magnitude: the order is the same, and
    /// 32 bits hold what 64 held.
    ///
    /// # Errors
    /// When weights or masks do not fit, or the score of a kept weight is not finite.
    pub(super) fn weighted(
        &self,
        method: &'static str,
        derivatives: &Values,
        form: fn(f64) -> f64,
    ) -> Result<Tensors, BeforeTrainingError> {
        self.architecture.check_tensors(self.weights)?;
        self.architecture.check_masks(self.masks)?;
        let score = |weight: f32, derivative: f64| form(f64::from(weight) * derivative);
        let mut largest: f64 = 0.0;
        for parameter in self.architecture.parameters().into_iter().filter(|p| p.kind.is_prunable()) {
            let mask = self.masks.get(&parameter.name);
            let weights = self.weights[&parameter.name].data();
            for (index, (&weight, &derivative)) in
                weights.iter().zip(&derivatives[&parameter.name]).enumerate()
            {
                let score = score(weight, derivative);
                if mask.is_some_and(|mask| !mask.is_live(index)) {
                    continue;
                }
                if !score.is_finite() {
                    return Err(BeforeTrainingError::NotFinite { method, name: parameter.name, index });
                }
                largest = largest.max(score.abs());
            }
        }
        let unit = if largest > 0.0 { largest } else { 1.0 };
        self.layerwise(|name, weights| {
            let products = weights.iter().zip(&derivatives[name]);
            Ok(products.map(|(&weight, &derivative)| (score(weight, derivative) / unit) as f32).collect())
        })
    }
}

//! One network in training.

use indexmap::IndexMap;
use lth_model::{
    Architecture, EngineError, Learns, Masks, OptimizerState, Program, Pruned, Seed, Start, Tensor, Tensors,
    TrainerState,
};

use crate::{
    ReferenceEngine,
    network::{Network, Statistics, clear_pruned},
    noise::Noise,
};

/// What a program says of updates.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) optimizer: lth_model::Optimizer,
    pub(crate) smoothing: f64,
    pub(crate) clip: Option<f64>,
    /// Whether weights are trained, and memory is kept.
    pub(crate) learns: bool,
}

impl Settings {
    /// The names of the moments of each parameter.
    fn moments(&self) -> &'static [&'static str] {
        if self.learns { self.optimizer.moments() } else { &[] }
    }
}

/// A network with its masks and its optimiser's memory.
///
/// Everything is in 64 bits; [`Training::round`] brings what lasts to 32.
#[derive(Debug, Clone)]
pub struct Training {
    pub(crate) network: Network,
    pub(crate) settings: Settings,
    pub(crate) masks: Masks,
    pub(crate) seed: Seed,
    pub(crate) updates: u64,
    /// Of each parameter, in the order of their names.
    pub(crate) moments: IndexMap<String, Vec<Vec<f64>>>,
    /// See [`Training::margin`].
    pub(crate) margin: f64,
}

impl Training {
    /// A network of the program.
    ///
    /// # Errors
    /// When the start does not fit.
    pub fn new(program: &Program<'_>, start: &Start<'_>) -> Result<Self, EngineError> {
        let settings = Settings {
            optimizer: program.optimizer,
            smoothing: program.label_smoothing.into(),
            clip: program.gradient_clip.map(f64::from),
            learns: program.learns == Learns::Weights,
        };
        Self::from(program.architecture, settings, start, None)
    }

    fn from(
        architecture: &Architecture,
        settings: Settings,
        start: &Start<'_>,
        noise: Option<Noise>,
    ) -> Result<Self, EngineError> {
        architecture.check_masks(start.masks)?;
        let none = Masks::new();
        let masks = if start.pruned == Pruned::Zero { start.masks } else { &none };
        let mut network = Network::new(architecture, start.weights, masks, Statistics::Batch)?;
        network.noise = noise;
        let mut moments = IndexMap::new();
        for parameter in architecture.parameters() {
            let moment = |moment: &&str| {
                let mut values = match start.optimizer {
                    None => vec![0.0; parameter.shape.iter().product()],
                    Some(memory) => {
                        moment_of(memory, &format!("{}.{moment}", parameter.name), &parameter.shape)?
                    }
                };
                if let Some(mask) = start.masks.get(&parameter.name) {
                    clear_pruned(mask, &mut values);
                }
                Ok(values)
            };
            let values = settings.moments().iter().map(moment).collect::<Result<_, EngineError>>()?;
            moments.insert(parameter.name.clone(), values);
        }
        Ok(Self {
            network,
            settings,
            masks: start.masks.clone(),
            seed: start.seed,
            updates: start.optimizer.map_or(0, |memory| memory.updates),
            moments,
            margin: f64::INFINITY,
        })
    }

    /// The same network, whose results are off by noise.
    pub(crate) fn noisy(&self, noise: Noise) -> Self {
        let mut noisy = self.clone();
        noisy.network.noise = Some(noise);
        noisy
    }

    /// Begins from another start.
    ///
    /// # Errors
    /// When the start does not fit; nothing is changed then.
    pub fn write(&mut self, start: &Start<'_>) -> Result<(), EngineError> {
        let statistics = self.network.statistics;
        *self = Self::from(&self.network.architecture, self.settings, start, self.network.noise)?;
        self.network.statistics = statistics;
        Ok(())
    }

    /// What the network is, which it can also be changed through.
    pub fn network_mut(&mut self) -> &mut Network {
        &mut self.network
    }

    /// How close the closest choice of the last pass was, in the unit of its layer's largest magnitude.
    pub(crate) fn margin(&self) -> f64 {
        self.margin
    }

    /// See [`lth_model::Trainer::remask`].
    ///
    /// # Errors
    /// When masks do not fit, or pruned weights are frozen at values; nothing is changed then.
    pub fn remask(&mut self, masks: &Masks) -> Result<(), EngineError> {
        self.network.architecture.check_masks(masks)?;
        let frozen = |(name, values): (&String, &[f64])| {
            let mask = self.masks.get(name);
            mask.is_some_and(|mask| {
                values.iter().zip(mask.flags()).any(|(value, kept)| !kept && *value != 0.0)
            })
        };
        if self.network.values().any(frozen) {
            return Err(lacks("other masks where pruned weights are frozen at values"));
        }
        for (name, mask) in masks {
            clear_pruned(mask, self.network.value_mut(name));
            self.moments[name].iter_mut().for_each(|moment| clear_pruned(mask, moment));
        }
        self.masks.clone_from(masks);
        Ok(())
    }

    /// Rounds all that lasts to 32 bits, so that [`Training::state`] holds all of it.
    pub fn round(&mut self) {
        let round = |value: &mut f64| *value = f64::from(*value as f32);
        self.network.planes_mut().for_each(|values| values.iter_mut().for_each(round));
        self.moments.values_mut().flatten().flatten().for_each(round);
    }

    /// Parameters and running statistics.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&String, &[f64])> {
        self.network.values()
    }

    /// The optimiser's memory, by the names of [`OptimizerState`].
    pub(crate) fn memory(&self) -> impl Iterator<Item = (String, Vec<f64>)> {
        self.moments.iter().flat_map(|(name, moments)| {
            let named = moments.iter().zip(self.settings.moments());
            named.map(move |(values, moment)| (format!("{name}.{moment}"), values.clone()))
        })
    }

    /// All that the network needs to go on.
    pub fn state(&self) -> TrainerState {
        let architecture = &self.network.architecture;
        let narrow = |values: &[f64]| values.iter().map(|&value| value as f32).collect::<Vec<_>>();
        let shapes = architecture.parameters().into_iter().map(|p| (p.name, p.shape));
        let statistics = architecture.running_statistics().into_iter().map(|s| (s.name, s.shape));
        let shapes: Tensors =
            shapes.chain(statistics).map(|(name, shape)| (name, Tensor::zeros(shape))).collect();
        let weights = self
            .network
            .values()
            .map(|(name, values)| (name.clone(), Tensor::new(shapes[name].shape().to_vec(), narrow(values))));
        let tensors = self.memory().map(|(name, values)| {
            let of = name.rsplit_once('.').map_or("", |(of, _)| of);
            let shape = shapes[of].shape().to_vec();
            (name, Tensor::new(shape, narrow(&values)))
        });
        TrainerState {
            weights: architecture.ordered(weights.collect()),
            optimizer: OptimizerState { updates: self.updates, tensors: tensors.collect() },
        }
    }
}

pub(crate) fn moment_of(
    memory: &OptimizerState,
    name: &str,
    shape: &[usize],
) -> Result<Vec<f64>, EngineError> {
    let tensor = memory.tensor(name, shape)?;
    Ok(tensor.data().iter().copied().map(f64::from).collect())
}

pub(crate) fn lacks(what: &str) -> EngineError {
    EngineError::unsupported(ReferenceEngine::NAME, what)
}

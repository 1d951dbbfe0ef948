//! Mask-1 actions: what kept weights become before the next round (Zhou et al. 2019, section 4).
//!
//! To add one: write a file like `reshuffle.rs` and add it to [`MASK1_ACTIONS`].

mod constant;
mod keep;
mod noise;
mod reinit;
mod resample;
mod reshuffle;
mod rewind;
mod shuffle_init;

use std::borrow::Cow;

use lth_model::{Architecture, Masks, Purpose, RandomStream, Recipe, Seed, Tensor, Tensors};

use crate::{UnknownName, mask_weights};

pub use constant::Constant;
pub use keep::Keep;
pub use noise::Noise;
pub use reinit::Reinit;
pub use resample::Resample;
pub use reshuffle::Reshuffle;
pub use rewind::Rewind;
pub use shuffle_init::ShuffleInit;

/// Gives kept weights the values that the next round starts from.
pub trait Mask1Action: Sync {
    /// Its name on the command line.
    fn name(&self) -> Cow<'static, str>;

    /// One line for `lth criteria`.
    fn description(&self) -> &'static str;

    /// The new weight, with w_i the weight that the round started from and w_f the trained one.
    fn formula(&self) -> &'static str;

    /// Where it was published.
    fn paper(&self) -> &'static str;

    /// All weights, biases and running statistics of the next round's start; pruned weights are exact zeros.
    fn weights(&self, context: &Mask1Context<'_>) -> Tensors;
}

impl Mask1Action for &'static dyn Mask1Action {
    fn name(&self) -> Cow<'static, str> {
        (**self).name()
    }

    fn description(&self) -> &'static str {
        (**self).description()
    }

    fn formula(&self) -> &'static str {
        (**self).formula()
    }

    fn paper(&self) -> &'static str {
        (**self).paper()
    }

    fn weights(&self, context: &Mask1Context<'_>) -> Tensors {
        (**self).weights(context)
    }
}

/// What an action may look at.
#[derive(Debug, Clone, Copy)]
pub struct Mask1Context<'a> {
    /// The network.
    pub architecture: &'a Architecture,
    /// How fresh weights are drawn.
    pub recipe: &'a Recipe,
    /// The weights at initialisation, before any pruning.
    pub initial: &'a Tensors,
    /// The dense weights at the rewind point; pruned ones are there too. The papers' w_i.
    pub rewind: &'a Tensors,
    /// The weights after training. The papers' w_f.
    pub trained: &'a Tensors,
    /// The masks after pruning: what is kept.
    pub masks: &'a Masks,
    /// The replicate's seed.
    pub seed: Seed,
    /// The round that will start from these weights. Every round draws anew.
    pub round: u64,
    /// Which draw of this round, from 0.
    pub draw: u64,
}

/// One layer's weights, for an action that goes layer by layer.
pub(crate) struct Layer<'a> {
    /// At initialisation.
    pub(crate) initial: &'a [f32],
    /// At the rewind point.
    pub(crate) rewind: &'a [f32],
    /// Where kept weights are, ascending.
    pub(crate) live: Vec<usize>,
    /// Random numbers of this layer and round.
    pub(crate) stream: RandomStream,
}

impl Layer<'_> {
    /// The deviation of all weights of the layer at initialisation, kept or not.
    pub(crate) fn deviation(&self) -> f32 {
        let count = self.initial.len().max(1) as f64;
        let mean = self.initial.iter().copied().map(f64::from).sum::<f64>() / count;
        let squares = self.initial.iter().map(|&w| (f64::from(w) - mean).powi(2)).sum::<f64>();
        (squares / count).sqrt() as f32
    }
}

impl Mask1Context<'_> {
    /// The index of the first stream of this round and draw; streams base, base + 1, ... are one a parameter.
    pub(crate) fn base(&self) -> u64 {
        self.round << 32 | self.draw << 20
    }

    /// The rewind point with other weights: `values` makes those of a layer, of which the kept ones are used.
    pub(crate) fn layerwise(&self, values: impl Fn(&mut Layer<'_>) -> Vec<f32>) -> Tensors {
        let mut weights = self.rewind.clone();
        for (place, parameter) in self.architecture.parameters().into_iter().enumerate() {
            if !parameter.kind.is_prunable() {
                continue;
            }
            let rewind = &self.rewind[&parameter.name];
            let live = match self.masks.get(&parameter.name) {
                Some(mask) => mask.live_indices().collect(),
                None => (0..rewind.data().len()).collect(),
            };
            let mut layer = Layer {
                initial: self.initial[&parameter.name].data(),
                rewind: rewind.data(),
                live,
                stream: RandomStream::new(self.seed, Purpose::MaskAction, self.base() + place as u64),
            };
            let values = values(&mut layer);
            weights[&parameter.name] = Tensor::new(parameter.shape, values);
        }
        mask_weights(&mut weights, self.masks);
        weights
    }
}

/// Magnitudes with the signs of the weights they replace.
pub(crate) fn with_signs_of(values: Vec<f32>, weights: &[f32]) -> Vec<f32> {
    values.into_iter().zip(weights).map(|(value, &weight)| value.abs().copysign(weight)).collect()
}

/// Every action; of [`Noise`] one of many.
pub const MASK1_ACTIONS: &[&dyn Mask1Action] = &[
    &Rewind,
    &Keep,
    &Reinit { same_sign: false },
    &Reinit { same_sign: true },
    &ShuffleInit { same_sign: false },
    &ShuffleInit { same_sign: true },
    &Reshuffle { same_sign: false },
    &Reshuffle { same_sign: true },
    &Constant { same_sign: false },
    &Constant { same_sign: true },
    &Resample,
    &Noise { deviations: 0.5 },
];

/// The action of this name; `noise-X` is noise of X deviations; underscores are understood for hyphens.
///
/// # Errors
/// When there is none; the hint names the nearest and lists all.
///
/// ```
/// use lth_ticket::find_mask1_action;
/// assert_eq!(find_mask1_action("reshuffle-same-sign").unwrap().formula(), "|permuted kept w_i| sign w_i");
/// assert_eq!(find_mask1_action("noise-1.5").unwrap().name(), "noise-1.5");
/// assert!(find_mask1_action("noise-x").is_err());
/// ```
pub fn find_mask1_action(name: &str) -> Result<Box<dyn Mask1Action>, UnknownName> {
    let wanted = name.replace('_', "-");
    let noise = wanted.strip_prefix("noise-").and_then(|deviations| deviations.parse().ok());
    if let Some(noise) = noise.and_then(Noise::new) {
        return Ok(Box::new(noise));
    }
    let names = || MASK1_ACTIONS.iter().map(Mask1Action::name);
    let place = names().position(|name| name == wanted);
    place.map(|place| Box::new(MASK1_ACTIONS[place]) as Box<dyn Mask1Action>).ok_or_else(|| {
        let names: Vec<String> = names().map(Cow::into_owned).collect();
        UnknownName::new("mask-1 action", name, names.iter().map(String::as_str))
    })
}

#[cfg(test)]
mod tests;

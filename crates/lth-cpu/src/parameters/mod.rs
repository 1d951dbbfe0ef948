//! Parameters that are brought into a network.

pub(crate) mod optimizer;
pub(crate) mod stored;

use lth_model::{EngineError, Masks, OptimizerState, Pruned, Start, Tensor, Tensors};

use stored::Given;

/// The names under which PyTorch keeps the moments of a parameter.
pub(crate) type MomentNames = &'static [&'static str];

/// Parameters to be brought in.
#[derive(Clone, Copy)]
pub(crate) struct Parameters<'a> {
    pub(crate) weights: &'a Tensors,
    pub(crate) masks: &'a Masks,
    pruned: Pruned,
    optimizer: Option<&'a OptimizerState>,
    moments: MomentNames,
    /// Of the layers; `None` for the measured ones.
    pub(crate) crossover: Option<f64>,
}

impl<'a> Parameters<'a> {
    /// Those of a start, with the moments of these names.
    pub(crate) fn new(start: &Start<'a>, moments: MomentNames, crossover: Option<f64>) -> Self {
        let Start { weights, masks, pruned, optimizer, .. } = *start;
        Self { weights, masks, pruned, optimizer, moments, crossover }
    }

    /// A tensor with its moments.
    pub(crate) fn given(&self, name: &str) -> Result<Given<'a>, EngineError> {
        let value =
            self.weights.get(name).ok_or_else(|| EngineError::MissingTensor { name: name.to_owned() })?;
        let mut found: [Option<&Tensor>; 2] = [None, None];
        if let Some(optimizer) = self.optimizer {
            for (place, moment) in found.iter_mut().zip(self.moments) {
                *place = Some(optimizer.tensor(&format!("{name}.{moment}"), value.shape())?);
            }
        }
        Ok(Given { value, moments: found, kept_moments: self.moments.len(), pruned: self.pruned })
    }
}

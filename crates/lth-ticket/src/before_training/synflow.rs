//! The method `synflow`.

use lth_model::Tensors;
use lth_reference::{Network, Objective, Statistics};

use super::{BeforeTraining, BeforeTrainingContext, BeforeTrainingError};

/// Keeps weights through which most synaptic flow goes: `|w dR/dw|`, R the sum of the outputs for an input of ones when
/// every parameter is replaced by its magnitude (Tanaka et al. 2020).
///
/// Batch normalisation is by running statistics; biases and norms are replaced by their magnitudes too, as in the authors'
/// code. It looks at no data. The flow into and out of every unit is the same, so a layer of few weights has large scores,
/// and when the rest is scored again after small steps (the paper: 100, exponentially) no layer is emptied before the
/// others.
///
/// R is a product over layers (about 1e27 for VGG-19, 1e106 for ResNet-110): it is computed in 64 bits, and scores are
/// divided by the largest.
#[derive(Debug, Clone, Copy)]
pub struct SynFlow;

impl BeforeTraining for SynFlow {
    fn name(&self) -> &'static str {
        "synflow"
    }

    fn description(&self) -> &'static str {
        "keeps weights through which most synaptic flow goes; without data"
    }

    fn formula(&self) -> &'static str {
        "|w dR/dw|, R = sum of outputs of |w| for ones"
    }

    fn paper(&self) -> &'static str {
        "Tanaka et al. 2020"
    }

    fn needs_data(&self) -> bool {
        false
    }

    fn default_iterations(&self) -> u64 {
        100
    }

    fn scores(&self, context: &BeforeTrainingContext<'_>) -> Result<Tensors, BeforeTrainingError> {
        let BeforeTrainingContext { architecture, weights, masks, .. } = *context;
        let mut network = Network::new(architecture, weights, masks, Statistics::Running)?;
        network.rectify();
        let ones = vec![1.0; architecture.input_features()];
        let gradient = network.gradient(ones, 1, Objective::Sum);
        context.done(1.0)?;
        context.weighted(self.name(), &gradient, f64::abs)
    }
}

//! The names of tensors, made once: a step makes none.

use lth_model::{Architecture, EngineError, Masks, Parameter, RunningStatistic, Tensors};

/// The names of a layer's tensors, as in a PyTorch state dict.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    pub(crate) weight: String,
    pub(crate) bias: String,
    pub(crate) running: [String; 2],
}

impl Names {
    /// Of the layer of this name.
    pub(crate) fn of(layer: &str) -> Self {
        let name = |suffix: &str| format!("{layer}.{suffix}");
        Self {
            weight: name("weight"),
            bias: name("bias"),
            running: [name("running_mean"), name("running_var")],
        }
    }
}

/// All tensors that a network has.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) parameters: Vec<Parameter>,
    statistics: Vec<RunningStatistic>,
}

impl Expected {
    pub(crate) fn of(architecture: &Architecture) -> Self {
        Self { parameters: architecture.parameters(), statistics: architecture.running_statistics() }
    }

    /// Refuses weights and masks that are not those of the network.
    pub(crate) fn check(&self, weights: &Tensors, masks: &Masks) -> Result<(), EngineError> {
        let parameters = self.parameters.iter().map(|parameter| (&parameter.name, &parameter.shape));
        let statistics = self.statistics.iter().map(|statistic| (&statistic.name, &statistic.shape));
        for (name, shape) in parameters.clone().chain(statistics.clone()) {
            let tensor =
                weights.get(name).ok_or_else(|| EngineError::MissingTensor { name: name.clone() })?;
            check_shape(name, shape, tensor.shape())?;
        }
        for name in weights.keys() {
            if !parameters.clone().chain(statistics.clone()).any(|(known, _)| known == name) {
                return Err(EngineError::UnknownTensor { name: name.clone() });
            }
        }
        for (name, mask) in masks {
            let named = |parameter: &&Parameter| &parameter.name == name && parameter.kind.is_prunable();
            match self.parameters.iter().find(named) {
                None => return Err(EngineError::UnknownTensor { name: format!("{name}.mask") }),
                Some(parameter) => check_shape(&format!("{name}.mask"), &parameter.shape, mask.shape())?,
            }
        }
        Ok(())
    }
}

/// Refuses a tensor of another shape.
pub(crate) fn check_shape(name: &str, expected: &[usize], found: &[usize]) -> Result<(), EngineError> {
    if expected == found {
        return Ok(());
    }
    Err(EngineError::Shape { name: name.to_owned(), expected: expected.to_vec(), found: found.to_vec() })
}

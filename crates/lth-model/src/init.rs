//! How weights start.

use serde::{Deserialize, Serialize};

use crate::{Architecture, ParameterKind, Purpose, RandomStream, Seed, Tensor, Tensors};

/// Which side of a layer its Kaiming deviation is computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FanMode {
    /// The inputs of a unit.
    FanIn,
    /// The outputs of a unit.
    FanOut,
}

/// The distribution of initial weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InitScheme {
    /// Normal, variance 2 / (fan_in + fan_out) (Glorot and Bengio 2010).
    GlorotNormal,
}

/// The distribution of initial biases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BiasInit {
    /// All zeros.
    Zero,
}

/// Fresh parameters for an architecture: parameter number i is drawn from the stream (seed, purpose, base + i).
pub fn initialize(
    architecture: &Architecture,
    scheme: InitScheme,
    bias: BiasInit,
    seed: Seed,
    purpose: Purpose,
    base: u64,
) -> Tensors {
    let _ = (scheme, bias);
    let mut tensors = Tensors::new();
    for (index, parameter) in architecture.parameters().into_iter().enumerate() {
        let mut tensor = Tensor::zeros(parameter.shape);
        if parameter.kind != ParameterKind::Bias {
            let mut stream = RandomStream::new(seed, purpose, base + index as u64);
            let (fan_out, fan_in) = (tensor.shape()[0], tensor.shape()[1]);
            let deviation = (2.0 / (fan_in + fan_out) as f64).sqrt();
            tensor.data_mut().iter_mut().for_each(|value| *value = (stream.normal() * deviation) as f32);
        }
        tensors.insert(parameter.name, tensor);
    }
    tensors
}

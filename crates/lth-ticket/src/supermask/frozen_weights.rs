//! What the weights are that supermasks lie on.

use std::fmt;

use lth_model::{Architecture, Tensors};
use serde::{Deserialize, Serialize};

/// What becomes of initial weights before a mask is put on them. They never change afterwards; neither do biases and
/// normalisations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FrozenWeights {
    /// Nothing.
    #[default]
    Initial,
    /// Their sign times the deviation of the layer's initial weights (Zhou et al. 2019); with Kaiming normal weights this is,
    /// but for the noise of the draw, the signed Kaiming constant of Ramanujan et al. 2020.
    SignedConstant,
}

impl FrozenWeights {
    /// The weights, biases and running statistics that masks are put on.
    ///
    /// ```
    /// use lth_model::{BiasInit, InitScheme, Purpose, Seed, initialize, lenet_300_100};
    /// use lth_ticket::FrozenWeights;
    /// let network = lenet_300_100(10);
    /// let initial = initialize(&network, InitScheme::GlorotNormal, BiasInit::Zero, Seed(0), Purpose::Init, 0);
    /// let constant = FrozenWeights::SignedConstant.of(&network, &initial);
    /// let fc3 = constant["fc3.weight"].data();
    /// assert!(fc3.iter().all(|weight| weight.abs() == fc3[0].abs()));
    /// ```
    ///
    /// # Panics
    /// When a prunable weight is missing from the tensors.
    pub fn of(self, architecture: &Architecture, initial: &Tensors) -> Tensors {
        let mut weights = initial.clone();
        if self == Self::Initial {
            return weights;
        }
        for parameter in architecture.parameters().into_iter().filter(|p| p.kind.is_prunable()) {
            let values = weights[&parameter.name].data_mut();
            let deviation = deviation(values);
            for value in values {
                *value = deviation.copysign(*value);
            }
        }
        weights
    }
}

/// The deviation of a layer's weights from their mean.
fn deviation(values: &[f32]) -> f32 {
    let count = values.len().max(1) as f64;
    let mean = values.iter().copied().map(f64::from).sum::<f64>() / count;
    let squares = values.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>();
    (squares / count).sqrt() as f32
}

impl fmt::Display for FrozenWeights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Initial => "initial",
            Self::SignedConstant => "signed-constant",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lth_model::{BiasInit, InitScheme, Purpose, Seed, initialize, lenet_300_100};

    #[test]
    fn a_signed_constant_keeps_signs_and_changes_weights_only() {
        let network = lenet_300_100(10);
        let initial =
            initialize(&network, InitScheme::GlorotNormal, BiasInit::PyTorch, Seed(3), Purpose::Init, 0);
        let constant = FrozenWeights::SignedConstant.of(&network, &initial);
        for (name, tensor) in &initial {
            let made = constant[name].data();
            if name.ends_with("bias") {
                assert!(made == tensor.data(), "{name}");
                continue;
            }
            let expected = (2.0 / (tensor.shape()[0] + tensor.shape()[1]) as f32).sqrt();
            assert!((made[0].abs() / expected - 1.0).abs() < 0.05, "{name}");
            let same =
                made.iter().zip(tensor.data()).all(|(a, b)| a.is_sign_negative() == b.is_sign_negative());
            assert!(same, "{name}");
        }
        assert!(FrozenWeights::Initial.of(&network, &initial) == initial);
    }
}

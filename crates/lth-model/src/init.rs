//! How weights start.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    Architecture, ParameterKind, ParseError, Purpose, RandomStream, Seed, Tensor, Tensors, nearest_name,
    orthogonal::orthogonal,
};

/// The deviation of a standard normal that is truncated at 2 deviations; TensorFlow and Keras divide by it.
const TRUNCATED_DEVIATION: f64 = 0.879_625_661_034_239_8;

/// Which side of a layer its Kaiming deviation is computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FanMode {
    /// The inputs of a unit: keeps the variance of activations.
    FanIn,
    /// The outputs of a unit: keeps the variance of gradients.
    FanOut,
}

/// The distribution of initial weights. All have mean 0.
///
/// `fan_in` is the number of weights into one unit, `fan_out` out of one input: of a weight [out, in, ...] with r values
/// behind each (out, in) pair, `fan_in = in * r` and `fan_out = out * r`. In files and on the command line a scheme is
/// its name, see [`InitScheme::name`].
///
/// ```
/// use lth_model::{FanMode, InitScheme};
/// let scheme: InitScheme = "kaiming-uniform-fan-out".parse().unwrap();
/// assert_eq!(scheme, InitScheme::KaimingUniform(FanMode::FanOut));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum InitScheme {
    /// Normal, variance `2 / (fan_in + fan_out)` (Glorot and Bengio 2010).
    GlorotNormal,
    /// Uniform on `+-sqrt(6 / (fan_in + fan_out))` (Glorot and Bengio 2010).
    GlorotUniform,
    /// As `GlorotNormal`, drawn again while beyond 2 deviations of the untruncated normal, which is widened so that the
    /// variance remains: what TensorFlow and Keras call `glorot_normal`.
    GlorotTruncatedNormal,
    /// Normal, variance `2 / fan`: the gain of ReLU is `sqrt(2)` (He et al. 2015).
    KaimingNormal(FanMode),
    /// Uniform on `+-sqrt(6 / fan)` (He et al. 2015).
    KaimingUniform(FanMode),
    /// As `KaimingNormal`, truncated as `GlorotTruncatedNormal`: `he_normal` in TensorFlow and Keras.
    KaimingTruncatedNormal(FanMode),
    /// A random orthogonal matrix [out, in * r], uniform among all, gain 1: rows orthonormal, or columns where there are
    /// more rows (Saxe et al. 2014).
    Orthogonal,
}

impl InitScheme {
    /// Every scheme.
    pub const ALL: [Self; 10] = [
        Self::GlorotNormal,
        Self::GlorotUniform,
        Self::GlorotTruncatedNormal,
        Self::KaimingNormal(FanMode::FanIn),
        Self::KaimingNormal(FanMode::FanOut),
        Self::KaimingUniform(FanMode::FanIn),
        Self::KaimingUniform(FanMode::FanOut),
        Self::KaimingTruncatedNormal(FanMode::FanIn),
        Self::KaimingTruncatedNormal(FanMode::FanOut),
        Self::Orthogonal,
    ];

    /// Its name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::GlorotNormal => "glorot-normal",
            Self::GlorotUniform => "glorot-uniform",
            Self::GlorotTruncatedNormal => "glorot-truncated-normal",
            Self::KaimingNormal(FanMode::FanIn) => "kaiming-normal-fan-in",
            Self::KaimingNormal(FanMode::FanOut) => "kaiming-normal-fan-out",
            Self::KaimingUniform(FanMode::FanIn) => "kaiming-uniform-fan-in",
            Self::KaimingUniform(FanMode::FanOut) => "kaiming-uniform-fan-out",
            Self::KaimingTruncatedNormal(FanMode::FanIn) => "kaiming-truncated-normal-fan-in",
            Self::KaimingTruncatedNormal(FanMode::FanOut) => "kaiming-truncated-normal-fan-out",
            Self::Orthogonal => "orthogonal",
        }
    }

    /// A fresh weight of this shape, [out, in, ...], from a stream.
    ///
    /// # Panics
    /// When the shape has fewer than two dimensions or a dimension is 0: no weight of a layer has.
    pub fn draw(self, shape: &[usize], stream: &mut RandomStream) -> Tensor {
        assert!(shape.len() >= 2 && !shape.contains(&0), "{shape:?} is not the shape of a weight");
        let fans = Fans::of(shape);
        let count = shape.iter().product();
        let mut fill = |draw: &mut dyn FnMut(&mut RandomStream) -> f64| -> Vec<f32> {
            (0..count).map(|_| draw(stream) as f32).collect()
        };
        let data = match self {
            Self::GlorotNormal => fill(&mut |stream| stream.normal() * fans.glorot_variance().sqrt()),
            Self::KaimingNormal(mode) => {
                fill(&mut |stream| stream.normal() * fans.kaiming_variance(mode).sqrt())
            }
            Self::GlorotUniform => fill(&mut |stream| uniform(stream, fans.glorot_variance())),
            Self::KaimingUniform(mode) => fill(&mut |stream| uniform(stream, fans.kaiming_variance(mode))),
            Self::GlorotTruncatedNormal => {
                fill(&mut |stream| truncated_normal(stream, fans.glorot_variance()))
            }
            Self::KaimingTruncatedNormal(mode) => {
                fill(&mut |stream| truncated_normal(stream, fans.kaiming_variance(mode)))
            }
            Self::Orthogonal => {
                orthogonal(shape[0], count / shape[0], stream).into_iter().map(|value| value as f32).collect()
            }
        };
        Tensor::new(shape.to_vec(), data)
    }
}

/// The distribution of initial biases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum BiasInit {
    /// All zeros.
    Zero,
    /// Uniform on `+-1 / sqrt(fan_in)`, `fan_in` of the layer's weight: what PyTorch's `nn.Linear` and `nn.Conv2d` do.
    PyTorch,
}

impl BiasInit {
    /// Every distribution of biases.
    pub const ALL: [Self; 2] = [Self::Zero, Self::PyTorch];

    /// Its name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zero => "zero",
            Self::PyTorch => "pytorch",
        }
    }
}

/// Text form, parsing and serde of an enumeration that has `ALL` and `name`.
macro_rules! named {
    ($type:ty, $what:literal) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }

        impl FromStr for $type {
            type Err = ParseError;
            fn from_str(text: &str) -> Result<Self, ParseError> {
                let names = || Self::ALL.map(Self::name);
                Self::ALL.into_iter().find(|scheme| scheme.name() == text).ok_or_else(|| ParseError {
                    what: $what,
                    value: text.to_owned(),
                    reason: "there is none of this name".to_owned(),
                    hint: match nearest_name(text, names()) {
                        Some(nearest) => {
                            format!("did you mean '{nearest}'? there are {}", names().join(", "))
                        }
                        None => format!("there are {}", names().join(", ")),
                    },
                })
            }
        }

        impl TryFrom<String> for $type {
            type Error = ParseError;
            fn try_from(text: String) -> Result<Self, ParseError> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> String {
                value.name().to_owned()
            }
        }
    };
}

named!(InitScheme, "initialisation scheme");
named!(BiasInit, "bias initialisation");

/// Fresh parameters and running statistics for an architecture: parameter number i is drawn from the stream (seed, purpose, base + i).
///
/// So a weight does not depend on how the others are drawn, and two bases further apart than the number of parameters
/// never share a stream.
pub fn initialize(
    architecture: &Architecture,
    scheme: InitScheme,
    bias: BiasInit,
    seed: Seed,
    purpose: Purpose,
    base: u64,
) -> Tensors {
    let parameters = architecture.parameters();
    let mut tensors = Tensors::new();
    for (index, parameter) in parameters.iter().enumerate() {
        let mut stream = RandomStream::new(seed, purpose, base + index as u64);
        let weight = parameters.iter().find(|other| other.node == parameter.node && other.kind.is_prunable());
        let tensor = match (parameter.kind, bias, weight) {
            (ParameterKind::Bias, BiasInit::PyTorch, Some(weight)) => {
                let variance = 1.0 / (3.0 * Fans::of(&weight.shape).fan_in);
                let count = parameter.shape.iter().product();
                let data = (0..count).map(|_| uniform(&mut stream, variance) as f32).collect();
                Tensor::new(parameter.shape.clone(), data)
            }
            (ParameterKind::NormWeight, ..) => {
                Tensor::new(parameter.shape.clone(), vec![1.0; parameter.shape[0]])
            }
            (ParameterKind::Bias | ParameterKind::NormBias, ..) => Tensor::zeros(parameter.shape.clone()),
            _ => scheme.draw(&parameter.shape, &mut stream),
        };
        tensors.insert(parameter.name.clone(), tensor);
    }
    for statistic in architecture.running_statistics() {
        let count = statistic.shape.iter().product();
        tensors.insert(statistic.name, Tensor::new(statistic.shape, vec![statistic.initial; count]));
    }
    tensors
}

struct Fans {
    fan_in: f64,
    fan_out: f64,
}

impl Fans {
    fn of(shape: &[usize]) -> Self {
        let behind = shape[2..].iter().product::<usize>();
        Self { fan_in: (shape[1] * behind) as f64, fan_out: (shape[0] * behind) as f64 }
    }

    fn glorot_variance(&self) -> f64 {
        2.0 / (self.fan_in + self.fan_out)
    }

    fn kaiming_variance(&self, mode: FanMode) -> f64 {
        match mode {
            FanMode::FanIn => 2.0 / self.fan_in,
            FanMode::FanOut => 2.0 / self.fan_out,
        }
    }
}

/// Uniform with this variance: on `+-sqrt(3 variance)`.
fn uniform(stream: &mut RandomStream, variance: f64) -> f64 {
    (2.0 * stream.uniform() - 1.0) * (3.0 * variance).sqrt()
}

fn truncated_normal(stream: &mut RandomStream, variance: f64) -> f64 {
    loop {
        let value = stream.normal();
        if value.abs() <= 2.0 {
            return value * (variance.sqrt() / TRUNCATED_DEVIATION);
        }
    }
}

//! Deviations as rounding makes them, to see how far it can carry.
//!
//! How much the results of two computations may differ that add in different orders depends on the network, so it is
//! measured: the same network with deviations of every layer's results.

use lth_model::NodeId;

/// Deviations of up to `size` times a magnitude, different for every value and seed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Noise {
    pub(crate) size: f64,
    pub(crate) seed: u64,
}

/// Which of a layer's results deviates.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Result {
    Output,
    InputGradient,
    WeightGradient,
    BiasGradient,
    Mean,
    Normal,
    NormSum,
    NormProduct,
}

/// The deviations of one layer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LayerNoise {
    size: f64,
    key: u64,
}

impl Noise {
    pub(crate) fn of(self, node: NodeId) -> LayerNoise {
        LayerNoise {
            size: self.size,
            key: self.seed.wrapping_mul(0xD6E8_FEB8_6659_FD93) ^ (node as u64) << 40,
        }
    }
}

impl LayerNoise {
    /// Deviations in the unit of the largest magnitude.
    pub(crate) fn add(self, what: Result, values: &mut [f64]) {
        let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        for value in values {
            // A zero is a sum without terms: exact in every order. Equal values are rounded alike, so that it adds up.
            if *value != 0.0 {
                *value += self.of(what, u64::from((*value as f32).to_bits()), largest);
            }
        }
    }

    /// Deviations of sums by the magnitude of their terms, which may cancel: adding equal terms rounds always the same way.
    pub(crate) fn add_to_sums(self, what: Result, sums: &mut [f64], magnitudes: &[f64]) {
        for (at, (sum, &magnitude)) in sums.iter_mut().zip(magnitudes).enumerate() {
            *sum += self.of(what, at as u64, magnitude);
        }
    }

    /// One deviation.
    pub(crate) fn of(self, what: Result, key: u64, magnitude: f64) -> f64 {
        let mut h = (key + self.key).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (what as u64) << 50;
        h = (h ^ (h >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        h ^= h >> 32;
        self.size * magnitude * ((h >> 11) as f64 / (1u64 << 52) as f64 - 1.0)
    }
}

/// The smallest of these values that is not zero, in the unit of the largest magnitude among `all`.
pub(crate) fn margin(values: impl Iterator<Item = f64>, all: &[f64]) -> f64 {
    let largest = all.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    values.filter(|&value| value != 0.0).fold(f64::INFINITY, |least, value| least.min(value.abs())) / largest
}

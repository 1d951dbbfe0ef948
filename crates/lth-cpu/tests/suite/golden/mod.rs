//! The engine and the reference against what PyTorch computed.

mod chain;
mod chain_file;
mod comparison;
mod graph;
mod graph_file;
mod reference;

use lth_model::{Architecture, Batch, Learns, Optimizer, Program};
use serde_json::Value;

/// Inputs `[example][feature]` and labels.
struct GoldenBatch {
    inputs: Vec<f32>,
    labels: Vec<u16>,
}

impl GoldenBatch {
    fn batch(&self) -> Batch<'_> {
        Batch::Values { inputs: &self.inputs, labels: &self.labels }
    }
}

/// Training by this optimiser.
fn program(architecture: &Architecture, optimizer: Optimizer) -> Program<'_> {
    Program { optimizer, learns: Learns::Weights, ..Program::evaluation(architecture, 60) }
}

/// The optimiser of this name in PyTorch, with the settings that a golden file has of it.
fn optimizer(name: &str, settings: &Value) -> Optimizer {
    let number = |key: &str| settings.get(key).map_or(0.0, |value| value.as_f64().unwrap() as f32);
    let (weight_decay, momentum) = (number("weight_decay"), number("momentum"));
    let (beta1, beta2, epsilon) = (0.9, 0.999, 1e-8);
    match name {
        "Adam" => Optimizer::Adam { beta1, beta2, epsilon, weight_decay },
        "AdamW" => Optimizer::AdamW { beta1, beta2, epsilon, weight_decay },
        "SGD" => {
            let nesterov = settings.get("nesterov").is_some_and(|value| value.as_bool().unwrap());
            Optimizer::Sgd { momentum, nesterov, weight_decay }
        }
        other => panic!("optimiser {other}"),
    }
}

/// So many pseudo-random numbers of a stream of a file, by the formula of the scripts that make golden files.
fn hashes(description: &Value, stream: u32, count: usize) -> impl Iterator<Item = u32> + use<> {
    let salt = description["salt"].as_u64().unwrap() as u32;
    let start = (stream + 1000 * salt).wrapping_mul(0x9E37_79B9);
    (0..count as u32).map(move |index| {
        let mut h = index.wrapping_add(start);
        h ^= h >> 16;
        h = h.wrapping_mul(0x85EB_CA6B);
        h ^= h >> 13;
        h = h.wrapping_mul(0xC2B2_AE35);
        h ^ (h >> 16)
    })
}

/// 24 bits of a hash, in [0, 1).
fn unit(h: u32) -> f32 {
    (h >> 8) as f32 / 16_777_216.0
}

fn numbers(list: &Value) -> Vec<usize> {
    list.as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect()
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().copied().map(f64::from).collect()
}

/// Sampled tensors keep every so-many-th value.
const SAMPLE_STRIDE: usize = 97;

/// The largest difference from a tensor that is stored as it is.
fn largest_difference(stored: &[f32], values: impl Iterator<Item = f64>) -> f64 {
    stored.iter().zip(values).map(|(&a, b)| (f64::from(a) - b).abs()).fold(0.0, largest_or_nan)
}

/// The largest difference from a tensor that is stored as a sample and sums of its values, their magnitudes and their squares:
/// in the sample, and per value in the sums.
fn difference_of_sample(sample: &[f32], statistics: &[f32], values: &[f64]) -> f64 {
    assert_eq!(sample.len(), values.len().div_ceil(SAMPLE_STRIDE));
    let in_sample = largest_difference(sample, values.iter().copied().step_by(SAMPLE_STRIDE));
    let norm = values.iter().map(|value| value * value).sum::<f64>().sqrt();
    let found = [values.iter().sum(), values.iter().copied().map(f64::abs).sum(), norm];
    let count = values.len() as f64;
    let in_statistics =
        found.into_iter().zip(statistics).zip([count, count, count.sqrt()]).map(|((a, &b), weight)| {
            // The statistics themselves are rounded to 32 bits.
            ((a - f64::from(b)).abs() - f64::from(b.abs()) * 6e-8).max(0.0) / weight
        });
    in_statistics.fold(in_sample, largest_or_nan)
}

/// The larger; NaN where one is, so that no comparison passes by NaN.
fn largest_or_nan(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }
}

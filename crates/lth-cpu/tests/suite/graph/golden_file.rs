//! Golden files of whole networks: what PyTorch computed, and the formulas it started from (`tools/make_golden_graph.py`).

use std::path::Path;

use lth_model::{Architecture, Mask, Masks, NodeId, Op, Optimizer, Tensor, TensorFile, Tensors, Window};
use serde_json::Value;

use crate::{graph::net::Net, shared::optimizer};

/// Sampled tensors keep every so-many-th value.
const SAMPLE_STRIDE: usize = 97;

/// One case of a file: a network, where it starts, and what PyTorch made of it.
pub(crate) struct Golden {
    pub(crate) name: String,
    description: Value,
    results: Tensors,
}

/// Inputs `[example][feature]` and labels.
pub(crate) struct GoldenBatch {
    pub(crate) inputs: Vec<f32>,
    pub(crate) labels: Vec<u16>,
}

/// A training of a few steps.
pub(crate) struct Run {
    pub(crate) name: String,
    pub(crate) optimizer: Optimizer,
    pub(crate) rate: f32,
    pub(crate) steps: usize,
    pub(crate) smoothing: f32,
    pub(crate) clip: Option<f32>,
    pub(crate) frozen: bool,
}

impl Golden {
    /// Every case of a file.
    pub(crate) fn read(file: &str) -> Vec<Self> {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/graph/{file}.safetensors"));
        let file = TensorFile::read(&path).unwrap();
        let description: Value = serde_json::from_str(&file.metadata["description"]).unwrap();
        let case = |description: &Value| {
            let name = description["name"].as_str().unwrap().to_owned();
            let mine = |(key, tensor): (&String, &Tensor)| {
                Some((key.strip_prefix(&format!("{name}."))?.to_owned(), tensor.clone()))
            };
            let results = file.tensors.iter().filter_map(mine).collect();
            Self { name, description: description.clone(), results }
        };
        description["cases"].as_array().unwrap().iter().map(case).collect()
    }

    pub(crate) fn architecture(&self) -> Architecture {
        let mut net = Net::new(&self.name, &numbers(&self.description["input"]));
        for node in self.description["nodes"].as_array().unwrap() {
            let inputs: Vec<NodeId> = numbers(&node["inputs"]);
            net.push(node["name"].as_str().unwrap(), op(node), &inputs);
        }
        net.build()
    }

    /// Parameters and running statistics before training, masked, and masks.
    pub(crate) fn initial(&self) -> (Tensors, Masks) {
        let (mut weights, mut masks) = (Tensors::new(), Masks::new());
        for (number, tensor) in self.description["tensors"].as_array().unwrap().iter().enumerate() {
            let name = tensor["name"].as_str().unwrap().to_owned();
            let shape = numbers(&tensor["shape"]);
            let number = number as u32;
            let [offset, scale] = ["offset", "scale"].map(|key| tensor[key].as_f64().unwrap() as f32);
            let count = shape.iter().product();
            let values = self.hashes(number, count).map(|h| offset + (unit(h) - 0.5) * scale).collect();
            let mut values = Tensor::new(shape.clone(), values);
            let kept = tensor["keep"].as_u64().unwrap() as u32;
            if kept < 1000 {
                let mask = Mask::from_flags(shape, self.hashes(500 + number, count).map(|h| h % 1000 < kept));
                mask.apply(&mut values);
                masks.insert(name.clone(), mask);
            }
            weights.insert(name, values);
        }
        (weights, masks)
    }

    pub(crate) fn batches(&self) -> Vec<GoldenBatch> {
        let architecture = self.architecture();
        let (features, classes) = (architecture.input_features(), architecture.classes() as u32);
        let make = |(b, examples): (usize, usize)| {
            let input = |h: u32| if h % 256 < 32 { 0.0 } else { (unit(h) - 0.5) * 2.0 };
            GoldenBatch {
                inputs: self.hashes(900 + b as u32, examples * features).map(input).collect(),
                labels: self.hashes(950 + b as u32, examples).map(|h| (h % classes) as u16).collect(),
            }
        };
        numbers(&self.description["batches"]).into_iter().enumerate().map(make).collect()
    }

    pub(crate) fn runs(&self) -> Vec<Run> {
        let read = |run: &Value| {
            let settings = &run["settings"];
            let number = |key: &str| settings.get(key).map_or(0.0, |value| value.as_f64().unwrap() as f32);
            let optimizer = optimizer(run["optimizer"].as_str().unwrap(), settings);
            Run {
                name: run["name"].as_str().unwrap().to_owned(),
                optimizer,
                rate: number("lr"),
                steps: run["steps"].as_u64().unwrap() as usize,
                smoothing: run["smoothing"].as_f64().unwrap() as f32,
                clip: run["clip"].as_f64().map(|clip| clip as f32),
                frozen: run["frozen"].as_bool().unwrap(),
            }
        };
        self.description["runs"].as_array().unwrap().iter().map(read).collect()
    }

    /// How far three 32-bit computations by PyTorch were from the 64-bit one, at most, in a result's group.
    pub(crate) fn difference(&self, name: &str) -> f64 {
        let differences = &self.description["difference"];
        let (first, rest) = name.split_once('.').unwrap_or((name, ""));
        let group = match rest {
            _ if first.starts_with("gradient") => first.to_owned(),
            _ if rest.contains("running_") => format!("{first}.running"),
            _ if rest.starts_with("after.") => format!("{first}.after"),
            _ => name.to_owned(),
        };
        let found = differences.get(name).or_else(|| differences.get(&group));
        found.and_then(Value::as_f64).unwrap_or_else(|| panic!("{}: no difference of {name}", self.name))
    }

    /// Whether PyTorch gave a result of this name, or results that begin so.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.results.keys().any(|key| key.starts_with(name))
    }

    /// The largest difference from a result; of one that is stored as a sample, in the sample, and per value in the
    /// statistics.
    pub(crate) fn distance(&self, name: &str, values: &[f64]) -> f64 {
        let largest = |stored: &[f32], values: &mut dyn Iterator<Item = f64>| {
            stored.iter().zip(values).map(|(&a, b)| (f64::from(a) - b).abs()).fold(0.0, largest_or_nan)
        };
        if let Some(tensor) = self.results.get(name) {
            assert_eq!(tensor.len(), values.len(), "{}: {name}", self.name);
            return largest(tensor.data(), &mut values.iter().copied());
        }
        let stored = |kind: &str| {
            let name = format!("{name}.{kind}");
            self.results.get(&name).unwrap_or_else(|| panic!("{}: no {name}", self.name)).data()
        };
        let sample = stored("sample");
        assert_eq!(sample.len(), values.len().div_ceil(SAMPLE_STRIDE), "{}: {name}", self.name);
        let in_sample = largest(sample, &mut values.iter().copied().step_by(SAMPLE_STRIDE));

        let norm = values.iter().map(|value| value * value).sum::<f64>().sqrt();
        let found = [values.iter().sum(), values.iter().copied().map(f64::abs).sum(), norm];
        let count = values.len() as f64;
        let in_statistics =
            found.into_iter().zip(stored("statistics")).zip([count, count, count.sqrt()]).map(
                |((a, &b), weight)| {
                    // The statistics themselves are rounded to 32 bits.
                    ((a - f64::from(b)).abs() - f64::from(b.abs()) * 6e-8).max(0.0) / weight
                },
            );
        in_statistics.fold(in_sample, largest_or_nan)
    }

    /// The largest magnitude of a result, among the stored values.
    pub(crate) fn magnitude(&self, name: &str) -> f64 {
        let tensor = self.results.get(name).unwrap_or_else(|| &self.results[&format!("{name}.sample")]);
        tensor.data().iter().fold(0.0, |largest, &value| largest.max(f64::from(value.abs())))
    }

    fn hashes(&self, stream: u32, count: usize) -> impl Iterator<Item = u32> + use<> {
        let salt = self.description["salt"].as_u64().unwrap() as u32;
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
}

fn op(node: &Value) -> Op {
    let pair = |key: &str| -> [usize; 2] { numbers(&node[key]).try_into().unwrap() };
    let window = || Window { kernel: pair("kernel"), stride: pair("stride"), padding: pair("padding") };
    let bias = || node["bias"].as_bool().unwrap();
    match node["op"].as_str().unwrap() {
        "conv2d" => {
            let [inputs, outputs] = pair("channels");
            Op::Conv2d { inputs, outputs, window: window(), bias: bias() }
        }
        "linear" => {
            let [inputs, outputs] = pair("channels");
            Op::Linear { inputs, outputs, bias: bias() }
        }
        "batch_norm" => {
            let channels = node["channels"].as_u64().unwrap() as usize;
            Op::BatchNorm { channels, momentum: 0.1, epsilon: 1e-5 }
        }
        "relu" => Op::Relu,
        "max_pool" => Op::MaxPool { window: window() },
        "average_pool" => Op::AveragePool { window: window() },
        "global_average_pool" => Op::GlobalAveragePool,
        "flatten" => Op::Flatten,
        "add" => Op::Add,
        other => panic!("layer {other}"),
    }
}

fn numbers(list: &Value) -> Vec<usize> {
    list.as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect()
}

/// The larger; NaN where one is, so that no comparison passes by NaN.
fn largest_or_nan(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }
}

/// 24 bits of a hash, in [0, 1).
fn unit(h: u32) -> f32 {
    (h >> 8) as f32 / 16_777_216.0
}

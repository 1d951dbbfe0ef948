//! Golden files of whole networks: what PyTorch computed, and the formulas it started from (`tools/make_golden_graph.py`).

use std::path::Path;

use lth_model::{
    Architecture, ArchitectureBuilder, Mask, Masks, Optimizer, Tensor, TensorFile, Tensors, Window,
};
use serde_json::Value;

use super::{GoldenBatch, difference_of_sample, hashes, largest_difference, numbers, optimizer, unit};

/// One case of a file: a network, where it starts, and what PyTorch made of it.
pub(super) struct Golden {
    pub(super) name: String,
    description: Value,
    results: Tensors,
}

/// A training of a few steps.
pub(super) struct Run {
    pub(super) name: String,
    pub(super) optimizer: Optimizer,
    pub(super) rate: f32,
    pub(super) steps: usize,
    pub(super) smoothing: f32,
    pub(super) clip: Option<f32>,
    pub(super) frozen: bool,
}

impl Golden {
    /// Every case of a file.
    pub(super) fn read(file: &str) -> Vec<Self> {
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

    pub(super) fn architecture(&self) -> Architecture {
        let nodes = self.description["nodes"].as_array().unwrap();
        let name = |id: usize| id.checked_sub(1).map_or("input", |at| nodes[at]["name"].as_str().unwrap());
        let mut net = ArchitectureBuilder::new(&self.name, &numbers(&self.description["input"]));
        for (at, node) in nodes.iter().enumerate() {
            let inputs = numbers(&node["inputs"]);
            net = add(net.from(name(inputs[0])), name(at + 1), node, inputs.get(1).map(|&other| name(other)));
        }
        net.build().unwrap()
    }

    /// Parameters and running statistics before training, masked, and masks.
    pub(super) fn initial(&self) -> (Tensors, Masks) {
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

    pub(super) fn batches(&self) -> Vec<GoldenBatch> {
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

    pub(super) fn runs(&self) -> Vec<Run> {
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
    pub(super) fn difference(&self, name: &str) -> f64 {
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
    pub(super) fn has(&self, name: &str) -> bool {
        self.results.keys().any(|key| key.starts_with(name))
    }

    /// The largest difference from a result.
    pub(super) fn distance(&self, name: &str, values: &[f64]) -> f64 {
        if let Some(tensor) = self.results.get(name) {
            assert_eq!(tensor.len(), values.len(), "{}: {name}", self.name);
            return largest_difference(tensor.data(), values.iter().copied());
        }
        let part = |kind: &str| {
            let name = format!("{name}.{kind}");
            self.results.get(&name).unwrap_or_else(|| panic!("{}: no {name}", self.name)).data()
        };
        difference_of_sample(part("sample"), part("statistics"), values)
    }

    /// The largest magnitude of a result, among the stored values.
    pub(super) fn magnitude(&self, name: &str) -> f64 {
        let tensor = self.results.get(name).unwrap_or_else(|| &self.results[&format!("{name}.sample")]);
        tensor.data().iter().fold(0.0, |largest, &value| largest.max(f64::from(value.abs())))
    }

    fn hashes(&self, stream: u32, count: usize) -> impl Iterator<Item = u32> + use<> {
        hashes(&self.description, stream, count)
    }
}

/// The layer of a node; `other` is what a sum reads beside what comes before it.
fn add(net: ArchitectureBuilder, name: &str, node: &Value, other: Option<&str>) -> ArchitectureBuilder {
    let pair = |key: &str| -> [usize; 2] { numbers(&node[key]).try_into().unwrap() };
    let window = || Window { kernel: pair("kernel"), stride: pair("stride"), padding: pair("padding") };
    let bias = || node["bias"].as_bool().unwrap();
    let outputs = || pair("channels")[1];
    match node["op"].as_str().unwrap() {
        "conv2d" if bias() => net.conv2d(name, outputs(), window()),
        "conv2d" => net.conv2d_without_bias(name, outputs(), window()),
        "linear" if bias() => net.linear(name, outputs()),
        "linear" => net.linear_without_bias(name, outputs()),
        "batch_norm" => net.batch_norm(name),
        "relu" => net.relu(name),
        "max_pool" => net.max_pool(name, window()),
        "average_pool" => net.average_pool(name, window()),
        "global_average_pool" => net.global_average_pool(name),
        "flatten" => net.flatten(name),
        "add" => net.add(name, other.unwrap()),
        other => panic!("layer {other}"),
    }
}

//! Golden files: what PyTorch computed, and the formulas it started from (`tools/make_golden.py`).

use std::path::Path;

use lth_model::{Mask, Masks, Optimizer, Tensor, TensorFile, Tensors};
use serde_json::Value;

use super::{GoldenBatch, difference_of_sample, hashes, largest_difference, numbers, optimizer, unit, wide};

/// One file.
pub(super) struct Golden {
    pub(super) name: &'static str,
    file: TensorFile,
    description: Value,
    scales: [f32; 3],
}

impl Golden {
    pub(super) fn read(name: &'static str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.safetensors"));
        let file = TensorFile::read(&path).unwrap();
        let description = serde_json::from_str(&file.metadata["description"]).unwrap();
        let scales = if name.starts_with("lenet") { [0.125, 0.25, 0.5] } else { [1.0; 3] };
        Self { name, file, description, scales }
    }

    pub(super) fn all() -> impl Iterator<Item = Self> {
        ["mlp-dense", "mlp-masked", "lenet-dense", "lenet-masked"].into_iter().map(Self::read)
    }

    pub(super) fn widths(&self) -> Vec<usize> {
        numbers(&self.description["widths"])
    }

    pub(super) fn steps(&self) -> usize {
        self.description["steps"].as_u64().unwrap() as usize
    }

    /// How far two 32-bit computations of a group of tensors are from the 64-bit one, at most.
    pub(super) fn difference(&self, group: &str) -> f64 {
        self.description["difference"][group].as_f64().unwrap_or_else(|| panic!("no difference of {group}"))
    }

    /// Optimisers and learning rates by their names in the file.
    pub(super) fn optimizers(&self) -> Vec<(String, Optimizer, f32)> {
        let settings = self.description["optimizers"].as_object().unwrap();
        let read = |(name, settings): (&String, &Value)| {
            let number = |key: &str| settings.get(key).map_or(0.0, |value| value.as_f64().unwrap() as f32);
            let optimizer = optimizer(settings["name"].as_str().unwrap(), settings);
            (name.clone(), optimizer, number("lr"))
        };
        settings.iter().map(read).collect()
    }

    fn hashes(&self, stream: u32, count: usize) -> impl Iterator<Item = u32> + use<> {
        hashes(&self.description, stream, count)
    }

    /// Parameters before training, masked, and masks.
    pub(super) fn initial(&self) -> (Tensors, Masks) {
        let (mut weights, mut masks) = (Tensors::new(), Masks::new());
        for (layer, pair) in self.widths().windows(2).enumerate() {
            let (inputs, outputs) = (pair[0], pair[1]);
            let values = |number: usize, count: usize, scale: f32| -> Vec<f32> {
                self.hashes(number as u32, count).map(|h| (unit(h) - 0.5) * scale).collect()
            };
            let name = format!("fc{}.weight", layer + 1);
            let shape = vec![outputs, inputs];
            let values_of_weight = values(2 * layer, outputs * inputs, self.scales[layer]);
            let mut weight = Tensor::new(shape.clone(), values_of_weight);
            if self.name.ends_with("masked") {
                let hashes = self.hashes(300 + 2 * layer as u32, outputs * inputs).enumerate();
                let kept = hashes.map(|(at, h)| at / inputs != 1 && at % inputs != 2 && h % 1000 < 300);
                let mask = Mask::from_flags(shape, kept);
                mask.apply(&mut weight);
                masks.insert(name.clone(), mask);
            }
            weights.insert(name, weight);
            let bias = values(2 * layer + 1, outputs, 0.0625);
            weights.insert(format!("fc{}.bias", layer + 1), Tensor::new(vec![outputs], bias));
        }
        (weights, masks)
    }

    pub(super) fn batches(&self) -> Vec<GoldenBatch> {
        let widths = self.widths();
        let (features, classes) = (widths[0], widths[3] as u32);
        let make = |(b, examples): (usize, usize)| {
            let inputs = self.hashes(100 + b as u32 % 2, examples * features);
            GoldenBatch {
                inputs: inputs.map(|h| if h % 256 < 96 { 0.0 } else { unit(h) }).collect(),
                labels: self.hashes(200 + b as u32, examples).map(|h| (h % classes) as u16).collect(),
            }
        };
        numbers(&self.description["batches"]).into_iter().enumerate().map(make).collect()
    }

    /// A stored tensor, as it is.
    pub(super) fn stored(&self, name: &str) -> &[f32] {
        self.file.tensors.get(name).unwrap_or_else(|| panic!("{}: no {name}", self.name)).data()
    }

    /// The formulas repeat what the file has of initial parameters, masks and batches.
    pub(super) fn check_formulas(&self) {
        let (weights, masks) = self.initial();
        for (name, tensor) in &weights {
            assert_eq!(
                self.distance(&format!("initial.{name}"), &wide(tensor.data())),
                0.0,
                "{}: {name}",
                self.name
            );
        }
        for (name, mask) in &masks {
            match self.file.masks.get(&format!("initial.{name}")) {
                Some(stored) => assert_eq!(stored, mask, "{}: {name}", self.name),
                None => {
                    assert_eq!(
                        self.stored(&format!("initial.{name}.mask_statistics"))[0],
                        mask.live() as f32
                    );
                }
            }
        }
        for (b, batch) in self.batches().iter().enumerate() {
            let stored = self.stored(&format!("batch.{b}.inputs"));
            assert_eq!(stored, &batch.inputs[..stored.len()], "{}: batch {b}", self.name);
            let stored = self.stored(&format!("batch.{b}.labels"));
            assert!(
                stored.iter().zip(&batch.labels).all(|(&a, &b)| a == f32::from(b)),
                "{}: batch {b}",
                self.name
            );
        }
    }

    /// The largest difference from a stored tensor.
    pub(super) fn distance(&self, name: &str, values: &[f64]) -> f64 {
        if let Some(tensor) = self.file.tensors.get(name) {
            assert_eq!(tensor.len(), values.len(), "{}: {name}", self.name);
            return largest_difference(tensor.data(), values.iter().copied());
        }
        let part = |kind: &str| self.stored(&format!("{name}.{kind}"));
        difference_of_sample(part("sample"), part("statistics"), values)
    }
}

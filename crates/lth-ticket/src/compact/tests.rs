//! Compact networks give the outputs of the networks that they come from.

use lth_cpu::CpuEngine;
use lth_model::{
    Architecture, ArchitectureBuilder, Batch, BiasInit, DataSet, Examples, InitScheme, Mask, Masks,
    Normalization, OneNetwork, Program, Purpose, RandomStream, Seed, Start, Tensors, Window, initialize, mlp,
};
use proptest::prelude::*;

use super::*;

/// Weights with biases and running statistics as after training.
fn weights(architecture: &Architecture, seed: u64) -> Tensors {
    let mut weights =
        initialize(architecture, InitScheme::GlorotNormal, BiasInit::Zero, Seed(seed), Purpose::Init, 0);
    let mut stream = RandomStream::new(Seed(seed), Purpose::RandomReinit, 7);
    for (name, tensor) in &mut weights {
        for value in tensor.data_mut() {
            if name.ends_with("running_var") {
                *value = 0.5 + stream.uniform() as f32;
            } else if !name.ends_with(".weight") || tensor_is_norm(name) {
                *value += 0.3 * stream.normal() as f32;
            }
        }
    }
    weights
}

fn tensor_is_norm(name: &str) -> bool {
    name.contains("bn") || name.contains("norm")
}

fn masks(architecture: &Architecture, density: f64, seed: u64) -> Masks {
    let mut stream = RandomStream::new(Seed(seed), Purpose::RandomMask, 0);
    let prunable = architecture.parameters().into_iter().filter(|parameter| parameter.kind.is_prunable());
    prunable
        .map(|parameter| {
            let size: usize = parameter.shape.iter().product();
            let flags: Vec<bool> = (0..size).map(|_| stream.uniform() < density).collect();
            (parameter.name, Mask::from_flags(parameter.shape, flags))
        })
        .collect()
}

fn outputs(architecture: &Architecture, weights: &Tensors, masks: &Masks) -> Vec<f32> {
    let features = architecture.input_features();
    let mut stream = RandomStream::new(Seed(9), Purpose::Init, 9);
    let bytes: Vec<u8> = (0..5 * features).map(|_| (stream.uniform() * 255.0) as u8).collect();
    let examples = Examples {
        bytes: bytes.into(),
        labels: vec![0; 5].into(),
        features,
        normalization: Normalization::UNIT,
    };
    let program = Program::evaluation(architecture, 5);
    let start = Start::new(weights, masks, Seed(0));
    let mut network = OneNetwork::new(&CpuEngine::new(), &program, &start).unwrap();
    let data = DataSet::on_host(&examples);
    network.logits(Batch::Stored { data: &data, indices: &[0, 1, 2, 3, 4], views: &[] }).unwrap()
}

/// Convolutions with and without padding and bias, batch normalisation, both pools, flattening.
fn plain() -> Architecture {
    ArchitectureBuilder::new("plain", &[3, 8, 8])
        .conv2d("conv1", 6, Window::square(3, 1, 1))
        .relu("relu1")
        .conv2d_without_bias("conv2", 8, Window::square(3, 1, 0))
        .batch_norm("bn2")
        .relu("relu2")
        .max_pool("pool2", Window::square(2, 2, 0))
        .conv2d("conv3", 5, Window::square(1, 1, 0))
        .relu("relu3")
        .flatten("flat")
        .linear("fc1", 7)
        .relu("relu4")
        .linear_without_bias("fc2", 4)
        .build()
        .unwrap()
}

/// Two residual blocks and a global pool.
fn residual() -> Architecture {
    ArchitectureBuilder::new("residual", &[3, 6, 6])
        .conv2d_without_bias("conv1", 6, Window::square(3, 1, 1))
        .batch_norm("bn1")
        .relu("relu1")
        .conv2d_without_bias("conv2", 6, Window::square(3, 1, 1))
        .batch_norm("bn2")
        .relu("relu2")
        .conv2d_without_bias("conv3", 6, Window::square(3, 1, 1))
        .batch_norm("bn3")
        .add("add1", "relu1")
        .relu("relu3")
        .conv2d_without_bias("conv4", 6, Window::square(3, 1, 1))
        .batch_norm("bn4")
        .add("add2", "relu3")
        .relu("relu4")
        .global_average_pool("pool")
        .linear("fc", 3)
        .build()
        .unwrap()
}

/// The greatest difference of two networks' outputs, as a part of the greatest output.
fn difference(before: &[f32], after: &[f32]) -> f32 {
    assert_eq!(before.len(), after.len());
    let greatest = before.iter().fold(1.0_f32, |greatest, value| greatest.max(value.abs()));
    before.iter().zip(after).fold(0.0_f32, |most, (a, b)| most.max((a - b).abs())) / greatest
}

fn check(architecture: &Architecture, density: f64, seed: u64) -> (usize, usize) {
    let masks = masks(architecture, density, seed);
    let mut weights = weights(architecture, seed);
    crate::mask_weights(&mut weights, &masks);
    let small = compact(architecture, &weights, &masks).unwrap();
    small.architecture.check().unwrap();
    small.architecture.check_tensors(&small.weights).unwrap();
    let before = outputs(architecture, &weights, &masks);
    let after = outputs(&small.architecture, &small.weights, &small.masks);
    let difference = difference(&before, &after);
    assert!(difference < 2e-6, "{} at {density}, seed {seed}: {difference}", architecture.name);
    let again = compact(&small.architecture, &small.weights, &small.masks).unwrap();
    assert_eq!(
        again.layers.iter().map(|layer| layer.kept).collect::<Vec<_>>(),
        small.layers.iter().map(|layer| layer.kept).collect::<Vec<_>>(),
        "nothing dead is left"
    );
    (architecture.parameter_count(), small.architecture.parameter_count())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn outputs_are_the_same(density in 0.0_f64..0.6, seed in 0_u64..1_000_000, which in 0_usize..3) {
        let architecture = match which {
            0 => mlp("small", &[12], &[9, 8], 4),
            1 => plain(),
            _ => residual(),
        };
        let (before, after) = check(&architecture, density, seed);
        // A bias may come to a layer that had none.
        prop_assert!(after <= before + 8);
    }
}

#[test]
fn sparse_networks_become_smaller() {
    // The channels of a residual sum go only where no block reads them.
    for (architecture, density) in
        [(mlp("small", &[12], &[30, 20], 4), 0.06), (plain(), 0.06), (residual(), 0.01)]
    {
        let (before, after) = check(&architecture, density, 5);
        assert!(2 * after < before, "{}: {after} of {before}", architecture.name);
    }
}

#[test]
fn the_value_of_a_unit_without_inputs_goes_to_the_next_bias() {
    let net = mlp("small", &[2], &[2], 2);
    let tensor = |shape: Vec<usize>, data: &[f32]| lth_model::Tensor::new(shape, data.to_vec());
    let weights = Tensors::from([
        ("fc1.weight".to_owned(), tensor(vec![2, 2], &[1.0, 2.0, 0.0, 0.0])),
        ("fc1.bias".to_owned(), tensor(vec![2], &[0.5, 3.0])),
        ("fc2.weight".to_owned(), tensor(vec![2, 2], &[1.0, 10.0, -1.0, 20.0])),
        ("fc2.bias".to_owned(), tensor(vec![2], &[0.25, 0.5])),
    ]);
    let mask = Mask::from_flags(vec![2, 2], [true, true, false, false]);
    let small = compact(&net, &weights, &Masks::from([("fc1.weight".to_owned(), mask)])).unwrap();
    assert_eq!(small.weights["fc1.weight"].data(), [1.0, 2.0]);
    assert_eq!(small.weights["fc2.weight"].data(), [1.0, -1.0]);
    assert_eq!(small.weights["fc2.bias"].data(), [30.25, 60.5]);
    assert_eq!(small.layers[0], CompactLayer { name: "fc1".to_owned(), units: 2, kept: 1 });
}

/// The last unit of fc2 stays although it is constant; what it reads of fc1 is gone, so fc3 may not read it.
#[test]
fn a_layer_of_constants_gives_its_value_through_the_next_bias() {
    let net = mlp("small", &[1], &[1, 1], 1);
    let tensor = |shape: Vec<usize>, value: f32| lth_model::Tensor::new(shape, vec![value]);
    let values = [("fc1", 0.0, 2.0), ("fc2", 3.0, 1.0), ("fc3", 5.0, 0.5)];
    let weights: Tensors = values
        .into_iter()
        .flat_map(|(layer, weight, bias)| {
            [
                (format!("{layer}.weight"), tensor(vec![1, 1], weight)),
                (format!("{layer}.bias"), tensor(vec![1], bias)),
            ]
        })
        .collect();
    let masks = Masks::from([("fc1.weight".to_owned(), Mask::empty(vec![1, 1]))]);
    let small = compact(&net, &weights, &masks).unwrap();
    assert_eq!(small.weights["fc3.bias"].data(), [35.5]);
    assert_eq!(small.masks["fc3.weight"].live(), 0);
}

#[test]
fn constants_that_stay_for_others_are_not_read() {
    for seed in [573, 575] {
        check(&plain(), 0.049_912_016_685_258_485, seed);
    }
}

#[test]
fn a_dense_network_stays_as_it_is() {
    for architecture in [plain(), residual()] {
        let weights = weights(&architecture, 1);
        let small = compact(&architecture, &weights, &Masks::new()).unwrap();
        assert_eq!(small.architecture.nodes, architecture.nodes);
        assert!(small.weights == architecture.ordered(weights.clone()) || small.weights == weights);
    }
}

#[test]
fn frozen_weights_are_refused() {
    let net = mlp("small", &[2], &[2], 2);
    let weights = weights(&net, 3);
    let mask = Mask::from_flags(vec![2, 2], [true, true, false, true]);
    let error = compact(&net, &weights, &Masks::from([("fc1.weight".to_owned(), mask)])).unwrap_err();
    assert!(matches!(&error, CompactError::Frozen { name, index: 2, .. } if name == "fc1.weight"), "{error}");
}

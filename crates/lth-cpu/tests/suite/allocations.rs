//! A step takes no memory from the heap once the first ones have brought what they need.

use std::sync::Arc;

use allocation_counter::measure;
use lth_cpu::CpuEngine;
use lth_model::{
    Architecture, Batch, BiasInit, DataSet, Examples, Gradients, InitScheme, Learns, Mask, Masks,
    Normalization, OneNetwork, Optimizer, Program, Purpose, RandomStream, Seed, Start, Tensors, View,
    find_model, initialize, mlp_with_dropout,
};

const BATCH: u32 = 4;

fn examples(architecture: &Architecture) -> Examples {
    let features = architecture.input_features();
    let mut stream = RandomStream::new(Seed(0), Purpose::Augmentation, 0);
    let bytes: Arc<[u8]> = (0..features * BATCH as usize).map(|_| stream.below(256) as u8).collect();
    let labels = (0..BATCH).map(|index| (index % 10) as u16).collect();
    Examples { bytes, labels, features, normalization: Normalization::UNIT }
}

fn network(
    architecture: &Architecture,
    optimizer: Optimizer,
    gradient_clip: Option<f32>,
    weights: &Tensors,
    masks: &Masks,
) -> OneNetwork {
    let program = Program {
        optimizer,
        label_smoothing: 0.1,
        gradient_clip,
        learns: Learns::Weights,
        ..Program::evaluation(architecture, BATCH as usize)
    };
    OneNetwork::new(&CpuEngine::new(), &program, &Start::new(weights, masks, Seed(0))).unwrap()
}

fn weights(architecture: &Architecture) -> Tensors {
    initialize(architecture, InitScheme::GlorotNormal, BiasInit::Zero, Seed(0), Purpose::Init, 0)
}

fn masks(architecture: &Architecture, density: f64) -> Masks {
    let mut stream = RandomStream::new(Seed(0), Purpose::RandomMask, 0);
    let prunable = architecture.parameters().into_iter().filter(|p| p.kind.is_prunable() && density < 1.0);
    prunable
        .map(|p| {
            let flags: Vec<bool> =
                (0..p.shape.iter().product()).map(|_| stream.uniform() < density).collect();
            (p.name, Mask::from_flags(p.shape, flags))
        })
        .collect()
}

/// Networks whose steps go through every kind of layer.
fn networks() -> Vec<Architecture> {
    ["lenet-300-100", "conv-2", "resnet-20"]
        .into_iter()
        .map(|name| find_model(name).unwrap().build_as_made().unwrap())
        .chain([mlp_with_dropout("dropout", &[28, 28], &[30], 10, 0.2)])
        .collect()
}

/// What three further calls take from the heap.
fn further_allocations(mut call: impl FnMut()) -> u64 {
    (0..2).for_each(|_| call());
    measure(|| (0..3).for_each(|_| call())).count_total
}

#[test]
fn a_step_takes_no_memory() {
    let views: Vec<View> = (0..BATCH).map(|i| View { mirrored: i % 2 == 0, ..View::default() }).collect();
    let indices: Vec<u32> = (0..BATCH).collect();
    for architecture in networks() {
        let (examples, weights) = (examples(&architecture), weights(&architecture));
        for (density, clip) in [(1.0, None), (0.7, None), (0.1, None), (1.0, Some(0.1)), (0.1, Some(0.1))] {
            let masks = masks(&architecture, density);
            let mut trainer = network(&architecture, Optimizer::ADAM, clip, &weights, &masks);
            for views in [&[][..], &views] {
                let batch = Batch::Stored { data: &DataSet::on_host(&examples), indices: &indices, views };
                let count = further_allocations(|| assert!(trainer.step(batch, 1e-3).is_ok()));
                let seen = !views.is_empty();
                assert_eq!(count, 0, "{}, density {density}, clip {clip:?}, views {seen}", architecture.name);
            }
        }
    }
}

#[test]
fn other_weights_and_their_gradients_take_no_memory() {
    let indices: Vec<u32> = (0..BATCH).collect();
    for architecture in networks() {
        let (examples, weights) = (examples(&architecture), weights(&architecture));
        let batch = Batch::Stored { data: &DataSet::on_host(&examples), indices: &indices, views: &[] };
        let masks = Masks::new();
        let start = Start::new(&weights, &masks, Seed(0));
        let mut trainer = network(&architecture, Optimizer::SGD, None, &weights, &masks);
        let mut gradients = Tensors::new();
        let count = further_allocations(|| {
            trainer.write(&start).unwrap();
            trainer.gradients_into(batch, Gradients::All, &mut gradients).unwrap();
        });
        assert_eq!(count, 0, "{}", architecture.name);
    }
}

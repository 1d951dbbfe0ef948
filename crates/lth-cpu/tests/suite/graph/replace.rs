//! Other weights in the place of those that are there, in the tensors of an earlier call.

use lth_cpu::CpuEngine;
use lth_model::{Architecture, Batch, Gradients, Masks, Op, Tensors, Window};

use crate::graph::{net::Net, plain::Settings, support::*};

const SHAPE: [usize; 3] = [3, 8, 8];

/// Convolutions tap by tap, by minimal filtering and with a pool, a norm, and linear layers.
fn net() -> Architecture {
    let mut net = Net::new("replaced", &SHAPE);
    let conv = net.conv("conv1", 0, 33, Window::square(3, 1, 1), true);
    let norm = net.norm("bn1", conv);
    let relu = net.push("relu1", Op::Relu, &[norm]);
    let conv = net.conv("conv2", relu, 34, Window::square(3, 1, 1), false);
    let relu = net.push("relu2", Op::Relu, &[conv]);
    let pool = net.push("pool", Op::MaxPool { window: Window::square(2, 2, 0) }, &[relu]);
    let hidden = net.linear("fc1", pool, 21, true);
    let relu = net.push("relu3", Op::Relu, &[hidden]);
    net.linear("fc2", relu, 5, false);
    net.build()
}

fn places(tensors: &Tensors) -> Vec<*const f32> {
    tensors.values().map(|tensor| tensor.data().as_ptr()).collect()
}

#[test]
fn replaced_weights_have_the_bits_of_loaded_ones() {
    let architecture = net();
    let (start, other) = (weights(&architecture, 5), weights(&architecture, 6));
    let mut stream = stream(5, 9);
    let inputs: Vec<f32> =
        (0..20 * SHAPE.iter().product::<usize>()).map(|_| stream.normal() as f32).collect();
    let labels: Vec<u16> = (0..20).map(|_| stream.below(5) as u16).collect();
    let batch = Batch::Values { inputs: &inputs, labels: &labels };
    for (optimizer, rate) in OPTIMIZERS {
        let settings = Settings { clip: Some(0.5), ..Settings::new(optimizer, rate) };
        // Dense weights are written over, from a masked network they are loaded.
        for densities in [&[1.0][..], &[0.9], &[0.2], &[1.0, 1.0, 0.5]] {
            let what = format!("{optimizer}, densities {densities:?}");
            let masks = masks(&architecture, densities, 5);
            let mut loaded = trainer(CpuEngine::new(), &architecture, &settings, &other, &Masks::new());
            let mut replaced = trainer(CpuEngine::new(), &architecture, &settings, &start, &masks);
            for _ in 0..2 {
                replaced.step(batch, rate).unwrap();
            }
            replaced.replace_weights(&other).unwrap();
            assert_eq!(replaced.logits(batch).unwrap(), loaded.logits(batch).unwrap(), "{what}");
            for which in [Gradients::All, Gradients::Live] {
                let found = replaced.gradients(batch, which).unwrap();
                same_bits(&found, &loaded.gradients(batch, which).unwrap()).unwrap();
            }
            for _ in 0..2 {
                assert_eq!(replaced.step(batch, rate).unwrap(), loaded.step(batch, rate).unwrap(), "{what}");
            }
            let (found, expected) = (replaced.state(), loaded.state());
            same_bits(&found.weights, &expected.weights).unwrap();
            same_bits(&found.optimizer.tensors, &expected.optimizer.tensors).unwrap();
            assert_eq!(found.optimizer.updates, expected.optimizer.updates, "{what}");
        }
    }
}

#[test]
fn gradients_are_written_over_those_of_the_step_before() {
    let architecture = net();
    let start = weights(&architecture, 7);
    let inputs = vec![0.5; 7 * SHAPE.iter().product::<usize>()];
    let batch = Batch::Values { inputs: &inputs, labels: &[0, 1, 2, 3, 4, 0, 1] };
    let settings = Settings::new(OPTIMIZERS[0].0, 0.1);
    for densities in [&[1.0][..], &[0.2]] {
        let masks = masks(&architecture, densities, 7);
        let mut trainer = trainer(CpuEngine::new(), &architecture, &settings, &start, &masks);
        let mut found = Tensors::new();
        for which in [Gradients::All, Gradients::Live] {
            trainer.gradients_into(batch, which, &mut found).unwrap();
            let before = places(&found);
            found.values_mut().for_each(|tensor| tensor.data_mut().fill(f32::NAN));
            let report = trainer.gradients_into(batch, which, &mut found).unwrap();
            assert_eq!(report.examples, 7);
            assert_eq!(places(&found), before, "in place");
            same_bits(&found, &trainer.gradients(batch, which).unwrap()).unwrap();
        }
        // Tensors of another network are none to write over.
        found.shift_remove("fc1.bias");
        trainer.gradients_into(batch, Gradients::All, &mut found).unwrap();
        same_bits(&found, &trainer.gradients(batch, Gradients::All).unwrap()).unwrap();
    }
}

//! Frozen pruned weights in convolutions, and the gradient of the outputs.

use lth_cpu::CpuEngine;
use lth_model::{Architecture, Batch, Gradients, Masks, Op, Window};

use crate::graph::{net::Net, plain::Settings, support::*};

const SHAPE: [usize; 3] = [3, 8, 8];

/// Convolutions tap by tap and by minimal filtering, norms, a residual sum, and a linear layer.
fn net() -> Architecture {
    let mut net = Net::new("frozen", &SHAPE);
    let conv = net.conv("conv1", 0, 33, Window::square(3, 1, 1), true);
    let norm = net.norm("bn1", conv);
    let relu = net.push("relu1", Op::Relu, &[norm]);
    let branch = net.conv("conv2", relu, 34, Window::square(3, 1, 1), false);
    let branch = net.norm("bn2", branch);
    let shortcut = net.conv("shortcut", relu, 34, Window::square(1, 1, 0), false);
    let sum = net.push("add", Op::Add, &[branch, shortcut]);
    let relu = net.push("relu2", Op::Relu, &[sum]);
    let conv = net.conv("conv3", relu, 18, Window::square(3, 2, 1), false);
    let pool = net.push("pool", Op::GlobalAveragePool, &[conv]);
    net.linear("fc", pool, 5, true);
    net.build()
}

fn inputs(count: usize) -> (Vec<f32>, Vec<u16>) {
    let mut stream = stream(4, 9);
    let inputs = (0..count * SHAPE.iter().product::<usize>()).map(|_| stream.normal() as f32).collect();
    (inputs, (0..count).map(|_| stream.below(5) as u16).collect())
}

#[test]
fn frozen_weights_are_bit_equal_after_steps_with_every_optimizer() {
    let architecture = net();
    let start = weights(&architecture, 5);
    let masks = masks(&architecture, &[0.2, 0.7, 0.0], 5);
    let (inputs, labels) = inputs(20);
    let batch = Batch::Values { inputs: &inputs, labels: &labels };
    for (optimizer, rate) in OPTIMIZERS {
        let settings = Settings::new(optimizer, rate);
        let mut trainer = trainer(CpuEngine::new(), &architecture, &settings, &start, &masks);
        trainer.load_frozen(&start, &masks, None).unwrap();
        same_bits(&trainer.weights(), &start).unwrap();
        for _ in 0..40 {
            trainer.step(batch, rate * 0.1).unwrap();
        }
        let state = trainer.state();
        for (name, mask) in &masks {
            let pairs = state.weights[name].data().iter().zip(start[name].data()).zip(mask.flags());
            let moved = pairs.filter(|((a, b), kept)| !kept && a.to_bits() != b.to_bits()).count();
            assert_eq!(moved, 0, "{optimizer}: frozen weights of {name} moved");
        }
        assert_ne!(state.weights["conv2.weight"], start["conv2.weight"], "{optimizer}");
        let live = trainer.gradients(batch, Gradients::Live).unwrap();
        let mut dense = self::trainer(CpuEngine::new(), &architecture, &settings, &start, &Masks::new());
        dense.load(&state.weights, &Masks::new(), None).unwrap();
        assert_eq!(trainer.logits(batch).unwrap(), dense.logits(batch).unwrap(), "{optimizer}");
        let mut expected = dense.gradients(batch, Gradients::All).unwrap();
        masks.iter().for_each(|(name, mask)| mask.apply(&mut expected[name]));
        same_bits(&live, &expected).unwrap();
        trainer.load_frozen(&state.weights, &masks, Some(&state.optimizer)).unwrap();
        same_bits(&trainer.state().optimizer.tensors, &state.optimizer.tensors).unwrap();
    }
}

//! Running statistics of the plain reference, against the mean and the variance over data written out.

use lth_model::{BiasInit, InitScheme, Masks, Optimizer, Purpose, Seed, initialize};

use crate::graph::{
    net::Net,
    plain::{Plain, Settings},
};

/// Batches of two examples of two features.
const BATCHES: [[f64; 4]; 2] = [[1.0, 5.0, 3.0, -3.0], [4.0, 0.0, 10.0, 2.0]];
/// Of each batch and feature: mean and unbiased variance.
const MEANS: [[f64; 2]; 2] = [[2.0, 1.0], [7.0, 1.0]];
const VARIANCES: [[f64; 2]; 2] = [[2.0, 32.0], [18.0, 2.0]];

fn net() -> Plain {
    let mut net = Net::new("norm", &[2]);
    let norm = net.norm("bn", 0);
    net.linear("fc", norm, 3, true);
    let architecture = net.build();
    let weights =
        initialize(&architecture, InitScheme::GlorotNormal, BiasInit::Zero, Seed(0), Purpose::Init, 0);
    Plain::new(&architecture, &weights, &Masks::new())
}

fn close(found: &[f64], expected: [f64; 2]) -> bool {
    // The momentum of 0.1 is a 32-bit number.
    found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-6)
}

#[test]
fn a_step_moves_them_by_the_momentum() {
    let mut net = net();
    net.step(&BATCHES[0], &[0, 2], &Settings::new(Optimizer::SGD, 0.1));
    let moved = |start: f64, to: [f64; 2]| to.map(|to| 0.9 * start + 0.1 * to);
    assert!(close(&net.values["bn.running_mean"], moved(0.0, MEANS[0])));
    assert!(close(&net.values["bn.running_var"], moved(1.0, VARIANCES[0])));
}

#[test]
fn reestimation_averages_over_batches() {
    let mut net = net();
    net.reestimate_batch_norm(BATCHES.iter().map(|batch| &batch[..]));
    let average = |of: [[f64; 2]; 2]| [0, 1].map(|feature| f64::midpoint(of[0][feature], of[1][feature]));
    assert!(close(&net.values["bn.running_mean"], average(MEANS)));
    assert!(close(&net.values["bn.running_var"], average(VARIANCES)));
}

#[test]
fn frozen_they_stay() {
    let mut net = net();
    let settings = Settings { frozen_norm: true, ..Settings::new(Optimizer::SGD, 0.1) };
    net.step(&BATCHES[0], &[0, 2], &settings);
    assert!(close(&net.values["bn.running_mean"], [0.0; 2]));
    assert!(close(&net.values["bn.running_var"], [1.0; 2]));
}

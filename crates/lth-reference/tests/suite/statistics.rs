//! Running statistics, against the mean and the variance over data written out.

use lth_model::{
    Architecture, ArchitectureBuilder, Batch, BiasInit, DataSet, Examples, InitScheme, Learns, Masks,
    Normalization, Optimizer, Program, Purpose, Seed, Start, initialize,
};
use lth_reference::{Statistics, Training};

/// Batches of two examples of two features.
const BATCHES: [[u8; 4]; 2] = [[11, 15, 13, 7], [14, 10, 20, 12]];
/// Of each batch and feature: mean and unbiased variance.
const MEANS: [[f64; 2]; 2] = [[12.0, 11.0], [17.0, 11.0]];
const VARIANCES: [[f64; 2]; 2] = [[2.0, 32.0], [18.0, 2.0]];

fn architecture() -> Architecture {
    ArchitectureBuilder::new("norm", &[2]).batch_norm("bn").linear("fc", 3).build().unwrap()
}

fn data() -> DataSet {
    DataSet::on_host(&Examples {
        bytes: BATCHES.concat().into(),
        labels: vec![0, 2, 1, 1].into(),
        features: 2,
        normalization: Normalization::same(0.0, 1.0 / 255.0),
    })
}

fn training() -> Training {
    let architecture = architecture();
    let weights =
        initialize(&architecture, InitScheme::GlorotNormal, BiasInit::Zero, Seed(0), Purpose::Init, 0);
    let program = Program {
        architecture: &architecture,
        optimizer: Optimizer::SGD,
        batch_size: 2,
        label_smoothing: 0.0,
        gradient_clip: None,
        learns: Learns::Weights,
    };
    Training::new(&program, &Start::new(&weights, &Masks::new(), Seed(0))).unwrap()
}

#[track_caller]
fn assert_statistics(training: &mut Training, mean: [f64; 2], variance: [f64; 2]) {
    for (name, expected) in [("bn.running_mean", mean), ("bn.running_var", variance)] {
        let found = training.network_mut().value_mut(name);
        // The momentum of 0.1 and the numbers of the bytes are of 32 bits.
        let close = found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-5);
        assert!(close, "{name} {found:?}, expected {expected:?}");
    }
}

#[test]
fn a_step_moves_them_by_the_momentum() {
    let mut training = training();
    training.step(Batch::Stored { data: &data(), indices: &[0, 1], views: &[] }, 0.1).unwrap();
    let moved = |start: f64, to: [f64; 2]| to.map(|to| 0.9 * start + 0.1 * to);
    assert_statistics(&mut training, moved(0.0, MEANS[0]), moved(1.0, VARIANCES[0]));
}

#[test]
fn an_estimation_averages_over_batches() {
    let mut training = training();
    training.reestimate_batch_norm(&data(), &[0, 1, 2, 3], 2, &|| false).unwrap();
    let average = |of: [[f64; 2]; 2]| [0, 1].map(|feature| f64::midpoint(of[0][feature], of[1][feature]));
    assert_statistics(&mut training, average(MEANS), average(VARIANCES));
}

#[test]
fn where_they_are_gone_by_they_stay() {
    let mut training = training();
    training.network_mut().normalise_by(Statistics::Running);
    training.step(Batch::Stored { data: &data(), indices: &[0, 1], views: &[] }, 0.1).unwrap();
    assert_statistics(&mut training, [0.0; 2], [1.0; 2]);
}

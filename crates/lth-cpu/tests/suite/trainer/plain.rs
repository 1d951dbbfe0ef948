//! Whole steps against plain loops in 64 bits.

use lth_model::{Batch, DataSet, Gradients, Normalization, Optimizer};

use crate::trainer::{
    network::{PlainNetwork, numbers},
    support::*,
};

fn largest(found: &[f32], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).map(|(&a, &b)| (f64::from(a) - b).abs()).fold(0.0, f64::max)
}

#[test]
fn losses_logits_and_gradients() {
    let architecture = small();
    let weights = weights(&architecture);
    for normalization in [Normalization::UNIT, SHIFTED] {
        let examples = examples(300, normalization);
        for density in DENSITIES {
            let masks = masks(&architecture, density);
            let network = PlainNetwork::new(&architecture, Optimizer::SGD, &weights, &masks);
            let mut trainer = trainer(&architecture, Optimizer::SGD, &weights, &masks);
            for number in 0..BATCHES.len() {
                let indices = indices(number, examples.len());
                let batch =
                    Batch::Stored { data: &DataSet::on_host(&examples), indices: &indices, views: &[] };
                let (inputs, labels) = numbers(&examples, &indices);
                let pass = network.pass(&inputs, &labels);
                let what = format!("density {density}, {} examples, {normalization:?}", indices.len());

                let off = largest(&trainer.logits(batch).unwrap(), &pass.logits);
                assert!(off < 3e-6, "{what}: logits are off by {off:e}");
                for which in [Gradients::All, Gradients::Live] {
                    let found = trainer.gradients(batch, which).unwrap();
                    assert!(found.keys().eq(pass.gradients.iter().map(|(name, _)| name)), "{what}");
                    for (name, mut expected) in pass.gradients.clone() {
                        if let (Gradients::Live, Some(mask)) = (which, masks.get(&name)) {
                            expected
                                .iter_mut()
                                .zip(mask.flags())
                                .filter(|(_, kept)| !kept)
                                .for_each(|(g, _)| *g = 0.0);
                        }
                        let off = largest(found[&name].data(), &expected);
                        assert!(off < 1e-6, "{what}, {which:?}: gradient of {name} is off by {off:e}");
                    }
                }
                let report = trainer.step(batch, 0.0).unwrap();
                let off = (report.loss_sum / indices.len() as f64 - pass.loss).abs();
                assert!(off < 1e-6, "{what}: loss is off by {off:e}");
                assert_eq!((report.correct, report.examples), (pass.correct, indices.len()), "{what}");
            }
            assert_same(&trainer.weights(), &masked(&weights, &masks), "a rate of 0 changes nothing");
        }
    }
}

#[test]
fn weights_after_thirty_steps() {
    let architecture = small();
    let weights = weights(&architecture);
    let examples = examples(300, Normalization::UNIT);
    for (optimizer, rate) in OPTIMIZERS {
        for density in DENSITIES {
            let masks = masks(&architecture, density);
            let mut network = PlainNetwork::new(&architecture, optimizer, &weights, &masks);
            let mut trainer = trainer(&architecture, optimizer, &weights, &masks);
            for number in 0..30 {
                let indices = indices(number, examples.len());
                let (inputs, labels) = numbers(&examples, &indices);
                let pass = network.step(&inputs, &labels, rate);
                let report = trainer
                    .step(
                        Batch::Stored { data: &DataSet::on_host(&examples), indices: &indices, views: &[] },
                        rate,
                    )
                    .unwrap();
                let off = (report.loss_sum / indices.len() as f64 - pass.loss).abs();
                assert!(off < 2e-5, "{optimizer}, density {density}, step {number}: loss is off by {off:e}");
            }
            let found = trainer.weights();
            for (name, expected) in network.parameters() {
                let off = largest(found[&name].data(), expected);
                assert!(off < 2e-5, "{optimizer}, density {density}: {name} is off by {off:e}");
            }
        }
    }
}

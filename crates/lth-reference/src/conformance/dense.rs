//! What an engine may promise beyond the interface: the bits of a dense layer in whatever way a pruned one is computed.

use lth_model::{Engine, Gradients, Pruned};

use super::{
    Outcome,
    bits::{masked, same_bits, same_state, same_values},
    case::{Batches, Case, OPTIMIZERS, SHIFTED},
    nets,
};

/// That gradients and outputs of a pruned network of linear layers have the bits of the dense one with zeros.
pub fn pruned_networks_have_the_bits_of_dense_ones(engine: &dyn Engine) -> Outcome {
    for architecture in nets::chains() {
        for density in [0.9, 0.6, 0.2, 0.02, 0.0] {
            let what = format!("{}, density {density}", architecture.name);
            let pruned = Case::new(architecture.clone(), OPTIMIZERS[0], 1).at(density);
            let weights = masked(&pruned.weights, &pruned.masks);
            let dense = Case { weights, ..Case::new(architecture.clone(), OPTIMIZERS[0], 1) };
            compare(engine, &pruned, &dense, &what)?;
        }
    }
    Ok(())
}

/// That those of a network with frozen weights have the bits of the dense one with these weights. In linear layers, frozen zeros
/// train to the bits of plain pruning.
pub fn frozen_networks_have_the_bits_of_dense_ones(engine: &dyn Engine) -> Outcome {
    for architecture in nets::all() {
        for density in [0.9, 0.2] {
            let what = format!("{}, density {density}", architecture.name);
            let dense = Case::new(architecture.clone(), OPTIMIZERS[3], 2);
            let frozen = Case { pruned: Pruned::Frozen, ..dense.clone().at(density) };
            compare(engine, &frozen, &dense, &format!("{what}, frozen"))?;
            if architecture.nodes[0].shape.len() > 1 {
                continue;
            }
            let zeros = Case { weights: masked(&frozen.weights, &frozen.masks), ..frozen };
            let plain = Case { pruned: Pruned::Zero, ..zeros.clone() };
            let batches = Batches::new(engine, &zeros, SHIFTED)?;
            let (mut a, mut b) = (zeros.trainer(engine)?, plain.trainer(engine)?);
            batches.train(&mut a, zeros.rate, 0..5)?;
            batches.train(&mut b, zeros.rate, 0..5)?;
            same_state(&a.state(), &b.state(), &format!("{what}, frozen zeros"))?;
        }
    }
    Ok(())
}

fn compare(engine: &dyn Engine, pruned: &Case, dense: &Case, what: &str) -> Outcome {
    let batches = Batches::new(engine, pruned, SHIFTED)?;
    let (mut a, mut b) = (pruned.trainer(engine)?, dense.trainer(engine)?);
    for number in 0..3 {
        let indices = batches.indices(number);
        let batch = batches.of(&indices);
        let what = format!("{what}, {} examples", indices.len());
        same_values(&a.logits(batch)?, &b.logits(batch)?, &format!("{what}: logits"))?;
        let expected = b.gradients(batch, Gradients::All)?;
        let live = masked(&expected, &pruned.masks);
        same_bits(&a.gradients(batch, Gradients::Live)?, &live, &format!("{what}: live gradients"))?;
        same_bits(&a.gradients(batch, Gradients::All)?, &expected, &format!("{what}: gradients"))?;
        let all = b.gradients(batch, Gradients::Live)?;
        same_bits(&all, &expected, &format!("{what}: all weights of a dense network live"))?;
    }
    Ok(())
}

/// That two engines have the same bits in all but updates, for pruned networks of linear layers.
pub fn same_passes(found: &dyn Engine, expected: &dyn Engine) -> Outcome {
    for architecture in nets::chains() {
        for density in [0.9, 0.6, 0.2, 0.02, 0.0] {
            let case = Case::new(architecture.clone(), OPTIMIZERS[6], 3).at(density);
            let batches = Batches::new(expected, &case, SHIFTED)?;
            let (mut a, mut b) = (case.trainer(found)?, case.trainer(expected)?);
            for number in 0..3 {
                let indices = batches.indices(number);
                let batch = batches.of(&indices);
                let what = format!("{}, density {density}, {} examples", architecture.name, indices.len());
                same_values(&a.logits(batch)?, &b.logits(batch)?, &format!("{what}: logits"))?;
                let reports = [a.step(batch, 0.0)?, b.step(batch, 0.0)?];
                ensure!(reports[0] == reports[1], "{what}: {reports:?}");
                let sets = [found, expected].map(|engine| engine.evaluation_set(&batches.data, &indices));
                let [set, same] = sets;
                let evaluations = [a.evaluate(&set?)?, b.evaluate(&same?)?];
                ensure!(evaluations[0] == evaluations[1], "{what}: {evaluations:?}");
                let (a, b) = (a.gradients(batch, Gradients::All)?, b.gradients(batch, Gradients::All)?);
                same_bits(&a, &b, &format!("{what}: gradients"))?;
            }
        }
    }
    Ok(())
}

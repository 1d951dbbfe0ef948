//! Pruned weights are exact zeros, always; what is kept goes on as before.

use lth_model::{Engine, Gradients, Mask, Masks, Pruned, Start};

use super::{
    Outcome,
    bits::{masked, pruned_are_zero, same_bits, same_state, same_values},
    case::{Batches, Case, FEW, OPTIMIZERS, SHIFTED},
    nets,
    pair::Step,
};

/// After making a trainer, every step, and writing what was read.
pub fn pruned_weights_are_zero(engine: &dyn Engine) -> Outcome {
    for architecture in nets::all() {
        for optimizer in FEW {
            for density in [0.9, 0.2, 0.02, 0.0] {
                let what = format!("{}, {}, density {density}", architecture.name, optimizer.0);
                // The weights that come in are not masked.
                let case = Case::new(architecture.clone(), optimizer, 1).at(density);
                let batches = Batches::new(engine, &case, SHIFTED)?;
                let mut trainer = case.trainer(engine)?;
                same_bits(&trainer.weights(), &masked(&case.weights, &case.masks), &what)?;
                for number in 0..4 {
                    batches.train(&mut trainer, case.rate, number..number + 1)?;
                    let state = trainer.state();
                    pruned_are_zero(&state.weights, &case.masks, &what)?;
                    pruned_are_zero(&state.optimizer.tensors, &case.masks, &what)?;
                }
                let live = trainer.gradients(batches.of(&batches.indices(0)), Gradients::Live)?;
                pruned_are_zero(&live, &case.masks, &format!("{what}: gradients"))?;
                let state = trainer.state();
                let start =
                    Start { weights: &state.weights, optimizer: Some(&state.optimizer), ..case.start() };
                trainer.write(&start)?;
                same_state(&trainer.state(), &state, &format!("{what}: written"))?;
            }
        }
    }
    Ok(())
}

/// A mask that keeps everything trains to the bits of no mask.
pub fn a_mask_that_keeps_everything_is_no_mask(engine: &dyn Engine) -> Outcome {
    for architecture in nets::all() {
        let parameters = architecture.parameters().into_iter().filter(|p| p.kind.is_prunable());
        let full: Masks = parameters.map(|p| (p.name, Mask::dense(p.shape))).collect();
        for optimizer in FEW {
            let dense = Case::new(architecture.clone(), optimizer, 2);
            let batches = Batches::new(engine, &dense, SHIFTED)?;
            let states = [Masks::new(), full.clone()].map(|masks| {
                let mut trainer = Case { masks, ..dense.clone() }.trainer(engine)?;
                batches.train(&mut trainer, dense.rate, 0..4)?;
                Ok::<_, super::Failure>(trainer.state())
            });
            let [expected, found] = states;
            same_state(&found?, &expected?, &format!("{}, {}", architecture.name, optimizer.0))?;
        }
    }
    Ok(())
}

/// A masked layer among dense ones: its pruned weights stay zero, all others are trained.
pub fn layers_may_be_masked_one_by_one(engine: &dyn Engine) -> Outcome {
    for architecture in nets::all() {
        let case = Case::new(architecture, OPTIMIZERS[6], 3).at(0.1);
        let batches = Batches::new(engine, &case, SHIFTED)?;
        let all = &case.masks;
        for (name, mask) in all {
            let case = Case { masks: Masks::from([(name.clone(), mask.clone())]), ..case.clone() };
            let mut trainer = case.trainer(engine)?;
            batches.train(&mut trainer, case.rate, 0..4)?;
            let after = trainer.weights();
            pruned_are_zero(&after, &case.masks, name)?;
            // A bias before a batch normalisation has no gradient.
            for other in all.keys() {
                let moved = after[other].data() != case.weights[other].data();
                ensure!(moved, "{} with {name} masked: {other} is not trained", case.architecture.name);
            }
        }
    }
    Ok(())
}

/// Masks of one weight, of one row, of one column, with an empty row, and of nothing, in every layer and in one.
pub fn unusual_masks(engine: &dyn Engine) -> Outcome {
    type Keeps = fn(row: usize, column: usize) -> bool;
    let kinds: [(&str, Keeps); 6] = [
        ("one weight", |row, column| row == 1 && column == 2),
        ("one row", |row, _| row == 1),
        ("one column", |_, column| column == 2),
        ("an empty row", |row, _| row != 1),
        ("every second weight", |row, column| (row + column) % 2 == 0),
        ("nothing", |_, _| false),
    ];
    for architecture in [nets::small(), nets::thin(), nets::residual()] {
        for (kind, keeps) in kinds {
            let dense = Case::new(architecture.clone(), OPTIMIZERS[4], 4);
            let of = |parameter: lth_model::Parameter| {
                let columns: usize = parameter.shape.iter().skip(1).product();
                let flags = (0..parameter.shape.iter().product()).map(|at| keeps(at / columns, at % columns));
                (parameter.name, Mask::from_flags(parameter.shape.clone(), flags.collect::<Vec<_>>()))
            };
            let prunable = architecture.parameters().into_iter().filter(|p| p.kind.is_prunable());
            let all: Masks = prunable.map(of).collect();
            let one: Masks =
                all.iter().skip(1).take(1).map(|(name, mask)| (name.clone(), mask.clone())).collect();
            for masks in [all, one] {
                let what = format!("{}, {kind} of {:?}", architecture.name, masks.keys());
                let case = Case { masks, ..dense.clone() };
                let batches = Batches::small(engine, &case, SHIFTED)?;
                let mut pair = case.pair(engine)?;
                for number in 0..1 {
                    let indices = batches.indices(number);
                    let batch = batches.of(&indices);
                    let all = pair.gradients(batch).map_err(|failure| failure.within(&what))?;
                    let step = pair.step(batch, case.rate).map_err(|failure| failure.within(&what))?;
                    if all == Step::Undecided || step == Step::Undecided {
                        break;
                    }
                    pair.logits(batch).map_err(|failure| failure.within(&what))?;
                }
            }
        }
    }
    Ok(())
}

/// Other masks in training: kept weights and their memory keep their bits, new ones are zero without memory, and training
/// goes on as if a new trainer had started there.
pub fn remasking_keeps_what_survives(engine: &dyn Engine) -> Outcome {
    for architecture in nets::all() {
        for optimizer in FEW {
            for (before, after) in [(1.0, 0.6), (1.0, 0.2), (0.6, 0.2), (0.2, 0.02), (0.6, 1.0), (0.2, 0.9)] {
                let what = format!("{}, {}, density {before} to {after}", architecture.name, optimizer.0);
                let case = Case::new(architecture.clone(), optimizer, 6).at(before);
                let batches = Batches::new(engine, &case, SHIFTED)?;
                let mut trainer = case.trainer(engine)?;
                batches.train(&mut trainer, case.rate, 0..2)?;
                let state = trainer.state();
                let masks = super::case::masks(&case.architecture, &[after], 77);
                trainer.remask(&masks)?;
                let mut expected = state.clone();
                expected.weights = masked(&state.weights, &masks);
                expected.optimizer.tensors = masked(&state.optimizer.tensors, &masks);
                same_state(&trainer.state(), &expected, &what)?;

                // A trainer that never knew the pruned weights goes on to the same bits.
                let case = Case { weights: expected.weights.clone(), masks, ..case };
                let mut other = case.trainer(engine)?;
                other.write(&Start { optimizer: Some(&expected.optimizer), ..case.start() })?;
                batches.train(&mut trainer, case.rate, 2..4)?;
                batches.train(&mut other, case.rate, 2..4)?;
                same_state(&trainer.state(), &other.state(), &format!("{what}, continued"))?;
            }
        }
    }
    Ok(())
}

/// Without any weight, the logits are the last bias, which is trained.
pub fn a_network_without_weights_trains_its_last_bias(engine: &dyn Engine) -> Outcome {
    let case = Case::new(nets::small(), OPTIMIZERS[0], 5).at(0.0);
    let case = Case { pruned: Pruned::Zero, ..case };
    let batches = Batches::new(engine, &case, SHIFTED)?;
    let mut trainer = case.trainer(engine)?;
    let indices = batches.indices(0);
    for row in trainer.logits(batches.of(&indices))?.chunks(nets::CLASSES) {
        same_values(row, case.weights["fc3.bias"].data(), "logits")?;
    }
    let first = trainer.step(batches.of(&indices), 0.5)?.loss_sum;
    for _ in 0..20 {
        trainer.step(batches.of(&indices), 0.5)?;
    }
    let last = trainer.step(batches.of(&indices), 0.5)?.loss_sum;
    ensure!(last < first, "the loss went from {first} to {last}");
    // Nothing reaches a unit without outputs.
    same_values(trainer.weights()["fc1.bias"].data(), case.weights["fc1.bias"].data(), "fc1.bias")
}

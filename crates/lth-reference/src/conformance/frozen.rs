//! Pruned weights that are frozen at values other than zero.

use lth_model::{Engine, Gradients, Pruned, Start};

use super::{
    Outcome,
    bits::{masked, pruned_are_zero, same_bits, same_state},
    case::{Batches, Case, OPTIMIZERS, SHIFTED},
    layers::compare_all,
    nets,
    pair::Step,
};

/// With every optimiser, over many steps, through reading and writing; and no memory is kept of them.
pub fn frozen_weights_keep_their_bits(engine: &dyn Engine) -> Outcome {
    for architecture in nets::all() {
        let is_graph = architecture.nodes[0].shape.len() > 1;
        // Every optimiser at every density; of graphs, which take longer and share the update rules, at one.
        for number in 0..3 * OPTIMIZERS.len() {
            let (turn, place) = (number / OPTIMIZERS.len(), number % OPTIMIZERS.len());
            if is_graph && turn > 0 {
                break;
            }
            let (optimizer, density) = (OPTIMIZERS[place], [0.9, 0.2, 0.0][(place + turn) % 3]);
            let what = format!("{}, {}, density {density}", architecture.name, optimizer.0);
            let case =
                Case { pruned: Pruned::Frozen, ..Case::new(architecture.clone(), optimizer, 5).at(density) };
            let batches = Batches::new(engine, &case, SHIFTED)?;
            let mut trainer = case.trainer(engine)?;
            same_bits(&trainer.weights(), &case.weights, &format!("{what}: at the start"))?;
            batches.train(&mut trainer, case.rate * 0.1, 0..8)?;
            let state = trainer.state();
            for (name, mask) in &case.masks {
                let [found, start] = [&state.weights, &case.weights].map(|tensors| tensors[name].data());
                let moved = (0..mask.len())
                    .filter(|&at| !mask.is_live(at) && found[at].to_bits() != start[at].to_bits());
                let moved = moved.count();
                ensure!(moved == 0, "{what}: {moved} frozen weights of {name} moved");
                let trained = (0..mask.len()).any(|at| mask.is_live(at) && found[at] != start[at]);
                ensure!(trained || mask.live() == 0, "{what}: {name} was not trained");
            }
            pruned_are_zero(&state.optimizer.tensors, &case.masks, &what)?;
            let refused = trainer.remask(&case.masks);
            ensure!(refused.is_err(), "{what}: frozen weights were masked anew");
            let (weights, optimizer) = (&state.weights, Some(&state.optimizer));
            trainer.write(&Start { weights, optimizer, ..case.start() })?;
            same_state(&trainer.state(), &state, &format!("{what}: written"))?;
            let zero = Start { pruned: Pruned::Zero, ..case.start() };
            trainer.write(&zero)?;
            same_bits(
                &trainer.weights(),
                &masked(&case.weights, &case.masks),
                &format!("{what}: not frozen again"),
            )?;
        }
    }
    Ok(())
}

/// Outputs, gradients and steps are those of a network that has them; frozen zeros are plain pruning.
pub fn frozen_weights_count_in_the_outputs(engine: &dyn Engine) -> Outcome {
    for architecture in [nets::small(), nets::thin(), nets::residual(), nets::pooled()] {
        for density in [0.9, 0.2] {
            for zeros in [false, true] {
                let what = format!("{}, density {density}, zeros {zeros}", architecture.name);
                let case = Case {
                    pruned: Pruned::Frozen,
                    ..Case::new(architecture.clone(), OPTIMIZERS[3], 6).at(density)
                };
                let weights = if zeros { masked(&case.weights, &case.masks) } else { case.weights.clone() };
                let case = Case { weights, ..case };
                let batches = Batches::small(engine, &case, SHIFTED)?;
                let mut pair = case.pair(engine)?;
                for number in 0..2 {
                    let indices = batches.indices(number);
                    let step = compare_all(&mut pair, batches.of(&indices), case.rate);
                    if step.map_err(|failure| failure.within(&what))? == Step::Undecided {
                        pair.catch_up(&case, &case.masks)?;
                    }
                }
                let live = pair.engine.gradients(batches.of(&batches.indices(0)), Gradients::Live)?;
                pruned_are_zero(&live, &case.masks, &what)?;
            }
        }
    }
    Ok(())
}

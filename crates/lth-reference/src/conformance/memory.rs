//! What is read out of a network and written into one.

use lth_model::{Batch, Engine, Gradients, Optimizer, Pruned, Start, Tensor, Tensors, TrainerState};

use super::{
    Outcome,
    bits::{same_bits, same_state, same_values},
    case::{Batches, Case, DENSITIES, FEW, OPTIMIZERS, SHIFTED, stream, weights},
    layers::Numbers,
    nets, random,
};

/// In a new trainer that starts there, and in a used one that it is written into; masked or frozen, with dropout.
pub fn what_is_read_goes_on_to_the_same_bits(engine: &dyn Engine) -> Outcome {
    for architecture in nets::all() {
        for optimizer in FEW {
            for (density, pruned) in [
                (1.0, Pruned::Zero),
                (0.6, Pruned::Zero),
                (0.2, Pruned::Zero),
                (0.02, Pruned::Zero),
                (0.3, Pruned::Frozen),
            ] {
                let what = format!("{}, {}, density {density}, {pruned:?}", architecture.name, optimizer.0);
                let case = Case { pruned, ..Case::new(architecture.clone(), optimizer, 1).at(density) };
                let batches = Batches::new(engine, &case, SHIFTED)?;
                let mut straight = case.trainer(engine)?;
                batches.train(&mut straight, case.rate, 0..2)?;
                let state = straight.state();
                ensure!(state.optimizer.updates == 2, "{what}: {} updates", state.optimizer.updates);
                let start =
                    Start { weights: &state.weights, optimizer: Some(&state.optimizer), ..case.start() };
                let new = lth_model::OneNetwork::new(engine, &case.program(), &start)?;
                let mut used =
                    Case { weights: weights(&case.architecture, 2), ..case.clone() }.trainer(engine)?;
                batches.train(&mut used, case.rate, 4..5)?;
                used.write(&start)?;
                batches.train(&mut straight, case.rate, 2..4)?;
                for (kind, mut resumed) in [("new", new), ("used", used)] {
                    same_state(&resumed.state(), &state, &format!("{what}: a {kind} trainer at the start"))?;
                    batches.train(&mut resumed, case.rate, 2..4)?;
                    same_state(&resumed.state(), &straight.state(), &format!("{what}: a {kind} trainer"))?;
                }
            }
        }
    }
    Ok(())
}

/// As above, for networks of every kind of layer.
pub fn random_networks_go_on_to_the_same_bits(engine: &dyn Engine) -> Outcome {
    for seed in 0..48 {
        let case = random::case(2000 + seed);
        let what = format!("seed {seed}: {}", random::describe(&case));
        let numbers = Numbers::new(&case, case.batch_size, &mut stream(seed, 24));
        let mut straight = case.trainer(engine)?;
        straight.step(numbers.batch(), case.rate)?;
        let state = straight.state();
        let start = Start { weights: &state.weights, optimizer: Some(&state.optimizer), ..case.start() };
        let mut resumed = lth_model::OneNetwork::new(engine, &case.program(), &start)?;
        for trainer in [&mut straight, &mut resumed] {
            trainer.step(numbers.batch(), case.rate)?;
        }
        same_state(&resumed.state(), &straight.state(), &what)?;
    }
    Ok(())
}

/// Whatever a trainer computed before, a step has the bits of a fresh trainer's.
pub fn nothing_is_left_of_earlier_work(engine: &dyn Engine) -> Outcome {
    for architecture in nets::all() {
        for density in DENSITIES {
            let case = Case::new(architecture.clone(), OPTIMIZERS[3], 2).at(density);
            let batches = Batches::new(engine, &case, SHIFTED)?;
            let set = engine.evaluation_set(&batches.data, &(0..150).collect::<Vec<u32>>())?;
            let mut one = case.trainer(engine)?;
            let mut state: Option<TrainerState> = None;
            for number in 0..7 {
                one.evaluate(&set)?;
                one.gradients(batches.of(&batches.indices(number + 2)), Gradients::All)?;
                batches.train(&mut one, case.rate, number..number + 1)?;
                let mut fresh = case.trainer(engine)?;
                if let Some(TrainerState { weights, optimizer }) = &state {
                    fresh.write(&Start { weights, optimizer: Some(optimizer), ..case.start() })?;
                }
                batches.train(&mut fresh, case.rate, number..number + 1)?;
                let after = fresh.state();
                let what = format!("{}, density {density}, step {number}", architecture.name);
                same_state(&one.state(), &after, &what)?;
                state = Some(after);
            }
        }
    }
    Ok(())
}

/// A batch of infinities, whose gradients are no numbers, leaves nothing of them in the next.
pub fn nothing_is_left_of_infinities(engine: &dyn Engine) -> Outcome {
    for architecture in nets::all() {
        for density in DENSITIES {
            let case = Case::new(architecture.clone(), OPTIMIZERS[3], 2).at(density);
            let batches = Batches::new(engine, &case, SHIFTED)?;
            // The larger batch is the one of infinities: the smaller one lies in what it leaves.
            let indices = &batches.indices(2)[..20];
            let inputs = vec![f32::INFINITY; 40 * architecture.input_features()];
            let infinite = Batch::Values { inputs: &inputs, labels: &[0; 40] };
            let (mut one, mut fresh) = (case.trainer(engine)?, case.trainer(engine)?);
            one.gradients(infinite, Gradients::All)?;
            one.logits(infinite)?;
            let what = format!("{}, density {density}", architecture.name);
            let [found, expected] =
                [&mut one, &mut fresh].map(|network| network.gradients(batches.of(indices), Gradients::All));
            same_bits(&found?, &expected?, &what)?;
            let [found, expected] = [&mut one, &mut fresh].map(|network| network.logits(batches.of(indices)));
            same_values(&found?, &expected?, &what)?;
        }
    }
    Ok(())
}

/// A start without memory is the start of a new trainer, whose memory is zero.
pub fn writing_without_memory_starts_afresh(engine: &dyn Engine) -> Outcome {
    for architecture in nets::all() {
        for optimizer in OPTIMIZERS {
            let case = Case::new(architecture.clone(), optimizer, 3).at(0.2);
            let batches = Batches::new(engine, &case, SHIFTED)?;
            let mut used = case.trainer(engine)?;
            let fresh = used.state();
            let zero = fresh
                .optimizer
                .tensors
                .values()
                .all(|tensor| tensor.data().iter().all(|&value| value == 0.0));
            ensure!(zero && fresh.optimizer.updates == 0, "{}: new memory is not zero", optimizer.0);
            batches.train(&mut used, case.rate, 0..2)?;
            used.write(&case.start())?;
            same_state(&used.state(), &fresh, &format!("{}, {}", architecture.name, optimizer.0))?;
        }
    }
    Ok(())
}

/// Dense weights written into a network, dense or masked, of any optimiser: everything afterwards has the bits of a new trainer.
pub fn written_weights_are_those_of_a_new_trainer(engine: &dyn Engine) -> Outcome {
    for architecture in nets::all() {
        for optimizer in FEW {
            for density in [1.0, 0.9, 0.2] {
                let what = format!("{}, {}, density {density}", architecture.name, optimizer.0);
                let case = Case { clip: Some(0.5), ..Case::new(architecture.clone(), optimizer, 4) };
                let batches = Batches::new(engine, &case, SHIFTED)?;
                let mut new = Case { weights: weights(&architecture, 5), ..case.clone() }.trainer(engine)?;
                let mut written = case.clone().at(density).trainer(engine)?;
                batches.train(&mut written, case.rate, 0..2)?;
                let other = weights(&architecture, 5);
                written.write(&Start { weights: &other, ..case.start() })?;
                same_state(&written.state(), &new.state(), &what)?;
                let indices = batches.indices(0);
                let batch = batches.of(&indices);
                let [a, b] = [written.logits(batch)?, new.logits(batch)?];
                super::bits::same_values(&a, &b, &format!("{what}: logits"))?;
                for which in [Gradients::All, Gradients::Live] {
                    let (found, expected) = (written.gradients(batch, which)?, new.gradients(batch, which)?);
                    same_bits(&found, &expected, &format!("{what}: gradients of {which:?} weights"))?;
                }
                batches.train(&mut written, case.rate, 2..4)?;
                batches.train(&mut new, case.rate, 2..4)?;
                same_state(&written.state(), &new.state(), &format!("{what}: trained"))?;
            }
        }
    }
    Ok(())
}

/// A moment of every parameter, of its shape, under PyTorch's name, from the beginning.
pub fn the_memory_has_pytorchs_names(engine: &dyn Engine) -> Outcome {
    for architecture in nets::all() {
        for optimizer in OPTIMIZERS {
            let case = Case::new(architecture.clone(), optimizer, 5).at(0.2);
            let state = case.trainer(engine)?.state();
            let moments: &[&str] = match optimizer.0 {
                Optimizer::Sgd { momentum: 0.0, .. } => &[],
                Optimizer::Sgd { .. } => &["momentum_buffer"],
                Optimizer::Adam { .. } | Optimizer::AdamW { .. } => &["exp_avg", "exp_avg_sq"],
            };
            let zeros = architecture.parameters().into_iter().flat_map(|parameter| {
                moments.iter().map(move |moment| {
                    (format!("{}.{moment}", parameter.name), Tensor::zeros(parameter.shape.clone()))
                })
            });
            same_bits(&state.optimizer.tensors, &zeros.collect(), &format!("{}", optimizer.0))?;
            let names: Vec<&String> = state.weights.keys().collect();
            let expected = architecture.state_names();
            let all = expected.len() == names.len() && expected.iter().all(|name| names.contains(&name));
            ensure!(all, "weights are {names:?}, expected {expected:?}");
        }
    }
    Ok(())
}

/// Tensors of an earlier call are written over, those of another network are replaced.
pub fn gradients_are_written_over(engine: &dyn Engine) -> Outcome {
    for architecture in nets::all() {
        for density in [1.0, 0.2] {
            let case = Case::new(architecture.clone(), OPTIMIZERS[0], 7).at(density);
            let batches = Batches::new(engine, &case, SHIFTED)?;
            let mut trainer = case.trainer(engine)?;
            let indices = batches.indices(0);
            let batch = batches.of(&indices);
            let mut found = Tensors::new();
            for which in [Gradients::All, Gradients::Live] {
                let expected = trainer.gradients(batch, which)?;
                let parameters = architecture.parameters();
                let names = parameters.iter().map(|parameter| &parameter.name);
                ensure!(expected.keys().eq(names), "gradients of {:?}", expected.keys());
                trainer.gradients_into(batch, which, &mut found)?;
                found.values_mut().for_each(|tensor| tensor.data_mut().fill(f32::NAN));
                let report = trainer.gradients_into(batch, which, &mut found)?;
                ensure!(report.examples == indices.len(), "gradients of {} examples", report.examples);
                same_bits(&found, &expected, &format!("density {density}, {which:?}"))?;
                found.swap_remove_index(1);
                trainer.gradients_into(batch, which, &mut found)?;
                same_bits(&found, &expected, &format!("density {density}, {which:?}, over others"))?;
            }
        }
    }
    Ok(())
}

//! Stretches of updates, and several networks in one trainer.

use lth_model::{Architecture, Engine, Gradients, Pruned, Seed, Start, Stretch, Tensors, Trainer, Update};

use super::{
    Failure, Outcome,
    bits::{same_bits, same_state, same_values},
    case::{Batches, Case, FEW, OPTIMIZERS, SHIFTED, weights},
    nets,
};

/// Updates, with rates that differ.
fn updates<'a>(batches: &'a Batches, indices: &'a [Vec<u32>], rate: f32) -> Vec<Update<'a>> {
    let rate = |number: usize| rate / (1 + number) as f32;
    indices
        .iter()
        .enumerate()
        .map(|(number, indices)| Update { batch: batches.of(indices), rate: rate(number) })
        .collect()
}

/// To the bit, reports included, which are one an update.
pub fn a_stretch_is_its_updates_one_by_one(engine: &dyn Engine) -> Outcome {
    for architecture in nets::all() {
        for optimizer in FEW {
            for density in [1.0, 0.2] {
                let what = format!("{}, {}, density {density}", architecture.name, optimizer.0);
                let case =
                    Case { clip: Some(1.0), ..Case::new(architecture.clone(), optimizer, 1).at(density) };
                let batches = Batches::new(engine, &case, SHIFTED)?;
                let indices: Vec<Vec<u32>> = (0..5).map(|number| batches.indices(number)).collect();
                let updates = updates(&batches, &indices, case.rate);
                let mut one_by_one = case.trainer(engine)?;
                let mut expected = Vec::new();
                for update in &updates {
                    expected.push(one_by_one.step(update.batch, update.rate)?);
                }
                let mut trainer = engine.trainer(&case.program(), &[case.start()])?;
                // Reports of earlier calls are cleared.
                let mut reports = vec![expected[0]; 3];
                trainer.run(&[Stretch { network: 0, updates: &updates[..2] }], &mut reports)?;
                ensure!(reports == expected[..2], "{what}: {reports:?}, expected {:?}", &expected[..2]);
                trainer.run(&[Stretch { network: 0, updates: &updates[2..] }], &mut reports)?;
                ensure!(reports == expected[2..], "{what}: {reports:?}, expected {:?}", &expected[2..]);
                same_state(&trainer.read(0), &one_by_one.state(), &what)?;
            }
        }
    }
    Ok(())
}

/// Three networks that differ in weights, masks and seeds.
fn three(architecture: &Architecture) -> [Case; 3] {
    let case = Case::new(architecture.clone(), OPTIMIZERS[3], 1);
    let other = Case { seed: Seed(10), weights: weights(architecture, 2), ..case.clone() };
    let frozen = Case { seed: Seed(11), pruned: Pruned::Frozen, ..other.clone() };
    [case, other.at(0.2), frozen.at(0.6)]
}

/// Each network of a trainer trains, on batches of its own, to the bits of a trainer of its own; also where only some are
/// trained, masked anew, written or estimated.
pub fn networks_of_a_trainer_are_as_alone(engine: &dyn Engine) -> Outcome {
    for architecture in nets::all() {
        let cases = three(&architecture);
        let batches = Batches::new(engine, &cases[0], SHIFTED)?;
        let starts = cases.each_ref().map(Case::start);
        let mut together = engine.trainer(&cases[0].program(), &starts)?;
        let mut alone = Vec::new();
        for case in &cases {
            alone.push(engine.trainer(&case.program(), &[case.start()])?);
        }
        let rate = cases[0].rate;
        let train = |together: &mut dyn Trainer,
                     alone: &mut [Box<dyn Trainer>],
                     networks: &[usize],
                     from: usize| {
            let indices: Vec<Vec<Vec<u32>>> = networks
                .iter()
                .map(|network| (0..2).map(|number| batches.indices(from + number + 3 * network)).collect())
                .collect();
            let updates: Vec<_> = indices.iter().map(|indices| updates(&batches, indices, rate)).collect();
            let stretches: Vec<_> = networks
                .iter()
                .zip(&updates)
                .map(|(&network, updates)| Stretch { network, updates })
                .collect();
            let (mut reports, mut expected, mut own) = (Vec::new(), Vec::new(), Vec::new());
            together.run(&stretches, &mut reports)?;
            for stretch in &stretches {
                let trainer = &mut alone[stretch.network];
                trainer.run(&[Stretch { network: 0, ..*stretch }], &mut own)?;
                expected.append(&mut own);
            }
            ensure!(reports == expected, "networks {networks:?}: {reports:?}, alone {expected:?}");
            for (network, trainer) in alone.iter().enumerate() {
                let what = format!("{}, network {network} after {networks:?}", architecture.name);
                same_state(&together.read(network), &trainer.read(0), &what)?;
            }
            Ok::<(), Failure>(())
        };
        train(&mut *together, &mut alone, &[0, 1, 2], 0)?;
        train(&mut *together, &mut alone, &[2, 0], 3)?;
        let masks = super::case::masks(&architecture, &[0.5], 9);
        together.remask(1, &masks)?;
        alone[1].remask(0, &masks)?;
        let start = Start { seed: Seed(12), ..cases[1].start() };
        together.write(0, &start)?;
        alone[0].write(0, &start)?;
        let some: Vec<u32> = (0..70).collect();
        together.reestimate_batch_norm(2, &batches.data, &some, 32, &|| false)?;
        alone[2].reestimate_batch_norm(0, &batches.data, &some, 32, &|| false)?;
        train(&mut *together, &mut alone, &[1, 0, 2], 5)?;
        let indices = batches.indices(1);
        for (network, trainer) in alone.iter_mut().enumerate() {
            let batch = batches.of(&indices);
            let (found, expected) = (together.logits(network, batch)?, trainer.logits(0, batch)?);
            same_values(&found, &expected, &format!("logits of network {network}"))?;
            let (mut found, mut expected) = (Tensors::new(), Tensors::new());
            let indices = batches.indices(0);
            together.gradients(network, batches.of(&indices), Gradients::Live, &mut found)?;
            trainer.gradients(0, batches.of(&indices), Gradients::Live, &mut expected)?;
            same_bits(&found, &expected, &format!("gradients of network {network}"))?;
        }
    }
    Ok(())
}

/// The others keep their numbers and train on.
pub fn retired_networks_leave_the_others(engine: &dyn Engine) -> Outcome {
    for architecture in nets::all() {
        let cases = three(&architecture);
        let batches = Batches::new(engine, &cases[0], SHIFTED)?;
        let starts = cases.each_ref().map(Case::start);
        let mut together = engine.trainer(&cases[0].program(), &starts)?;
        let indices: Vec<Vec<u32>> = (0..3).map(|number| batches.indices(number)).collect();
        let updates = updates(&batches, &indices, cases[0].rate);
        together.retire(1);
        let stretches = [2, 0].map(|network| Stretch { network, updates: &updates });
        let mut reports = Vec::new();
        together.run(&stretches, &mut reports)?;
        ensure!(reports.len() == 6, "{} reports of two networks and three updates", reports.len());
        for network in [0, 2] {
            let mut alone = engine.trainer(&cases[network].program(), &[cases[network].start()])?;
            alone.run(&[Stretch { network: 0, updates: &updates }], &mut reports)?;
            let what = format!("{}, network {network}", architecture.name);
            same_state(&together.read(network), &alone.read(0), &what)?;
        }
    }
    Ok(())
}

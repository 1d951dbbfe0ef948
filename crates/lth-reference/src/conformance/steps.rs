//! Updates: every optimiser, clipping, smoothed labels.

use lth_model::{Batch, Engine, Gradients, Optimizer, View};

use super::{
    Outcome,
    case::{Batches, Case, DENSITIES, OPTIMIZERS, SHIFTED, stream},
    layers::{Numbers, compare_all},
    nets,
    pair::Step,
    random,
};

/// Trainings of some steps with every optimiser, dense and pruned.
pub fn every_optimizer(engine: &dyn Engine) -> Outcome {
    let mut compared = 0;
    for (optimizer, rate) in OPTIMIZERS {
        for density in DENSITIES {
            let case = Case::new(nets::small(), (optimizer, rate), 4).at(density);
            let batches = Batches::new(engine, &case, SHIFTED)?;
            let mut pair = case.pair(engine)?;
            for number in 0..18 {
                let indices = batches.indices(number);
                let step = pair.step(batches.of(&indices), rate);
                let what = || format!("{optimizer}, density {density}, step {number}");
                match step.map_err(|failure| failure.within(what()))? {
                    Step::Compared => compared += 1,
                    Step::Undecided => pair.catch_up(&case, &case.masks)?,
                }
            }
        }
    }
    ensure!(compared > OPTIMIZERS.len() * DENSITIES.len() * 9, "{compared} steps could be compared");
    Ok(())
}

/// A clipped step has the gradients of its own batch, whatever the trainer was asked before it.
pub fn clipping_reads_the_batch_of_its_step(engine: &dyn Engine) -> Outcome {
    let architecture = lth_model::mlp("clipped", &[40], &[20], 5);
    for first in [1.0, 0.2] {
        for asked in [None, Some(Gradients::All), Some(Gradients::Live)] {
            for with_views in [false, true] {
                let case = Case::new(architecture.clone(), (Optimizer::ADAM, 0.01), 4).at(first);
                let case = Case { clip: Some(0.05), ..case };
                let batches = Batches::new(engine, &case, SHIFTED)?;
                let mut pair = case.pair(engine)?;
                let mut masks = case.masks.clone();
                for number in 0..3 {
                    if number == 1 {
                        masks = case.clone().at(0.2).masks;
                        pair.remask(&masks)?;
                    }
                    let other: Vec<u32> = (0..9).collect();
                    match asked {
                        Some(which) => drop(pair.engine.gradients(batches.of(&other), which)?),
                        None => drop(pair.engine.logits(batches.of(&other))?),
                    }
                    let indices: Vec<u32> = batches.indices(number);
                    let views = vec![View::default(); if with_views { indices.len() } else { 0 }];
                    let batch = Batch::Stored { data: &batches.data, indices: &indices, views: &views };
                    if pair.step(batch, case.rate)? == Step::Undecided {
                        pair.catch_up(&case, &masks)?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// Random chains and networks of convolutions: outputs, gradients and a step, clipped or not, with smoothed labels or not.
pub fn random_networks(engine: &dyn Engine) -> Outcome {
    const CASES: u64 = 60;
    let mut compared = 0;
    for seed in 0..CASES {
        let case = random::case(seed);
        let numbers = Numbers::new(&case, case.batch_size, &mut stream(seed, 25));
        let step = compare_all(&mut case.pair(engine)?, numbers.batch(), case.rate);
        let what = || format!("seed {seed}: {}", random::describe(&case));
        compared += u64::from(step.map_err(|failure| failure.within(what()))? == Step::Compared);
    }
    ensure!(2 * compared >= CASES, "{compared} of {CASES} networks could be compared");
    Ok(())
}

//! Running statistics of batch normalisations.

use std::cell::Cell;

use lth_model::{
    Architecture, ArchitectureBuilder, Batch, Engine, EngineError, Examples, Gradients, Normalization,
    Tensors,
};

use super::{
    Outcome,
    bits::{same_bits, same_state},
    case::{Batches, Case, OPTIMIZERS, SHIFTED},
    nets,
};

fn normed() -> [Architecture; 2] {
    [nets::residual(), nets::pooled()]
}

/// The average over batches of their means and unbiased variances; nothing else changes. The last batch is smaller, one batch is
/// larger than the program says, one is larger than all.
pub fn statistics_are_estimated_anew(engine: &dyn Engine) -> Outcome {
    for architecture in normed() {
        let case = Case::new(architecture, OPTIMIZERS[3], 8).at(0.3);
        let batches = Batches::new(engine, &case, SHIFTED)?;
        let indices: Vec<u32> = (0..150).rev().filter(|index| index % 7 != 0).collect();
        for batch_size in [50, 70, 500] {
            let mut pair = case.pair(engine)?;
            let before = pair.engine.state();
            let done = pair.engine.reestimate_batch_norm(&batches.data, &indices, batch_size, &|| false)?;
            ensure!(done, "the estimation says that it was stopped");
            for reference in pair.references() {
                reference.reestimate_batch_norm(&batches.data, &indices, batch_size, &|| false)?;
            }
            let what = format!("{} in batches of {batch_size}", case.architecture.name);
            let after = pair.state(&what)?;
            let rest = |tensors: &Tensors| -> Tensors {
                let rest = tensors.iter().filter(|(name, _)| !name.contains("running_"));
                rest.map(|(name, tensor)| (name.clone(), tensor.clone())).collect()
            };
            same_bits(&rest(&after.weights), &rest(&before.weights), &what)?;
            same_bits(&after.optimizer.tensors, &before.optimizer.tensors, &what)?;
        }
    }
    // A network without batch normalisation is left as it is.
    let case = Case::new(nets::small(), OPTIMIZERS[3], 8);
    let batches = Batches::new(engine, &case, SHIFTED)?;
    let mut trainer = case.trainer(engine)?;
    let before = trainer.state();
    trainer.reestimate_batch_norm(&batches.data, &[0, 1, 2], 2, &|| false)?;
    same_state(&trainer.state(), &before, "a network without norms")
}

/// The statistics are as they were, and what was seen is forgotten.
pub fn an_estimation_that_is_stopped_changes_nothing(engine: &dyn Engine) -> Outcome {
    for architecture in normed() {
        let case = Case::new(architecture, OPTIMIZERS[3], 8).at(0.3);
        let batches = Batches::new(engine, &case, SHIFTED)?;
        let indices: Vec<u32> = (0..100).collect();
        let mut trainer = case.trainer(engine)?;
        let before = trainer.state();
        let asked = Cell::new(0);
        let stop = || asked.replace(asked.get() + 1) == 2;
        let done = trainer.reestimate_batch_norm(&batches.data, &indices, 20, &stop)?;
        ensure!(!done && asked.get() == 3, "stopped: {}, asked {} times", !done, asked.get());
        same_state(&trainer.state(), &before, "after the stop")?;
        let mut fresh = case.trainer(engine)?;
        for trainer in [&mut trainer, &mut fresh] {
            trainer.reestimate_batch_norm(&batches.data, &indices[..50], 20, &|| false)?;
        }
        same_state(&trainer.state(), &fresh.state(), "estimated after the stop")?;
    }
    Ok(())
}

/// No examples, batches of none, and examples that are not there.
pub fn estimations_of_nothing_are_refused(engine: &dyn Engine) -> Outcome {
    let case = Case::new(nets::residual(), OPTIMIZERS[3], 8);
    let batches = Batches::new(engine, &case, SHIFTED)?;
    let mut trainer = case.trainer(engine)?;
    let before = trainer.state();
    for (indices, batch_size) in
        [(&[][..], 8), (&[0, 1][..], 0), (&[0, 300][..], 8), (&[0, 1, 2, 300][..], 2)]
    {
        let result = trainer.reestimate_batch_norm(&batches.data, indices, batch_size, &|| false);
        let refused = matches!(result, Err(EngineError::Batch { .. }));
        ensure!(refused, "{indices:?} in batches of {batch_size}: {result:?}");
        same_state(&trainer.state(), &before, "after a refused estimation")?;
    }
    Ok(())
}

/// A batch of which a norm sees one value a channel has no variance: refused where the batch is normalised by itself, by the
/// layer's name, and nothing is changed.
pub fn one_value_a_channel_is_refused(engine: &dyn Engine) -> Outcome {
    let builder = || ArchitectureBuilder::new("one", &[4]).linear("fc1", 6).batch_norm("bn1");
    let features = builder().linear("fc2", 3).build().expect("a network");
    let maps = ArchitectureBuilder::new("one", &[1, 2, 2])
        .conv2d_without_bias("conv", 3, lth_model::Window::square(1, 1, 0))
        .batch_norm("bn1")
        .flatten("flatten")
        .linear("fc2", 3)
        .build()
        .expect("a network");
    let one = Batch::Values { inputs: &[0.1, 0.9, -0.3, 0.4], labels: &[2] };
    let case = Case::new(features, OPTIMIZERS[3], 3);
    let mut trainer = case.trainer(engine)?;
    let before = trainer.state();
    let refused = EngineError::OneValue { layer: "bn1".to_owned() };
    let bytes: Vec<u8> = (0..20).map(|byte| byte * 7).collect();
    let examples = Examples {
        bytes: bytes.into(),
        labels: vec![0; 5].into(),
        features: 4,
        normalization: Normalization::UNIT,
    };
    let data = engine.upload(&examples)?;
    let results = [
        ("a step", trainer.step(one, 0.1).err()),
        ("gradients", trainer.gradients(one, Gradients::All).err()),
        ("an estimation", trainer.reestimate_batch_norm(&data, &[0, 1, 2], 1, &|| false).err()),
        ("an estimation of one", trainer.reestimate_batch_norm(&data, &[0], 2, &|| false).err()),
    ];
    for (what, result) in results {
        ensure!(result.as_ref() == Some(&refused), "{what}: {result:?}, expected {refused:?}");
    }
    same_state(&trainer.state(), &before, "after what was refused")?;
    // Where statistics are estimated, the last example is left out if it is alone.
    trainer.reestimate_batch_norm(&data, &[0, 1, 2, 3], 2, &|| false)?;
    let estimated = trainer.state();
    trainer.reestimate_batch_norm(&data, &[0, 1, 2, 3, 4], 2, &|| false)?;
    same_state(&trainer.state(), &estimated, "the last example is left out")?;
    // Evaluation, and maps of several places, have a variance.
    trainer.logits(one)?;
    let mut trainer = Case::new(maps, OPTIMIZERS[3], 3).trainer(engine)?;
    trainer.step(one, 0.1)?;
    trainer.gradients(one, Gradients::All)?;
    Ok(())
}

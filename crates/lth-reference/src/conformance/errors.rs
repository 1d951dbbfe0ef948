//! What does not fit is refused in the interface's words, and nothing is changed by it.

use lth_model::{
    Batch, Engine, EngineError, Examples, Gradients, Mask, Masks, OneNetwork, Start, Stretch, Tensor, Update,
    View,
};

use super::{
    Outcome,
    bits::same_state,
    case::{Batches, Case, DENSITIES, OPTIMIZERS, SHIFTED},
    nets::{self, CLASSES, FEATURES},
};

fn case() -> Case {
    Case::new(nets::small(), OPTIMIZERS[6], 1)
}

fn is<T>(result: Result<T, EngineError>, expected: &EngineError, what: &str) -> Outcome {
    let found = result.err();
    ensure!(found.as_ref() == Some(expected), "{what}: {found:?}, expected {expected:?}");
    Ok(())
}

/// Making a trainer and writing into one refuse a start alike.
fn refused(engine: &dyn Engine, start: &Start<'_>, expected: &EngineError) -> Outcome {
    let case = case();
    let what = format!("a start with {expected}");
    is(OneNetwork::new(engine, &case.program(), start).map(drop), expected, &what)?;
    let good = case.start();
    is(engine.trainer(&case.program(), &[good, *start]).map(drop), expected, &what)?;
    let mut trainer = case.trainer(engine)?;
    let batches = Batches::new(engine, &case, SHIFTED)?;
    batches.train(&mut trainer, case.rate, 0..2)?;
    let before = trainer.state();
    is(trainer.write(start), expected, &what)?;
    same_state(&trainer.state(), &before, &what)
}

/// Missing, unknown, and of another shape.
pub fn tensors_that_do_not_fit(engine: &dyn Engine) -> Outcome {
    let case = case();
    let mut missing = case.weights.clone();
    missing.shift_remove("fc2.bias");
    let error = EngineError::MissingTensor { name: "fc2.bias".to_owned() };
    refused(engine, &Start { weights: &missing, ..case.start() }, &error)?;

    let mut unknown = case.weights.clone();
    unknown.insert("fc4.weight".to_owned(), Tensor::zeros(vec![2, 2]));
    let error = EngineError::UnknownTensor { name: "fc4.weight".to_owned() };
    refused(engine, &Start { weights: &unknown, ..case.start() }, &error)?;

    let mut transposed = case.weights.clone();
    transposed.insert("fc1.weight".to_owned(), Tensor::zeros(vec![FEATURES, 33]));
    refused(engine, &Start { weights: &transposed, ..case.start() }, &transposed_shape("fc1.weight"))
}

fn transposed_shape(name: &str) -> EngineError {
    EngineError::Shape { name: name.to_owned(), expected: vec![33, FEATURES], found: vec![FEATURES, 33] }
}

/// Of tensors that are none, of biases, and of another shape; at a start and in training.
pub fn masks_that_do_not_fit(engine: &dyn Engine) -> Outcome {
    let case = case();
    let unknown = |name: &str| EngineError::UnknownTensor { name: format!("{name}.mask") };
    for (name, shape, error) in [
        ("fc9.weight", vec![2], unknown("fc9.weight")),
        ("fc1.bias", vec![33], unknown("fc1.bias")),
        ("fc1.weight", vec![FEATURES, 33], transposed_shape("fc1.weight.mask")),
    ] {
        let masks = Masks::from([(name.to_owned(), Mask::empty(shape))]);
        refused(engine, &Start { masks: &masks, ..case.start() }, &error)?;
        let mut trainer = case.trainer(engine)?;
        is(trainer.remask(&masks), &error, "other masks")?;
        same_state(&trainer.state(), &case.trainer(engine)?.state(), "after refused masks")?;
    }
    Ok(())
}

/// Moments that are missing or of another shape.
pub fn memory_that_does_not_fit(engine: &dyn Engine) -> Outcome {
    let case = case();
    let mut memory = case.trainer(engine)?.state().optimizer;
    let name = "fc3.weight.exp_avg_sq".to_owned();
    memory.tensors.shift_remove(&name);
    let error = EngineError::MissingTensor { name: name.clone() };
    refused(engine, &Start { optimizer: Some(&memory), ..case.start() }, &error)?;
    memory.tensors.insert(name.clone(), Tensor::zeros(vec![1]));
    let error = EngineError::Shape { name, expected: vec![CLASSES, 21], found: vec![1] };
    refused(engine, &Start { optimizer: Some(&memory), ..case.start() }, &error)
}

/// Everything that takes a batch refuses this one for the same reason.
fn refused_batch(trainer: &mut OneNetwork, batch: Batch<'_>, reason: &str) -> Outcome {
    let before = trainer.state();
    let expected = EngineError::Batch { reason: reason.to_owned() };
    is(trainer.step(batch, 0.1), &expected, "a step")?;
    is(trainer.logits(batch), &expected, "logits")?;
    is(trainer.gradients(batch, Gradients::All), &expected, "gradients")?;
    same_state(&trainer.state(), &before, reason)
}

/// Empty, with examples that are not there, with other sizes, labels or numbers of views.
pub fn batches_that_do_not_fit(engine: &dyn Engine) -> Outcome {
    for density in DENSITIES {
        let case = case().at(density);
        let batches = Batches::new(engine, &case, SHIFTED)?;
        let trainer = &mut case.trainer(engine)?;
        batches.train(trainer, case.rate, 0..2)?;
        let data = &batches.data;
        let stored = |indices| Batch::Stored { data, indices, views: &[] };

        let empty = "it has no example";
        refused_batch(trainer, stored(&[]), empty)?;
        refused_batch(trainer, Batch::Values { inputs: &[], labels: &[] }, empty)?;
        let beyond = "example 300 of 300 does not exist";
        refused_batch(trainer, stored(&[0, 300]), beyond)?;
        let expected = EngineError::Batch { reason: beyond.to_owned() };
        is(engine.evaluation_set(data, &[0, 300]), &expected, "an evaluation set")?;
        let views = [View::default()];
        let views = Batch::Stored { data, indices: &[0, 1], views: &views };
        refused_batch(trainer, views, "1 views of 2 examples")?;

        let examples = data.examples();
        let (bytes, labels) = (vec![0; 20].into(), vec![0, 1].into());
        let narrow = engine.upload(&Examples { bytes, labels, features: 10, ..examples.clone() })?;
        let reason = format!("examples have 10 values, the network reads {FEATURES}");
        refused_batch(trainer, Batch::Stored { data: &narrow, indices: &[0, 1], views: &[] }, &reason)?;
        let set = engine.evaluation_set(&narrow, &[0, 1])?;
        is(trainer.evaluate(&set), &EngineError::Batch { reason }, "an evaluation")?;

        let mut labels = examples.labels.to_vec();
        labels[4] = CLASSES as u16;
        let mislabelled = engine.upload(&Examples { labels: labels.into(), ..examples.clone() })?;
        let label = format!("label {CLASSES}, but there are {CLASSES} classes");
        refused_batch(trainer, Batch::Stored { data: &mislabelled, indices: &[3, 4], views: &[] }, &label)?;
        let set = engine.evaluation_set(&mislabelled, &[3, 4])?;
        is(trainer.evaluate(&set), &EngineError::Batch { reason: label.clone() }, "an evaluation")?;
        let inputs = vec![0.5; FEATURES];
        refused_batch(trainer, Batch::Values { inputs: &inputs, labels: &[CLASSES as u16] }, &label)?;
        // The label that is wrong is not asked for.
        trainer.step(Batch::Stored { data: &mislabelled, indices: &[3, 5], views: &[] }, 0.0)?;
        trainer.evaluate(&engine.evaluation_set(&mislabelled, &[3, 5])?)?;

        let short = format!("{FEATURES} values for 2 examples of {FEATURES}");
        refused_batch(trainer, Batch::Values { inputs: &inputs, labels: &[0, 1] }, &short)?;
    }
    Ok(())
}

/// The updates before it are made, and no other.
pub fn a_stretch_ends_at_a_batch_that_does_not_fit(engine: &dyn Engine) -> Outcome {
    for architecture in nets::all() {
        let case = Case::new(architecture, OPTIMIZERS[6], 2);
        let batches = Batches::new(engine, &case, SHIFTED)?;
        let indices: Vec<Vec<u32>> =
            vec![batches.indices(0), batches.indices(1), vec![0, 300], batches.indices(2)];
        let updates: Vec<Update<'_>> =
            indices.iter().map(|indices| Update { batch: batches.of(indices), rate: case.rate }).collect();
        let mut trainer = engine.trainer(&case.program(), &[case.start()])?;
        let result = trainer.run(&[Stretch { network: 0, updates: &updates }], &mut Vec::new());
        ensure!(matches!(result, Err(EngineError::Batch { .. })), "the stretch gives {result:?}");
        let mut expected = case.trainer(engine)?;
        batches.train(&mut expected, case.rate, 0..2)?;
        same_state(&trainer.read(0), &expected.state(), &case.architecture.name)?;
    }
    Ok(())
}

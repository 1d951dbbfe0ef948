//! Two engines that should compute the same bits.

use lth_model::{Engine, Evaluation, Gradients, Pruned, StepReport, Tensors, TrainerState};

use super::{
    Failure, Outcome, bits,
    case::{Batches, Case, DENSITIES, OPTIMIZERS, SHIFTED, stream},
    layers::Numbers,
    nets, random,
};

/// Everything that a training leaves.
struct Left {
    reports: Vec<StepReport>,
    evaluations: Vec<Evaluation>,
    state: TrainerState,
    gradients: Tensors,
    logits: Vec<f32>,
}

/// That both engines train networks to the same bits: one engine with different instructions or numbers of threads, or two of
/// the same [`Engine::numerics`].
pub fn same_bits(found: &dyn Engine, expected: &dyn Engine) -> Outcome {
    for architecture in nets::all() {
        for (number, optimizer) in OPTIMIZERS.into_iter().enumerate() {
            // Graphs take longer, and share the update rules.
            if architecture.nodes[0].shape.len() > 1 && number % 3 > 0 {
                continue;
            }
            let density = DENSITIES[number % DENSITIES.len()];
            let case = Case { smoothing: 0.1, ..Case::new(architecture.clone(), optimizer, 1).at(density) };
            let clip = number.is_multiple_of(2).then_some(1.0);
            let what = format!("{}, {}, density {density}", architecture.name, optimizer.0);
            let case = Case { clip, ..case };
            same(found, expected, &case, &what, train)?;
            if !case.masks.is_empty() {
                let frozen = Case { pruned: Pruned::Frozen, ..case };
                same(found, expected, &frozen, &format!("{what}, frozen"), train)?;
            }
        }
    }
    for seed in 0..40 {
        let case = random::case(3000 + seed);
        let what = format!("seed {seed}: {}", random::describe(&case));
        same(found, expected, &case, &what, |engine, case| train_random(engine, case, seed))?;
    }
    Ok(())
}

fn same(
    found: &dyn Engine,
    expected: &dyn Engine,
    case: &Case,
    what: &str,
    train: impl Fn(&dyn Engine, &Case) -> Result<Left, Failure>,
) -> Outcome {
    let (found, expected) = (train(found, case)?, train(expected, case)?);
    let (a, b) = (&found.reports, &expected.reports);
    ensure!(a == b, "{what}: reports {a:?}, expected {b:?}");
    let (a, b) = (&found.evaluations, &expected.evaluations);
    ensure!(a == b, "{what}: evaluations {a:?}, expected {b:?}");
    bits::same_state(&found.state, &expected.state, what)?;
    bits::same_bits(&found.gradients, &expected.gradients, &format!("{what}: gradients"))?;
    bits::same_values(&found.logits, &expected.logits, &format!("{what}: logits"))
}

/// Some steps, with evaluations between.
fn train(engine: &dyn Engine, case: &Case) -> Result<Left, Failure> {
    let batches = Batches::new(engine, case, SHIFTED)?;
    let mut trainer = case.trainer(engine)?;
    let set = engine.evaluation_set(&batches.data, &(0..150).collect::<Vec<u32>>())?;
    let (mut reports, mut evaluations) = (Vec::new(), Vec::new());
    for number in 0..6 {
        reports.push(trainer.step(batches.of(&batches.indices(number)), case.rate)?);
        if number % 3 == 2 {
            evaluations.push(trainer.evaluate(&set)?);
        }
    }
    let indices = batches.indices(2);
    let gradients = trainer.gradients(batches.of(&indices), Gradients::All)?;
    let logits = trainer.logits(batches.of(&indices))?;
    Ok(Left { reports, evaluations, state: trainer.state(), gradients, logits })
}

/// Batches of the case's size, and of half of it.
fn train_random(engine: &dyn Engine, case: &Case, seed: u64) -> Result<Left, Failure> {
    let mut trainer = case.trainer(engine)?;
    let sizes = [case.batch_size, case.batch_size.div_ceil(2).max(2)];
    let batches = sizes.map(|size| Numbers::new(case, size, &mut stream(seed, 26)));
    let mut reports = Vec::new();
    for batch in batches.iter().cycle().take(3) {
        reports.push(trainer.step(batch.batch(), case.rate)?);
    }
    let gradients = trainer.gradients(batches[0].batch(), Gradients::All)?;
    let logits = trainer.logits(batches[0].batch())?;
    Ok(Left { reports, evaluations: Vec::new(), state: trainer.state(), gradients, logits })
}

//! The files of a supermask that is learned.

use lth_model::{Masks, Normalizing, OneNetwork, Program, Start, Step, TensorFile, Tensors};
use lth_ticket::{
    SupermaskMethod, Ticket, TicketOrigin, Trained, at_end, early_stop, likely_masks, sampled_masks,
    scores_of, supermask_weights, top_masks,
};

use super::{
    SupermaskRecord,
    learn::{Learning, normalizing},
    record::MaskAccuracy,
};
use crate::{
    Outcome, StageError, Timing,
    atomic::write_file,
    metrics::{layer_counts, metrics_csv},
};

/// Writes the files of a learned supermask; the record last, for it says that the others are there. Not when it is stopped before.
///
/// # Errors
/// When the engine refuses a mask or a file cannot be written.
pub(super) fn write_result(work: &Learning<'_>, trained: &Trained) -> Result<bool, StageError> {
    let (files, seed) = (&work.files, work.experiment.seed(0));
    let network = work.bench.architecture;
    let scores = scores_of(&trained.optimizer);
    let last = trained.history.last().map_or(0, |row| row.iteration);
    let end = at_end(&trained.history).ok_or(StageError::Diverged { iteration: last })?;

    let mask = |sample: u32| match work.settings.method {
        SupermaskMethod::Bernoulli { .. } => sampled_masks(&scores, seed, trained.optimizer.updates, sample),
        SupermaskMethod::EdgePopup { density } => top_masks(&scores, density),
    };
    let first = mask(0);
    let Some(saved) = network_of(work, &first)? else { return Ok(false) };
    let mut samples = vec![saved.test_accuracy];
    // One network at a time: a mask has as many weights as the next.
    for sample in 1..work.settings.method.samples() {
        let Some(network) = network_of(work, &mask(sample))? else { return Ok(false) };
        samples.push(network.test_accuracy);
    }
    let likely = if matches!(work.settings.method, SupermaskMethod::Bernoulli { .. }) {
        let masks = likely_masks(&scores);
        let Some(likely) = network_of(work, &masks)? else { return Ok(false) };
        Some(MaskAccuracy { density: network.density(&masks), test_accuracy: likely.test_accuracy })
    } else {
        None
    };
    let record = SupermaskRecord {
        seed,
        density: network.density(&first),
        layers: layer_counts(network, &first),
        end: end.into(),
        early_stop: early_stop(&trained.history)
            .filter(|point| point.validation_loss.is_some())
            .map(Outcome::from),
        train_loss: trained.train.loss,
        train_accuracy: trained.train.accuracy(),
        samples,
        likely,
        inputs: work.key.as_str().to_owned(),
    };

    let file = |kind: &str, tensors| {
        TensorFile { tensors, metadata: work.metadata(kind), ..TensorFile::default() }.to_bytes()
    };
    write_file(&files.initial(), &file("initial", work.frozen.weights.clone()))?;
    write_file(&files.scores(), &file("supermask-scores", scores))?;
    write_file(&files.metrics(), &metrics_csv(&trained.history))?;
    let saved = ticket(work, saved.weights, &first)?;
    write_file(&files.supermask(), &saved.to_bytes())?;
    let timing = Timing::now(trained.seconds, trained.cpu_seconds, last);
    write_file(&files.timing(), timing.to_json().as_bytes())?;
    let mut text = serde_json::to_string_pretty(&record).expect("a record is plain values");
    text.push('\n');
    write_file(&files.record(), text.as_bytes())?;
    Ok(true)
}

/// The masked network as a ticket that a training could start from.
fn ticket(work: &Learning<'_>, weights: Tensors, masks: &Masks) -> Result<Ticket, StageError> {
    let mut metadata = work.metadata("ticket");
    metadata.retain(|key, _| key == "supermask");
    let origin = TicketOrigin {
        data: work.experiment.view.name_of(&work.experiment.dataset),
        round: 1,
        seed: work.experiment.seed(0),
        rewind: Step::from_iterations(0),
        rewind_iteration: 0,
        parent: None,
        metadata,
    };
    Ok(Ticket::new(work.bench.architecture, origin, weights, masks)?)
}

/// The network that a mask makes.
struct MaskedNetwork {
    /// Masked weights, biases and the running statistics of this mask.
    weights: Tensors,
    test_accuracy: f64,
}

/// What an evaluation while learning makes of a mask: statistics estimated, accuracy on the test set; `None` when stopped.
fn network_of(work: &Learning<'_>, masks: &Masks) -> Result<Option<MaskedNetwork>, StageError> {
    let weights = supermask_weights(&work.frozen.weights, masks, work.settings.dynamic_rescaling);
    let architecture = work.bench.architecture;
    let (recipe, seed) = (&work.experiment.recipe, work.experiment.seed(0));
    // Dense, as in learning: the same bits.
    let masks = Masks::new();
    let program = Program::evaluation(architecture, recipe.batch_size);
    let start = Start::new(&weights, &masks, seed);
    let mut network = OneNetwork::new(work.bench.engine, &program, &start)?;
    let stop = || work.bench.stop.is_set();
    if !architecture.running_statistics().is_empty() {
        let Normalizing { data, indices, batch_size } = normalizing(&work.data);
        let done = network.reestimate_batch_norm(&data, &indices, batch_size, &stop);
        if !done? {
            return Ok(None);
        }
    }
    let sets = work.data.evaluation_sets(work.bench.engine)?;
    let evaluation = network.evaluate_unless(&sets.test, &stop)?;
    Ok(evaluation.map(|found| MaskedNetwork { weights: network.weights(), test_accuracy: found.accuracy() }))
}

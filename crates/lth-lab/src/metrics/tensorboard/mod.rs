//! TensorBoard's event files: records framed as in TFRecord, each an `Event` of protocol buffers.
//!
//! Format: <https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto> and
//! <https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details>.

mod read;
mod settings;
#[cfg(test)]
mod tests;
mod write;

use lth_ticket::MetricRow;

use super::{RoundResult, RunResults, Timestamps, timing::now};
use crate::Variant;
pub(crate) use read::{ReadScalar, read_event_file};
use write::{EventFile, Scalar};

/// The event file of one training: loss and accuracy of each split over iterations.
pub(crate) fn training_event_file(history: &[MetricRow], timestamps: &Timestamps) -> Vec<u8> {
    let scalars: Vec<Scalar> = history
        .iter()
        .flat_map(|row| {
            [("loss", row.loss), ("accuracy", row.accuracy)].map(|(metric, value)| Scalar {
                tag: format!("{}/{metric}", row.split.name()),
                step: row.iteration,
                value,
                time: timestamps.at(row.iteration),
            })
        })
        .collect();
    EventFile::of(&scalars).into_bytes()
}

/// The event file of a variant in one replicate: density, early stop and accuracies over rounds, what they come to (`result/`), and the
/// settings of the run.
pub(crate) fn round_event_file(results: &RunResults, replicate: u32, variant: Variant) -> Vec<u8> {
    let rounds: Vec<&RoundResult> = results.of(replicate, variant).collect();
    let mut scalars: Vec<Scalar> = rounds.iter().flat_map(|result| of_round(result)).collect();
    scalars.extend(of_all_rounds(&rounds));
    let mut file = EventFile::of(&scalars);
    let name = results.experiment.name.clone().unwrap_or_else(|| results.experiment.folder_name());
    let group = match variant {
        Variant::Ticket => name,
        Variant::Control(_) => format!("{name} {variant}"),
    };
    let is_complete = rounds.last().is_some_and(|last| last.record.round + 1 == results.experiment.rounds);
    let ended = rounds.iter().map(|result| finished(result)).fold(0.0, f64::max);
    settings::push_settings(&mut file, &results.experiment, variant, &group, is_complete.then_some(ended));
    file.into_bytes()
}

/// When a training ended, in seconds since 1970.
fn finished(result: &RoundResult) -> f64 {
    result.timing.as_ref().map_or_else(now, |timing| timing.finished)
}

fn of_round(result: &RoundResult) -> Vec<Scalar> {
    let (record, time) = (&result.record, finished(result));
    let scalar =
        |tag: &str, value| Scalar { tag: format!("round/{tag}"), step: record.round.into(), value, time };
    let mut scalars = vec![
        scalar("density", record.density.get()),
        scalar("test accuracy at the end", record.end.test_accuracy),
        scalar("training accuracy at the end", record.train_accuracy),
    ];
    if let Some(early) = &record.early_stop {
        scalars.push(scalar("early-stop iteration", early.iteration as f64));
        scalars.push(scalar("test accuracy at early stop", early.test_accuracy));
    }
    if let Some(timing) = &result.timing {
        scalars.push(scalar("steps per second", timing.steps_per_second()));
    }
    scalars
}

/// The dense network's accuracy, the best ticket's or control's with its density, and the last one's.
fn of_all_rounds(rounds: &[&RoundResult]) -> Vec<Scalar> {
    let scalar = |tag: &str, result: &RoundResult, value| Scalar {
        tag: format!("result/{tag}"),
        step: result.record.round.into(),
        value,
        time: finished(result),
    };
    let (dense, pruned) = match rounds {
        [first, rest @ ..] if first.record.round == 0 => (Some(*first), rest),
        all => (None, all),
    };
    let best = pruned.iter().max_by(|a, b| a.test_accuracy().total_cmp(&b.test_accuracy()));
    let accuracy = |tag, result: &RoundResult| scalar(tag, result, result.test_accuracy());
    let dense = dense.map(|result| accuracy("test accuracy, dense", result));
    let best = best.map(|result| {
        let density = scalar("density, best", result, result.density().get());
        [accuracy("test accuracy, best", result), density]
    });
    let last = pruned.last().map(|result| accuracy("test accuracy, last", result));
    dense.into_iter().chain(best.into_iter().flatten()).chain(last).collect()
}

/// What the event file of a training with this history holds.
pub(crate) fn scalars_of(history: &[MetricRow]) -> Vec<ReadScalar> {
    let of_row = |row: &MetricRow| {
        [("loss", row.loss), ("accuracy", row.accuracy)]
            .map(|(metric, value)| (format!("{}/{metric}", row.split.name()), row.iteration, value as f32))
    };
    history.iter().flat_map(of_row).collect()
}

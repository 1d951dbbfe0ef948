//! TensorBoard's event files: records framed as in TFRecord, each an `Event` of protocol buffers.
//!
//! Format: <https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto> and
//! <https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details>.

use lth_ticket::MetricRow;
use prost::encoding::{bytes, decode_varint, double, float, int64, string};

use super::{RoundResult, Timestamps, timing::now};

/// One number at one step.
#[derive(Debug, Clone, PartialEq)]
struct Scalar {
    /// The name of its curve: `validation/accuracy`.
    tag: String,
    /// The horizontal place: an iteration or a round.
    step: u64,
    /// The value.
    value: f64,
    /// When it was measured, in seconds since 1970.
    time: f64,
}

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
    event_file(&scalars)
}

/// The event file of a variant in one replicate: density, early stop and accuracies over rounds.
pub(crate) fn round_event_file<'a>(rounds: impl Iterator<Item = &'a RoundResult>) -> Vec<u8> {
    let mut scalars = Vec::new();
    for result in rounds {
        let (record, time) =
            (&result.record, result.timing.as_ref().map_or_else(now, |timing| timing.finished));
        let mut push = |tag: &str, value: f64| {
            scalars.push(Scalar { tag: format!("round/{tag}"), step: u64::from(record.round), value, time });
        };
        push("density", record.density.get());
        push("test accuracy at the end", record.end.test_accuracy);
        push("training accuracy at the end", record.train_accuracy);
        if let Some(early) = &record.early_stop {
            push("early-stop iteration", early.iteration as f64);
            push("test accuracy at early stop", early.test_accuracy);
        }
        if let Some(timing) = &result.timing {
            push("steps per second", timing.steps_per_second());
        }
    }
    event_file(&scalars)
}

/// The bytes of an event file with these scalars.
fn event_file(scalars: &[Scalar]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let started = scalars.iter().map(|scalar| scalar.time).fold(f64::INFINITY, f64::min);
    let version = "brain.Event:2".to_owned();
    let begun = if started.is_finite() { started } else { 0.0 };
    push_record(&mut bytes, &event(begun, 0, |event| string::encode(FILE_VERSION, &version, event)));
    for scalar in scalars {
        let event = event(scalar.time, scalar.step, |event| {
            message(SUMMARY, event, |summary| {
                message(VALUE, summary, |value| {
                    string::encode(TAG, &scalar.tag, value);
                    float::encode(SIMPLE_VALUE, &(scalar.value as f32), value);
                });
            });
        });
        push_record(&mut bytes, &event);
    }
    bytes
}

// The numbers of fields: of `tensorboard.Event`,
const WALL_TIME: u32 = 1;
const STEP: u32 = 2;
const FILE_VERSION: u32 = 3;
const SUMMARY: u32 = 5;
// of `tensorboard.Summary`,
const VALUE: u32 = 1;
// and of `tensorboard.Summary.Value`.
const TAG: u32 = 1;
const SIMPLE_VALUE: u32 = 2;

/// A `tensorboard.Event`; numbers that are 0 are left out, as the format wants it.
fn event(time: f64, step: u64, what: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    if time != 0.0 {
        double::encode(WALL_TIME, &time, &mut bytes);
    }
    if step != 0 {
        int64::encode(STEP, &(step as i64), &mut bytes);
    }
    what(&mut bytes);
    bytes
}

/// A message inside of another.
fn message(field: u32, to: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    let mut payload = Vec::new();
    fill(&mut payload);
    bytes::encode(field, &payload, to);
}

/// Length, checksum of the length, payload, checksum of the payload.
fn push_record(bytes: &mut Vec<u8>, payload: &[u8]) {
    let length = (payload.len() as u64).to_le_bytes();
    bytes.extend_from_slice(&length);
    bytes.extend_from_slice(&masked_checksum(&length).to_le_bytes());
    bytes.extend_from_slice(payload);
    bytes.extend_from_slice(&masked_checksum(payload).to_le_bytes());
}

/// CRC-32C, rotated and shifted, so that the checksum of data that hold checksums stays a good one.
fn masked_checksum(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// A number of an event file: its tag, its step and its value.
pub(crate) type ReadScalar = (String, u64, f32);

/// What the event file of a training with this history holds.
pub(crate) fn scalars_of(history: &[MetricRow]) -> Vec<ReadScalar> {
    let of_row = |row: &MetricRow| {
        [("loss", row.loss), ("accuracy", row.accuracy)]
            .map(|(metric, value)| (format!("{}/{metric}", row.split.name()), row.iteration, value as f32))
    };
    history.iter().flat_map(of_row).collect()
}

/// Reads the numbers of an event file back.
///
/// # Errors
/// Says, in words, where a record is cut off or has another checksum.
pub(crate) fn read_event_file(mut bytes: &[u8]) -> Result<Vec<ReadScalar>, String> {
    let length = bytes.len();
    let mut scalars = Vec::new();
    if bytes.is_empty() {
        return Err("it is empty".to_owned());
    }
    while !bytes.is_empty() {
        let at = length - bytes.len();
        let payload =
            take_record(&mut bytes).map_err(|reason| format!("the record at byte {at} {reason}"))?;
        read_event(payload, &mut scalars).ok_or_else(|| format!("the record at byte {at} is no event"))?;
    }
    Ok(scalars)
}

/// What [`push_record`] wrote.
fn take_record<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], String> {
    let ended = || "is cut off".to_owned();
    let check = |found: [u8; 4], of: &[u8]| {
        let is_right = u32::from_le_bytes(found) == masked_checksum(of);
        is_right.then_some(()).ok_or_else(|| "has another checksum than its content".to_owned())
    };
    let length = bytes.split_off(..8).and_then(|length| length.first_chunk::<8>()).ok_or_else(ended)?;
    check(take_four(bytes).ok_or_else(ended)?, length)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| ended())?;
    let payload = bytes.split_off(..length).ok_or_else(ended)?;
    check(take_four(bytes).ok_or_else(ended)?, payload)?;
    Ok(payload)
}

fn take_four(bytes: &mut &[u8]) -> Option<[u8; 4]> {
    bytes.split_off(..4)?.first_chunk().copied()
}

/// Adds the numbers of an event; `None` when it is none.
fn read_event(mut event: &[u8], scalars: &mut Vec<ReadScalar>) -> Option<()> {
    let mut step = 0;
    while !event.is_empty() {
        match take_field(&mut event)? {
            (STEP, Field::Number(number)) => step = number,
            (SUMMARY, Field::Bytes(mut summary)) => {
                while !summary.is_empty() {
                    let (VALUE, Field::Bytes(mut value)) = take_field(&mut summary)? else { continue };
                    let mut scalar = (String::new(), step, 0.0);
                    while !value.is_empty() {
                        match take_field(&mut value)? {
                            (TAG, Field::Bytes(tag)) => scalar.0 = String::from_utf8(tag.to_vec()).ok()?,
                            (SIMPLE_VALUE, Field::Four(bytes)) => scalar.2 = f32::from_le_bytes(bytes),
                            _ => {}
                        }
                    }
                    scalars.push(scalar);
                }
            }
            _ => {}
        }
    }
    Some(())
}

/// A field of a message, by how it is stored.
enum Field<'a> {
    Number(u64),
    Four([u8; 4]),
    Eight,
    Bytes(&'a [u8]),
}

/// The number of the next field, and the field.
fn take_field<'a>(message: &mut &'a [u8]) -> Option<(u32, Field<'a>)> {
    let key = decode_varint(message).ok()?;
    let field = match key & 7 {
        0 => Field::Number(decode_varint(message).ok()?),
        1 => message.split_off(..8).map(|_| Field::Eight)?,
        2 => {
            let length = usize::try_from(decode_varint(message).ok()?).ok()?;
            Field::Bytes(message.split_off(..length)?)
        }
        5 => Field::Four(take_four(message)?),
        _ => return None,
    };
    Some((u32::try_from(key >> 3).ok()?, field))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lth_ticket::Split;

    fn history() -> Vec<MetricRow> {
        let row = |iteration, split, loss| MetricRow { iteration, split, loss, accuracy: 0.25 };
        vec![row(0, Split::Test, 2.5), row(100, Split::Train, 0.125), row(100, Split::Test, 1e-3)]
    }

    #[test]
    fn what_was_written_is_read_back() {
        let bytes = training_event_file(&history(), &Timestamps::default());
        assert_eq!(read_event_file(&bytes).unwrap(), scalars_of(&history()));
    }

    #[test]
    fn every_byte_counts() {
        let bytes = training_event_file(&history(), &Timestamps::default());
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(read_event_file(&changed).is_err(), "byte {at}");
        }
        let records: Vec<usize> =
            (0..bytes.len()).filter(|&end| read_event_file(&bytes[..end]).is_ok()).collect();
        // Whole records only: what is missing then, the metrics say.
        assert_eq!(records.len(), scalars_of(&history()).len());
    }

    #[test]
    fn the_bytes_of_a_scalar_are_those_of_the_reference_writer() {
        // Written by the reference implementation for the same scalar.
        let expected = "1800000000000000a37f4b220900001040fc54d9411a0d627261696e2e4576656e743a32338d2fe92a00000000000000ae8d91f50900001040fc54d94110ac022a1c0a1a0a1376616c69646174696f6e2f6163637572616379150000003fbc09dbcd";
        let scalar =
            Scalar { tag: "validation/accuracy".to_owned(), step: 300, value: 0.5, time: 1_700_000_000.25 };
        let hex: String = event_file(&[scalar]).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, expected);
    }
}

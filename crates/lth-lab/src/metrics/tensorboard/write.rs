//! Writing event files.

use prost::encoding::{bytes, double, float, int32, int64, string};

// The numbers of fields: of `tensorboard.Event`,
const WALL_TIME: u32 = 1;
pub(super) const STEP: u32 = 2;
const FILE_VERSION: u32 = 3;
pub(super) const SUMMARY: u32 = 5;
// of `tensorboard.Summary`,
pub(super) const VALUE: u32 = 1;
// of `tensorboard.Summary.Value`,
pub(super) const TAG: u32 = 1;
pub(super) const SIMPLE_VALUE: u32 = 2;
const TENSOR: u32 = 8;
const METADATA: u32 = 9;
// of `tensorboard.SummaryMetadata` and its `PluginData`,
const PLUGIN_DATA: u32 = 1;
const DATA_CLASS: u32 = 4;
const PLUGIN_NAME: u32 = 1;
const CONTENT: u32 = 2;
/// TensorBoard gives plugin data without a class the empty tensor that its loaders want; with a class it does not.
const CLASS_UNKNOWN: i32 = 0;
const CLASS_TENSOR: i32 = 2;
// and of `tensorboard.TensorProto`.
const DTYPE: u32 = 1;
const SHAPE: u32 = 2;
const STRING_VALUE: u32 = 8;
const DTYPE_STRING: i32 = 7;

/// One number at one step.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scalar {
    /// The name of its curve: `validation/accuracy`.
    pub(super) tag: String,
    /// The horizontal place: an iteration or a round.
    pub(super) step: u64,
    /// The value.
    pub(super) value: f64,
    /// When it was measured, in seconds since 1970.
    pub(super) time: f64,
}

/// An event file that is being written.
pub(super) struct EventFile {
    bytes: Vec<u8>,
    begun: f64,
}

impl EventFile {
    /// A file whose first event is at this time, in seconds since 1970.
    pub(super) fn new(begun: f64) -> Self {
        let mut file = Self { bytes: Vec::new(), begun };
        let version = "brain.Event:2".to_owned();
        file.push_record(&event(begun, 0, |event| string::encode(FILE_VERSION, &version, event)));
        file
    }

    /// A file of these scalars.
    pub(super) fn of(scalars: &[Scalar]) -> Self {
        let begun = scalars.iter().map(|scalar| scalar.time).fold(f64::INFINITY, f64::min);
        let mut file = Self::new(if begun.is_finite() { begun } else { 0.0 });
        for scalar in scalars {
            file.push_scalar(scalar);
        }
        file
    }

    /// What is written.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// When its first event was.
    pub(super) fn begun(&self) -> f64 {
        self.begun
    }

    fn push_scalar(&mut self, scalar: &Scalar) {
        self.push_value(&scalar.tag, scalar.time, scalar.step, |value| {
            float::encode(SIMPLE_VALUE, &(scalar.value as f32), value);
        });
    }

    /// Data of a plugin, which lie in the metadata of a value without numbers.
    pub(super) fn push_plugin_data(&mut self, plugin: &str, tag: &str, content: &[u8]) {
        self.push_value(tag, self.begun, 0, |value| metadata(value, plugin, content, CLASS_UNKNOWN));
    }

    /// A text, written in Markdown.
    pub(super) fn push_text(&mut self, tag: &str, text: &str) {
        self.push_value(tag, self.begun, 0, |value| {
            message(TENSOR, value, |tensor| {
                int32::encode(DTYPE, &DTYPE_STRING, tensor);
                message(SHAPE, tensor, |_| {});
                string::encode(STRING_VALUE, &text.to_owned(), tensor);
            });
            metadata(value, "text", &[], CLASS_TENSOR);
        });
    }

    fn push_value(&mut self, tag: &str, time: f64, step: u64, fill: impl FnOnce(&mut Vec<u8>)) {
        let event = event(time, step, |event| {
            message(SUMMARY, event, |summary| {
                message(VALUE, summary, |value| {
                    string::encode(TAG, &tag.to_owned(), value);
                    fill(value);
                });
            });
        });
        self.push_record(&event);
    }

    /// Length, checksum of the length, payload, checksum of the payload.
    fn push_record(&mut self, payload: &[u8]) {
        let length = (payload.len() as u64).to_le_bytes();
        self.bytes.extend_from_slice(&length);
        self.bytes.extend_from_slice(&masked_checksum(&length).to_le_bytes());
        self.bytes.extend_from_slice(payload);
        self.bytes.extend_from_slice(&masked_checksum(payload).to_le_bytes());
    }
}

/// Which plugin a value is for.
fn metadata(value: &mut Vec<u8>, plugin: &str, content: &[u8], class: i32) {
    message(METADATA, value, |metadata| {
        message(PLUGIN_DATA, metadata, |data| {
            string::encode(PLUGIN_NAME, &plugin.to_owned(), data);
            if !content.is_empty() {
                bytes::encode(CONTENT, &content.to_owned(), data);
            }
        });
        if class != CLASS_UNKNOWN {
            int32::encode(DATA_CLASS, &class, metadata);
        }
    });
}

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
pub(super) fn message(field: u32, to: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    let mut payload = Vec::new();
    fill(&mut payload);
    bytes::encode(field, &payload, to);
}

/// CRC-32C, rotated and shifted, so that the checksum of data that hold checksums stays a good one.
pub(super) fn masked_checksum(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

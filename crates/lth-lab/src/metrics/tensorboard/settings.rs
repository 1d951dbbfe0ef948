//! The settings of a run as TensorBoard's table of hyperparameters and as a text.
//!
//! Format: <https://github.com/tensorflow/tensorboard/blob/master/tensorboard/plugins/hparams/plugin_data.proto>.

use prost::encoding::{bool, double, int32, string};

use super::write::{EventFile, message};
use crate::{Experiment, Kind, Role, Value, Variant, settings};

const PLUGIN: &str = "hparams";
// The numbers of fields: of `HParamsPluginData`,
const SESSION_START: u32 = 3;
const SESSION_END: u32 = 4;
// of `SessionStartInfo`,
const HPARAMS: u32 = 1;
const GROUP_NAME: u32 = 4;
const START_SECONDS: u32 = 5;
// of `SessionEndInfo`,
const STATUS: u32 = 1;
const END_SECONDS: u32 = 2;
const SUCCESS: i32 = 1;
// of an entry of a map,
const KEY: u32 = 1;
const VALUE: u32 = 2;
// and of `google.protobuf.Value`.
const NUMBER: u32 = 2;
const STRING: u32 = 3;
const BOOL: u32 = 4;

/// Writes the settings of a run into the file of a variant. Sessions of one `group` are rows of the table together: replicates.
/// `ended` is when the last training ended, in seconds since 1970, if all are finished.
pub(super) fn push_settings(
    file: &mut EventFile,
    experiment: &Experiment,
    variant: Variant,
    group: &str,
    ended: Option<f64>,
) {
    let mut start = Vec::new();
    message(SESSION_START, &mut start, |info| {
        entry(info, "variant", |value| string::encode(STRING, &variant.to_string(), value));
        for setting in settings().filter(|setting| setting.role != Role::Extends) {
            let Some(value) = setting.value(experiment) else { continue };
            entry(info, setting.key, |to| encode(&value, setting.kind, to));
        }
        string::encode(GROUP_NAME, &group.to_owned(), info);
        double::encode(START_SECONDS, &file.begun(), info);
    });
    file.push_plugin_data(PLUGIN, "_hparams_/session_start_info", &start);
    file.push_text("settings", &format!("```toml\n{}```\n", experiment.to_toml()));
    if let Some(ended) = ended {
        let mut end = Vec::new();
        message(SESSION_END, &mut end, |info| {
            int32::encode(STATUS, &SUCCESS, info);
            double::encode(END_SECONDS, &ended, info);
        });
        file.push_plugin_data(PLUGIN, "_hparams_/session_end_info", &end);
    }
}

fn entry(info: &mut Vec<u8>, key: &str, value: impl FnOnce(&mut Vec<u8>)) {
    message(HPARAMS, info, |entry| {
        string::encode(KEY, &key.to_owned(), entry);
        message(VALUE, entry, value);
    });
}

/// Numbers and switches as such, so that they are sorted and filtered by value; others as text.
fn encode(value: &Value, kind: Kind, to: &mut Vec<u8>) {
    let text = value.exact();
    match (kind, text.parse::<f64>(), text.parse::<bool>()) {
        (Kind::Whole | Kind::Number, Ok(number), _) => double::encode(NUMBER, &number, to),
        (Kind::Switch, _, Ok(switch)) => bool::encode(BOOL, &switch, to),
        _ => string::encode(STRING, &text, to),
    }
}

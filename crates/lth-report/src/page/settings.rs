//! The settings of the runs.

use lth_lab::{Experiment, differing_settings, settings};
use serde::Serialize;

use crate::Runs;

/// A setting with its value in the runs.
#[derive(Serialize)]
pub(super) struct SettingEntry {
    key: &'static str,
    label: String,
    help: &'static str,
    /// Whether runs differ in it by more than what follows from other settings.
    differs: bool,
    /// Its value in each run; one for all where they have the same. Empty where a run does without it.
    values: Vec<String>,
}

/// All settings, those first in which the runs differ.
pub(super) fn entries(runs: &Runs) -> Vec<SettingEntry> {
    let experiments: Vec<&Experiment> = runs.all.iter().map(|run| &run.experiment).collect();
    let differing = differing_settings(&experiments);
    let mut entries: Vec<SettingEntry> = settings()
        .filter_map(|setting| {
            let known = differing.iter().find(|own| own.key == setting.key);
            let values = known.map_or_else(
                || {
                    let text = |experiment: &&Experiment| {
                        setting.value(experiment).map_or_else(String::new, |value| value.to_string())
                    };
                    experiments.iter().map(text).collect()
                },
                |own| own.values.clone(),
            );
            let mut values: Vec<String> = values;
            if values.iter().all(|value| *value == values[0]) {
                values.truncate(1);
            }
            if values == [""] {
                return None;
            }
            let (key, label, help) = (setting.key, setting.label(), setting.summary());
            Some(SettingEntry { key, label, help, differs: known.is_some(), values })
        })
        .collect();
    let place = |entry: &SettingEntry| {
        differing.iter().position(|own| own.key == entry.key).unwrap_or(differing.len())
    };
    entries.sort_by_key(place);
    entries
}

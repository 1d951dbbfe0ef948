//! `lth sweep FILE.toml`: an experiment file with axes.

mod read;

use super::axes::Axis;
use crate::{Experiment, LabError, Setting, Value, settings::settings};

/// A sweep: a base experiment, axes, and combinations that are left out.
///
/// ```
/// use std::path::Path;
/// let text = r#"
/// model = "lenet-300-100"
/// dataset = "mnist"
/// replicates = 3
///
/// [axes]
/// criterion = ["large-final", "movement"]
/// "recipe.learning_rate" = [1e-3, 2e-3]
///
/// [[zip]]
/// batch_size = [60, 120]
/// length = ["50ep", "100ep"]
///
/// [[exclude]]
/// criterion = "movement"
/// learning_rate = 2e-3
/// "#;
/// let sweep = lth_lab::Sweep::from_toml(text, Path::new("sweep.toml")).unwrap();
/// assert_eq!(sweep.experiments().unwrap().len(), (2 * 2 - 1) * 2);
/// ```
pub struct Sweep {
    base: Vec<(&'static Setting, Value)>,
    axes: Vec<Axis>,
    exclude: Vec<Vec<(&'static Setting, Value)>>,
}

/// What a run of a sweep has on its axes, and the experiment.
pub(super) type Point = (Vec<(&'static Setting, Value)>, Experiment);

impl Sweep {
    /// A sweep over a base experiment, as flags give it: settings, then axes.
    ///
    /// # Errors
    /// When two axes give one setting.
    pub fn new(base: Vec<(&'static Setting, Value)>, axes: Vec<Axis>) -> Result<Self, LabError> {
        let sweep = Self { base, axes, exclude: Vec::new() };
        sweep.check()?;
        Ok(sweep)
    }

    /// Adds settings and axes, those of the command line: they hold instead of an axis that gives the same setting.
    ///
    /// # Errors
    /// When two of the axes give one setting, or one of these settings goes together with others along an axis.
    pub fn extend(&mut self, base: Vec<(&'static Setting, Value)>, axes: Vec<Axis>) -> Result<(), LabError> {
        let of_axes = axes.iter().flat_map(|axis| &axis.settings);
        let again: Vec<&str> =
            base.iter().map(|(setting, _)| setting).chain(of_axes).map(|own| own.key).collect();
        let is_again = |axis: &Axis| axis.settings.iter().any(|setting| again.contains(&setting.key));
        if let Some(zipped) = self.axes.iter().find(|axis| axis.settings.len() > 1 && is_again(axis)) {
            let names: Vec<&str> = zipped.settings.iter().map(|setting| setting.key).collect();
            return Err(LabError::Setting {
                setting: "axis",
                value: names.join(", "),
                reason: "the values of these settings go together".to_owned(),
                hint: "write a sweep of your own: `lth sweep --help`".to_owned(),
            });
        }
        self.axes.retain(|axis| !is_again(axis));
        self.base.extend(base);
        self.axes.extend(axes);
        self.check()
    }

    /// The file that makes the same sweep.
    pub fn to_toml(&self) -> String {
        let mut text = "# `lth sweep` with this file does the sweep, or continues it.\n\n".to_owned();
        let line = |text: &mut String, key: &str, value: &str| text.push_str(&format!("{key} = {value}\n"));
        for setting in settings() {
            // A key that is given again holds as it was given last.
            if let Some((_, value)) = self.base.iter().rfind(|(given, _)| given.key == setting.key) {
                line(&mut text, setting.key, &value.to_toml());
            }
        }
        let values = |axis: &Axis, of: usize| {
            let values: Vec<String> = axis.steps.iter().map(|step| step[of].to_toml()).collect();
            format!("[{}]", values.join(", "))
        };
        let (single, zipped): (Vec<&Axis>, Vec<&Axis>) =
            self.axes.iter().partition(|axis| axis.settings.len() == 1);
        if !single.is_empty() {
            text.push_str("\n[axes]\n");
        }
        for axis in single {
            line(&mut text, axis.settings[0].key, &values(axis, 0));
        }
        for axis in zipped {
            text.push_str("\n[[zip]]\n");
            for (of, setting) in axis.settings.iter().enumerate() {
                line(&mut text, setting.key, &values(axis, of));
            }
        }
        for conditions in &self.exclude {
            text.push_str("\n[[exclude]]\n");
            for (setting, value) in conditions {
                line(&mut text, setting.key, &value.to_toml());
            }
        }
        text
    }

    /// The settings that have an axis, in their order.
    pub fn settings(&self) -> impl Iterator<Item = &'static Setting> + '_ {
        self.axes.iter().flat_map(|axis| axis.settings.iter().copied())
    }

    /// The experiments of all combinations that are not left out, each with its values on the axes.
    ///
    /// # Errors
    /// When a combination makes no experiment; which one is said.
    pub fn experiments(&self) -> Result<Vec<Point>, LabError> {
        let is_excluded = |values: &[(&'static Setting, Value)]| {
            self.exclude.iter().any(|conditions| {
                conditions.iter().all(|(setting, wanted)| {
                    values.iter().any(|(own, value)| own.key == setting.key && same(value, wanted))
                })
            })
        };
        super::axes::combinations(&self.axes)
            .filter(|values| !is_excluded(values))
            .map(|values| {
                let experiment = self.experiment(&values)?;
                Ok((values, experiment))
            })
            .collect()
    }

    fn experiment(&self, values: &[(&'static Setting, Value)]) -> Result<Experiment, LabError> {
        let all: Vec<(&'static Setting, Value)> = self.base.iter().chain(values).cloned().collect();
        let word = |key: &'static str| {
            let found = all.iter().rev().find(|(setting, _)| setting.key == key);
            found.map(|(_, value)| value.exact()).ok_or_else(|| LabError::Setting {
                setting: key,
                value: "nothing".to_owned(),
                reason: "a sweep names it, in its base or on an axis".to_owned(),
                hint: "for example model = \"lenet-300-100\" and dataset = \"mnist\"".to_owned(),
            })
        };
        let mut experiment = Experiment::new(&word("model")?, &word("dataset")?);
        let others: Vec<(&'static Setting, Value)> =
            all.iter().filter(|(setting, _)| !["model", "dataset"].contains(&setting.key)).cloned().collect();
        experiment.give(&others)?;
        experiment.check_size()?;
        Ok(experiment)
    }

    fn check(&self) -> Result<(), LabError> {
        let mut keys: Vec<&str> = self.settings().map(|setting| setting.key).collect();
        keys.sort_unstable();
        match keys.windows(2).find(|pair| pair[0] == pair[1]) {
            None => Ok(()),
            Some(pair) => Err(LabError::Setting {
                setting: "axis",
                value: pair[0].to_owned(),
                reason: "two axes give it values".to_owned(),
                hint: "put all its values on one axis".to_owned(),
            }),
        }
    }
}

/// Whether two texts are the same value: 0.001 and 1e-3 are.
fn same(value: &Value, wanted: &Value) -> bool {
    let (value, wanted) = (value.exact(), wanted.exact());
    match (value.parse::<f64>(), wanted.parse::<f64>()) {
        (Ok(a), Ok(b)) => a == b,
        _ => value == wanted,
    }
}

#[cfg(test)]
mod tests;

//! `lth sweep FILE.toml`: an experiment file with axes.

use std::{fs, path::Path};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::axes::{Axis, setting};
use crate::{
    Experiment, LabError, Setting, Value,
    settings::{SettingsFile, read_value, settings},
};

/// The tables that a sweep has beside those of an experiment.
const TABLES: [&str; 3] = ["axes", "zip", "exclude"];

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

    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, a key is unknown, a value is none (both with line and column), two axes give one setting, or a combination
    /// makes no experiment.
    pub fn read(path: &Path) -> Result<Self, LabError> {
        let text =
            fs::read_to_string(path).map_err(|source| LabError::Read { path: path.to_owned(), source })?;
        Self::from_toml(&text, path)
    }

    /// Reads text; the path is for messages.
    ///
    /// # Errors
    /// As [`Sweep::read`].
    pub fn from_toml(text: &str, path: &Path) -> Result<Self, LabError> {
        let file = SettingsFile::new(text, path);
        let table = file.table()?;
        let given = file.settings(&table, &TABLES)?;
        let mut axes = Vec::new();
        let mut places: Vec<(&str, usize)> = Vec::new();
        let mut read = |value| {
            let found = axes_of(&file, value)?;
            places.extend(found.iter().map(|(axis, at)| (axis.settings[0].key, *at)));
            Ok::<Vec<Axis>, LabError>(found.into_iter().map(|(axis, _)| axis).collect())
        };
        if let Some(value) = table.get("axes") {
            axes.extend(read(value)?);
        }
        for value in entries(&file, &table, "zip")? {
            axes.push(Axis::zipped(read(value)?).map_err(|error| at(&file, value, error))?);
        }
        let exclude = entries(&file, &table, "exclude")?
            .into_iter()
            .map(|value| conditions(&file, value))
            .collect::<Result<_, LabError>>()?;
        let mut base: Vec<_> = given.iter().collect();
        // In the order of the file, so that the file that is made of it has that too.
        base.sort_by_key(|placed| placed.at);
        let base = base.into_iter().map(|placed| (placed.setting, placed.value.clone())).collect();
        let sweep = Self { base, axes, exclude };
        sweep.check()?;
        // A mistake is shown at its place in the file, one in a value of an axis at the axis.
        sweep.experiments().map_err(|error| match error {
            LabError::Setting { setting, value, reason, hint } => {
                let of_base =
                    given.iter().find(|placed| placed.setting.key == setting).map(|placed| placed.at);
                let of_axis = places.iter().find(|(key, _)| *key == setting).map(|(_, at)| *at);
                let reason = format!("{setting} = {value}: {reason}");
                file.mistake(of_axis.or(of_base).unwrap_or(0), reason, hint)
            }
            other => other,
        })?;
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

/// The error of an axis at its place in the file.
fn at(file: &SettingsFile<'_>, place: &Spanned<DeValue<'_>>, error: LabError) -> LabError {
    match error {
        LabError::Setting { value, reason, hint, .. } => {
            file.mistake(place.span().start, format!("{value}: {reason}"), hint)
        }
        other => other,
    }
}

/// The tables of an array of tables.
fn entries<'t, 'i>(
    file: &SettingsFile<'_>,
    table: &'t DeTable<'i>,
    name: &str,
) -> Result<Vec<&'t Spanned<DeValue<'i>>>, LabError> {
    match table.get(name).map(|value| (value, value.get_ref())) {
        None => Ok(Vec::new()),
        Some((_, DeValue::Array(tables))) => Ok(tables.iter().collect()),
        Some((value, _)) => {
            let reason = format!("'{name}' is a list of tables");
            Err(file.mistake(value.span().start, reason, format!("write [[{name}]] before each")))
        }
    }
}

/// The axes of a table, a list of values for each setting, and where each list begins.
fn axes_of(file: &SettingsFile<'_>, value: &Spanned<DeValue<'_>>) -> Result<Vec<(Axis, usize)>, LabError> {
    let mut axes = Vec::new();
    for (name, values) in pairs(file, value)? {
        let DeValue::Array(items) = values.get_ref() else {
            let hint = format!("for example {name} = [...]");
            return Err(file.mistake(values.span().start, "an axis has a list of values", hint));
        };
        let steps = items
            .iter()
            .map(|item| {
                read_value(item.get_ref())
                    .map_err(|reason| file.mistake(item.span().start, reason, "give a value"))
            })
            .collect::<Result<Vec<Value>, LabError>>()?;
        let axis = Axis::of(&name, steps).map_err(|error| at(file, values, error))?;
        axes.push((axis, values.span().start));
    }
    Ok(axes)
}

/// What a combination has that is left out.
fn conditions(
    file: &SettingsFile<'_>,
    value: &Spanned<DeValue<'_>>,
) -> Result<Vec<(&'static Setting, Value)>, LabError> {
    let mut all = Vec::new();
    for (name, value) in pairs(file, value)? {
        let setting = setting(&name).map_err(|error| at(file, value, error))?;
        let wanted = read_value(value.get_ref())
            .map_err(|reason| file.mistake(value.span().start, reason, "give a value"))?;
        all.push((setting, wanted));
    }
    Ok(all)
}

/// The entries of a table by their names, those of tables in it by their path.
fn pairs<'t, 'i>(
    file: &SettingsFile<'_>,
    value: &'t Spanned<DeValue<'i>>,
) -> Result<Vec<(String, &'t Spanned<DeValue<'i>>)>, LabError> {
    let DeValue::Table(table) = value.get_ref() else {
        return Err(file.mistake(value.span().start, "it is no table", "write settings with their values"));
    };
    let mut all = Vec::new();
    for (name, value) in table {
        match value.get_ref() {
            DeValue::Table(_) => {
                let below = pairs(file, value)?;
                all.extend(
                    below.into_iter().map(|(key, value)| (format!("{}.{key}", name.get_ref()), value)),
                );
            }
            _ => all.push((name.get_ref().to_string(), value)),
        }
    }
    // Tables are in order of names; axes are in that of the file.
    all.sort_by_key(|(_, value)| value.span().start);
    Ok(all)
}

#[cfg(test)]
mod tests;

//! Reads the file of a sweep; a mistake in it is shown with its line and column.

use std::path::Path;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::Sweep;
use crate::{
    LabError, Setting, Value, read_text,
    settings::{SettingsFile, read_value},
    sweep::axes::{Axis, setting},
};

/// The tables that a sweep has beside those of an experiment.
const TABLES: [&str; 3] = ["axes", "zip", "exclude"];

impl Sweep {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, a key is unknown, a value is none (both with line and column), two axes give one setting, or a combination
    /// makes no experiment.
    pub fn read(path: &Path) -> Result<Self, LabError> {
        Self::from_toml(&read_text(path)?, path)
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

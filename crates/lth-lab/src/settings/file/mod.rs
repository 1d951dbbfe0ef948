//! `experiment.toml`: written with a comment at each setting, read with the place of each mistake.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    Experiment,
    setting::{Kind, Setting},
    table::{find_setting, settings},
    value::Value,
};
use crate::{LabError, read_text};

/// The format of run folders that this version writes, and the only one that it reads.
pub const FORMAT: u64 = 2;

impl Experiment {
    /// The text of `experiment.toml`: every setting, with comments.
    pub fn to_toml(&self) -> String {
        let repeated_by = if self.is_all_in_its_file() {
            "`lth run experiment.toml` repeats this experiment."
        } else {
            "The command in provenance.json repeats this; these settings alone do not say what it begins with."
        };
        let mut text = format!(
            "# {repeated_by}\n\n\
             # The format of this run folder; an lth that does not know it leaves the folder alone.\nformat = {FORMAT}\n"
        );
        self.write_settings(&mut text, "");
        text
    }

    /// Writes every setting as TOML with comments, in tables below `root` (empty, or with a dot at its end).
    pub(crate) fn write_settings(&self, text: &mut String, root: &str) {
        // Keys without a table come first: what follows the head of a table belongs to it.
        let mut tables: Vec<(&str, Vec<(&Setting, Value)>)> = vec![("", Vec::new())];
        for setting in settings() {
            let Some(value) = setting.value(self) else { continue };
            let table = setting.key.rsplit_once('.').map_or("", |(table, _)| table);
            match tables.iter_mut().find(|(name, _)| *name == table) {
                Some((_, entries)) => entries.push((setting, value)),
                None => tables.push((table, vec![(setting, value)])),
            }
        }
        for (table, entries) in tables {
            if !table.is_empty() {
                let _ = write!(text, "\n[{root}{table}]\n");
            }
            for (setting, value) in entries {
                let _ = writeln!(text, "{}", comment(setting));
                let _ = writeln!(text, "{} = {}", setting.name(), toml_text(setting, &value));
            }
        }
    }

    /// Reads an experiment from a file; settings that are left out have their default.
    ///
    /// # Errors
    /// When the file cannot be read, was written by another version, has an unknown key or a bad value (with line and
    /// column), or asks for more trainings than can be planned. Whether the settings make sense together is for [`Experiment::check`].
    pub fn read(path: &Path) -> Result<Self, LabError> {
        Self::from_toml(&read_text(path)?, path)
    }

    /// Reads an experiment from text; the path is for messages.
    ///
    /// # Errors
    /// As [`Experiment::read`].
    pub fn from_toml(text: &str, path: &Path) -> Result<Self, LabError> {
        let file = SettingsFile::new(text, path);
        file.experiment(&file.settings(&file.table()?, &[])?, &[])
    }
}

/// A file of settings, for messages with the place of each mistake.
pub(crate) struct SettingsFile<'a> {
    text: &'a str,
    path: &'a Path,
}

/// A setting in a file.
pub(crate) struct Placed {
    /// Which.
    pub(crate) setting: &'static Setting,
    /// Where its value begins, in bytes.
    pub(crate) at: usize,
    /// What it is given.
    pub(crate) value: Value,
}

impl<'a> SettingsFile<'a> {
    pub(crate) fn new(text: &'a str, path: &'a Path) -> Self {
        Self { text, path }
    }

    /// The tables of the file, whose format must be this version's.
    pub(crate) fn table(&self) -> Result<DeTable<'a>, LabError> {
        let table = DeTable::parse(self.text).map_err(|error| {
            let reason = error.message().replace('`', "'");
            let hint = "an experiment.toml of a finished run shows how each setting is written";
            self.mistake(error.span().map_or(0, |span| span.start), reason, hint)
        })?;
        let table = table.into_inner();
        check_format(&table, self.path)?;
        Ok(table)
    }

    /// The settings in a table, but for what is named `besides`.
    pub(crate) fn settings(&self, table: &DeTable<'_>, besides: &[&str]) -> Result<Vec<Placed>, LabError> {
        let mut given = Vec::new();
        flatten(table, "", besides, &mut |key, at, value| {
            let setting = find_exactly(key).map_err(|hint| {
                let name = key.rsplit('.').next().unwrap_or(key);
                self.mistake(at, format!("unknown setting '{name}'"), hint)
            })?;
            let value = value
                .map_err(|reason| self.mistake(at, reason, format!("for example {}", setting.example)))?;
            given.push(Placed { setting, at, value });
            Ok(())
        })?;
        Ok(given)
    }

    /// The experiment that has the defaults of its model and data set, then these settings, then others instead.
    pub(crate) fn experiment(
        &self,
        given: &[Placed],
        instead: &[(&'static Setting, Value)],
    ) -> Result<Experiment, LabError> {
        let of_file = given.iter().map(|placed| (placed.setting, placed.value.clone()));
        let all: Vec<(&'static Setting, Value)> = of_file.chain(instead.iter().cloned()).collect();
        let word = |key: &str| {
            let found = all.iter().rev().find(|(setting, _)| setting.key == key);
            found.map(|(_, value)| value.exact()).ok_or_else(|| {
                let hint = "an experiment names at least its model and its dataset";
                self.mistake(0, format!("missing setting '{key}'"), hint)
            })
        };
        let mut experiment = Experiment::new(&word("model")?, &word("dataset")?);
        let others: Vec<(&'static Setting, Value)> =
            all.iter().filter(|(setting, _)| !["model", "dataset"].contains(&setting.key)).cloned().collect();
        experiment.give(&others).map_err(|error| match error {
            LabError::Setting { setting, value, reason, hint } => {
                let at =
                    given.iter().find(|placed| placed.setting.key == setting).map_or(0, |placed| placed.at);
                self.mistake(at, format!("{setting} = {value}: {reason}"), hint)
            }
            other => other,
        })?;
        experiment.check_size()?;
        Ok(experiment)
    }

    /// A mistake with its line and column, and what to do.
    pub(crate) fn mistake(
        &self,
        offset: usize,
        reason: impl Into<String>,
        hint: impl Into<String>,
    ) -> LabError {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        LabError::ExperimentFile {
            path: self.path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            reason: reason.into(),
            hint: hint.into(),
        }
    }
}

/// The comment before a setting.
fn comment(setting: &Setting) -> String {
    let end = if setting.summary().ends_with('.') { "" } else { "." };
    format!("# {}{end}", setting.summary())
}

/// A value as TOML.
fn toml_text(setting: &Setting, value: &Value) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let plain = |text: &str| match setting.kind {
        Kind::Whole | Kind::Number | Kind::Numbers | Kind::Map | Kind::Switch => text.to_owned(),
        Kind::Text | Kind::Name(_) | Kind::OpenName(_) | Kind::List(_) => quoted(text),
    };
    match value {
        Value::One(text) => plain(text),
        Value::List(texts) => {
            format!("[{}]", texts.iter().map(|text| plain(text)).collect::<Vec<_>>().join(", "))
        }
        Value::Map(values) => {
            let pairs = values.iter().map(|(name, text)| format!("{} = {}", quoted(name), plain(text)));
            format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
        }
    }
}

/// The setting of this key, or the hint for one that there is not.
fn find_exactly(key: &str) -> Result<&'static Setting, String> {
    settings().find(|setting| setting.key == key).ok_or_else(|| {
        let (table, name) = key.rsplit_once('.').map_or(("", key), |(table, name)| (table, name));
        let same_table =
            |setting: &&Setting| setting.key.rsplit_once('.').map_or("", |(own, _)| own) == table;
        let names = settings().filter(same_table).map(Setting::name);
        let near = lth_model::nearest_name(name, names);
        let elsewhere = || find_setting(name).ok().map(|setting| setting.key);
        match (near, elsewhere()) {
            (Some(near), _) => format!("did you mean '{near}'?"),
            (None, Some(key)) => format!("it is {key} in full"),
            (None, None) => "remove it, or see `lth schema` for the settings of an experiment".to_owned(),
        }
    })
}

/// Is told a key, its place, and the value or why it is none.
type Tell<'a> = dyn FnMut(&str, usize, Result<Value, String>) -> Result<(), LabError> + 'a;

/// Tells of every value with its key and its place; of one that is no value of a setting, why.
fn flatten(table: &DeTable<'_>, above: &str, besides: &[&str], tell: &mut Tell<'_>) -> Result<(), LabError> {
    for (name, value) in table {
        let key =
            if above.is_empty() { name.get_ref().to_string() } else { format!("{above}.{}", name.get_ref()) };
        if above.is_empty() && (key == "format" || besides.contains(&key.as_str())) {
            continue;
        }
        let known = settings().find(|setting| setting.key == key);
        match value.get_ref() {
            DeValue::Table(below) if known.is_none() => flatten(below, &key, besides, tell)?,
            // A mistake in a name is shown at the name, one in a value at the value.
            found => {
                tell(
                    &key,
                    if known.is_some() { value.span().start } else { name.span().start },
                    read(found),
                )?;
            }
        }
    }
    Ok(())
}

/// The value of a setting in a file.
pub(crate) fn read(value: &DeValue<'_>) -> Result<Value, String> {
    Ok(match value {
        DeValue::Array(items) => Value::List(items.iter().map(scalar).collect::<Result<_, _>>()?),
        DeValue::Table(fields) => {
            let pair =
                |(name, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| Ok((as_text(name), scalar(value)?));
            Value::Map(fields.iter().map(pair).collect::<Result<BTreeMap<_, _>, String>>()?)
        }
        _ => Value::One(one(value)?),
    })
}

fn as_text(name: &Spanned<impl AsRef<str>>) -> String {
    name.get_ref().as_ref().to_owned()
}

fn scalar(value: &Spanned<DeValue<'_>>) -> Result<String, String> {
    one(value.get_ref())
}

fn one(value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        // In text, numbers may have underscores in TOML only.
        DeValue::Integer(number) => Ok(number.as_str().replace('_', "")),
        DeValue::Float(number) => Ok(number.as_str().replace('_', "")),
        DeValue::Boolean(on) => Ok(on.to_string()),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
            Err("it is no text, number or list of them".to_owned())
        }
    }
}

/// Refuses a file of another version by its format, before its unknown keys. By hand the format may be left out.
fn check_format(table: &DeTable<'_>, path: &Path) -> Result<(), LabError> {
    let Some(format) = table.get("format") else { return Ok(()) };
    let found = match format.get_ref() {
        DeValue::Integer(number) => number.as_str().parse().unwrap_or(u64::MAX),
        _ => u64::MAX,
    };
    match found {
        FORMAT => Ok(()),
        older if older < FORMAT => {
            Err(LabError::Older { path: path.to_owned(), found: older, supported: FORMAT })
        }
        _ => Err(LabError::Newer { path: path.to_owned(), found, supported: FORMAT }),
    }
}

#[cfg(test)]
mod tests;

//! Which runs are listed, and in which order.

use std::{cmp::Ordering, collections::BTreeSet, str::FromStr};

use lth_model::{ParseError, nearest_name};
use rayon::prelude::*;

use super::listed::{Fields, ListedRun, RESULTS};
use crate::{Setting, find_setting, settings};

/// What has to hold of a run: `criterion=movement`, `learning-rate<0.01`, `state!=finished`.
///
/// The left side is a setting by its path in `experiment.toml` or the last part of it, or one of what the run came to: `folder`, `state`,
/// `rounds-done`, `trainings`, `density` and `accuracy` of its smallest winning ticket, `seconds`, `bytes`. Of a list one value has to be
/// the right one.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    key: String,
    relation: Relation,
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Relation {
    Equal,
    Other,
    Less,
    Greater,
}

impl FromStr for Condition {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let refused = |reason: &str| ParseError {
            what: "condition",
            value: text.to_owned(),
            reason: reason.to_owned(),
            hint: "use for example criterion=movement, 'learning-rate<0.01' or state!=finished".to_owned(),
        };
        let at = text.find(['=', '!', '<', '>']).ok_or_else(|| refused("it has no =, !=, < or >"))?;
        let (key, rest) = text.split_at(at);
        let (relation, sign) = match rest.as_bytes() {
            [b'=', ..] => (Relation::Equal, 1),
            [b'!', b'=', ..] => (Relation::Other, 2),
            [b'<', ..] => (Relation::Less, 1),
            [b'>', ..] => (Relation::Greater, 1),
            _ => return Err(refused("it has no =, !=, < or >")),
        };
        let value = rest[sign..].trim().to_owned();
        if matches!(relation, Relation::Less | Relation::Greater) && value.parse::<f64>().is_err() {
            return Err(refused(&format!("'{value}' is no number")));
        }
        Ok(Self { key: key.trim().to_owned(), relation, value })
    }
}

impl Condition {
    fn holds(&self, found: &str) -> bool {
        let order = || found.parse::<f64>().ok()?.partial_cmp(&self.value.parse::<f64>().ok()?);
        let equal = || {
            found == self.value
                || order() == Some(Ordering::Equal)
                || found.split(',').any(|value| value == self.value)
        };
        match self.relation {
            Relation::Equal => equal(),
            Relation::Other => !equal(),
            Relation::Less => order() == Some(Ordering::Less),
            Relation::Greater => order() == Some(Ordering::Greater),
        }
    }
}

/// The runs of which all conditions hold, sorted by a setting or by what they came to, as conditions name it: numbers by size, then texts,
/// then those without it.
///
/// # Errors
/// When no run could have what a condition, or the order, is about.
pub fn choose_runs(
    runs: Vec<ListedRun>,
    conditions: &[Condition],
    order: Option<&str>,
) -> Result<Vec<ListedRun>, ParseError> {
    if conditions.is_empty() && order.is_none() {
        return Ok(runs);
    }
    let mut runs: Vec<(Fields, ListedRun)> = runs.into_par_iter().map(|run| (run.fields(), run)).collect();
    let own = runs.iter().flat_map(|(fields, _)| fields.keys().map(String::as_str));
    let all = settings().map(|setting: &Setting| setting.key);
    let known: BTreeSet<&str> = all.chain(RESULTS).chain(own).collect();
    let keys: Vec<String> =
        conditions.iter().map(|condition| resolve(&condition.key, &known)).collect::<Result<_, _>>()?;
    let order = order.map(|key| resolve(key, &known)).transpose()?;
    let value = |fields: &Fields, key: &String| fields.get(key).cloned().unwrap_or_default();
    runs.retain(|(fields, _)| {
        conditions.iter().zip(&keys).all(|(condition, key)| condition.holds(&value(fields, key)))
    });
    if let Some(key) = order {
        runs.sort_by_cached_key(|(fields, _)| {
            let value = value(fields, &key);
            let number = value.parse::<f64>().ok().map(ByNumber);
            (value.is_empty(), number.is_none(), number, value)
        });
    }
    Ok(runs.into_iter().map(|(_, run)| run).collect())
}

/// A number in its order, which is total.
#[derive(PartialEq)]
struct ByNumber(f64);

impl Eq for ByNumber {}

impl PartialOrd for ByNumber {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ByNumber {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// The whole key of what is named by it or by its last part.
fn resolve(named: &str, known: &BTreeSet<&str>) -> Result<String, ParseError> {
    let wanted = named.replace('-', "_");
    if known.contains(wanted.as_str()) {
        return Ok(wanted);
    }
    let found: Vec<&str> = known.iter().copied().filter(|key| short(key) == wanted).collect();
    let refused = |reason: &str, hint: String| {
        Err(ParseError { what: "key", value: named.to_owned(), reason: reason.to_owned(), hint })
    };
    match found[..] {
        [key] => Ok(key.to_owned()),
        [] => {
            // A flag may have another name than its setting.
            if let Ok(setting) = find_setting(named) {
                return Ok(setting.key.to_owned());
            }
            let names = known.iter().flat_map(|key| [*key, short(key)]);
            let hint = match nearest_name(&wanted, names) {
                Some(nearest) => format!("did you mean '{nearest}'?"),
                None => "use a setting of experiment.toml, or folder, state, rounds-done, trainings, density, accuracy, seconds or bytes".to_owned(),
            };
            refused("no run has it", hint)
        }
        [first, second, ..] => refused("several settings end in it", format!("use {first} or {second}")),
    }
}

/// The last part of a key.
fn short(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

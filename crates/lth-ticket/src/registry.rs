//! Finding things by name.

use lth_model::{Hint, nearest_name};
use thiserror::Error;

/// Nothing of a kind has this name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is no {kind} '{name}'")]
pub struct UnknownName {
    /// What was looked for: `criterion`, `control`, `layer`.
    pub kind: &'static str,
    /// The name as it was given.
    pub name: String,
    /// The name that was probably meant.
    pub nearest: Option<String>,
    /// Every name there is.
    pub names: Vec<String>,
}

impl UnknownName {
    pub(crate) fn new<'a>(kind: &'static str, name: &str, names: impl IntoIterator<Item = &'a str>) -> Self {
        let names: Vec<&str> = names.into_iter().collect();
        Self {
            kind,
            name: name.to_owned(),
            nearest: nearest_name(name, names.iter().copied()).map(str::to_owned),
            names: names.into_iter().map(str::to_owned).collect(),
        }
    }
}

impl Hint for UnknownName {
    fn hint(&self) -> Option<String> {
        let all = format!("there are {}", self.names.join(", "));
        Some(match &self.nearest {
            Some(nearest) => format!("did you mean '{nearest}'? {all}"),
            None => all,
        })
    }
}

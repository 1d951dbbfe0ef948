//! How much is pruned, and from where.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use lth_model::{Architecture, Parameter, ParameterKind, ParseError, Rate};
use serde::{Deserialize, Serialize};

use crate::UnknownName;

/// Which weights are ranked together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Each layer by itself, at its own rate (Frankle and Carbin 2019 for LeNet and Conv).
    #[default]
    Layer,
    /// All layers together, at one rate (the same for ResNet and VGG).
    Global,
}

impl Scope {
    /// Its name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Layer => "layer",
            Self::Global => "global",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Scope {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        [Self::Layer, Self::Global].into_iter().find(|scope| scope.name() == text).ok_or_else(|| ParseError {
            what: "pruning scope",
            value: text.to_owned(),
            reason: "there is none of this name".to_owned(),
            hint: "there are layer (each layer at its own rate) and global (all layers together)".to_owned(),
        })
    }
}

/// The fraction of live weights that a round prunes.
///
/// Layer names are those of the architecture (`fc1`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PruningRates {
    /// Of linear layers; with [`Scope::Global`] of all layers together.
    pub linear: Rate,
    /// Of the output layer. Not used with [`Scope::Global`].
    pub output: Rate,
    /// Of single layers, by name, before the rates above. With [`Scope::Global`] there may be none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub layers: BTreeMap<String, Rate>,
    /// Layers that are never pruned, by name. Their weights count in density all the same.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub excluded: BTreeSet<String>,
}

impl PruningRates {
    /// These rates for linear and output layers, nothing excluded.
    pub fn new(linear: Rate, output: Rate) -> Self {
        Self { linear, output, layers: BTreeMap::new(), excluded: BTreeSet::new() }
    }

    /// Checks that every named layer exists and is prunable.
    ///
    /// # Errors
    /// Names the first that is not.
    pub fn check(&self, architecture: &Architecture) -> Result<(), UnknownName> {
        let names: Vec<String> = architecture
            .parameters()
            .iter()
            .filter(|parameter| parameter.kind.is_prunable())
            .map(|parameter| architecture.nodes[parameter.node].name.clone())
            .collect();
        match self.layers.keys().chain(&self.excluded).find(|name| !names.contains(name)) {
            Some(unknown) => {
                Err(UnknownName::new("prunable layer", unknown, names.iter().map(String::as_str)))
            }
            None => Ok(()),
        }
    }

    /// The rate of a weight with [`Scope::Layer`]; `None` when it is never pruned.
    pub fn of(&self, architecture: &Architecture, parameter: &Parameter) -> Option<Rate> {
        let layer = &architecture.nodes[parameter.node].name;
        if !parameter.kind.is_prunable() || self.excluded.contains(layer) {
            return None;
        }
        let by_kind = if parameter.kind == ParameterKind::Output { self.output } else { self.linear };
        Some(self.layers.get(layer).copied().unwrap_or(by_kind))
    }
}

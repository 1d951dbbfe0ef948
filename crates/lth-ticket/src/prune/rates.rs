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
    /// Each layer by itself, at its own rate (Frankle and Carbin 2019 for LeNet and Conv-2, -4 and -6).
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
/// Layer names are those of the architecture (`fc1`). Projections on residual shortcuts
/// ([`ParameterKind::Shortcut`]) are not pruned unless they have a rate of their own; like those of excluded layers, their
/// weights count in density.
#[derive(Debug, Clone, PartialEq)]
pub struct PruningRates {
    /// Of linear layers; with [`Scope::Global`] of all layers together.
    pub linear: Rate,
    /// Of convolutions. Not used with [`Scope::Global`].
    pub conv: Rate,
    /// Of the output layer. Not used with [`Scope::Global`].
    pub output: Rate,
    /// Of single layers, by name, before the rates above. With [`Scope::Global`] there may be none.
    pub layers: BTreeMap<String, Rate>,
    /// Layers that are never pruned, by name. Their weights count in density all the same.
    pub excluded: BTreeSet<String>,
}

impl PruningRates {
    /// These rates for linear and output layers, that of linear layers for convolutions too, nothing excluded.
    pub fn new(linear: Rate, output: Rate) -> Self {
        Self { linear, conv: linear, output, layers: BTreeMap::new(), excluded: BTreeSet::new() }
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
        let by_kind = match parameter.kind {
            ParameterKind::Conv => Some(self.conv),
            ParameterKind::Output => Some(self.output),
            ParameterKind::Shortcut => None,
            _ => Some(self.linear),
        };
        self.layers.get(layer).copied().or(by_kind)
    }

    /// The rate of weights that are ranked together; `None` for no weights.
    pub(super) fn of_group(
        &self,
        architecture: &Architecture,
        scope: Scope,
        group: &[Parameter],
    ) -> Option<Rate> {
        let first = group.first()?;
        match scope {
            Scope::Global => Some(self.linear),
            Scope::Layer => self.of(architecture, first),
        }
    }
}

//! What is claimed.

use serde::Deserialize;

use super::Quantity;

/// A sentence of a paper that compares two networks.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// In words.
    pub text: String,
    /// The figure that it is about.
    #[serde(deserialize_with = "quantity")]
    pub(super) metric: Quantity,
    /// Which network.
    pub(super) of: Side,
    /// With what it is compared.
    pub(super) against: Side,
    /// How it is said to be.
    pub(super) is: Relation,
    /// By how much it is said to differ: in percent of the other's value, or for figures in percent in points; nothing for a claim without a
    /// number.
    #[serde(default)]
    pub(super) published: Option<f64>,
}

/// What a claim compares.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub(super) enum Side {
    /// A curve at a place: a density in percent, or an iteration.
    At(String, f64),
    /// A name of a table.
    Named(String),
    /// A value, in the unit of tables.
    Value(f64),
}

fn quantity<'de, D: serde::Deserializer<'de>>(file: D) -> Result<Quantity, D::Error> {
    String::deserialize(file)?.parse().map_err(serde::de::Error::custom)
}

/// How one value is to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// Higher.
    Higher,
    /// Lower.
    Lower,
    /// Not lower by more than what counts as no difference: half a point, or a tenth of the other's value.
    NotLower,
}

impl Claim {
    /// The figure that it is about.
    pub fn quantity(&self) -> Quantity {
        self.metric
    }

    /// The names of the curves that it is about.
    pub fn curves(&self) -> impl Iterator<Item = &str> {
        [&self.of, &self.against].into_iter().filter_map(|side| match side {
            Side::At(name, _) | Side::Named(name) => Some(name.as_str()),
            Side::Value(_) => None,
        })
    }
}

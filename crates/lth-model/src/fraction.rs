//! Fractions of weights: densities and pruning rates.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::ParseError;

macro_rules! fraction {
    ($(#[$doc:meta])* $name:ident, $what:literal, $range:literal, $hint:literal, |$v:ident| $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(try_from = "f64", into = "f64")]
        pub struct $name(f64);

        impl $name {
            /// Checks the range.
            ///
            /// # Errors
            /// When the value is outside of the range or not a number.
            pub fn new($v: f64) -> Result<Self, ParseError> {
                if $valid {
                    Ok(Self($v))
                } else {
                    Err(ParseError {
                        what: $what,
                        value: $v.to_string(),
                        reason: concat!("it must be ", $range).to_owned(),
                        hint: $hint.to_owned(),
                    })
                }
            }

            /// The plain number.
            pub fn get(self) -> f64 {
                self.0
            }
        }

        impl TryFrom<f64> for $name {
            type Error = ParseError;
            fn try_from(value: f64) -> Result<Self, ParseError> {
                Self::new(value)
            }
        }

        impl From<$name> for f64 {
            fn from(value: $name) -> f64 {
                value.0
            }
        }

        impl FromStr for $name {
            type Err = ParseError;
            fn from_str(text: &str) -> Result<Self, ParseError> {
                let value = text.parse().map_err(|_| ParseError {
                    what: $what,
                    value: text.to_owned(),
                    reason: "it is not a number".to_owned(),
                    hint: $hint.to_owned(),
                })?;
                Self::new(value)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

fraction!(
    /// The fraction of weights that remain, in [0, 1]: the papers' P_m. Sparsity is `1 - density`.
    Density, "density", "between 0 and 1", "density is the fraction of weights KEPT, for example 0.2", |v| (0.0..=1.0).contains(&v)
);

fraction!(
    /// The fraction of live weights that one pruning removes, strictly between 0 and 1.
    Rate, "rate", "strictly between 0 and 1", "a rate is a fraction of the live weights, for example 0.2 for 20 %", |v| v > 0.0 && v < 1.0
);

impl Density {
    /// Of a dense network.
    pub const DENSE: Self = Self(1.0);

    /// `live / total`; an empty layer counts as dense.
    pub fn of(live: usize, total: usize) -> Self {
        Self(if total == 0 { 1.0 } else { live as f64 / total as f64 })
    }

    /// The fraction that is pruned.
    pub fn sparsity(self) -> f64 {
        1.0 - self.0
    }
}

//! The name of a control, checked once.

use std::{fmt, str::FromStr};

use lth_model::{Hint, ParseError};
use lth_ticket::{CONTROLS, Control, find_control};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// A kind of control, by its name in the registry of `lth-ticket`.
///
/// ```
/// use lth_lab::ControlKind;
/// assert_eq!("random-reinit".parse::<ControlKind>().unwrap().to_string(), "random-reinit");
/// assert!("random".parse::<ControlKind>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "String")]
pub struct ControlKind(&'static str);

impl ControlKind {
    /// Every control that there is.
    pub fn all() -> impl Iterator<Item = Self> {
        CONTROLS.iter().map(|control| Self(control.name()))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.0
    }

    /// The control itself.
    pub fn control(self) -> &'static dyn Control {
        find_control(self.0).expect("the name was found in the registry before")
    }
}

impl fmt::Display for ControlKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl FromStr for ControlKind {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        find_control(text).map(|control| Self(control.name())).map_err(|error| ParseError {
            what: "control",
            value: text.to_owned(),
            reason: "there is none of this name".to_owned(),
            hint: error.hint().unwrap_or_default(),
        })
    }
}

impl<'de> Deserialize<'de> for ControlKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl From<ControlKind> for String {
    fn from(kind: ControlKind) -> Self {
        kind.0.to_owned()
    }
}

//! The name of a control, checked once.

use std::{fmt, str::FromStr};

use lth_model::{Hint, ParseError};
use lth_ticket::{CONTROLS, Control, find_control};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// A kind of control, by its name in the registry of `lth-ticket`, and which draw of it: the papers train several of what is
/// random (Frankle and Carbin 2019: three).
///
/// ```
/// use lth_lab::ControlKind;
/// assert_eq!("random-reinit".parse::<ControlKind>().unwrap().to_string(), "random-reinit");
/// assert_eq!("random_reinit-draw-2".parse::<ControlKind>().unwrap().draw(), 2);
/// assert!("random".parse::<ControlKind>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "String")]
pub struct ControlKind {
    name: &'static str,
    draw: u16,
}

impl ControlKind {
    /// Every control that there is.
    pub fn all() -> impl Iterator<Item = Self> {
        CONTROLS.iter().map(|control| Self { name: control.name(), draw: 0 })
    }

    /// Its name, without the draw.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// Which draw, from 0.
    pub fn draw(self) -> u16 {
        self.draw
    }

    /// Another draw of the same kind.
    #[must_use]
    pub fn with_draw(self, draw: u16) -> Self {
        Self { draw, ..self }
    }

    /// The control itself.
    pub fn control(self) -> &'static dyn Control {
        find_control(self.name).expect("the name was found in the registry before")
    }
}

impl fmt::Display for ControlKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.draw {
            0 => f.pad(self.name),
            draw => f.pad(&format!("{}{DRAW}{draw}", self.name)),
        }
    }
}

/// Between the name of a control and the number of its draw, if that is not 0.
const DRAW: &str = "-draw-";

impl FromStr for ControlKind {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (name, draw) = match text.split_once(DRAW).map(|(name, draw)| (name, draw.parse::<u16>())) {
            Some((name, Ok(draw))) => (name, draw),
            _ => (text, 0),
        };
        find_control(name).map(|control| Self { name: control.name(), draw }).map_err(|error| ParseError {
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
        kind.to_string()
    }
}

//! The name of a control, checked once.

use std::{fmt, str::FromStr};

use crate::RunControl;
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
        let of_tickets = CONTROLS.iter().map(|control| control.name());
        let of_runs = RunControl::ALL.into_iter().map(RunControl::name);
        of_tickets.chain(of_runs).map(|name| Self { name, draw: 0 })
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

    /// What makes it.
    pub fn source(self) -> ControlSource {
        if let Some(control) = self.of_run() {
            return ControlSource::Run(control);
        }
        ControlSource::Ticket(find_control(self.name).expect("the name was found in the registry before"))
    }

    /// The control of the whole run, if it is one.
    pub fn of_run(self) -> Option<RunControl> {
        RunControl::ALL.into_iter().find(|control| control.name() == self.name)
    }
}

/// What makes a control.
#[derive(Clone, Copy)]
pub enum ControlSource {
    /// Its ticket.
    Ticket(&'static dyn Control),
    /// The whole run.
    Run(RunControl),
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
        let wanted = name.replace('_', "-");
        if let Some(control) = RunControl::ALL.into_iter().find(|control| control.name() == wanted) {
            return Ok(Self { name: control.name(), draw });
        }
        find_control(name).map(|control| Self { name: control.name(), draw }).map_err(|error| ParseError {
            what: "control",
            value: text.to_owned(),
            reason: "there is none of this name".to_owned(),
            hint: {
                let of_runs = RunControl::ALL.map(RunControl::name).join(", ");
                format!("{}; of whole runs {of_runs}", error.hint().unwrap_or_default())
            },
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

//! Schedules in one short text, for flags and messages.

use std::{fmt, str::FromStr};

use super::schedule::{Schedule, default_end, default_peak, default_start, one_epoch};
use crate::{ParseError, Step, nearest_name};

const NAMES: [&str; 7] =
    ["constant", "milestones", "cosine", "linear", "exponential", "one-cycle", "triangular"];

const HINT: &str = "write constant, milestones:20000it,25000it,0.1, cosine, cosine:0.01 (the last factor), linear, \
    exponential:0.95,1ep, one-cycle:0.3 (the peak), triangular; or warmup:10000it+ before one of them";

/// The text that [`Schedule::from_str`] reads; settings at their default are left out.
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cycle = |f: &mut fmt::Formatter<'_>, name: &str, [peak, start, end]: [f64; 3]| {
            if (start, end) != (default_start(), default_end()) {
                write!(f, "{name}:{peak},{start},{end}")
            } else if peak != default_peak() {
                write!(f, "{name}:{peak}")
            } else {
                f.write_str(name)
            }
        };
        match self {
            Self::Constant => f.write_str("constant"),
            Self::Milestones { at, factor } => {
                f.write_str("milestones:")?;
                at.iter().try_for_each(|step| write!(f, "{step},"))?;
                write!(f, "{factor}")
            }
            Self::Cosine { end } if *end == 0.0 => f.write_str("cosine"),
            Self::Cosine { end } => write!(f, "cosine:{end}"),
            Self::Linear { end } if *end == 0.0 => f.write_str("linear"),
            Self::Linear { end } => write!(f, "linear:{end}"),
            Self::Exponential { factor, every } => write!(f, "exponential:{factor},{every}"),
            Self::OneCycle { peak, start, end } => cycle(f, "one-cycle", [*peak, *start, *end]),
            Self::Triangular { peak, start, end } => cycle(f, "triangular", [*peak, *start, *end]),
            Self::Warmup { length, then } => write!(f, "warmup:{length}+{then}"),
        }
    }
}

/// The text form, see [`Schedule`].
impl FromStr for Schedule {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let schedule = Text { whole: text }.schedule(text)?;
        schedule.check()?;
        Ok(schedule)
    }
}

/// A text that is being read; errors show the whole of it.
struct Text<'a> {
    whole: &'a str,
}

impl Text<'_> {
    fn schedule(&self, text: &str) -> Result<Schedule, ParseError> {
        if let Some(warmup) = text.strip_prefix("warmup:") {
            let (length, then) = warmup.split_once('+').unwrap_or((warmup, "constant"));
            return Ok(Schedule::Warmup { length: self.step(length)?, then: Box::new(self.schedule(then)?) });
        }
        let (name, settings) = text.split_once(':').unwrap_or((text, ""));
        let settings: Vec<&str> = settings.split(',').filter(|word| !word.is_empty()).collect();
        match (name, settings.as_slice()) {
            ("constant", []) => Ok(Schedule::Constant),
            ("milestones", [at @ .., factor]) => Ok(Schedule::Milestones {
                at: at.iter().map(|word| self.step(word)).collect::<Result<_, _>>()?,
                factor: self.number(factor)?,
            }),
            ("cosine", [] | [_]) => Ok(Schedule::Cosine { end: self.number_or(settings.first(), 0.0)? }),
            ("linear", [] | [_]) => Ok(Schedule::Linear { end: self.number_or(settings.first(), 0.0)? }),
            ("exponential", [factor]) => {
                Ok(Schedule::Exponential { factor: self.number(factor)?, every: one_epoch() })
            }
            ("exponential", [factor, every]) => {
                Ok(Schedule::Exponential { factor: self.number(factor)?, every: self.step(every)? })
            }
            ("one-cycle" | "triangular", [] | [_] | [_, _, _]) => {
                let peak = self.number_or(settings.first(), default_peak())?;
                let start = self.number_or(settings.get(1), default_start())?;
                let end = self.number_or(settings.get(2), default_end())?;
                Ok(if name == "one-cycle" {
                    Schedule::OneCycle { peak, start, end }
                } else {
                    Schedule::Triangular { peak, start, end }
                })
            }
            _ if NAMES.contains(&name) => Err(self.error("it has another number of settings")),
            _ => Err(ParseError {
                hint: match nearest_name(name, NAMES) {
                    Some(nearest) => format!("did you mean '{nearest}'? {HINT}"),
                    None => HINT.to_owned(),
                },
                ..self.error(&format!("there is no schedule '{name}'"))
            }),
        }
    }

    fn number(&self, word: &str) -> Result<f64, ParseError> {
        word.parse().map_err(|_| self.error(&format!("'{word}' is not a number")))
    }

    fn number_or(&self, word: Option<&&str>, default: f64) -> Result<f64, ParseError> {
        word.map_or(Ok(default), |word| self.number(word))
    }

    fn step(&self, word: &str) -> Result<Step, ParseError> {
        word.parse()
            .map_err(|error: ParseError| self.error(&format!("'{word}' is not a step: {}", error.reason)))
    }

    fn error(&self, reason: &str) -> ParseError {
        let value = self.whole.to_owned();
        ParseError { what: "schedule", value, reason: reason.to_owned(), hint: HINT.to_owned() }
    }
}

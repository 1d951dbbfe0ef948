//! Bands around means.

use std::{fmt, str::FromStr};

/// What lies between two values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Half of its width.
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0
    }

    /// Whether a value lies in it, its ends included.
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// What is drawn or written around a mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Band {
    /// From the least to the largest value.
    #[default]
    MinMax,
    /// One standard deviation to either side.
    StandardDeviation,
    /// One standard error to either side.
    StandardError,
    /// The 95 % interval of the mean.
    Confidence,
}

impl Band {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::MinMax, Self::StandardDeviation, Self::StandardError, Self::Confidence];

    /// Its name in commands.
    pub fn name(self) -> &'static str {
        match self {
            Self::MinMax => "minmax",
            Self::StandardDeviation => "sd",
            Self::StandardError => "sem",
            Self::Confidence => "ci",
        }
    }
}

impl fmt::Display for Band {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// There is no such band.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoSuchBand(pub String);

impl fmt::Display for NoSuchBand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no band '{}': there are minmax, sd, sem and ci", self.0)
    }
}

impl std::error::Error for NoSuchBand {}

impl FromStr for Band {
    type Err = NoSuchBand;

    fn from_str(text: &str) -> Result<Self, NoSuchBand> {
        Self::ALL.into_iter().find(|band| band.name() == text).ok_or_else(|| NoSuchBand(text.to_owned()))
    }
}

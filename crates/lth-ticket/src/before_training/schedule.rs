//! How density falls over the iterations of a pruning before training.

use std::{fmt, str::FromStr};

use lth_model::{Density, ParseError};
use serde::{Deserialize, Serialize};

/// The density after each of n iterations, down to d.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DensitySchedule {
    /// `d^(e / n)` after e iterations: each prunes the same fraction (Tanaka et al. 2020).
    #[default]
    Exponential,
    /// `1 - (1 - d) e / n`: each prunes the same number.
    Linear,
}

impl DensitySchedule {
    /// Every schedule.
    pub const ALL: [Self; 2] = [Self::Exponential, Self::Linear];

    /// Its name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exponential => "exponential",
            Self::Linear => "linear",
        }
    }

    /// The density after `done` of `iterations`; exactly `last` after the last.
    ///
    /// ```
    /// use lth_model::Density;
    /// use lth_ticket::DensitySchedule;
    /// let last = Density::new(0.01).unwrap();
    /// assert!((DensitySchedule::Exponential.density(last, 50, 100).get() - 0.1).abs() < 1e-12);
    /// assert!((DensitySchedule::Linear.density(last, 50, 100).get() - 0.505).abs() < 1e-12);
    /// assert_eq!(DensitySchedule::Exponential.density(last, 100, 100), last);
    /// ```
    pub fn density(self, last: Density, done: u64, iterations: u64) -> Density {
        if done >= iterations {
            return last;
        }
        let fraction = done as f64 / iterations as f64;
        let density = match self {
            Self::Exponential => last.get().powf(fraction),
            Self::Linear => 1.0 - (1.0 - last.get()) * fraction,
        };
        Density::new(density.clamp(last.get(), 1.0)).unwrap_or(last)
    }
}

impl fmt::Display for DensitySchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for DensitySchedule {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::ALL.into_iter().find(|schedule| schedule.name() == text).ok_or_else(|| ParseError {
            what: "schedule of density",
            value: text.to_owned(),
            reason: "there is none of this name".to_owned(),
            hint: "there are exponential (the same fraction each time) and linear (the same number)"
                .to_owned(),
        })
    }
}

//! What rows and columns of a table are.

use std::{cmp::Ordering, fmt, str::FromStr};

use lth_lab::{Experiment, RoundResult, Setting, Variant, differing_settings, find_setting};
use lth_model::{Hint, ParseError};

use crate::Runs;

/// What the rows or the columns of a table tell apart.
#[derive(Clone, Copy)]
pub enum TableAxis {
    /// Densities, the densest first.
    Density,
    /// Rounds.
    Round,
    /// Tickets and controls.
    Variant,
    /// Seeds.
    Seed,
    /// Runs, by their folders.
    Run,
    /// The values of a setting.
    Setting(&'static Setting),
}

/// A row or a column: how it is written, and what orders it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place {
    pub(crate) text: String,
    order: Order,
}

#[derive(Debug, Clone, PartialEq)]
enum Order {
    /// By number, before all others.
    Number(f64),
    /// Before all names.
    First,
    /// By name.
    Name,
}

impl TableAxis {
    /// What columns of these runs are unless another axis is given: the first setting in which they differ, otherwise networks.
    pub fn usual(runs: &Runs) -> Self {
        let experiments: Vec<&Experiment> = runs.all.iter().map(|run| &run.experiment).collect();
        let first =
            differing_settings(&experiments).first().and_then(|setting| find_setting(setting.key).ok());
        first.map_or(Self::Variant, Self::Setting)
    }

    /// Its name.
    pub fn name(&self) -> String {
        match self {
            Self::Density => "density %".to_owned(),
            Self::Round => "round".to_owned(),
            Self::Variant => "network".to_owned(),
            Self::Seed => "seed".to_owned(),
            Self::Run => "run".to_owned(),
            Self::Setting(setting) => setting.label(),
        }
    }

    /// Where a training belongs. Those of a control belong to the density of the ticket that they are compared with.
    pub(crate) fn place(
        &self,
        run: &str,
        experiment: &Experiment,
        result: &RoundResult,
        (density, density_text): (f64, &str),
    ) -> Place {
        let number = |value: f64, text: String| Place { text, order: Order::Number(value) };
        let name = |text: String| Place { text, order: Order::Name };
        match self {
            Self::Density => number(-density, density_text.to_owned()),
            Self::Round => number(f64::from(result.record.round), result.record.round.to_string()),
            Self::Variant => match result.record.variant {
                Variant::Ticket => Place { text: "ticket".to_owned(), order: Order::First },
                // Draws of one control are repetitions.
                Variant::Control(kind) => name(kind.name().to_owned()),
            },
            Self::Seed => number(result.record.seed.0 as f64, result.record.seed.to_string()),
            Self::Run => name(run.to_owned()),
            Self::Setting(setting) => {
                let text = setting.value(experiment).map_or_else(|| "-".to_owned(), |value| value.exact());
                match text.parse::<f64>() {
                    Ok(value) if value.is_finite() => number(value, text),
                    _ => name(text),
                }
            }
        }
    }
}

impl Place {
    /// What orders it, if that is a number: of densities the negative, since the densest comes first.
    pub(crate) fn number(&self) -> Option<f64> {
        if let Order::Number(number) = self.order { Some(number) } else { None }
    }

    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        let rank = |order: &Order| match order {
            Order::Number(_) => 0,
            Order::First => 1,
            Order::Name => 2,
        };
        match (&self.order, &other.order) {
            (Order::Number(a), Order::Number(b)) => a.total_cmp(b),
            (a, b) => rank(a).cmp(&rank(b)).then_with(|| self.text.cmp(&other.text)),
        }
    }
}

impl FromStr for TableAxis {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Ok(match text.trim() {
            "density" => Self::Density,
            "round" => Self::Round,
            "variant" | "network" => Self::Variant,
            "seed" | "replicate" => Self::Seed,
            "run" => Self::Run,
            name => Self::Setting(find_setting(name).map_err(|error| ParseError {
                what: "axis",
                value: text.to_owned(),
                reason: "it is neither density, round, variant, seed or run nor a setting".to_owned(),
                hint: error.hint().unwrap_or_default(),
            })?),
        })
    }
}

impl fmt::Debug for TableAxis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_is_a_setting_or_a_part_of_a_run() {
        assert_eq!("criterion".parse::<TableAxis>().unwrap().name(), "criterion");
        assert_eq!("density".parse::<TableAxis>().unwrap().name(), "density %");
        let error = "criterium".parse::<TableAxis>().unwrap_err();
        assert!(error.hint.contains("criterion"), "{error:?}");
    }
}

//! What is put into a cell: `test_accuracy mean ± sd`.

use std::{fmt, str::FromStr};

use lth_model::ParseError;
use lth_stats::{Band, Sample};

use crate::Metric;

/// One value of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Statistic {
    /// Their mean.
    #[default]
    Mean,
    /// The middle one.
    Median,
    /// The least.
    Min,
    /// The largest.
    Max,
    /// How many there are.
    Count,
}

impl Statistic {
    const ALL: [Self; 5] = [Self::Mean, Self::Median, Self::Min, Self::Max, Self::Count];

    /// Its name in commands.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Median => "median",
            Self::Min => "min",
            Self::Max => "max",
            Self::Count => "n",
        }
    }

    /// Of these values.
    pub fn of(self, sample: &Sample) -> f64 {
        match self {
            Self::Mean => sample.mean(),
            Self::Median => sample.median(),
            Self::Min => sample.min(),
            Self::Max => sample.max(),
            Self::Count => sample.count() as f64,
        }
    }
}

/// What a cell has: a figure, a value of its repetitions, and what lies around it.
///
/// ```
/// let cell: lth_report::CellSpec = "test_accuracy mean ± sd".parse().unwrap();
/// assert_eq!(cell.to_string(), "test_accuracy mean ± sd");
/// assert!("test_accuracy mean ± x".parse::<lth_report::CellSpec>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellSpec {
    /// The figure.
    pub metric: Metric,
    /// Its value.
    pub statistic: Statistic,
    /// What lies around it.
    pub band: Option<Band>,
}

impl Default for CellSpec {
    fn default() -> Self {
        Self { metric: Metric::TestAccuracy, statistic: Statistic::Mean, band: None }
    }
}

impl CellSpec {
    /// The text of a cell.
    pub fn text(&self, sample: &Sample) -> String {
        let (factor, decimals) = (self.metric.factor(), self.metric.decimals());
        if self.statistic == Statistic::Count {
            return sample.count().to_string();
        }
        let value = format!("{:.decimals$}", factor * self.statistic.of(sample));
        let interval = self.band.and_then(|band| Some((band, sample.band(band)?)));
        match interval {
            None => value,
            Some((Band::MinMax, ends)) => {
                format!("{value} ({:.decimals$}-{:.decimals$})", factor * ends.low, factor * ends.high)
            }
            Some((_, ends)) => format!("{value} ± {:.decimals$}", factor * ends.half_width()),
        }
    }
}

impl FromStr for CellSpec {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let refused = |reason: String| {
            ParseError {
            what: "cell",
            value: text.to_owned(),
            reason,
            hint: "use for example 'test_accuracy mean ± sd': a figure, then mean, median, min, max or n, then ± and minmax, sd, sem or ci"
                .to_owned(),
        }
        };
        let plain = text.replace("+-", "±").replace("+/-", "±");
        let (value, band) = match plain.split_once('±') {
            Some((value, band)) => {
                let band = band.trim();
                (value, Some(band.parse::<Band>().map_err(|error| refused(error.to_string()))?))
            }
            None => (plain.as_str(), None),
        };
        let mut words = value.split_whitespace();
        let metric = words.next().ok_or_else(|| refused("it names no figure".to_owned()))?.parse()?;
        let statistic = match words.next() {
            None => Statistic::Mean,
            Some(word) => Statistic::ALL
                .into_iter()
                .find(|statistic| statistic.name() == word)
                .ok_or_else(|| refused(format!("'{word}' is no value of repetitions")))?,
        };
        if let Some(more) = words.next() {
            return Err(refused(format!("'{more}' is too much")));
        }
        Ok(Self { metric, statistic, band })
    }
}

impl fmt::Display for CellSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.metric.name(), self.statistic.name())?;
        self.band.map_or(Ok(()), |band| write!(f, " ± {band}"))
    }
}

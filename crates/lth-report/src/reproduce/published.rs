//! What was published.

use std::path::Path;

use lth_lab::{Experiment, LabError, Sweep};
use serde::Deserialize;

use super::{Claim, Quantity, Study, results::joined};
use crate::TableAxis;

/// A published figure or table.
pub struct Published {
    /// Its name in commands: `frankle-2019/figure-4`.
    pub key: String,
    /// What it shows.
    pub title: String,
    /// Where it stands.
    pub paper: String,
    /// What is done differently here, and what to know when comparing; empty for nothing.
    pub note: String,
    /// What the runs of the sweep are told apart by.
    pub columns: TableAxis,
    /// What its curves go over.
    pub x: XAxis,
    /// What is done besides the sweep's trainings.
    pub studies: Vec<Study>,
    /// What was published, a series a curve or column.
    pub series: Vec<PublishedSeries>,
    /// The network and data that these numbers are of, where the sweep trains another network: `VGG-16 on CIFAR-10`.
    pub published_of: Option<String>,
    /// What is claimed of it.
    pub claims: Vec<Claim>,
    sweep: String,
    quick: String,
}

/// What the curves of a figure go over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum XAxis {
    /// Densities.
    #[default]
    Density,
    /// Iterations: the rewind point, or where copies part.
    Iteration,
    /// Nothing: a table, a value a name.
    None,
}

/// A curve or column that was published.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedSeries {
    /// Which of ours it is compared with, by name.
    pub name: String,
    /// Its figure.
    pub quantity: Quantity,
    /// Where its numbers come from.
    pub source: String,
    /// Place and value, as fractions where ours are; the place is 0 where there is no axis.
    pub points: Vec<[f64; 2]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    paper: String,
    #[serde(default)]
    note: String,
    columns: String,
    #[serde(default)]
    x: XAxis,
    sweep: String,
    quick: String,
    #[serde(default)]
    studies: Vec<Study>,
    #[serde(default)]
    series: Vec<SeriesEntry>,
    published_of: Option<String>,
    #[serde(default)]
    claims: Vec<Claim>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeriesEntry {
    name: String,
    metric: String,
    source: String,
    /// Density in percent or iteration, value as published.
    #[serde(default)]
    points: Vec<[f64; 2]>,
    /// The value of a table, as published.
    value: Option<f64>,
}

impl XAxis {
    /// The place of something of a density that begins at an iteration.
    pub fn place(self, density: f64, iteration: u64) -> f64 {
        match self {
            Self::Density => density,
            Self::Iteration => iteration as f64,
            Self::None => 0.0,
        }
    }

    /// Of the unit of files, in which densities are in percent, what a place is multiplied with.
    pub fn factor(self) -> f64 {
        if self == Self::Density { 0.01 } else { 1.0 }
    }
}

impl Published {
    /// Reads a file of `papers/`.
    pub(super) fn read(key: &str, text: &str) -> Result<Self, LabError> {
        let damaged =
            |reason: String| LabError::Damaged { path: Path::new(key).with_extension("toml"), reason };
        let file: File = toml::from_str(text).map_err(|error| damaged(error.to_string()))?;
        let columns = file.columns.parse::<TableAxis>().map_err(|error| damaged(error.to_string()))?;
        let x = file.x;
        let series = file.series.into_iter().map(|entry| {
            let quantity: Quantity =
                entry.metric.parse().map_err(|error: lth_model::ParseError| damaged(error.to_string()))?;
            if (x == XAxis::None) != entry.value.is_some() || entry.value.is_some() != entry.points.is_empty()
            {
                return Err(damaged(format!(
                    "series '{}' has either points, or in a table (x = \"none\") a value",
                    entry.name
                )));
            }
            let points = entry.points.into_iter().chain(entry.value.map(|value| [0.0, value]));
            let points = points.map(|[place, value]| [x.factor() * place, value / quantity.factor()]);
            Ok(PublishedSeries { name: entry.name, quantity, source: entry.source, points: points.collect() })
        });
        let series = series.collect::<Result<_, LabError>>()?;
        Ok(Self {
            key: key.to_owned(),
            title: file.title,
            paper: file.paper,
            note: file.note,
            columns,
            x,
            studies: file.studies,
            series,
            published_of: file.published_of,
            claims: file.claims,
            sweep: file.sweep,
            quick: file.quick,
        })
    }

    /// The text of the sweep that makes it again; `quick` for one that takes minutes and shows the shape.
    pub fn sweep_text(&self, quick: bool) -> &str {
        if quick { &self.quick } else { &self.sweep }
    }

    /// That sweep.
    ///
    /// # Errors
    /// When its text is no sweep.
    pub fn sweep(&self, quick: bool) -> Result<Sweep, LabError> {
        Sweep::from_toml(self.sweep_text(quick), &Path::new(&self.key).with_extension("toml"))
    }

    /// Whether the trainings of the sweep are part of it, rather than only its models and data sets.
    pub fn trains_sweep(&self, quick: bool) -> bool {
        self.studies.is_empty() || self.studies.iter().any(|study| study.needs_run(quick))
    }

    /// What the curves of a study of a run are called before what the study tells apart: the run's value of the columns, and the study's
    /// own name.
    pub fn label(&self, study: &Study, experiment: &Experiment) -> String {
        let of_run = match self.columns {
            TableAxis::Setting(setting) => setting.value(experiment).map(|value| value.exact()),
            _ => None,
        };
        joined(&of_run.unwrap_or_default(), &study.name)
    }

    /// Whether a series or a claim is of a curve of this name.
    pub fn names(&self, curve: &str) -> bool {
        self.series.iter().any(|series| series.name == curve)
            || self.claims.iter().any(|claim| claim.curves().any(|own| own == curve))
    }

    /// The figures that are published or claimed of, each once.
    pub fn quantities(&self) -> Vec<Quantity> {
        let all = self.series.iter().map(|series| series.quantity);
        let mut found: Vec<Quantity> = Vec::new();
        for quantity in all.chain(self.claims.iter().map(Claim::quantity)) {
            if !found.contains(&quantity) {
                found.push(quantity);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_values_and_a_figure_has_points() {
        let text = |x: &str, what: &str| {
            format!(
                "title = \"t\"\npaper = \"p\"\ncolumns = \"variant\"\nx = \"{x}\"\nsweep = \"\"\nquick = \"\"\n\
                 [[series]]\nname = \"ticket\"\nmetric = \"distance\"\nsource = \"s\"\n{what}\n"
            )
        };
        let read = |x: &str, what: &str| Published::read("a/b", &text(x, what));
        assert_eq!(read("none", "value = 20.7").unwrap().series[0].points, [[0.0, 20.7]]);
        assert_eq!(read("iteration", "points = [[500, 2]]").unwrap().series[0].points, [[500.0, 2.0]]);
        for (x, what) in [("none", "points = [[1, 2]]"), ("density", "value = 2"), ("density", "")] {
            let error = read(x, what).err().unwrap().to_string();
            assert!(error.contains("a/b.toml") && error.contains("'ticket'"), "{error}");
        }
    }
}

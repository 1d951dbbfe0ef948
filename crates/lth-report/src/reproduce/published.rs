//! What was published.

use std::path::Path;

use include_dir::{Dir, include_dir};
use lth_lab::{Experiment, LabError, Sweep};
use lth_model::nearest_name;
use serde::Deserialize;

use super::{Claim, Quantity, Study, results::joined};
use crate::TableAxis;

static PAPERS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/papers");

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
    fn read(key: &str, text: &str) -> Result<Self, LabError> {
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

/// All that is known, by key.
///
/// # Errors
/// When a file says something that cannot be; a test reads them all.
pub fn published() -> Result<Vec<Published>, LabError> {
    let mut all = Vec::new();
    for paper in PAPERS.dirs() {
        for file in paper.files() {
            let key = file.path().with_extension("").display().to_string().replace('\\', "/");
            all.push(Published::read(&key, file.contents_utf8().unwrap_or_default())?);
        }
    }
    all.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(all)
}

/// The one with this key, or the only one whose key begins with it: `frankle-2019/figure-4` is `frankle-2019/figure-4-one-shot`.
///
/// # Errors
/// When there is none, or several; the hint names them, or the nearest.
pub fn find_published(key: &str) -> Result<Published, LabError> {
    let mut all = published()?;
    let begins = |one: &Published| one.key.strip_prefix(key).is_some_and(|rest| rest.starts_with(['-', '/']));
    let places: Vec<usize> = match all.iter().position(|one| one.key == key) {
        Some(place) => vec![place],
        None => (0..all.len()).filter(|place| begins(&all[*place])).collect(),
    };
    let hint = match places[..] {
        [place] => return Ok(all.swap_remove(place)),
        [] => nearest_name(key, all.iter().map(|one| one.key.as_str())).map_or_else(
            || "`lth reproduce` lists them".to_owned(),
            |near| format!("did you mean '{near}'? `lth reproduce` lists all"),
        ),
        _ => {
            let names: Vec<String> = places.iter().map(|place| format!("'{}'", all[*place].key)).collect();
            format!("there are {}", names.join(", "))
        }
    };
    Err(LabError::Refused { reason: format!("no published figure or table is called '{key}' here"), hint })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_sweeps_and_compares_what_they_make() {
        let all = published().unwrap();
        assert!(all.len() >= 8);
        for one in &all {
            for quick in [false, true] {
                let sweep = one.sweep(quick).unwrap_or_else(|error| panic!("{}: {error}", one.key));
                assert!(!sweep.experiments().unwrap().is_empty(), "{}", one.key);
            }
            assert!(!one.series.is_empty() || !one.claims.is_empty(), "{}", one.key);
            for series in &one.series {
                let is_fraction = series.points.iter().all(|[density, _]| *density > 0.0 && *density <= 1.0);
                assert!(is_fraction || one.x != XAxis::Density, "{}: {}", one.key, series.name);
                assert!(!series.source.is_empty(), "{}: {}", one.key, series.name);
            }
        }
    }

    /// A curve that no run makes would leave its claims without a verdict, whatever is trained.
    #[test]
    fn curves_that_are_named_are_made() {
        for one in published().unwrap().iter().filter(|one| one.studies.is_empty()) {
            let points = one.sweep(false).unwrap().experiments().unwrap();
            let made = |(_, experiment): &(_, lth_lab::Experiment)| match one.columns {
                TableAxis::Setting(setting) => vec![setting.value(experiment).unwrap().exact()],
                _ => experiment
                    .variants()
                    .map(|variant| match variant {
                        lth_lab::Variant::Ticket => "ticket".to_owned(),
                        lth_lab::Variant::Control(kind) => kind.name().to_owned(),
                    })
                    .collect(),
            };
            let made: Vec<String> = points.iter().flat_map(made).collect();
            let series = one.series.iter().map(|series| series.name.as_str());
            for name in series.chain(one.claims.iter().flat_map(Claim::curves)) {
                assert!(made.iter().any(|own| own == name), "{}: '{name}' is none of {made:?}", one.key);
            }
        }
    }

    #[test]
    fn each_paper_has_something() {
        let all = published().unwrap();
        for paper in [
            "frankle-2019",
            "frankle-2019-stabilizing",
            "frankle-2020",
            "zhou-2019",
            "morcos-2019",
            "renda-2020",
            "tanaka-2020",
            "evci-2020",
            "you-2020",
        ] {
            assert!(all.iter().any(|one| one.key.split('/').next() == Some(paper)), "{paper}");
        }
    }

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

    #[test]
    fn the_beginning_of_a_key_is_enough_where_no_other_has_it() {
        assert_eq!(find_published("frankle-2019/figure-4").unwrap().key, "frankle-2019/figure-4-one-shot");
        assert_eq!(find_published("frankle-2019/figure-3").unwrap().key, "frankle-2019/figure-3");
        let hint = |key| lth_model::Hint::hint(&find_published(key).err().unwrap()).unwrap();
        let convs = [2, 4, 6].map(|layers| format!("'frankle-2019/figure-5-conv-{layers}'")).join(", ");
        assert_eq!(hint("frankle-2019/figure-5"), format!("there are {convs}"));
        assert!(hint("frankle-2019/fig").starts_with("did you mean"), "a name is not cut off within a word");
    }

    #[test]
    fn an_unknown_key_names_the_nearest() {
        let error = find_published("frankle-2019/figure-33").err().unwrap();
        assert!(error.to_string().contains("figure-33"));
        assert!(lth_model::Hint::hint(&error).unwrap().contains("frankle-2019/figure-3'"), "{error}");
    }
}

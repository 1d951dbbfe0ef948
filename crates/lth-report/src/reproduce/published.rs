//! What was published.

use std::path::Path;

use include_dir::{Dir, include_dir};
use lth_lab::{LabError, Sweep};
use lth_model::nearest_name;
use serde::Deserialize;

use super::Claim;
use crate::{Metric, TableAxis};

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
    /// What the curves or columns are.
    pub columns: TableAxis,
    /// What was published, a series a curve or column.
    pub series: Vec<PublishedSeries>,
    /// What is claimed of it.
    pub claims: Vec<Claim>,
    sweep: String,
    quick: String,
}

/// A curve or column that was published.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedSeries {
    /// Which of ours it is compared with: a value of the columns.
    pub name: String,
    /// Its figure.
    pub metric: Metric,
    /// Where its numbers come from.
    pub source: String,
    /// Density and value, as fractions where ours are.
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
    sweep: String,
    quick: String,
    #[serde(default)]
    series: Vec<SeriesEntry>,
    #[serde(default)]
    claims: Vec<Claim>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeriesEntry {
    name: String,
    metric: String,
    source: String,
    /// Density in percent, value as published.
    points: Vec<[f64; 2]>,
}

impl Published {
    fn read(key: &str, text: &str) -> Result<Self, LabError> {
        let damaged =
            |reason: String| LabError::Damaged { path: Path::new(key).with_extension("toml"), reason };
        let file: File = toml::from_str(text).map_err(|error| damaged(error.to_string()))?;
        let columns = file.columns.parse::<TableAxis>().map_err(|error| damaged(error.to_string()))?;
        let series = file.series.into_iter().map(|entry| {
            let metric: Metric =
                entry.metric.parse().map_err(|error: lth_model::ParseError| damaged(error.to_string()))?;
            let points =
                entry.points.into_iter().map(|[density, value]| [density / 100.0, value / metric.factor()]);
            Ok(PublishedSeries { name: entry.name, metric, source: entry.source, points: points.collect() })
        });
        let series = series.collect::<Result<_, LabError>>()?;
        Ok(Self {
            key: key.to_owned(),
            title: file.title,
            paper: file.paper,
            note: file.note,
            columns,
            series,
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

/// The one with this key.
///
/// # Errors
/// When there is none; the hint names the nearest.
pub fn find_published(key: &str) -> Result<Published, LabError> {
    let mut all = published()?;
    if let Some(place) = all.iter().position(|one| one.key == key) {
        return Ok(all.swap_remove(place));
    }
    Err(LabError::Refused {
        reason: format!("no published figure or table is called '{key}' here"),
        hint: nearest_name(key, all.iter().map(|one| one.key.as_str())).map_or_else(
            || "`lth reproduce` lists them".to_owned(),
            |near| format!("did you mean '{near}'? `lth reproduce` lists all"),
        ),
    })
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
                assert!(is_fraction && !series.source.is_empty(), "{}: {}", one.key, series.name);
            }
        }
    }

    #[test]
    fn an_unknown_key_names_the_nearest() {
        let error = find_published("frankle-2019/figure-33").err().unwrap();
        assert!(error.to_string().contains("figure-33"));
        assert!(lth_model::Hint::hint(&error).unwrap().contains("frankle-2019/figure-3'"), "{error}");
    }
}

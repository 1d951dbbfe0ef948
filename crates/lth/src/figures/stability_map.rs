//! Barriers of several runs, which rewind to different iterations, as one map.

use std::{fs, path::PathBuf};

use lth_lab::{RunResults, STABLE_BELOW};
use lth_plot::{Figure, Heading, StabilityCell, StabilityMap, stability_map_figure};
use serde::Deserialize;

use super::{
    Drawing,
    together::{differences, labels, of_one_kind, subtitle},
};
use crate::failure::Failure;

/// What runs of one map may differ in: where they rewind to is an axis, over seeds there are means.
const OF_ONE_MAP: [&str; 2] = ["pruning.rewind", "seed"];

/// What is read of a row of `stability.csv`: a pair of copies.
#[derive(Debug, Deserialize)]
struct Row {
    variant: String,
    seed: u64,
    density: f64,
    from: u64,
    test_barrier: f64,
}

/// The barriers that `lth stability` found in each run, over the iterations from which copies were trained and densities: means over pairs. Runs
/// that differ in anything but rewind points and seeds have maps of their own.
///
/// # Errors
/// When runs are of different data or lengths, one has no study of stability or several, or its table cannot be read.
pub(crate) fn stability_map(runs: &[RunResults], drawing: &Drawing) -> Result<Figure, Failure> {
    of_one_kind(runs)?;
    let mut maps: Vec<StabilityMap> = Vec::new();
    for ((results, run), facet) in runs.iter().zip(labels(runs)).zip(differences(runs, &OF_ONE_MAP)) {
        let at = maps.iter().position(|map| map.facet == facet).unwrap_or(maps.len());
        if at == maps.len() {
            maps.push(StabilityMap { facet, cells: Vec::new() });
        }
        let path = table_of(results)?;
        let damaged = |error: csv::Error| {
            Failure::input(
                format!("cannot read '{}': {error}", path.display()),
                "`lth stability RUN` makes it again",
            )
        };
        let mut reader = csv::Reader::from_path(&path).map_err(damaged)?;
        for row in reader.deserialize() {
            let Row { variant, seed, density, from, test_barrier } = row.map_err(damaged)?;
            if variant == "ticket" {
                let run = run.clone();
                let cell = StabilityCell { run, seed, iteration: from, density, barrier: test_barrier };
                maps[at].cells.push(cell);
            }
        }
    }
    if maps.len() > 1 {
        maps.iter_mut().filter(|map| map.facet.is_empty()).for_each(|map| map.facet = "default".to_owned());
    }
    let heading =
        Heading::new("Stability by rewind point and density", subtitle(runs)).with_look(drawing.look);
    stability_map_figure(&heading, &maps, STABLE_BELOW).map_err(Failure::from)
}

/// The table of a run's one study.
fn table_of(results: &RunResults) -> Result<PathBuf, Failure> {
    let folder = results.layout.root().join("stability");
    let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
    let tables = entries.map(|entry| entry.path().join("stability.csv")).filter(|path| path.is_file());
    let tables: Vec<PathBuf> = tables.collect();
    let run = results.layout.root().display();
    match &tables[..] {
        [table] => Ok(table.clone()),
        [] => Err(Failure::input(
            format!("'{run}' has no study of stability"),
            format!("run `lth stability {run}` first"),
        )),
        _ => Err(Failure::input(
            format!(
                "'{run}' has {} studies of stability, which were measured in different ways",
                tables.len()
            ),
            format!("keep one of the folders in '{}', and move the others elsewhere", folder.display()),
        )),
    }
}

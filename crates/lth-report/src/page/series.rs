//! Figures over density: what the page draws first.

use std::collections::HashMap;

use lth_lab::LabError;
use lth_stats::{Band, Sample};
use serde::Serialize;

use super::number::Short;
use crate::{CellSpec, Metric, ResultTable, Runs, TableAxis, TableCell, TableSpec};

/// What can be drawn over density.
const DRAWN: [Metric; 4] =
    [Metric::TestAccuracy, Metric::EarlyStopIteration, Metric::EndTestAccuracy, Metric::SpeedUp];

/// A figure of a run's tickets or of one of its controls, over falling densities. Draws of a control are one value of their seed.
#[derive(Serialize)]
pub(super) struct Series {
    variant: String,
    metric: &'static str,
    densities: Vec<Short>,
    means: Vec<Short>,
    /// The least and the largest of the seeds.
    low: Vec<Short>,
    high: Vec<Short>,
    seeds: Vec<usize>,
}

/// Of one of the runs.
pub(super) fn of_run(runs: &Runs, place: usize) -> Result<Vec<Series>, LabError> {
    let mut all = Vec::new();
    let densities = densities(runs, place);
    for metric in DRAWN {
        if runs.trainings_of(place).all(|training| metric.of(training.result).is_none()) {
            continue;
        }
        let cell = CellSpec { metric, ..CellSpec::default() };
        let spec = TableSpec { rows: TableAxis::Round, columns: TableAxis::Variant, cell, round: None };
        let table = ResultTable::of_run(runs, place, &spec)?;
        for (column, variant) in table.columns.iter().enumerate() {
            let mut series = Series {
                variant: variant.clone(),
                metric: metric.name(),
                densities: Vec::new(),
                means: Vec::new(),
                low: Vec::new(),
                high: Vec::new(),
                seeds: Vec::new(),
            };
            for (number, cells) in table.row_numbers.iter().zip(&table.cells) {
                let round = number.unwrap_or_default() as u32;
                let Some(&density) = densities.get(&round) else { continue };
                series.add(density, cells[column].as_ref());
            }
            all.push(series);
        }
    }
    Ok(all)
}

/// The mean density of the tickets of each round.
fn densities(runs: &Runs, place: usize) -> HashMap<u32, f64> {
    let mut of_rounds: HashMap<u32, Vec<f64>> = HashMap::new();
    for training in runs.trainings_of(place) {
        of_rounds.entry(training.result.record.round).or_default().push(training.density);
    }
    of_rounds.into_iter().filter_map(|(round, all)| Some((round, Sample::of(all)?.mean()))).collect()
}

impl Series {
    fn add(&mut self, density: f64, cell: Option<&TableCell>) {
        let Some(sample) = cell.and_then(|cell| Sample::of(cell.by_seed.values().copied())) else { return };
        let ends = sample.band(Band::MinMax);
        self.densities.push(Short(density));
        self.means.push(Short(sample.mean()));
        self.low.push(Short(ends.map_or(f64::NAN, |ends| ends.low)));
        self.high.push(Short(ends.map_or(f64::NAN, |ends| ends.high)));
        self.seeds.push(sample.count());
    }
}

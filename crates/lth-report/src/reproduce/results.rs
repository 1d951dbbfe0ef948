//! What we found, whatever procedure found it: curves by name, with the values of each seed.

use std::collections::BTreeMap;

use lth_lab::{HeuristicRow, LabError, SupermaskRecord, TransferRow, find_setting};
use lth_model::{Seed, Step};
use lth_stats::Sample;
use lth_ticket::FrozenWeights;

use super::{Quantity, XAxis};
use crate::{CellSpec, Metric, ResultTable, Runs, TableAxis, TableCell, TableSpec};

/// Everything that the procedures of a published figure found.
#[derive(Debug, Default)]
pub struct Results {
    values: Vec<Found>,
}

/// A figure of one training, mask or pair.
#[derive(Debug)]
struct Found {
    curve: String,
    quantity: Quantity,
    x: f64,
    seed: Seed,
    value: f64,
}

/// One curve of a figure, one column or row of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What it is of.
    pub name: String,
    /// By rising place.
    pub points: Vec<SeriesPoint>,
}

/// A place, with the values of its repetitions.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesPoint {
    /// A density (a fraction), an iteration, or 0 where there is no axis.
    pub x: f64,
    /// The values by seed: draws of a control, and pairs of copies, are one value of their seed.
    pub by_seed: BTreeMap<Seed, f64>,
}

impl SeriesPoint {
    /// All values; `None` where there is none.
    pub fn sample(&self) -> Option<Sample> {
        Sample::of(self.by_seed.values().copied())
    }
}

impl Series {
    /// The point nearest to a place, by ratio; `None` when none is within a tenth.
    pub fn near(&self, x: f64) -> Option<&SeriesPoint> {
        let distance = |point: &&SeriesPoint| distance(point.x, x);
        let nearest = self.points.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
        is_near(nearest.x, x).then_some(nearest)
    }
}

/// How far apart two places are, by ratio.
fn distance(a: f64, b: f64) -> f64 {
    if a == b { 0.0 } else { (a / b).ln().abs() }
}

/// Whether two places are near enough to be compared: within a tenth, by ratio.
pub fn is_near(a: f64, b: f64) -> bool {
    distance(a, b) < 0.1
}

impl Results {
    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The curves of a quantity, in the order in which they were added.
    pub fn series(&self, quantity: Quantity) -> Vec<Series> {
        let own = || self.values.iter().filter(|value| value.quantity == quantity);
        let mut names: Vec<&str> = Vec::new();
        for value in own() {
            if !names.contains(&value.curve.as_str()) {
                names.push(&value.curve);
            }
        }
        let series = |name: &str| {
            let mut points: Vec<(f64, BTreeMap<Seed, Vec<f64>>)> = Vec::new();
            for value in own().filter(|value| value.curve == name) {
                // Tickets of two seeds may differ by a weight.
                let same = |x: f64| x == value.x || (x / value.x - 1.0).abs() < 1e-3;
                let place = points.iter().position(|(x, _)| same(*x)).unwrap_or_else(|| {
                    points.push((value.x, BTreeMap::new()));
                    points.len() - 1
                });
                points[place].1.entry(value.seed).or_default().push(value.value);
            }
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            let mean = |values: Vec<f64>| Sample::of(values).map_or(f64::NAN, |sample| sample.mean());
            let point = |(x, by_seed): (f64, BTreeMap<Seed, Vec<f64>>)| SeriesPoint {
                x,
                by_seed: by_seed.into_iter().map(|(seed, values)| (seed, mean(values))).collect(),
            };
            Series { name: name.to_owned(), points: points.into_iter().map(point).collect() }
        };
        names.into_iter().map(series).collect()
    }

    /// Adds the trainings of runs of `find-winning-ticket`: over density, over rewind points those of the last round, without an axis those of
    /// the last round too.
    ///
    /// # Errors
    /// When a point would mix runs that differ in another setting than the columns.
    pub fn add_runs(
        &mut self,
        runs: &Runs,
        columns: TableAxis,
        x: XAxis,
        metrics: &[Metric],
    ) -> Result<(), LabError> {
        let rows = match x {
            XAxis::Density => TableAxis::Density,
            XAxis::Iteration => TableAxis::Setting(find_setting("pruning.rewind")?),
            XAxis::None => columns,
        };
        for &metric in metrics {
            if runs.trainings().all(|training| metric.of(training.result).is_none()) {
                continue;
            }
            let cell = CellSpec { metric, ..CellSpec::default() };
            let table = ResultTable::of(runs, &TableSpec { rows, columns, cell, round: None })?;
            let place = |row: usize| match x {
                XAxis::Density => table.row_numbers[row].map(|number| -number),
                XAxis::Iteration => {
                    let step: Step = table.rows[row].parse().ok()?;
                    Some(step.iterations(0) as f64)
                }
                XAxis::None => Some(0.0),
            };
            for (column, name) in table.columns.iter().enumerate() {
                for (row, cells) in table.cells.iter().enumerate() {
                    let (Some(x), Some(TableCell { by_seed, .. })) = (place(row), &cells[column]) else {
                        continue;
                    };
                    let quantity = Quantity::OfTraining(metric);
                    self.values.extend(by_seed.iter().map(|(&seed, &value)| Found {
                        curve: name.clone(),
                        quantity,
                        x,
                        seed,
                        value,
                    }));
                }
            }
        }
        Ok(())
    }

    /// Adds the trainings of a `transfer`: a curve a kind of network, after `label` unless that is empty.
    pub fn add_transfer(&mut self, label: &str, x: XAxis, rows: &[TransferRow]) {
        for row in rows {
            let place = x.place(row.density, 0);
            let stop = row.early_stop_iteration.map(|iteration| iteration as f64);
            let figures = [
                (Metric::TestAccuracy, Some(row.test_accuracy())),
                (Metric::EndTestAccuracy, Some(row.end_test_accuracy)),
                (Metric::TrainAccuracy, Some(row.end_train_accuracy)),
                (Metric::EarlyStopIteration, stop),
            ];
            for (metric, value) in figures.into_iter().filter_map(|(metric, value)| Some((metric, value?))) {
                let curve = joined(label, row.kind.name());
                self.add(curve, Quantity::OfTraining(metric), place, row.seed, value);
            }
        }
    }

    /// Adds masks that criteria found, on untrained weights, with the seed of each replicate: a curve a criterion, of signed
    /// constants another. Without an axis each at its best density of each seed, by validation accuracy, in the table of test accuracies,
    /// whose names say what each is of.
    pub fn add_heuristic(
        &mut self,
        label: &str,
        x: XAxis,
        rows: &[HeuristicRow],
        seed: impl Fn(u32) -> Seed,
    ) {
        let rank = |row: &HeuristicRow| row.validation_accuracy.unwrap_or(row.test_accuracy);
        for row in rows {
            let is_better = |other: &HeuristicRow| {
                (other.replicate, &other.criterion, other.weights)
                    == (row.replicate, &row.criterion, row.weights)
                    && rank(other) > rank(row)
            };
            if x == XAxis::None && rows.iter().any(is_better) {
                continue;
            }
            let weights = match row.weights {
                FrozenWeights::Initial => "",
                FrozenWeights::SignedConstant => "signed constants",
            };
            let curve = joined(label, &joined(&row.criterion, weights));
            let place = x.place(row.density.get(), 0);
            let quantity = match x {
                XAxis::None => Quantity::OfTraining(Metric::TestAccuracy),
                _ => Quantity::UntrainedTestAccuracy,
            };
            self.add(curve, quantity, place, seed(row.replicate), row.test_accuracy);
        }
    }

    /// Adds a mask that was learned: the mean of its drawn masks at the end.
    pub fn add_learned(&mut self, label: &str, x: XAxis, record: &SupermaskRecord) {
        let place = x.place(record.density.get(), 0);
        for metric in [Metric::TestAccuracy, Metric::EndTestAccuracy] {
            let value = record.end.test_accuracy;
            self.add(label.to_owned(), Quantity::OfTraining(metric), place, record.seed, value);
        }
    }

    /// Leaves out the curves so far but for those that a test wants.
    pub fn keep(&mut self, is_wanted: impl Fn(&str) -> bool) {
        self.values.retain(|value| is_wanted(&value.curve));
    }

    pub(super) fn add(&mut self, curve: String, quantity: Quantity, x: f64, seed: Seed, value: f64) {
        self.values.push(Found { curve, quantity, x, seed, value });
    }
}

/// Two parts of a curve's name, of which either may be empty.
pub(super) fn joined(first: &str, second: &str) -> String {
    match (first.is_empty(), second.is_empty()) {
        (true, _) => second.to_owned(),
        (_, true) => first.to_owned(),
        _ => format!("{first}, {second}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lth_model::Density;

    #[test]
    fn without_an_axis_masks_stand_at_their_best_density() {
        let row = |density: f64, validation: f64, test: f64| HeuristicRow {
            replicate: 1,
            criterion: "movement".to_owned(),
            weights: FrozenWeights::Initial,
            density: Density::new(density).unwrap(),
            validation_accuracy: Some(validation),
            test_accuracy: test,
        };
        let rows = [row(0.5, 0.3, 0.9), row(0.2, 0.4, 0.8)];
        let found = |x, quantity| {
            let mut results = Results::default();
            results.add_heuristic("", x, &rows, |replicate| Seed(u64::from(replicate)));
            results.series(quantity).swap_remove(0)
        };
        let best = found(XAxis::None, Quantity::OfTraining(Metric::TestAccuracy));
        assert_eq!(best.name, "movement");
        assert_eq!(best.points.len(), 1);
        assert_eq!(best.points[0].by_seed[&Seed(1)], 0.8);
        assert_eq!(found(XAxis::Density, Quantity::UntrainedTestAccuracy).points.len(), 2);
    }
}

//! Our own curves over density.

use std::collections::BTreeMap;

use lth_lab::LabError;
use lth_model::Seed;
use lth_stats::Sample;

use crate::{CellSpec, Metric, ResultTable, Runs, TableAxis, TableCell, TableSpec};

/// A figure over densities: one curve of a figure, one column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct DensitySeries {
    /// The value of the columns.
    pub name: String,
    /// Falling densities.
    pub points: Vec<DensityPoint>,
}

/// A density, with the values of its repetitions.
#[derive(Debug, Clone, PartialEq)]
pub struct DensityPoint {
    /// The density of the tickets, a fraction.
    pub density: f64,
    /// The values by seed; draws of a control are one value of their seed.
    pub by_seed: BTreeMap<Seed, f64>,
}

impl DensityPoint {
    /// All values.
    pub fn sample(&self) -> Option<Sample> {
        Sample::of(self.by_seed.values().copied())
    }
}

impl DensitySeries {
    /// The point nearest to a density, by ratio; `None` when none is within a tenth.
    pub fn near(&self, density: f64) -> Option<&DensityPoint> {
        let distance = |point: &&DensityPoint| (point.density / density).ln().abs();
        let nearest = self.points.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
        (distance(&nearest) < 0.1).then_some(nearest)
    }
}

/// The curves of a figure over density, one for each value of an axis; of tickets, unless the axis is [`TableAxis::Variant`]. None where no
/// training has the figure.
///
/// # Errors
/// When a point would mix runs that differ in another setting.
pub fn density_series(
    runs: &Runs,
    columns: TableAxis,
    metric: Metric,
) -> Result<Vec<DensitySeries>, LabError> {
    if runs.trainings().all(|training| metric.of(training.result).is_none()) {
        return Ok(Vec::new());
    }
    let cell = CellSpec { metric, ..CellSpec::default() };
    let table = ResultTable::of(runs, &TableSpec { rows: TableAxis::Density, columns, cell, round: None })?;
    let densities: Vec<f64> = table.row_numbers.iter().map(|number| -number.unwrap_or(f64::NAN)).collect();
    let series = |(place, name): (usize, &String)| {
        let of_row = |(&density, cells): (&f64, &Vec<Option<TableCell>>)| {
            Some(DensityPoint { density, by_seed: cells[place].as_ref()?.by_seed.clone() })
        };
        DensitySeries {
            name: name.clone(),
            points: densities.iter().zip(&table.cells).filter_map(of_row).collect(),
        }
    };
    Ok(table.columns.iter().enumerate().map(series).collect())
}

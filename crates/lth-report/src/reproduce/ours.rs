//! Our own curves over density.

use std::collections::BTreeMap;

use lth_lab::Variant;
use lth_model::Seed;
use lth_stats::Sample;

use crate::{Metric, Runs, TableAxis, axis::Place};

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

/// By density to six digits, which tells rounds apart and not seeds: the density, and values by seed.
type ByDensity = BTreeMap<u64, (f64, BTreeMap<Seed, Vec<f64>>)>;

/// The curves of a figure over density, one for each value of an axis; of tickets, unless the axis is [`TableAxis::Variant`].
pub fn density_series(runs: &Runs, columns: TableAxis, metric: Metric) -> Vec<DensitySeries> {
    let mut found: Vec<(Place, ByDensity)> = Vec::new();
    for training in runs.trainings() {
        let record = &training.result.record;
        let is_shown = matches!(columns, TableAxis::Variant) || record.variant == Variant::Ticket;
        let Some(value) = metric.of(training.result).filter(|_| is_shown) else { continue };
        let place =
            columns.place(&training.folder(), &training.run.experiment, training.result, training.density);
        let at = found.iter().position(|(known, _)| known.text == place.text).unwrap_or_else(|| {
            found.push((place, BTreeMap::new()));
            found.len() - 1
        });
        let key = (training.density * 1e6).round() as u64;
        let (_, values) = found[at].1.entry(key).or_insert_with(|| (training.density, BTreeMap::new()));
        values.entry(record.seed).or_default().push(value);
    }
    found.sort_by(|(a, _), (b, _)| a.compare(b));
    let mean = |values: Vec<f64>| Sample::of(values).map_or(f64::NAN, |sample| sample.mean());
    let series = |(place, points): (Place, ByDensity)| DensitySeries {
        name: place.text,
        points: points
            .into_values()
            .rev()
            .map(|(density, values)| DensityPoint {
                density,
                by_seed: values.into_iter().map(|(seed, values)| (seed, mean(values))).collect(),
            })
            .collect(),
    };
    found.into_iter().map(series).collect()
}

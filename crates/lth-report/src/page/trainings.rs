//! Every finished training, a column a figure.

use std::collections::BTreeMap;

use serde::Serialize;

use super::number::Short;
use crate::{Metric, Runs};

/// Columns of the same length.
#[derive(Serialize)]
pub(super) struct Trainings {
    /// Which of the runs.
    run: Vec<usize>,
    replicate: Vec<u32>,
    seed: Vec<u64>,
    variant: Vec<String>,
    round: Vec<u32>,
    /// The figures, by name.
    figures: BTreeMap<&'static str, Vec<Option<Short>>>,
}

impl Trainings {
    pub(super) fn of(runs: &Runs) -> Self {
        let all: Vec<_> = runs.trainings().collect();
        let figures = Metric::on_page().map(|metric| {
            let values = all.iter().map(|training| metric.of(training.result).map(Short));
            (metric.name(), values.collect())
        });
        let record = |place: usize| &all[place].result.record;
        let places = || 0..all.len();
        Self {
            run: all.iter().map(|training| training.place).collect(),
            replicate: places().map(|place| record(place).replicate).collect(),
            seed: places().map(|place| record(place).seed.0).collect(),
            variant: places().map(|place| record(place).variant.to_string()).collect(),
            round: places().map(|place| record(place).round).collect(),
            figures: figures.collect(),
        }
    }
}

//! Every figure of every training in a row of its own.

mod csv;
mod parquet;

use lth_lab::{Experiment, differing_settings};

use crate::{Metric, Runs};

/// A row for each figure of each finished training, with the settings in which the runs differ, for pandas, polars or R.
///
/// | column | |
/// |---|---|
/// | run | the name of the run's folder, or its path where several have the same name |
/// | model, dataset, and each setting that differs | of the run, as text |
/// | replicate, seed, variant, round, density | of the training |
/// | metric, value | see [`Metric`]; accuracies and densities are fractions |
#[derive(Debug)]
pub struct TidyTable {
    columns: Vec<(String, Column)>,
}

#[derive(Debug)]
enum Column {
    Text(Vec<String>),
    Whole(Vec<i64>),
    Number(Vec<f64>),
}

impl TidyTable {
    /// Of these runs.
    pub fn of(runs: &Runs) -> Self {
        let experiments: Vec<&Experiment> = runs.all.iter().map(|run| &run.experiment).collect();
        let mut differing = differing_settings(&experiments);
        differing.retain(|setting| !["model", "dataset"].contains(&setting.key));
        let figures: Vec<_> = runs
            .trainings()
            .flat_map(|training| {
                let known = Metric::ALL.into_iter().filter(|metric| *metric != Metric::Density);
                known.filter_map(move |metric| Some((training, metric, metric.of(training.result)?)))
            })
            .collect();
        let names = runs.names();
        let text = |of: &dyn Fn(usize) -> String| Column::Text((0..figures.len()).map(of).collect());
        let whole = |of: &dyn Fn(usize) -> u64| {
            Column::Whole((0..figures.len()).map(|row| of(row).cast_signed()).collect())
        };
        let number = |of: &dyn Fn(usize) -> f64| Column::Number((0..figures.len()).map(of).collect());
        let record = |row: usize| &figures[row].0.result.record;
        let mut columns = vec![
            ("run".to_owned(), text(&|row| names[figures[row].0.place].clone())),
            ("model".to_owned(), text(&|row| figures[row].0.run.experiment.model.clone())),
            ("dataset".to_owned(), text(&|row| figures[row].0.run.experiment.data_title())),
        ];
        columns.extend(differing.iter().map(|setting| {
            let of_run = |row: usize| setting.values[figures[row].0.place].clone();
            (setting.key.to_owned(), text(&of_run))
        }));
        columns.extend([
            ("replicate".to_owned(), whole(&|row| record(row).replicate.into())),
            ("seed".to_owned(), whole(&|row| record(row).seed.0)),
            ("variant".to_owned(), text(&|row| record(row).variant.to_string())),
            ("round".to_owned(), whole(&|row| record(row).round.into())),
            ("density".to_owned(), number(&|row| record(row).density.get())),
            ("metric".to_owned(), text(&|row| figures[row].1.name().to_owned())),
            ("value".to_owned(), number(&|row| figures[row].2)),
        ]);
        Self { columns }
    }

    fn rows(&self) -> usize {
        match self.columns.first() {
            Some((_, Column::Text(values))) => values.len(),
            Some((_, Column::Whole(values))) => values.len(),
            Some((_, Column::Number(values))) => values.len(),
            None => 0,
        }
    }
}

//! One page of HTML with all that runs have found, in one file, without network.
//!
//! [`PageData`] is what the page shows, as plain data; the files in `page/` show it, with uPlot (MIT) for what is drawn over an axis.

mod curves;
mod first_layer;
mod html;
mod number;
mod runs;
mod series;
mod settings;
mod tables;
mod trainings;

use std::path::Path;

use lth_lab::{Experiment, LabError, RunResults};
use lth_model::Architecture;
use lth_ticket::TestSet;
use serde::Serialize;

use self::{
    curves::Curves, first_layer::FirstLayer, runs::RunEntry, settings::SettingEntry, tables::Table,
    trainings::Trainings,
};
use crate::{Metric, Runs};

pub use first_layer::kept_by_pixel;
pub use html::{MARK, live_page, page};

/// What the runs do not tell of themselves.
pub struct PageContext<'a> {
    /// The program and its version.
    pub program: &'a str,
    /// Where the page finds a file or folder of a run; `None` where it cannot show it.
    pub link: &'a dyn Fn(&Path) -> Option<String>,
    /// The test set of an experiment; `None` where it cannot be had, and then there are no verdicts.
    pub test_set: &'a dyn Fn(&Experiment) -> Option<TestSet>,
    /// The network of a run; `None` where it cannot be known, and then there are no pictures of its first layer.
    pub network: &'a dyn Fn(&RunResults) -> Option<Architecture>,
}

/// All that the page shows.
#[derive(Serialize)]
pub struct PageData {
    program: String,
    title: String,
    runs: Vec<RunEntry>,
    settings: Vec<SettingEntry>,
    metrics: Vec<MetricEntry>,
    tables: Vec<Table>,
    trainings: Trainings,
    curves: Curves,
    first_layers: Vec<FirstLayer>,
    notes: Vec<String>,
}

/// A figure of trainings, as tables write it.
#[derive(Serialize)]
struct MetricEntry {
    name: &'static str,
    title: &'static str,
    factor: f64,
    decimals: usize,
}

impl PageData {
    /// Of these runs. Learning curves and pictures are of as many runs as fit into a page that a browser opens at once; it says where they
    /// are left out.
    ///
    /// # Errors
    /// When there is no run, or a file of one is missing or damaged.
    pub fn of(runs: &Runs, context: &PageContext) -> Result<Self, LabError> {
        if runs.all.is_empty() {
            return Err(LabError::Refused {
                reason: "there is no run to report on".to_owned(),
                hint: "`lth runs` lists runs; a report is of finished or unfinished ones".to_owned(),
            });
        }
        let mut notes = Vec::new();
        let entries = runs::entries(runs, context)?;
        if entries.iter().any(RunEntry::has_no_verdict) {
            notes.push(
                "Where a verdict is missing, no dense network is finished, or the data set is not on this machine: whether accuracies differ by more than noise depends on its test set."
                    .to_owned(),
            );
        }
        let metrics = Metric::on_page().map(|metric| MetricEntry {
            name: metric.name(),
            title: metric.title(),
            factor: metric.factor(),
            decimals: metric.decimals(),
        });
        Ok(Self {
            program: context.program.to_owned(),
            title: title(runs),
            settings: settings::entries(runs),
            metrics: metrics.collect(),
            tables: tables::tables(runs, &mut notes),
            trainings: Trainings::of(runs),
            curves: Curves::of(runs, &mut notes)?,
            first_layers: first_layer::all(runs, context, &mut notes)?,
            runs: entries,
            notes,
        })
    }

    /// Adds a line below what the page shows.
    pub fn note(&mut self, line: String) {
        self.notes.push(line);
    }
}

/// `lenet-300-100 on mnist`, or how many runs there are.
fn title(runs: &Runs) -> String {
    let name = |run: &RunResults| {
        format!("{} on {}", lth_lab::short_name(&run.experiment.model), run.experiment.data_title())
    };
    let first = name(&runs.all[0]);
    let is_one = runs.all.iter().all(|run| name(run) == first);
    match (runs.all.len(), is_one) {
        (1, _) => first,
        (count, true) => format!("{first}, {count} runs"),
        (count, false) => format!("{count} runs"),
    }
}

//! `lth collect`.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use lth_lab::{Collected, Experiment, Layout, Sweep, SweepPlan, collect, sum_up_run, write_sweep_table};
use lth_ticket::TestSet;

use super::experiment_run::refused;
use crate::{
    arguments::CollectArguments,
    failure::Failure,
    output::{Messages, print},
    settings::{self, DataSource},
    table::{table, text},
};

/// Brings runs together.
pub(crate) fn run(arguments: &CollectArguments, messages: &Messages) -> Result<(), Failure> {
    let output = arguments.output_path.as_deref().unwrap_or(Path::new("runs"));
    let collected = collect(&arguments.from, output).map_err(refused)?;
    let mut changed: Vec<&PathBuf> =
        collected.iter().filter(|run| run.new > 0).map(|run| &run.folder).collect();
    changed.sort_unstable();
    changed.dedup();
    let mut tests = Tests::default();
    for folder in &changed {
        let summed_up = tests
            .of_run(folder, arguments, messages)
            .and_then(|test| sum_up_run(folder, test).map(drop).map_err(refused));
        if let Err(failure) = summed_up {
            let reason = failure.words().map_or_else(String::new, |(message, _)| message.to_owned());
            messages.warning(&format!(
                "{}: its tables are as they were, since {reason}; the command that made the run writes them",
                folder.display()
            ));
        }
    }
    if !changed.is_empty() {
        write_sweep_tables(output, messages);
    }
    print(&in_rows(&collected))?;
    let new: usize = collected.iter().map(|run| run.new).sum();
    messages.info(&match new {
        0 => "nothing is new".to_owned(),
        _ => format!("{new} trainings are new in {}", output.display()),
    });
    Ok(())
}

/// Test sets by the data of runs, each loaded once.
#[derive(Default)]
struct Tests(BTreeMap<String, TestSet>);

impl Tests {
    fn of_run(
        &mut self,
        folder: &Path,
        arguments: &CollectArguments,
        messages: &Messages,
    ) -> Result<TestSet, Failure> {
        let experiment = Experiment::read(&Layout::new(folder).experiment()).map_err(Failure::bad_input)?;
        let key = format!(
            "{} {:?} {:?} {:?}",
            experiment.dataset, experiment.view, experiment.data_folder, experiment.dataset_fingerprint
        );
        if let Some(test) = self.0.get(&key) {
            return Ok(*test);
        }
        let source = DataSource { folder: arguments.data_folder.clone(), ..DataSource::default() };
        let dataset = settings::load(&experiment, source, messages)?;
        let found = (!dataset.is_published()).then(|| dataset.fingerprint.clone());
        if found != experiment.dataset_fingerprint {
            return Err(Failure::input(
                "the data set that is found here is not the one that it was trained on",
                "name its folder with --data-folder",
            ));
        }
        let test = TestSet::of(dataset.test.labels.iter().copied());
        self.0.insert(key, test);
        Ok(test)
    }
}

/// Writes the tables of all sweeps in the output folder; of a damaged one that is said.
fn write_sweep_tables(output: &Path, messages: &Messages) {
    for entry in fs::read_dir(output).into_iter().flatten().flatten() {
        let file = entry.path().join("sweep.toml");
        if !file.is_file() {
            continue;
        }
        let written = Sweep::read(&file)
            .and_then(|sweep| SweepPlan::of(&sweep))
            // A folder that was called otherwise is not the plan's.
            .and_then(|plan| {
                let is_own = entry.file_name() == *plan.folder_name;
                if is_own { write_sweep_table(&plan, output).map(drop) } else { Ok(()) }
            });
        if let Err(error) = written {
            messages.warning(&format!("{}: {error}", file.display()));
        }
    }
}

fn in_rows(collected: &[Collected]) -> String {
    let mut rows = table(&["from", "run", "new trainings", "there before"], 2);
    for run in collected {
        let name = run.folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        rows.add_row([run.from.display().to_string(), name, run.new.to_string(), run.known.to_string()]);
    }
    text(&rows)
}

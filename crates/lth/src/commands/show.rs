//! `lth show`.

use std::path::PathBuf;

use lth_lab::RunResults;
use lth_ticket::TestSet;

use crate::{
    arguments::ShowArguments,
    failure::Failure,
    output::{Messages, print},
    settings::{self, DataSource},
    summary::summary,
};

/// Prints the summaries of runs. Data are read for how many examples the test set has, and of which classes.
pub(crate) fn run(arguments: &ShowArguments, messages: &Messages) -> Result<(), Failure> {
    let load = |folder: &PathBuf| RunResults::load(folder).map_err(Failure::bad_input);
    let all = arguments.runs.iter().map(load).collect::<Result<Vec<_>, _>>()?;
    for (place, results) in all.iter().enumerate() {
        let data = settings::load(&results.experiment, DataSource::of_run(&arguments.source), messages)?;
        let test = TestSet::of(data.test.labels.iter().copied());
        let title =
            if all.len() > 1 { format!("{}\n\n", results.layout.root().display()) } else { String::new() };
        let space = if place > 0 { "\n" } else { "" };
        print(&format!("{space}{title}{}", summary(results, test)))?;
    }
    Ok(())
}

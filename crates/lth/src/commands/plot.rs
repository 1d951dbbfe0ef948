//! `lth plot`.

use std::path::Path;

use lth_lab::RunResults;

use super::plot_schedule;
use crate::{
    arguments::PlotArguments,
    failure::Failure,
    figures,
    output::{Messages, print},
};

/// Draws the figures of runs, or a schedule.
pub(crate) fn run(arguments: &PlotArguments, messages: &Messages) -> Result<(), Failure> {
    if let Some(schedule) = &arguments.schedule {
        return plot_schedule::run(arguments, schedule);
    }
    let limits = figures::density_limits(arguments.xlim.as_deref(), arguments.ylim.as_deref())?;
    // All are read before any is drawn: a mistyped folder is said at once.
    let runs: Vec<RunResults> = arguments
        .runs
        .iter()
        .map(|folder| RunResults::load(folder).map_err(Failure::bad_input))
        .collect::<Result<_, _>>()?;
    let output = arguments.training.output.as_deref();
    if arguments.together {
        let figure = figures::together(&runs, &arguments.labels, &limits)?;
        return figures::write_pair(output.unwrap_or(Path::new("together")), &figure);
    }
    if let Some(path) = output {
        return Err(Failure::input(
            format!("the figures of a run go into its folder, not to '{}'", path.display()),
            "leave out --output, or use --together for one figure of all runs",
        ));
    }
    for results in &runs {
        if results.rounds.is_empty() {
            messages.warning(&format!("'{}' has no finished round yet", results.layout.root().display()));
            continue;
        }
        figures::draw(results, &limits, messages)?;
        print(&format!("{}\n", results.layout.figures().display()))?;
    }
    if runs.len() > 1 {
        messages.info("each run has its own figures; --together draws the tickets of all in one");
    }
    Ok(())
}

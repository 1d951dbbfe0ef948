//! `lth plot`.

use lth_lab::RunResults;

use crate::{
    arguments::PlotArguments,
    failure::Failure,
    figures,
    output::{Messages, print},
};

/// Draws the figures of runs.
pub(crate) fn run(arguments: &PlotArguments, messages: &Messages) -> Result<(), Failure> {
    // All are read before any is drawn: a mistyped folder is said at once.
    let runs: Vec<RunResults> = arguments
        .runs
        .iter()
        .map(|folder| RunResults::load(folder).map_err(Failure::bad_input))
        .collect::<Result<_, _>>()?;
    for results in &runs {
        if results.rounds.is_empty() {
            messages.warning(&format!("'{}' has no finished round yet", results.layout.root().display()));
            continue;
        }
        figures::draw(results, messages)?;
        print(&format!("{}\n", results.layout.figures().display()))?;
    }
    Ok(())
}

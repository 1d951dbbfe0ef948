//! `lth runs du`.

use lth_lab::taken_bytes;

use super::runs::found;
use crate::{
    arguments::UsageArguments,
    estimate::bytes,
    failure::Failure,
    output::{Messages, print},
    table::{table, text},
};

/// Says what runs take on disk, and of what kind it is.
pub(crate) fn run(arguments: &UsageArguments, messages: &Messages) -> Result<(), Failure> {
    let runs = found(&arguments.paths, messages)?;
    if runs.is_empty() {
        return Ok(());
    }
    let header = ["run", "tickets", "trained", "metrics", "figures", "other", "all", "shared"];
    let mut rows = table(&header, 1);
    for run in &runs {
        let usage = &run.usage;
        let sizes = [
            usage.tickets,
            usage.trained,
            usage.metrics,
            usage.figures,
            usage.other,
            usage.bytes(),
            usage.shared(),
        ];
        rows.add_row([run.folder.display().to_string()].into_iter().chain(sizes.map(bytes)));
    }
    let shared =
        if runs.iter().any(|run| run.usage.shared() > 0) { ", what they share counted once" } else { "" };
    let all = bytes(taken_bytes(runs.iter().map(|run| &run.usage)));
    print(&format!("{}All together take {all}{shared}.\n", text(&rows)))
}

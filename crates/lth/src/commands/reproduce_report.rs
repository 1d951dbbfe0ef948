//! A comparison in Markdown: what was run, ours beside theirs, a verdict on each claim.

use lth_lab::{SweepPlan, quoted};
use lth_report::reproduce::{ClaimVerdict, Published};

use super::{reproduce_differences::Differences, reproduce_study::Found, reproduce_table::table_of};
use crate::arguments::ReproduceArguments;

/// What is printed and kept.
pub(super) fn report(
    one: &Published,
    arguments: &ReproduceArguments,
    plan: &SweepPlan,
    found: &Found,
    claims: &[ClaimVerdict],
    differences: &Differences,
) -> String {
    let dataset =
        plan.runs.first().map(|run| run.experiment.dataset.as_str()).filter(|_| differences.data.is_some());
    let command = command_of(&one.key, arguments, dataset);
    let mut text = format!("# {}\n\n{}. Ours: `{command}`.\n", one.title, one.paper);
    let paragraphs = [one.note.clone(), differences.text.clone(), found.origin.text()];
    for paragraph in paragraphs.iter().filter(|paragraph| !paragraph.is_empty()) {
        text.push_str(&format!("\n{paragraph}\n"));
    }
    text.push_str(&table_of(one, &found.results));
    if !claims.is_empty() {
        text.push_str("\n| claim | verdict | ours |\n|---|---|---|\n");
    }
    for claim in claims {
        text.push_str(&format!("| {} | {} | {} |\n", claim.text, claim.verdict, claim.reason));
    }
    text.push_str("\n![Ours beside theirs](comparison.svg)\n");
    text
}

/// The command that makes the same figures: with what decides them, without where and how they are made.
fn command_of(key: &str, arguments: &ReproduceArguments, dataset: Option<&str>) -> String {
    let mut words = vec!["lth", "reproduce", key];
    if arguments.quick {
        words.push("--quick");
    }
    let (replicates, rounds) = (arguments.replicates.as_deref(), arguments.rounds.as_deref());
    let sets = arguments.sets.iter().map(|set| ("--set", Some(set.as_str())));
    let flags = [("--dataset", dataset), ("--replicates", replicates), ("-i", rounds)];
    for (flag, value) in flags.into_iter().chain(sets) {
        words.extend(value.into_iter().flat_map(|value| [flag, value]));
    }
    words.into_iter().map(quoted).collect::<Vec<_>>().join(" ")
}

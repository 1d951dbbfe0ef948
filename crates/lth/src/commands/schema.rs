//! `lth schema`.

use std::fmt::Write as _;

use lth_lab::{Gives, Group, Setting, schema, settings};

use crate::{
    arguments::{SchemaArguments, SchemaFormat},
    failure::Failure,
    output::print,
};

/// Prints what settings there are.
pub(crate) fn run(arguments: &SchemaArguments) -> Result<(), Failure> {
    match arguments.format {
        SchemaFormat::Json => {
            let text = serde_json::to_string_pretty(&schema()).expect("a schema is plain values");
            print(&format!("{text}\n"))
        }
        SchemaFormat::Markdown => print(&page()),
    }
}

/// The text of `docs/reference/settings.md`.
fn page() -> String {
    let mut text = String::from(
        "# Settings\n\n\
         Made by `lth schema --format markdown`; a test keeps it in step with the program.\n\n\
         Every setting of an experiment, by its key in `experiment.toml`. Any of them can be given as `--set key=value`, where the last \
         part of the key is enough, and put on an axis of a sweep. Settings at their default stay out of the name of a run's folder.\n",
    );
    let groups = [
        (Group::Noted, "Model, data and what a run notes"),
        (Group::Run, "Run"),
        (Group::Pruning, "Pruning"),
        (Group::Recipe, "Training"),
        (Group::Data, "Part of the data"),
    ];
    for (group, title) in groups {
        let _ = write!(
            text,
            "\n## {title}\n\n| key | flag | what it is | default | paper |\n|---|---|---|---|---|\n"
        );
        for setting in settings().filter(|setting| setting.group == group) {
            let help = setting.summary().replace('|', "\\|");
            let Setting { key, default, paper, .. } = setting;
            let _ = writeln!(text, "| `{key}` | {} | {help} | {default} | {paper} |", flags(setting));
        }
    }
    text
}

/// `-b`, `--batch-size N`, ...
fn flags(setting: &Setting) -> String {
    let flag = |flag: &lth_lab::Flag| {
        let short = flag.short.map_or_else(String::new, |short| format!("`-{short}`, "));
        let value =
            if matches!(flag.gives, Gives::Fixed(_)) { String::new() } else { format!(" {}", flag.value) };
        format!("{short}`--{}{value}`", flag.long).replace('|', "\\|")
    };
    setting.flags.iter().map(flag).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_page_is_in_step() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/settings.md");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == page(),
            "run `cargo run -- schema --format markdown > docs/reference/settings.md` and commit the result"
        );
    }
}

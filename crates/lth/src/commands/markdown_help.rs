//! `lth markdown-help`: the text of `docs/reference/command-line.md`.

use std::fmt::Write as _;

use clap::{Arg, Command, CommandFactory};

use crate::{arguments::CommandLine, failure::Failure, output::print};

/// Prints the reference of all commands and flags as Markdown.
pub(crate) fn run() -> Result<(), Failure> {
    print(&reference())
}

fn reference() -> String {
    let mut root = CommandLine::command();
    root.build();
    let mut text = String::from(
        "# The command line\n\n\
         Made by `lth markdown-help`; a test keeps it in step with the program.\n\n\
         Results go to the output stream, messages and progress to the error stream.\n\n\
         | exit code | meaning |\n|---|---|\n| 0 | done |\n| 1 | a run failed: all replicates diverged, or the disk is full; `fsck` found problems |\n\
         | 2 | bad input: `error: ...` and `hint: ...` on the error stream, nothing was changed |\n\
         | 130 | stopped by Ctrl-C; the same command continues |\n",
    );
    let commands: Vec<&Command> = root
        .get_subcommands()
        .filter(|command| !command.is_hide_set() && command.get_name() != "help")
        .collect();
    for command in commands {
        write_command(&mut text, command, "lth");
    }
    text.push_str("\n## Flags of every command\n\n| flag | meaning |\n|---|---|\n");
    for argument in root.get_arguments().filter(|argument| argument.is_global_set()) {
        write_flag(&mut text, argument);
    }
    text
}

/// A command, then those below it; `above` is what is typed before its name.
fn write_command(text: &mut String, command: &Command, above: &str) {
    let path = format!("{above} {}", command.get_name());
    let _ = write!(text, "\n## {path}\n\n");
    let about = command.get_long_about().or(command.get_about());
    if let Some(about) = about {
        let _ = writeln!(text, "{about}\n");
    }
    let aliases: Vec<_> = command.get_visible_aliases().collect();
    if !aliases.is_empty() {
        let _ = writeln!(text, "Alias: `{}`.\n", aliases.join("`, `"));
    }
    let usage = command.clone().render_usage().to_string();
    let _ = writeln!(text, "```text\n{}\n```", usage.trim_start_matches("Usage: ").trim());
    let own: Vec<&Arg> = command
        .get_arguments()
        .filter(|argument| !argument.is_global_set() && !argument.is_hide_set())
        .filter(|argument| !matches!(argument.get_id().as_str(), "help" | "version"))
        .collect();
    let mut heading: Option<Option<&str>> = None;
    for argument in own {
        if heading != Some(argument.get_help_heading()) {
            heading = Some(argument.get_help_heading());
            let title = argument.get_help_heading().unwrap_or("Arguments");
            let _ = write!(text, "\n| {title} | meaning |\n|---|---|\n");
        }
        write_flag(text, argument);
    }
    if let Some(after) = command.get_after_long_help().or(command.get_after_help()) {
        let _ = write!(text, "\n```text\n{}\n```\n", after.to_string().trim());
    }
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        write_command(text, below, &path);
    }
}

fn write_flag(text: &mut String, argument: &Arg) {
    let value = argument
        .get_value_names()
        .filter(|_| takes_value(argument))
        .map_or(String::new(), |names| names.iter().map(|name| format!(" {name}")).collect());
    let mut names = Vec::new();
    if let Some(short) = argument.get_short() {
        names.push(format!("-{short}"));
    }
    if let Some(long) = argument.get_long() {
        names.push(format!("--{long}"));
    }
    for alias in argument.get_visible_aliases().unwrap_or_default() {
        names.push(format!("--{alias}"));
    }
    let name =
        if names.is_empty() { value.trim().to_owned() } else { format!("{}{value}", names.join(", ")) };
    let help = argument.get_long_help().or(argument.get_help()).map(ToString::to_string).unwrap_or_default();
    let mut help = help.split("\n\n").map(|part| part.replace('\n', " ")).collect::<Vec<_>>().join(". ");
    let values: Vec<String> = argument
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    if takes_value(argument) && !values.is_empty() {
        let _ = write!(help, ": {}", values.join(", "));
    }
    for default in argument.get_default_values().iter().filter(|_| takes_value(argument)) {
        let _ = write!(help, " [default: {}]", default.to_string_lossy());
    }
    let _ = writeln!(text, "| `{}` | {} |", name.replace('|', "\\|"), help.replace('|', "\\|"));
}

fn takes_value(argument: &Arg) -> bool {
    argument.get_action().takes_values()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_reference_is_in_step() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/command-line.md");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == reference(),
            "run `cargo run -- markdown-help > docs/reference/command-line.md` and commit the result"
        );
    }

    #[test]
    fn the_definition_of_the_command_line_is_sound() {
        CommandLine::command().debug_assert();
    }
}

//! The `lth` command line: finds, trains and studies winning lottery tickets.

mod arguments;
mod build_info;
mod collapse;
mod commands;
mod estimate;
mod failure;
mod figures;
mod flag_hints;
mod interrupt;
mod one_of_several;
mod output;
mod panic_message;
mod percent;
mod progress;
mod report_data;
mod settings;
mod summary;
mod table;
mod terminal;
mod usage_error;
mod watch;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Command, CommandLine};
use failure::Failure;
use output::Messages;

fn main() -> ExitCode {
    panic_message::install();
    commands::completions::complete_where_a_shell_asks();
    if asks_for_build(&std::env::args_os().skip(1).collect::<Vec<_>>()) {
        return match output::print(&build_info::description()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => failure.code(),
        };
    }
    let line = match CommandLine::try_parse() {
        Ok(line) => CommandLine { common: line.common.settled(), ..line },
        Err(error) => return usage_error::report(&error),
    };
    let messages = match Messages::new(&line.common) {
        Ok(messages) => messages,
        Err(failure) => return output::report(&failure),
    };
    match run(line, &messages) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            messages.failure(&failure);
            failure.code()
        }
    }
}

/// Whether the words are `--version --verbose`, in any order; the parser itself ends at the first.
fn asks_for_build(words: &[std::ffi::OsString]) -> bool {
    let has = |names: [&str; 2]| words.iter().any(|word| names.iter().any(|name| word == name));
    words.len() == 2 && has(["--version", "-V"]) && has(["--verbose", "-v"])
}

fn run(line: CommandLine, messages: &Messages) -> Result<(), Failure> {
    match line.command {
        Command::FindWinningTicket(arguments) => {
            commands::find_ticket::run(&arguments, &line.common, messages)
        }
        Command::Train(arguments) => commands::train::run(&arguments, &line.common, messages),
        Command::Run(arguments) => commands::run_file::run(&arguments, &line.common, messages),
        Command::Runs(arguments) => commands::runs::run(&arguments, messages),
        Command::Show(arguments) => commands::show::run(&arguments, messages),
        Command::Table(arguments) => commands::table::run(&arguments, messages),
        Command::Report(arguments) => commands::report::run(&arguments, messages),
        Command::Watch(arguments) => commands::watch::run(&arguments, messages),
        Command::Reproduce(arguments) => commands::reproduce::run(&arguments, &line.common, messages),
        Command::Fsck(arguments) => commands::fsck::run(&arguments, messages),
        Command::Sweep(arguments) => commands::sweep::run(&arguments, &line.common, messages),
        Command::Status(arguments) => commands::status::run(&arguments, messages),
        Command::Collect(arguments) => commands::collect::run(&arguments, messages),
        Command::Control(arguments) => commands::control::run(&arguments, &line.common, messages),
        Command::Stability(arguments) => commands::stability::run(&arguments, &line.common, messages),
        Command::Transfer(arguments) => commands::transfer::run(&arguments, &line.common, messages),
        Command::Supermask(arguments) => commands::supermask::run(&arguments, &line.common, messages),
        Command::Plot(arguments) => commands::plot::run(&arguments, messages),
        Command::Inspect(arguments) => commands::inspect::run(&arguments, messages),
        Command::Compare(arguments) => commands::compare::run(&arguments, messages),
        Command::Export(arguments) => commands::export::run(&arguments, messages),
        Command::Models(arguments) => commands::models::run(&arguments, messages),
        Command::Datasets(arguments) => commands::datasets::run(&arguments, messages),
        Command::Criteria => commands::criteria::run(),
        Command::Schema(arguments) => commands::schema::run(&arguments),
        Command::Completions(arguments) => commands::completions::run(&arguments),
        Command::Man(arguments) => commands::man::run(&arguments, messages),
        Command::MarkdownHelp => commands::markdown_help::run(),
    }
}

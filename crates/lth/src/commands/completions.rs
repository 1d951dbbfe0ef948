//! `lth completions`.

use clap::CommandFactory;

use crate::{
    arguments::{CommandLine, CompletionsArguments},
    failure::Failure,
    output::print,
};

/// Prints a completion script.
pub(crate) fn run(arguments: &CompletionsArguments) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut CommandLine::command(), "lth", &mut script);
    print(&String::from_utf8_lossy(&script))
}

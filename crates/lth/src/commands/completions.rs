//! `lth completions`.

use clap::{Arg, Command, CommandFactory, ValueHint, builder::PossibleValuesParser};
use clap_complete::{ArgValueCompleter, CompleteEnv, Shell, env::Shells};
use lth_data::DATASETS;
use lth_lab::{ControlKind, Setting};
use lth_model::MODELS;
use lth_ticket::{CRITERIA, Take};

use super::completion_paths::{Paths, Wanted};
use crate::{
    arguments::{CommandLine, CompletionsArguments, setting_of_flag},
    failure::Failure,
    output::print,
};

/// The variable with which a shell asks the program for completions.
const ASKED: &str = "LTH_COMPLETE";

/// Prints the script by which a shell asks this program what may stand in a place.
pub(crate) fn run(arguments: &CompletionsArguments) -> Result<(), Failure> {
    print(&script(arguments.shell))
}

fn script(shell: Shell) -> String {
    let shells = Shells::builtins();
    let name = shell.to_string();
    let asking = shells.completer(&name).expect("every shell that can be named is built in");
    let mut script = Vec::new();
    asking.write_registration(ASKED, "lth", "lth", "lth", &mut script).expect("writing to memory succeeds");
    String::from_utf8_lossy(&script).into_owned()
}

/// Answers a shell that asks for completions, and ends the program; does nothing otherwise.
pub(crate) fn complete_where_a_shell_asks() {
    CompleteEnv::with_factory(completable).var(ASKED).complete();
}

/// The command line with what may stand for each value. It is not for parsing: many values may be more than what is listed, such as
/// models from a file.
fn completable() -> Command {
    with_values(CommandLine::command())
}

fn with_values(command: Command) -> Command {
    let names = |argument: &str| {
        let of_setting = setting_of_flag(argument).map(Setting::names).filter(|names| !names.is_empty());
        of_setting.or_else(|| names(argument))
    };
    let command = command.mut_args(|argument| match names(argument.get_id().as_str()) {
        _ if !argument.get_action().takes_values() => argument,
        // The program ends when the script is printed.
        Some(names) => {
            argument.value_parser(PossibleValuesParser::new(names.into_iter().map(|name| &*name.leak())))
        }
        None => with_hint(argument),
    });
    command.mut_subcommands(with_values)
}

/// The names that an argument takes.
fn names(argument: &str) -> Option<Vec<String>> {
    fn all<T: ToString>(names: impl IntoIterator<Item = T>) -> Vec<String> {
        names.into_iter().map(|name| name.to_string()).collect()
    }
    Some(match argument {
        "model" => all(MODELS.iter().map(|model| &model.name)),
        "dataset" => all(DATASETS.iter().map(|data| data.name)),
        "criteria" => all(CRITERIA.iter().map(|criterion| criterion.name())),
        "kinds" => all(ControlKind::all()),
        "take" => all(Take::ALL),
        _ => return None,
    })
}

/// Says what kind of path an argument takes; other text completes to nothing.
fn with_hint(argument: Arg) -> Arg {
    let wanted = |wanted| ArgValueCompleter::new(Paths { wanted, folder: None });
    let hint = match argument.get_id().as_str() {
        "run" | "runs" | "same_data" => return argument.add(wanted(Wanted::Run)),
        "file"
            if argument
                .get_value_names()
                .is_some_and(|names| names.iter().any(|name| name == "FILE.toml")) =>
        {
            return argument.add(wanted(Wanted::Settings));
        }
        "file" | "ticket" | "tickets" | "masks_of" | "masks" | "initial_weights" => {
            return argument.add(wanted(Wanted::Ticket));
        }
        "data_folder" | "output_path" | "folder" | "paths" => ValueHint::DirPath,
        "save_weights" | "logging_path" | "output" => ValueHint::AnyPath,
        _ if argument.get_possible_values().is_empty() => ValueHint::Other,
        _ => return argument,
    };
    argument.value_hint(hint)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use clap_complete::engine::complete;

    #[test]
    fn every_shell_gets_names_of_models_and_criteria() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell, Shell::Elvish] {
            let script = script(shell);
            assert!(script.contains(ASKED) && script.contains("lth"), "{shell} asks for nothing\n{script}");
        }
        let find = "lth find-winning-ticket lenet-300-100 mnist";
        for (line, expected) in [
            ("lth find-w".to_owned(), "find-winning-ticket"),
            (format!("{find} --dry"), "--dry-run"),
            (format!("{find} --criterion m"), "magnitude-increase-same-sign"),
            (format!("{find} --control r"), "random-reinit"),
            (format!("{find} --at-init s"), "synflow"),
            (format!("{find} --retrain l"), "learning-rate-rewinding"),
        ] {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let last = words.len() - 1;
            let found = complete(&mut completable(), words, last, None).unwrap();
            assert!(found.iter().any(|word| word.get_value() == expected), "{line}: {found:?}");
        }
    }
}

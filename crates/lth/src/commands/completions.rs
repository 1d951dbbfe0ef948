//! `lth completions`.

use clap::{Arg, Command, CommandFactory, ValueHint, builder::PossibleValuesParser};
use lth_data::{DATASETS, NormalizationMethod};
use lth_lab::{ControlKind, Keep, Retraining};
use lth_model::{BiasInit, InitScheme, MODELS};
use lth_ticket::{BEFORE_TRAINING, CRITERIA, DuringTraining, MASK0_ACTIONS, MASK1_ACTIONS, Take};

use crate::{
    arguments::{CommandLine, CompletionsArguments},
    failure::Failure,
    output::print,
};

/// Prints a completion script.
pub(crate) fn run(arguments: &CompletionsArguments) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut completable(), "lth", &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// The command line with what may stand for each value. It is not for parsing: many values may be more than what is listed, such as
/// models from a file.
fn completable() -> Command {
    with_values(CommandLine::command())
}

fn with_values(command: Command) -> Command {
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
        "criterion" | "criteria" => all(CRITERIA.iter().map(|criterion| criterion.name())),
        "controls" | "kinds" => all(ControlKind::all()),
        "mask1_action" => all(MASK1_ACTIONS.iter().map(|action| action.name())),
        "mask0_action" => all(MASK0_ACTIONS.iter().map(|action| action.name())),
        "before_training" => all(BEFORE_TRAINING.iter().map(|method| method.name())),
        "during_training" => all(DuringTraining::ALL.map(DuringTraining::name)),
        "retrain" => all(Retraining::ALL.map(|(name, _)| name)),
        "normalization" => all(NormalizationMethod::ALL.map(|(name, _)| name)),
        "keep" => all(Keep::ALL),
        "take" => all(Take::ALL),
        "init" => all(InitScheme::ALL),
        "bias_init" => all(BiasInit::ALL),
        "scope" => all(["layer", "global"]),
        "optimizer" => all(["adam", "adamw", "sgd"]),
        "allocation" => all(["uniform", "er", "erk", "balanced"]),
        _ => return None,
    })
}

/// Says what kind of path an argument takes; other text completes to nothing.
fn with_hint(argument: Arg) -> Arg {
    let hint = match argument.get_id().as_str() {
        "data_folder" | "output_path" | "folder" => ValueHint::DirPath,
        "run" | "runs" | "ticket" | "tickets" | "same_data" | "masks_of" | "file" | "masks"
        | "initial_weights" | "save_weights" | "logging_path" | "output" => ValueHint::AnyPath,
        _ if argument.get_possible_values().is_empty() => ValueHint::Other,
        _ => return argument,
    };
    argument.value_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap_complete::Shell;

    #[test]
    fn every_shell_gets_names_of_models_and_criteria() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell, Shell::Elvish] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut completable(), "lth", &mut script);
            let script = String::from_utf8(script).unwrap();
            for word in ["find-winning-ticket", "dry-run"] {
                assert!(script.contains(word), "{word} is not completed by {shell}");
            }
            // Those of PowerShell and Elvish complete no values.
            let values =
                ["magnitude-increase-same-sign", "random-reinit", "synflow", "learning-rate-rewinding"];
            let expected = matches!(shell, Shell::Bash | Shell::Zsh | Shell::Fish);
            assert!(!expected || values.iter().all(|value| script.contains(value)), "{shell}");
        }
    }

    #[test]
    fn the_names_that_are_completed_are_understood() {
        for (argument, valid) in [("allocation", "erk"), ("optimizer", "sgd"), ("scope", "global")] {
            assert!(names(argument).unwrap().contains(&valid.to_owned()));
        }
        for name in names("allocation").unwrap() {
            name.parse::<lth_ticket::Allocation>().unwrap();
        }
        for name in names("scope").unwrap() {
            name.parse::<lth_ticket::Scope>().unwrap();
        }
    }
}

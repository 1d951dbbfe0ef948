//! Mistakes in the arguments themselves, in the same words as all other bad input: `error:`, then `hint:`.

use std::process::ExitCode;

use clap::{
    CommandFactory,
    error::{ContextKind, ContextValue, ErrorKind},
};

use crate::{arguments::CommandLine, failure::Failure, flag_hints, one_of_several, output};

/// Prints help where help was asked for, and else what is wrong with the arguments; returns the exit code.
pub(crate) fn report(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // Nobody is left to tell when the output is closed.
            let _ = error.print();
            ExitCode::SUCCESS
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            ExitCode::from(2)
        }
        _ => output::report(&several(error).unwrap_or_else(|| failure(error))),
    }
}

/// Another refusal where a word too many is a run or a file.
fn several(error: &clap::Error) -> Option<Failure> {
    match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(word))) if !word.starts_with('-') => {
            one_of_several::refusal()
        }
        _ => None,
    }
}

/// The message of clap's text, and the best hint there is: what people mean by a flag of this name, else clap's own tips, else the
/// commands that have the flag.
fn failure(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let mut message = String::new();
    let mut tips = Vec::new();
    let mut in_message = true;
    for line in text.lines() {
        if let Some(tip) = line.trim_start().strip_prefix("tip: ") {
            tips.push(tip.trim().to_owned());
            in_message = false;
        } else if line.starts_with("Usage:") || line.starts_with("For more information") {
            in_message = false;
        } else if in_message && !line.trim().is_empty() {
            if !message.is_empty() {
                message.push(' ');
            }
            message.push_str(line.trim());
        }
    }
    let message = message.strip_prefix("error: ").unwrap_or(&message).to_owned();
    // That a flag can be passed as a value after `--` is true and no help.
    tips.retain(|tip| !tip.starts_with("to pass '"));
    let flag = unknown_flag(error);
    let hint = flag
        .as_deref()
        .and_then(flag_hints::meaning)
        .map(str::to_owned)
        .or_else(|| (!tips.is_empty()).then(|| tips.join("; ")))
        .or_else(|| flag.as_deref().and_then(elsewhere))
        .unwrap_or_else(|| "--help shows what is understood".to_owned());
    Failure::input(message, hint)
}

/// The flag that a command does not have, as it was typed, without a value.
fn unknown_flag(error: &clap::Error) -> Option<String> {
    match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(flag))) => {
            flag.starts_with('-').then(|| flag.split('=').next().unwrap_or(flag).to_owned())
        }
        _ => None,
    }
}

/// Which commands have a flag that another has not.
fn elsewhere(flag: &str) -> Option<String> {
    let name = flag.strip_prefix("--")?;
    let root = CommandLine::command();
    let has = |command: &clap::Command| {
        command.get_arguments().any(|argument| {
            argument.get_long() == Some(name)
                || argument.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
        })
    };
    let commands: Vec<String> = root
        .get_subcommands()
        .filter(|command| !command.is_hide_set() && has(command))
        .map(|command| format!("`lth {}`", command.get_name()))
        .collect();
    (!commands.is_empty()).then(|| format!("{flag} is a flag of {}", commands.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn words(line: &str) -> (String, String) {
        let error = CommandLine::try_parse_from(line.split_whitespace()).unwrap_err();
        let failure = failure(&error);
        let (message, hint) = failure.words().unwrap();
        (message.to_owned(), hint.unwrap().to_owned())
    }

    #[test]
    fn an_unknown_command_is_answered_with_the_nearest() {
        let (message, hint) = words("lth find-wining-ticket");
        assert_eq!(message, "unrecognized subcommand 'find-wining-ticket'");
        assert!(hint.contains("'find-winning-ticket'"), "{hint}");
    }

    #[test]
    fn missing_arguments_are_named_on_one_line() {
        let (message, hint) = words("lth find-ticket");
        assert!(message.contains("<MODEL> <DATASET>"), "{message}");
        assert_eq!(hint, "--help shows what is understood");
    }

    #[test]
    fn conflicts_are_explained() {
        let (message, _) = words("lth find-ticket a b -e 3 --length 5it");
        assert!(message.contains("--number-of-epochs") && message.contains("--length"), "{message}");
    }

    #[test]
    fn the_names_that_people_type_are_understood() {
        for line in [
            "lth find-ticket a b --lr 0.1 --epochs 3 --rounds 2 --seeds 5 --out x --dry-run -v",
            "lth find-ticket a b --iterations-typed-as-rounds",
            "lth train a b --lr=0.1 --epochs 3 --out x --optim sgd --wd 0 -q --dry-run",
            "lth transfer a b --lr 0.1 --epochs 3 --seeds 5 --out x --dry-run -q",
            "lth -q stability a --dry-run",
            "lth supermask learn a b --lr 1 --epochs 2 --out x",
        ] {
            let parsed = CommandLine::try_parse_from(line.split_whitespace());
            assert_eq!(parsed.is_ok(), !line.contains("typed"), "{line}: {:?}", parsed.err());
        }
    }

    #[test]
    fn near_misses_are_pointed_the_right_way() {
        for (line, parts) in [
            ("lth find-ticket a b --iterations 500", vec!["-i", "--number-of-iterations", "--length"]),
            ("lth train a b --iterations=500", vec!["--length 500it"]),
            ("lth find-ticket a b --resume", vec!["the same command"]),
            ("lth find-ticket a b --device cpu", vec!["--jobs", "--threads"]),
            ("lth find-ticket a b -j 2", vec!["--jobs"]),
            ("lth find-ticket a b --sparsity 0.9", vec!["--densities"]),
            ("lth find-ticket --model a", vec!["lth find-winning-ticket lenet-300-100 mnist"]),
            (
                "lth train a b --criterion movement",
                vec!["--criterion is a flag of `lth find-winning-ticket`"],
            ),
            ("lth find-ticket a b --criterium movement", vec!["'--criterion'"]),
            ("lth find-ticket a b --xyzzy", vec!["--help"]),
        ] {
            let (_, hint) = words(line);
            assert!(parts.iter().all(|part| hint.contains(part)), "{line}: {hint}");
            assert!(!hint.contains("to pass '"), "{hint}");
        }
    }
}

//! Mistakes in the arguments themselves, in the same words as all other bad input: `error:`, then `hint:`.

use std::process::ExitCode;

use clap::error::ErrorKind;

use crate::{failure::Failure, output};

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
        _ => output::report(&failure(&error.render().to_string())),
    }
}

/// The message and the tips of clap's text, without the usage.
fn failure(text: &str) -> Failure {
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
    let hint = if tips.is_empty() { "--help shows what is understood".to_owned() } else { tips.join("; ") };
    Failure::input(message, hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::CommandLine;
    use clap::Parser;

    fn words(line: &str) -> (String, String) {
        let error = CommandLine::try_parse_from(line.split_whitespace()).unwrap_err();
        let failure = failure(&error.render().to_string());
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
}

//! Several runs or tickets where a command takes one: what a shell makes of a pattern such as `runs/*`.

use std::{env, path::Path};

use clap::{Command, CommandFactory};

use lth_lab::Layout;

use crate::{arguments::CommandLine, failure::Failure, interrupt::quoted};

/// How many are named in a message.
const NAMED: usize = 5;

/// What is wrong with this invocation, if it has more than one run or file for a command that takes one.
pub(crate) fn refusal() -> Option<Failure> {
    let words: Vec<String> = env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    refusal_of(&words)
}

fn refusal_of(words: &[String]) -> Option<Failure> {
    let (command, given) = inputs(words);
    if given.len() < 2 {
        return None;
    }
    let is_folder = |&at: &usize| Path::new(&words[at]).is_dir();
    let what = match given.iter().filter(|at| is_folder(at)).count() {
        0 => "file",
        all if all == given.len() => "run",
        _ => "run or file",
    };
    let mut names: Vec<&str> = given.iter().take(NAMED).map(|&at| words[at].as_str()).collect();
    let more = format!("{} more", given.len() - names.len());
    if given.len() > names.len() {
        names.push(&more);
    }
    let chosen = words.iter().enumerate().filter(|(at, _)| !given[1..].contains(at));
    let line: Vec<String> =
        chosen.map(|(at, word)| if at == 0 { "lth".to_owned() } else { quoted(word) }).collect();
    Some(Failure::input(
        format!("`{command}` takes one {what}, and {} are named: {}", given.len(), names.join(", ")),
        format!("choose one of them, for example: {}", line.join(" ")),
    ))
}

/// The command, and which of its words name runs or files in the place of arguments.
fn inputs(words: &[String]) -> (String, Vec<usize>) {
    let root = CommandLine::command();
    let mut command = &root;
    let mut name = command.get_name().to_owned();
    let mut given = Vec::new();
    let mut is_value = false;
    for (at, word) in words.iter().enumerate().skip(1) {
        if is_value {
            is_value = false;
        } else if word.starts_with('-') {
            is_value = takes_value(&root, word) || takes_value(command, word);
        } else if let Some(below) = command.find_subcommand(word).filter(|_| given.is_empty()) {
            command = below;
            name = format!("{name} {}", below.get_name());
        } else if is_input(Path::new(word)) {
            given.push(at);
        }
    }
    (name, given)
}

/// Whether a path is what commands look into: a run folder, a file of tensors or of settings.
pub(crate) fn is_input(path: &Path) -> bool {
    let read = ["safetensors", "toml"];
    let ends =
        path.extension().and_then(|extension| extension.to_str()).is_some_and(|own| read.contains(&own));
    Layout::new(path).is_run() || (ends && path.is_file())
}

/// Whether the word after a flag belongs to it.
fn takes_value(command: &Command, flag: &str) -> bool {
    command.get_arguments().any(|argument| {
        let long = |name: &str| flag.strip_prefix("--") == Some(name);
        let short = |name: char| flag.strip_prefix('-') == Some(name.to_string().as_str());
        let mut names = argument.get_long().into_iter().chain(argument.get_all_aliases().unwrap_or_default());
        (names.any(long) || argument.get_short().is_some_and(short))
            && argument.get_action().takes_values()
            && !argument.is_require_equals_set()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn several_runs_are_named_and_one_is_advised() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        for run in ["a", "b", "c"] {
            fs::create_dir(path(run)).unwrap();
            fs::write(folder.path().join(run).join("experiment.toml"), "").unwrap();
        }
        let (a, b, c) = (path("a"), path("b"), path("c"));
        let said = |line: &str| {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            let failure = refusal_of(&words)?;
            failure.words().map(|(message, hint)| (message.to_owned(), hint.unwrap().to_owned()))
        };
        let (message, hint) = said(&format!("lth transfer {a} {b} {c} fashion-mnist --round 3")).unwrap();
        assert_eq!(message, format!("`lth transfer` takes one run, and 3 are named: {a}, {b}, {c}"));
        let advised = format!("choose one of them, for example: lth transfer {a} fashion-mnist --round 3");
        assert_eq!(hint, advised);
        let (message, _) = said(&format!("lth supermask heuristic --no-figures {a} {b}")).unwrap();
        assert!(message.starts_with("`lth supermask heuristic` takes one run, and 2"), "{message}");
        let (message, _) = said(&format!("lth -v inspect {a}/experiment.toml {b}/experiment.toml")).unwrap();
        assert!(message.starts_with("`lth inspect` takes one file"), "{message}");
        // The value of a flag is no argument, and other words are none of runs.
        for line in ["lth transfer {a} mnist --same-data {b}", "lth transfer {a} x y z", "lth inspect"] {
            assert_eq!(said(&line.replace("{a}", &a).replace("{b}", &b)), None, "{line}");
        }
    }
}

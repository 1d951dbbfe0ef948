//! Flags of an experiment's settings, made from the table that declares them ([`lth_lab::settings`]).

use std::{fmt, marker::PhantomData};

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use lth_lab::{Experiment, Flag, Gives, Group, Setting, Value, find_setting, settings};

use crate::failure::Failure;

/// Which settings a command has flags for.
pub(crate) trait Groups {
    /// Their groups.
    const ALL: &'static [Group];
}

/// A whole run: data, training, pruning, and how much of it.
#[derive(Debug, Clone)]
pub(crate) struct OfRun;
/// One training: data and recipe.
#[derive(Debug, Clone)]
pub(crate) struct OfTraining;
/// An experiment that a file describes.
#[derive(Debug, Clone)]
pub(crate) struct OfFile;

impl Groups for OfRun {
    const ALL: &'static [Group] = &[Group::Data, Group::Recipe, Group::Pruning, Group::Run];
}

impl Groups for OfTraining {
    const ALL: &'static [Group] = &[Group::Data, Group::Recipe];
}

impl Groups for OfFile {
    const ALL: &'static [Group] = &[];
}

/// The settings that were given by flags or by `--set`.
#[derive(Clone)]
pub(crate) struct SettingFlags<G> {
    given: Vec<Given>,
    groups: PhantomData<G>,
}

#[derive(Clone)]
struct Given {
    setting: &'static Setting,
    value: Value,
    /// Whether the value is added to those that the setting has.
    adds: bool,
}

/// The flag by which any setting is given.
const SET: &str = "set";

impl<G> Default for SettingFlags<G> {
    /// None was given.
    fn default() -> Self {
        Self { given: Vec::new(), groups: PhantomData }
    }
}

impl<G: Groups> SettingFlags<G> {
    /// Gives an experiment what was asked for; the defaults of what was not follow from it.
    ///
    /// # Errors
    /// For the first value that makes no sense.
    pub(crate) fn apply(&self, experiment: &mut Experiment) -> Result<(), Failure> {
        let mut given: Vec<(&'static Setting, Value)> = Vec::new();
        for Given { setting, value, adds } in &self.given {
            let own = setting.value(experiment).filter(|_| *adds);
            let before = given.iter().position(|(other, _)| *adds && other.key == setting.key);
            match (before, own) {
                (Some(place), _) => given[place].1 = given[place].1.clone().joined(value.clone()),
                (None, Some(own)) => given.push((setting, own.joined(value.clone()))),
                (None, None) => given.push((setting, value.clone())),
            }
        }
        experiment.give(&given).map_err(Failure::bad_input)
    }

    /// What was given, for several experiments.
    pub(crate) fn given(&self) -> Vec<(&'static Setting, Value)> {
        let mut all: Vec<(&'static Setting, Value)> = Vec::new();
        for Given { setting, value, adds } in &self.given {
            match all.iter_mut().find(|(own, _)| *adds && own.key == setting.key) {
                Some((_, own)) => *own = own.clone().joined(value.clone()),
                None => all.push((setting, value.clone())),
            }
        }
        all
    }

    /// Whether a setting was given.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.given.iter().any(|given| given.setting.key == key)
    }
}

impl<G> fmt::Debug for SettingFlags<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.given.iter().map(|given| (given.setting.key, &given.value))).finish()
    }
}

/// The flags of some groups, each with its setting.
fn flags(groups: &'static [Group]) -> impl Iterator<Item = (&'static Setting, &'static Flag)> {
    let of_groups = settings().filter(|setting| groups.contains(&setting.group));
    of_groups.flat_map(|setting| setting.flags.iter().map(move |flag| (setting, flag)))
}

/// The settings that a flag gives values.
fn keys(setting: &Setting, flag: &Flag) -> Vec<&'static str> {
    [setting.key].into_iter().chain(flag.besides.iter().map(|(key, _)| *key)).collect()
}

fn argument(setting: &'static Setting, flag: &'static Flag, groups: &'static [Group]) -> Arg {
    let help = if flag.help.is_empty() { setting.help } else { flag.help };
    let default = match setting.default {
        "" => String::new(),
        _ if !flag.help.is_empty() => String::new(),
        default => format!(" [default: {default}]"),
    };
    let (first, more) = help.split_once("\n\n").map_or((help, None), |(first, more)| (first, Some(more)));
    let heading = if flag.heading.is_empty() { setting.heading } else { flag.heading };
    let own = keys(setting, flag);
    let conflicts = flags(groups)
        .filter(|(other, other_flag)| {
            other_flag.long != flag.long && keys(other, other_flag).iter().any(|key| own.contains(key))
        })
        .map(|(_, other)| other.long);
    let mut argument = Arg::new(flag.long)
        .long(flag.long)
        .visible_aliases(flag.also.iter().copied())
        .aliases(flag.aliases.iter().copied())
        .help(format!("{first}{default}"))
        .help_heading(heading)
        .hide_short_help(!setting.common)
        .conflicts_with_all(conflicts);
    if let Some(more) = more {
        argument = argument.long_help(format!("{first}{default}\n\n{more}"));
    }
    if let Some(short) = flag.short {
        argument = argument.short(short);
    }
    match flag.gives {
        Gives::Fixed(_) => argument.action(ArgAction::SetTrue),
        Gives::More => argument.action(ArgAction::Append).value_name(flag.value).allow_hyphen_values(true),
        Gives::Value | Gives::Epochs => {
            argument.action(ArgAction::Set).value_name(flag.value).allow_negative_numbers(true)
        }
    }
}

fn set() -> Arg {
    Arg::new(SET)
        .long(SET)
        .value_name("KEY=VALUE")
        .action(ArgAction::Append)
        .help("Give any setting a value, by its key in experiment.toml: recipe.batch_size=100; repeatable")
        .help_heading("Settings")
        .hide_short_help(true)
}

impl<G: Groups> Args for SettingFlags<G> {
    fn augment_args(command: Command) -> Command {
        let all = flags(G::ALL).map(|(setting, flag)| argument(setting, flag, G::ALL));
        command.args(all).arg(set())
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<G: Groups> FromArgMatches for SettingFlags<G> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut given = Vec::new();
        for (setting, flag) in flags(G::ALL) {
            let values: Vec<Value> = match flag.gives {
                Gives::Fixed(text) => {
                    matches.get_flag(flag.long).then(|| Value::of(text)).into_iter().collect()
                }
                gives => matches
                    .get_many::<String>(flag.long)
                    .unwrap_or_default()
                    .map(|text| if gives == Gives::Epochs { format!("{text}ep") } else { text.clone() })
                    .map(Value::One)
                    .collect(),
            };
            for value in values {
                let besides =
                    flag.besides.iter().filter_map(|(key, value)| Some((find_setting(key).ok()?, *value)));
                given.extend(besides.map(|(setting, value)| Given {
                    setting,
                    value: Value::of(value),
                    adds: false,
                }));
                given.push(Given { setting, value, adds: flag.gives == Gives::More });
            }
        }
        for text in matches.get_many::<String>(SET).unwrap_or_default() {
            given.push(by_name(text)?);
        }
        Ok(Self { given, groups: PhantomData })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// `KEY=VALUE`.
fn by_name(text: &str) -> Result<Given, clap::Error> {
    let refuse = |message: String, hint: &str| {
        clap::Error::raw(clap::error::ErrorKind::ValueValidation, format!("{message}\n\n  tip: {hint}\n"))
    };
    let Some((name, value)) = text.split_once('=') else {
        return Err(refuse(format!("--set '{text}' has no '='"), "for example --set recipe.batch_size=100"));
    };
    let setting = find_setting(name.trim()).map_err(|error| {
        let hint = lth_model::Hint::hint(&error).unwrap_or_default();
        refuse(format!("--set {text}: there is no setting '{}'", name.trim()), &hint)
    })?;
    if setting.group == Group::Noted {
        let hint = "name model and data set in the command; the others a run notes by itself";
        return Err(refuse(format!("--set {text}: {} cannot be set so", setting.key), hint));
    }
    Ok(Given { setting, value: Value::One(value.trim().to_owned()), adds: false })
}

/// The setting that a flag of this name gives, for completions.
pub(crate) fn setting_of_flag(long: &str) -> Option<&'static Setting> {
    settings().find(|setting| setting.flags.iter().any(|flag| flag.long == long))
}

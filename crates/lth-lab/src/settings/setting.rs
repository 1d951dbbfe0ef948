//! What a setting is: declared once, in [`super::table`].

use super::{
    Experiment,
    value::{Refusal, Value},
};
use crate::LabError;

/// A setting of an experiment. Flags of the command line, the keys of `experiment.toml` with their comments, its schema, the
/// reference, completions, the axes of sweeps, legends of figures and the names of run folders all follow from it.
pub struct Setting {
    /// Its path in `experiment.toml`: `recipe.learning_rate`.
    pub key: &'static str,
    /// Which commands have flags for it.
    pub group: Group,
    /// Under which heading its flags stand.
    pub heading: &'static str,
    /// Its flags, the usual one first; none of what a run notes by itself.
    pub flags: &'static [Flag],
    /// What it is, in a line; more after an empty line.
    pub help: &'static str,
    /// Its default in words; empty where there is none.
    pub default: &'static str,
    /// A value that it may have, for messages.
    pub example: &'static str,
    /// What legends call it; empty for the last part of its key.
    pub label: &'static str,
    /// Where its values or its meaning were published.
    pub paper: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// What changing it does to a run.
    pub role: Role,
    /// Whether `-h` shows its flags.
    pub common: bool,
    /// Its value; `None` where the experiment does without it.
    pub(crate) get: fn(&Experiment) -> Option<Value>,
    /// Gives it another value, and the settings that follow from it their defaults.
    pub(crate) set: fn(&mut Experiment, &Value) -> Result<(), Refusal>,
}

/// Which commands have flags for a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// None: model and data set, and what a run notes by itself.
    Noted,
    /// All that read data.
    Data,
    /// All that train.
    Recipe,
    /// Those that prune.
    Pruning,
    /// Those that make a run.
    Run,
}

/// What changing a setting does to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It makes another run.
    Identifies,
    /// It makes another run, and other settings have other defaults.
    Leads,
    /// It extends the run, or says what stays of it or what it is called.
    Extends,
}

/// What the values of a setting are.
#[derive(Clone, Copy)]
pub enum Kind {
    /// Whole numbers.
    Whole,
    /// Numbers.
    Number,
    /// On or off.
    Switch,
    /// Text of a form of its own, such as a step.
    Text,
    /// One of these names.
    Name(fn() -> Vec<String>),
    /// One of these names, or another that is read as a path or with a number: `noise-0.5`.
    OpenName(fn() -> Vec<String>),
    /// Several names or texts.
    List(fn() -> Vec<String>),
    /// Several numbers.
    Numbers,
    /// A number for each name.
    Map,
}

/// A flag of the command line.
#[derive(Clone, Copy)]
pub struct Flag {
    /// `--long`.
    pub long: &'static str,
    /// `-s`.
    pub short: Option<char>,
    /// Other names that help shows.
    pub also: &'static [&'static str],
    /// Other names that are understood.
    pub aliases: &'static [&'static str],
    /// What stands for the value in help; empty for a flag without one.
    pub value: &'static str,
    /// What the flag's value gives.
    pub gives: Gives,
    /// Settings that it gives besides, with their values.
    pub besides: &'static [(&'static str, &'static str)],
    /// What it does, where that is not the setting's own help.
    pub help: &'static str,
    /// The heading of its help, where that is not the setting's.
    pub heading: &'static str,
}

/// What the value of a flag gives the setting.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// Itself.
    Value,
    /// This; the flag has no value.
    Fixed(&'static str),
    /// So many epochs.
    Epochs,
    /// One more; the flag may be repeated.
    More,
}

impl Flag {
    /// A flag with a value.
    pub(super) const fn new(long: &'static str, value: &'static str) -> Self {
        let (help, heading, short) = ("", "", None);
        Self { long, short, also: &[], aliases: &[], value, gives: Gives::Value, besides: &[], help, heading }
    }

    /// A flag without a value.
    pub(super) const fn fixed(long: &'static str, gives: &'static str) -> Self {
        Self { gives: Gives::Fixed(gives), ..Self::new(long, "") }
    }
}

/// What entries of the table begin with.
pub(super) const ENTRY: Setting = Setting {
    key: "",
    group: Group::Noted,
    heading: "",
    flags: &[],
    help: "",
    default: "",
    example: "",
    label: "",
    paper: "",
    kind: Kind::Text,
    role: Role::Identifies,
    common: false,
    get: |_| None,
    set: |_, _| Ok(()),
};

impl Setting {
    /// The last part of its key.
    pub fn name(&self) -> &'static str {
        self.key.rsplit('.').next().unwrap_or(self.key)
    }

    /// What legends and titles call it.
    pub fn label(&self) -> String {
        if self.label.is_empty() { self.name().replace('_', " ") } else { self.label.to_owned() }
    }

    /// What it is, in one line.
    pub fn summary(&self) -> &'static str {
        self.help.split("\n\n").next().unwrap_or(self.help)
    }

    /// The names that it takes, where they are known.
    pub fn names(&self) -> Vec<String> {
        match self.kind {
            Kind::Name(names) | Kind::OpenName(names) | Kind::List(names) => names(),
            Kind::Switch => ["on", "off"].map(str::to_owned).to_vec(),
            Kind::Whole | Kind::Number | Kind::Text | Kind::Numbers | Kind::Map => Vec::new(),
        }
    }

    /// Its value in an experiment; `None` where the experiment does without it.
    pub fn value(&self, experiment: &Experiment) -> Option<Value> {
        (self.get)(experiment)
    }

    /// Gives it a value.
    ///
    /// # Errors
    /// [`LabError::Setting`], where the value is none of it or the setting belongs to another procedure or optimiser.
    pub fn give(&self, experiment: &mut Experiment, value: &Value) -> Result<(), LabError> {
        (self.set)(experiment, value).map_err(|Refusal { reason, hint }| {
            let hint = if hint.is_empty() { format!("for example {}", self.example) } else { hint };
            LabError::Setting { setting: self.key, value: value.to_string(), reason, hint }
        })
    }
}

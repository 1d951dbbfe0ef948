//! Where each file of a run lies.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use crate::{ControlKind, Stage};
use lth_model::ParseError;
use serde::{Deserialize, Serialize};

/// The folder in a run folder for files that were found damaged, each under its own path; nothing in it is read.
pub(crate) const QUARANTINE: &str = "quarantine";

/// What is trained in a round: the ticket, or a control beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Variant {
    /// The ticket itself; in round 0 the dense network.
    Ticket,
    /// A training to compare it with.
    Control(ControlKind),
}

impl TryFrom<String> for Variant {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        if text == "ticket" { Ok(Self::Ticket) } else { text.parse().map(Self::Control) }
    }
}

impl From<Variant> for String {
    fn from(variant: Variant) -> Self {
        variant.to_string()
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ticket => f.write_str("ticket"),
            Self::Control(kind) => kind.fmt(f),
        }
    }
}

/// The paths of a run's files.
///
/// ```text
/// experiment.toml
/// provenance.json                who made it: program, commands, machines
/// summary.csv, timing.csv
/// figures/
/// replicate-0/
///   initial.safetensors
///   rewind.safetensors            only when tickets restart from a later step
///   tensorboard/<variant>/round-00/events.out.tfevents.lth
///   round-00/
///     ticket.safetensors          what the round starts from
///     trained.safetensors         by retention policy
///     metrics.csv, metrics-lec.csv
///     round.json                  written last: the round is finished
///     timing.json
///     checkpoint.safetensors      only while the round is unfinished
///     failure.txt                 only where the training failed and would again
///     controls/random-reinit/     the same files for a control
/// ```
///
/// `timing.json`, `timing.csv`, `metrics-lec.csv` and the event files carry wall-clock times, `provenance.json` tells of machines. All others depend on the
/// experiment alone: their bytes are the same for any number of jobs, machine load or interruptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The layout of the run in this folder.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder in which the run lies.
    pub fn output(&self) -> PathBuf {
        let whole = self.whole();
        whole.parent().unwrap_or(&whole).to_owned()
    }

    /// The folder's own name, which is the run's.
    pub fn name(&self) -> String {
        let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        name(&self.root).or_else(|| name(&self.whole())).unwrap_or_default()
    }

    /// The whole path: `.` and `..` have neither a parent nor a name that can be read from them.
    fn whole(&self) -> PathBuf {
        fs::canonicalize(&self.root).unwrap_or_else(|_| self.root.clone())
    }

    /// Whether there is a run in the folder.
    pub fn is_run(&self) -> bool {
        self.experiment().is_file()
    }

    /// The settings.
    pub fn experiment(&self) -> PathBuf {
        self.root.join("experiment.toml")
    }

    /// Which programs, commands and machines made the run.
    pub fn provenance(&self) -> PathBuf {
        self.root.join("provenance.json")
    }

    /// One row a replicate, variant and round.
    pub fn summary(&self) -> PathBuf {
        self.root.join("summary.csv")
    }

    /// The same rows, how long each took.
    pub fn timing_summary(&self) -> PathBuf {
        self.root.join("timing.csv")
    }

    /// Pictures.
    pub fn figures(&self) -> PathBuf {
        self.root.join("figures")
    }

    /// Files that were found damaged.
    pub fn quarantine(&self) -> PathBuf {
        self.root.join(QUARANTINE)
    }

    /// Held by the process that works in the folder.
    pub fn lock(&self) -> PathBuf {
        self.root.join(".lock")
    }

    /// One repetition of the experiment.
    pub fn replicate(&self, replicate: u32) -> PathBuf {
        self.root.join(format!("replicate-{replicate}"))
    }

    /// The weights before any training.
    pub fn initial(&self, replicate: u32) -> PathBuf {
        self.replicate(replicate).join("initial.safetensors")
    }

    /// The weights (and optimiser memory, under `optimizer.`) at the rewind point.
    pub fn rewind(&self, replicate: u32) -> PathBuf {
        self.replicate(replicate).join("rewind.safetensors")
    }

    /// The rewind point of the replicate that a round of tickets is of.
    pub(crate) fn rewind_beside(round: &Path) -> Option<PathBuf> {
        Some(round.parent()?.join("rewind.safetensors"))
    }

    /// One training: a round of the ticket, or a control beside it.
    pub fn round(&self, replicate: u32, variant: Variant, round: u32) -> PathBuf {
        let folder = self.replicate(replicate).join(format!("round-{round:02}"));
        match variant {
            Variant::Ticket => folder,
            Variant::Control(kind) => folder.join("controls").join(kind.to_string()),
        }
    }

    /// What a training starts from: weights and masks.
    pub fn ticket(&self, replicate: u32, variant: Variant, round: u32) -> PathBuf {
        self.round(replicate, variant, round).join("ticket.safetensors")
    }

    /// What a training ended with.
    pub fn trained(&self, replicate: u32, variant: Variant, round: u32) -> PathBuf {
        self.round(replicate, variant, round).join("trained.safetensors")
    }

    /// The summary of a training; its presence means that the training is finished.
    pub fn record(&self, replicate: u32, variant: Variant, round: u32) -> PathBuf {
        self.round(replicate, variant, round).join("round.json")
    }

    /// Whether a training is finished.
    pub(crate) fn is_finished(&self, stage: Stage) -> bool {
        self.record(stage.replicate, stage.variant, stage.round).is_file()
    }

    /// How long a training took.
    pub fn timing(&self, replicate: u32, variant: Variant, round: u32) -> PathBuf {
        self.round(replicate, variant, round).join("timing.json")
    }

    /// Every evaluation of a training.
    pub fn metrics(&self, replicate: u32, variant: Variant, round: u32) -> PathBuf {
        self.round(replicate, variant, round).join("metrics.csv")
    }

    /// Every evaluation, in the columns of the PyTorch tool.
    pub fn metrics_lec(&self, replicate: u32, variant: Variant, round: u32) -> PathBuf {
        self.round(replicate, variant, round).join("metrics-lec.csv")
    }

    /// Where an unfinished training goes on.
    pub fn checkpoint(&self, replicate: u32, variant: Variant, round: u32) -> PathBuf {
        self.round(replicate, variant, round).join("checkpoint.safetensors")
    }

    /// Why a training failed for good.
    pub fn failure(&self, replicate: u32, variant: Variant, round: u32) -> PathBuf {
        self.round(replicate, variant, round).join("failure.txt")
    }

    /// The event file of a training, in a folder of its own as TensorBoard wants it.
    pub fn events(&self, replicate: u32, variant: Variant, round: u32) -> PathBuf {
        self.replicate(replicate)
            .join("tensorboard")
            .join(variant.to_string())
            .join(format!("round-{round:02}"))
            .join("events.out.tfevents.lth")
    }

    /// The event file of a variant over the rounds of a replicate.
    pub fn round_events(&self, replicate: u32, variant: Variant) -> PathBuf {
        self.replicate(replicate)
            .join("tensorboard")
            .join(variant.to_string())
            .join("rounds")
            .join("events.out.tfevents.lth")
    }
}

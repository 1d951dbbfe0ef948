//! What is the matter with a file, and what can be done about it.

use std::path::PathBuf;

use crate::LabError;
use lth_model::Hint;

/// A file, what is the matter with it, and what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file.
    pub path: PathBuf,
    /// What sort of matter it is.
    pub kind: FindingKind,
    /// What was found, in words.
    pub explanation: String,
    /// What can be done about it.
    pub repair: Repair,
}

/// What sort of matter it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingKind {
    /// It cannot be read as what its name says: half-written, cut off or changed.
    Damaged,
    /// It can be read, and says something else than other files.
    Contradiction,
    /// It should be there, and is not.
    Missing,
    /// A table is behind the records that it sums up.
    Outdated,
    /// It was written by a version with another format.
    OtherFormat,
    /// The temporary file of a process that was ended.
    Unfinished,
    /// It has served its purpose: the checkpoint of a finished training, the lease of a dead process, an entry of the index whose output is
    /// gone.
    Leftover,
    /// It is none of the files of a run.
    Foreign,
    /// Its folder has another name than its settings give it.
    Renamed,
    /// A time that nobody noted, or that is gone.
    Untimed,
    /// It is dated in the future: a clock was changed.
    Future,
}

/// What can be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// Nothing, or nothing is needed.
    Nothing,
    /// The command that made the run makes it again.
    Rerun,
    /// It is removed: it holds nothing that is not elsewhere.
    Remove,
    /// It is moved into the run's folder `quarantine`, after which the command that made the run makes it again.
    Quarantine,
}

impl FindingKind {
    /// Whether results are missing or doubtful for it; else it is a note.
    pub fn is_problem(self) -> bool {
        match self {
            Self::Damaged | Self::Contradiction | Self::Missing | Self::Outdated | Self::OtherFormat => true,
            Self::Unfinished
            | Self::Leftover
            | Self::Foreign
            | Self::Renamed
            | Self::Untimed
            | Self::Future => false,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Damaged => "damaged",
            Self::Contradiction => "contradiction",
            Self::Missing => "missing",
            Self::Outdated => "outdated",
            Self::OtherFormat => "other-format",
            Self::Unfinished => "unfinished",
            Self::Leftover => "leftover",
            Self::Foreign => "foreign",
            Self::Renamed => "renamed",
            Self::Untimed => "untimed",
            Self::Future => "future",
        }
    }
}

impl Repair {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Rerun => "rerun",
            Self::Remove => "remove",
            Self::Quarantine => "quarantine",
        }
    }
}

impl Finding {
    pub(super) fn new(
        path: impl Into<PathBuf>,
        kind: FindingKind,
        explanation: impl Into<String>,
        repair: Repair,
    ) -> Self {
        Self { path: path.into(), kind, explanation: explanation.into(), repair }
    }

    /// A file that cannot be read as what its name says.
    pub(super) fn damaged(path: impl Into<PathBuf>, explanation: impl Into<String>) -> Self {
        Self::new(path, FindingKind::Damaged, explanation, Repair::Quarantine)
    }

    /// A file that says something else than others.
    pub(super) fn contradiction(path: impl Into<PathBuf>, explanation: impl Into<String>) -> Self {
        Self::new(path, FindingKind::Contradiction, explanation, Repair::Quarantine)
    }

    /// A file that is not there.
    pub(super) fn missing(path: impl Into<PathBuf>, explanation: impl Into<String>) -> Self {
        Self::new(path, FindingKind::Missing, explanation, Repair::Rerun)
    }

    /// A file that cannot be read, by the error of its reader.
    pub(super) fn unreadable(path: impl Into<PathBuf>, error: &LabError) -> Self {
        let kind = match error {
            LabError::Newer { .. } | LabError::Older { .. } => FindingKind::OtherFormat,
            _ => FindingKind::Damaged,
        };
        // What the system refuses to read may be whole.
        let repair = match error {
            LabError::Read { source, .. } if source.kind() != std::io::ErrorKind::InvalidData => {
                Repair::Nothing
            }
            LabError::Newer { .. } | LabError::Older { .. } => Repair::Nothing,
            _ => Repair::Quarantine,
        };
        Self::new(path, kind, in_words(error), repair)
    }
}

/// What an error says, without the path, which stands before it already.
fn in_words(error: &LabError) -> String {
    match error {
        LabError::Damaged { reason, .. } | LabError::Changed { reason, .. } => reason.clone(),
        LabError::ExperimentFile { line, column, reason, .. } => {
            format!("line {line}, column {column}: {reason}")
        }
        LabError::Read { source, .. } => format!("it cannot be read: {source}"),
        LabError::Newer { found, supported, .. } | LabError::Older { found, supported, .. } => {
            let hint = error.hint().unwrap_or_default();
            format!("its format is {found}, and this version of lth reads {supported}: {hint}")
        }
        other => other.to_string(),
    }
}

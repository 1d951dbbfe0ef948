//! What can go wrong with experiments on disk.

use std::{io, path::PathBuf};

use lth_model::{EngineError, Hint, ParseError, TensorFileError, UnknownModel};
use thiserror::Error;

/// Why an experiment, a run folder or a run is refused or stopped.
#[derive(Debug, Error)]
pub enum LabError {
    /// A file or folder cannot be written.
    #[error("cannot write '{}': {source}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file or folder cannot be read.
    #[error("cannot read '{}': {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of a run folder does not hold what it should.
    #[error("'{}' is damaged: {reason}", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of a run folder is not there.
    #[error("'{}' is missing", path.display())]
    Missing {
        /// Which.
        path: PathBuf,
        /// The command that makes it again.
        repair: String,
    },
    /// A finished result does not belong to the inputs that are there now.
    #[error("'{}' does not fit: {reason}", path.display())]
    Changed {
        /// Which.
        path: PathBuf,
        /// What differs.
        reason: String,
    },
    /// A mistake in an experiment file.
    #[error("{}:{line}:{column}: {reason}", path.display())]
    ExperimentFile {
        /// Which file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong there.
        reason: String,
        /// What to write instead.
        hint: String,
    },
    /// A setting that makes no sense, alone or with the others.
    #[error("{setting} = {value}: {reason}")]
    Setting {
        /// Its name, as in `experiment.toml`.
        setting: &'static str,
        /// Its value.
        value: String,
        /// Why it is refused.
        reason: String,
        /// What would be accepted.
        hint: String,
    },
    /// The folder was written by a newer version.
    #[error("'{}' has format {found}, this version of lth reads up to {supported}", path.display())]
    Newer {
        /// Which file says so.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// The newest format that is known.
        supported: u64,
    },
    /// The folder was written by an older version, whose results are known by other hashes.
    #[error("'{}' has format {found} of an older lth, this version reads {supported}", path.display())]
    Older {
        /// Which file says so.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// The only format that is known.
        supported: u64,
    },
    /// The folder is not a run.
    #[error("'{}' is not a run folder: it has no experiment.toml", path.display())]
    NotARun {
        /// Which.
        path: PathBuf,
    },
    /// Another process works in the folder.
    #[error("another lth is at work in '{}'", path.display())]
    Locked {
        /// Which folder.
        path: PathBuf,
    },
    /// The folder holds another experiment.
    #[error("'{}' holds another experiment: its {setting} is {found}, not {expected}", path.display())]
    OtherExperiment {
        /// Which folder.
        path: PathBuf,
        /// The first setting that differs.
        setting: String,
        /// Its value in the folder.
        found: String,
        /// Its value in the command.
        expected: String,
    },
    /// Something outside is not there or refuses, or is not as it was: a cluster's program, files from another machine.
    #[error("{reason}")]
    Refused {
        /// What, and why.
        reason: String,
        /// What to do.
        hint: String,
    },
    /// A setting of the recipe that makes no sense.
    #[error(transparent)]
    Recipe(ParseError),
    /// There is no such model.
    #[error(transparent)]
    Model(#[from] UnknownModel),
    /// The engine refuses something.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A file of tensors is refused.
    #[error(transparent)]
    Tensors(#[from] TensorFileError),
}

impl LabError {
    /// Whether it concerns the disk rather than one training, so that all of a run must stop.
    pub fn stops_the_run(&self) -> bool {
        matches!(self, Self::Write { .. })
    }
}

impl Hint for LabError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Write { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    "the disk is full: free some space, then run the same command again; a run continues where it \
                     stopped, and needs less with --keep tickets"
                        .to_owned()
                }
                io::ErrorKind::PermissionDenied
                | io::ErrorKind::ReadOnlyFilesystem
                | io::ErrorKind::NotADirectory => {
                    "the folder cannot be written: choose another, for runs with --output-path".to_owned()
                }
                io::ErrorKind::InvalidFilename => {
                    "the name is longer than the file system takes: choose a shorter one, for runs with --output-path"
                        .to_owned()
                }
                _ => "check the output folder; what was already finished stays valid, the same command continues"
                    .to_owned(),
            },
            Self::Read { .. } => "check the path and its permissions".to_owned(),
            Self::Damaged { path, .. } if path.ends_with("timing.json") => {
                "move it away; the times that it held are lost, results are not".to_owned()
            }
            Self::Damaged { .. } => {
                "move it away and run the same command again: it is made again, to the same bits".to_owned()
            }
            Self::Missing { repair, .. } => format!("{repair} makes it again, to the same bits"),
            Self::Changed { .. } => {
                "restore the file that was changed, or move the folder away to repeat the training".to_owned()
            }
            Self::ExperimentFile { hint, .. } | Self::Setting { hint, .. } | Self::Refused { hint, .. } => {
                hint.clone()
            }
            Self::Newer { .. } => "update lth, or choose another folder with --output-path".to_owned(),
            Self::Older { .. } => {
                "move the folder away: the same command makes it anew, and the lth that wrote it still reads it; its settings hold \
                 without the line `format`"
                    .to_owned()
            }
            Self::NotARun { path } if path.join("replicate-0").is_dir() => {
                "it was one: the command that made it writes the file again".to_owned()
            }
            Self::NotARun { .. } => {
                "run folders are made by `lth find-winning-ticket`, in `runs` unless --output-path says otherwise"
                    .to_owned()
            }
            Self::Locked { .. } => "wait until it has finished, or stop it; a second copy would only redo its work".to_owned(),
            Self::OtherExperiment { .. } => "choose another folder with --output-path".to_owned(),
            Self::Recipe(error) => return error.hint(),
            Self::Model(error) => return error.hint(),
            Self::Engine(error) => return error.hint(),
            Self::Tensors(error) => return error.hint(),
        })
    }
}

//! What the index of outputs says, entry by entry.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Store, key_of, stays_below};
use crate::{LabError, atomic::remove_file};

/// An entry of the index: a file named after the key of a task, with the folder of its output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The file.
    pub(crate) path: PathBuf,
    /// Its name.
    pub(crate) key: String,
    /// The folder, where the file names one below the output folder.
    pub(crate) folder: Option<PathBuf>,
}

impl Entry {
    /// Whether the output of the task is where the entry says.
    pub(crate) fn is_right(&self) -> bool {
        self.folder.as_ref().is_some_and(|folder| key_of(folder).as_ref() == Some(&self.key))
    }

    /// Removes the file, unless it has become right.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub(crate) fn remove(&self) -> Result<(), LabError> {
        if self.is_right() { Ok(()) } else { remove_file(&self.path) }
    }
}

impl Store {
    /// Every entry of the index.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        let below = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
        let digits = below(&self.index()).map(|entry| entry.path()).filter(|path| path.is_dir());
        let files = digits.flat_map(|folder| below(&folder).collect::<Vec<_>>());
        let whole = files.filter(|entry| !crate::atomic::is_unfinished(&entry.file_name()));
        whole
            .map(|entry| {
                let line = fs::read_to_string(entry.path()).unwrap_or_default();
                let relative = Path::new(line.trim_end());
                Entry {
                    path: entry.path(),
                    key: entry.file_name().to_string_lossy().into_owned(),
                    folder: stays_below(relative).then(|| self.output.join(relative)),
                }
            })
            .collect()
    }
}

//! Finding run folders.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

use crate::{LabError, Layout};

/// The run folders at or below some paths, in order of paths: of transfers those of their trainings, and folders that were runs
/// before their `experiment.toml` was lost. Each is there once, by whichever names and links it was given.
///
/// # Errors
/// When one of the paths cannot be read.
pub fn run_folders(paths: &[PathBuf]) -> Result<Vec<PathBuf>, LabError> {
    let mut found = Vec::new();
    for path in paths {
        if is_run(path) {
            found.push(path.clone());
        } else {
            let entries =
                fs::read_dir(path).map_err(|source| LabError::Read { path: path.clone(), source })?;
            below(entries, &mut found);
        }
    }
    found.sort_unstable();
    keep_each_once(&mut found);
    Ok(found)
}

/// Leaves each folder where it is first, by whichever names and links it is there.
pub fn keep_each_once(folders: &mut Vec<PathBuf>) {
    let mut known = HashSet::new();
    folders.retain(|folder| known.insert(fs::canonicalize(folder).unwrap_or_else(|_| folder.clone())));
}

fn below(entries: fs::ReadDir, found: &mut Vec<PathBuf>) {
    for entry in entries.flatten() {
        let path = entry.path();
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        let Ok(kind) = entry.file_type() else { continue };
        if is_hidden || kind.is_file() {
            continue;
        }
        if is_run(&path) {
            found.push(path);
        } else if kind.is_dir() {
            // What cannot be read holds no runs that could be listed.
            if let Ok(entries) = fs::read_dir(&path) {
                below(entries, found);
            }
        }
    }
}

fn is_run(path: &Path) -> bool {
    let layout = Layout::new(path);
    layout.is_run() || layout.replicate(0).is_dir()
}

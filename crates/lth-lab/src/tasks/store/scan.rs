//! The keys in the records of finished tasks.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{disk::QUARANTINE, metrics::read_json};

/// Files that are written last in the folder of a task, and say in `inputs` which it was.
const RECORDS: [&str; 2] = ["round.json", "supermask.json"];

/// The part of a record that is of interest.
#[derive(Deserialize)]
struct Record {
    inputs: String,
}

/// The key of the task whose output lies in a folder; `None` where none does, or its record is damaged.
pub(super) fn key_of(folder: &Path) -> Option<String> {
    let record = |name| read_json::<Record>(&folder.join(name)).ok().flatten();
    RECORDS.into_iter().find_map(record).map(|record| record.inputs)
}

/// The folders below an output folder, relative to it, that have records, by their keys; of several the first in order of paths. What is in
/// quarantine is not looked at.
pub(super) fn scan(output: &Path) -> HashMap<String, PathBuf> {
    let mut found = HashMap::new();
    let mut folders = vec![output.to_owned()];
    while let Some(folder) = folders.pop() {
        let mut below = Vec::new();
        let mut has_record = false;
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if !name.to_string_lossy().starts_with('.') && name != QUARANTINE {
                    below.push(entry.path());
                }
            } else {
                has_record |= RECORDS.iter().any(|record| name == *record);
            }
        }
        if has_record && let (Some(key), Ok(relative)) = (key_of(&folder), folder.strip_prefix(output)) {
            found.entry(key).or_insert_with(|| relative.to_owned());
        }
        below.sort_unstable_by(|a, b| b.cmp(a));
        folders.extend(below);
    }
    found
}

//! Doing what is to be done about findings: moving and removing files.

use std::{
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{Finding, FindingKind, FolderCheck, Repair, check_again};
use crate::{
    LabError, Layout,
    atomic::{create_folder, remove_file, sync_folder, write_file},
    disk::{QUARANTINE, RunLock},
};

/// An unfinished file that is still there after so long belongs to nobody.
const SETTLED: Duration = Duration::from_secs(1);

/// What was done about the findings of a folder.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Repaired {
    /// Files that were moved, and where they are now.
    pub moved: Vec<(PathBuf, PathBuf)>,
    /// Files that were removed.
    pub removed: Vec<PathBuf>,
}

/// The list of what was moved, in a quarantine.
const LIST: &str = "moved.csv";

/// A line of the list.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    file: String,
    quarantined_as: String,
    kind: String,
    explanation: String,
}

/// Moves files into quarantine and removes what holds nothing, as the findings of a check say; of files that lth did not write only where
/// `foreign` says so. What has changed since the check is left alone, and nothing that is moved replaces anything.
///
/// All is moved or nothing: where a file cannot be, those before it go back.
///
/// # Errors
/// When a process works in the folder, or it cannot be written; what was there is then as it was.
pub fn repair_folder(check: &FolderCheck, foreign: bool) -> Result<Repaired, LabError> {
    let layout = Layout::new(&check.folder);
    let _lock = check.is_run.then(|| RunLock::alone(&layout)).transpose()?;
    let findings: Vec<Finding> = if check.is_run {
        let now = check_again(check);
        check.findings.iter().filter(|finding| now.contains(finding)).cloned().collect()
    } else {
        check.findings.clone()
    };
    let is_moved = |finding: &&Finding| {
        finding.repair == Repair::Quarantine || (foreign && finding.kind == FindingKind::Foreign)
    };
    let mut repaired = Repaired::default();
    let folders = findings.iter().filter(is_moved).map(|finding| quarantine_of(check, &finding.path));
    let mut folders: Vec<PathBuf> = folders.collect();
    folders.sort();
    folders.dedup();
    for root in folders {
        let own =
            findings.iter().filter(is_moved).filter(|finding| quarantine_of(check, &finding.path) == root);
        match move_all(&root, &own.collect::<Vec<_>>()) {
            Ok(moved) => repaired.moved.extend(moved),
            Err(error) => {
                move_back(&repaired.moved);
                return Err(error);
            }
        }
    }
    if !check.is_run && findings.iter().any(|finding| finding.kind == FindingKind::Unfinished) {
        thread::sleep(SETTLED.saturating_sub(check.begun.elapsed()));
    }
    for finding in findings.iter().filter(|finding| finding.repair == Repair::Remove) {
        remove(check, &finding.path)?;
        repaired.removed.push(finding.path.clone());
    }
    Ok(repaired)
}

/// The folder beside whose `quarantine` a file lies: the run's, or that of a transfer or sweep.
fn quarantine_of(check: &FolderCheck, path: &Path) -> PathBuf {
    if check.is_run { check.folder.clone() } else { path.parent().unwrap_or(&check.folder).to_owned() }
}

fn remove(check: &FolderCheck, path: &Path) -> Result<(), LabError> {
    if let Some(lease) = check.leases.iter().find(|lease| lease.path == path) {
        return lease.remove().map(drop);
    }
    match check.entries.iter().find(|entry| entry.path == path) {
        Some(entry) => entry.remove(),
        None => remove_file(path),
    }
}

/// Moves files below a folder into its quarantine, after noting why: a disk without room is found out before anything is moved.
fn move_all(root: &Path, findings: &[&Finding]) -> Result<Vec<(PathBuf, PathBuf)>, LabError> {
    let quarantine = root.join(QUARANTINE);
    let list = quarantine.join(LIST);
    create_folder(&quarantine)?;
    let before = fs::read(&list).ok();
    let moved = move_into(root, &quarantine, findings);
    if moved.is_err() {
        let _ = match before {
            Some(before) => write_file(&list, &before),
            None => remove_file(&list),
        };
        remove_empty(&quarantine);
    }
    moved
}

fn move_into(
    root: &Path,
    quarantine: &Path,
    findings: &[&Finding],
) -> Result<Vec<(PathBuf, PathBuf)>, LabError> {
    let mut planned: Vec<(PathBuf, PathBuf)> = Vec::new();
    for finding in findings {
        let below = finding.path.strip_prefix(root).unwrap_or(&finding.path);
        planned.push((finding.path.clone(), free(&quarantine.join(below), &planned)));
    }
    note(root, quarantine, findings, &planned)?;
    for (number, (from, to)) in planned.iter().enumerate() {
        if let Err(source) = rename(from, to) {
            move_back(&planned[..=number]);
            return Err(LabError::Write { path: to.clone(), source });
        }
    }
    Ok(planned)
}

/// Removes a folder and those below it, as far as there is nothing in them.
fn remove_empty(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_empty(&entry.path());
        }
    }
    let _ = fs::remove_dir(folder);
}

/// The path, or the first with a number behind it that nothing has.
fn free(path: &Path, planned: &[(PathBuf, PathBuf)]) -> PathBuf {
    let taken = |path: &Path| path.symlink_metadata().is_ok() || planned.iter().any(|(_, to)| to == path);
    let numbered = (1_u32..).map(|number| PathBuf::from(format!("{}.{number}", path.display())));
    std::iter::once(path.to_owned()).chain(numbered).find(|path| !taken(path)).unwrap_or_default()
}

/// Adds to the list of what was moved, when and why.
fn note(
    root: &Path,
    quarantine: &Path,
    findings: &[&Finding],
    planned: &[(PathBuf, PathBuf)],
) -> Result<(), LabError> {
    let below = |path: &Path| path.strip_prefix(root).unwrap_or(path).display().to_string();
    let path = quarantine.join(LIST);
    let read: Result<Vec<Line>, csv::Error> = match fs::read(&path) {
        Ok(bytes) => csv::Reader::from_reader(bytes.as_slice()).deserialize().collect(),
        Err(_) => Ok(Vec::new()),
    };
    // A list that cannot be read stays, and another is begun.
    let (path, mut lines) = match read {
        Ok(lines) => (path, lines),
        Err(_) => (free(&path, planned), Vec::new()),
    };
    lines.extend(findings.iter().zip(planned).map(|(finding, (from, to))| Line {
        file: below(from),
        quarantined_as: below(to),
        kind: finding.kind.name().to_owned(),
        explanation: finding.explanation.clone(),
    }));
    write_file(&path, &crate::metrics::to_csv(lines))
}

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    let [from_folder, to_folder] = [from, to].map(|path| path.parent().unwrap_or(Path::new(".")));
    fs::create_dir_all(to_folder)?;
    fs::rename(from, to)?;
    sync_folder(to_folder)?;
    sync_folder(from_folder)
}

/// Moves back what was moved, as far as that works.
fn move_back(moved: &[(PathBuf, PathBuf)]) {
    for (from, to) in moved.iter().rev() {
        if from.symlink_metadata().is_err() {
            let _ = fs::rename(to, from);
        }
    }
}

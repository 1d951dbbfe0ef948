//! What lies in an output folder beside its runs: the index of outputs, leases, and the tables of transfers and sweeps.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use rayon::prelude::*;

use super::{Finding, FindingKind, Repair, content, place::Place};
use crate::{
    Holder, Layout, Leases, RoundRecord, Store,
    atomic::is_unfinished,
    read_file,
    tasks::{Entry, SeenLease},
};

/// An output folder.
pub(super) struct Output {
    pub(super) folder: PathBuf,
    /// Its leases.
    pub(super) leases: Vec<SeenLease>,
    /// Entries of the index whose output is not where they say.
    pub(super) entries: Vec<Entry>,
    /// Trainings whose records have a hash that the index does not have, by folder, with the hash that it has.
    pub(super) known: HashMap<PathBuf, String>,
}

impl Output {
    /// Looks at the leases and the index of an output folder.
    pub(super) fn of(folder: &Path, leases: &Leases, told: &dyn Fn(Option<&Holder>)) -> Self {
        let leases = leases.look(told);
        let all = Store::of(folder).entries();
        let (right, mut wrong): (Vec<_>, Vec<_>) =
            all.into_par_iter().partition(|entry| !entry.path.is_file() || entry.is_right());
        let is_known: HashSet<&Path> = right.iter().filter_map(|entry| entry.folder.as_deref()).collect();
        let keys: HashSet<&str> = right.iter().map(|entry| entry.key.as_str()).collect();
        let mut known = HashMap::new();
        wrong.retain(|entry| {
            let Some(folder) = &entry.folder else { return true };
            match RoundRecord::read(&folder.join("round.json")) {
                // It is told of the record that it is damaged.
                Err(_) => false,
                Ok(Some(record))
                    if !is_known.contains(folder.as_path()) && !keys.contains(&*record.inputs) =>
                {
                    known.insert(folder.clone(), entry.key.clone());
                    false
                }
                Ok(_) => true,
            }
        });
        wrong.sort_by(|one, other| one.path.cmp(&other.path));
        Self { folder: folder.to_owned(), leases, entries: wrong, known }
    }

    /// Who works where below the folder, as far as leases say it.
    pub(super) fn at_work(&self) -> impl Iterator<Item = (PathBuf, &Holder)> {
        let alive = self.leases.iter().filter(|lease| !lease.is_dead);
        alive
            .filter_map(|lease| lease.holder.as_ref())
            .map(|holder| (self.folder.join(&holder.folder), holder))
    }

    /// What is the matter with the index, the leases, and files that lie above the runs.
    pub(super) fn findings(&self, is_idle: bool) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self
            .entries
            .iter()
            .map(|entry| {
                let reason = "the index names a folder in which the output of this task is not, or no more";
                Finding::new(&entry.path, FindingKind::Leftover, reason, Repair::Remove)
            })
            .collect();
        findings.extend(self.leases.iter().filter(|lease| lease.is_dead).map(|lease| {
            let reason = match &lease.holder {
                Some(holder) => format!("{holder} took this task, and is no more"),
                None => "it does not say which process took this task, and had no heartbeat".to_owned(),
            };
            Finding::new(&lease.path, FindingKind::Leftover, reason, Repair::Remove)
        }));
        if is_idle {
            findings.extend(unfinished(&self.folder.join(".lth")));
        }
        findings.sort_by(|one, other| one.path.cmp(&other.path));
        findings
    }
}

fn unfinished(folder: &Path) -> Vec<Finding> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(unfinished(&entry.path()));
        } else if is_unfinished(&entry.file_name()) {
            let reason = "a process that was ended left it half-written";
            found.push(Finding::new(entry.path(), FindingKind::Unfinished, reason, Repair::Remove));
        }
    }
    found
}

/// What is the matter with the files of transfers and sweeps at or below a folder, in order of paths; and how many these are.
pub(super) fn check_collections(folder: &Path) -> (usize, Vec<Finding>) {
    let (mut count, mut findings) = (0, Vec::new());
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let is_hidden = name.to_string_lossy().starts_with('.');
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                let layout = Layout::new(&path);
                if !is_hidden
                    && name != crate::disk::QUARANTINE
                    && !layout.is_run()
                    && !layout.replicate(0).is_dir()
                {
                    folders.push(path);
                }
                continue;
            }
            let place = match name.to_str() {
                Some("transfer.csv" | "sweep.csv") => Place::Csv,
                Some("transfer.toml" | "sweep.toml") => Place::Settings,
                _ => continue,
            };
            count += 1;
            let read = read_file(&path);
            match read {
                Err(error) => findings.push(Finding::unreadable(path, &error)),
                Ok(bytes) => {
                    let whole = if place == Place::Csv {
                        content::check(place, &bytes)
                    } else {
                        content::toml(&bytes)
                    };
                    findings.extend(whole.err().map(|reason| Finding::damaged(path, reason)));
                }
            }
        }
    }
    findings.sort_by(|one, other| one.path.cmp(&other.path));
    (count, findings)
}

//! Checking run folders: which files are half-written, were edited or are of something else, what follows from that, and, where it is
//! asked for, moving them out of the way.
//!
//! A run says most things twice. Tickets are known by the hashes of their bytes to the round before, the round after and the weights that
//! were trained from them; the evaluations of a training are in its record, in two tables and under checksums in its event file; the
//! summary repeats the records. Files are read and compared; nothing is trained, and no data set is needed. Where two files contradict
//! each other and a third tells which is right, the other is doubtful; where none does, both are. What is moved away, the command that
//! made the run makes again, to the same bits.

mod content;
mod evaluations;
mod finding;
mod output;
mod place;
mod repair;
mod replicate;
mod run;
mod supermask;
mod tables;
#[cfg(test)]
mod tests;
mod ticket;
mod training;
mod walk;

use std::{
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rayon::prelude::*;

use super::run_folders;
use crate::{
    Experiment, Holder, LEASE_TIMEOUT, LabError, Layout, Leases, Provenance,
    tasks::{Entry, SeenLease},
};
pub use finding::{Finding, FindingKind, Repair};
use output::{Output, check_collections};
pub use repair::{Repaired, repair_folder};
use run::check_run;

/// A run folder, or what lies in an output folder beside its runs, after it was checked.
#[derive(Debug)]
pub struct FolderCheck {
    /// The folder.
    pub folder: PathBuf,
    /// Who works in it, in words; it is not checked then.
    pub at_work: Option<String>,
    /// How many files were looked at.
    pub files: usize,
    /// What was found, in order of paths.
    pub findings: Vec<Finding>,
    /// The command that makes again what is missing or moved away.
    pub again: String,
    is_run: bool,
    begun: Instant,
    known: HashMap<PathBuf, String>,
    entries: Vec<Entry>,
    leases: Vec<SeenLease>,
}

/// Checks the runs at or below some paths, and the index, leases and tables of output folders among these. Nothing is written.
///
/// A run in which a process works is left out. A lease of which no lock of this machine tells whether its holder is alive is watched for
/// a heartbeat, for [`LEASE_TIMEOUT`] at most; `told` learns of it before.
///
/// # Errors
/// When one of the paths cannot be read. What is wrong in a folder is among its findings.
pub fn check_folders(
    paths: &[PathBuf],
    told: &dyn Fn(Option<&Holder>),
) -> Result<Vec<FolderCheck>, LabError> {
    check_within(paths, LEASE_TIMEOUT, told)
}

fn check_within(
    paths: &[PathBuf],
    timeout: Duration,
    told: &dyn Fn(Option<&Holder>),
) -> Result<Vec<FolderCheck>, LabError> {
    let runs = run_folders(paths)?;
    let is_run = |path: &Path| runs.iter().any(|run| run == path);
    // The leases and the index of a run lie beside it.
    let beside = runs.iter().filter_map(|run| run.parent());
    let folders: BTreeSet<&Path> =
        paths.iter().map(PathBuf::as_path).filter(|path| !is_run(path)).chain(beside).collect();
    let outputs: Vec<Output> = folders
        .into_iter()
        .map(|folder| Output::of(folder, &Leases::of(folder).timeout(timeout), told))
        .collect();
    let known: HashMap<PathBuf, String> = outputs.iter().flat_map(|output| output.known.clone()).collect();
    let at_work: Vec<(PathBuf, &Holder)> = outputs.iter().flat_map(Output::at_work).collect();
    let mut checks: Vec<FolderCheck> =
        runs.par_iter().map(|run| FolderCheck::of_run(run, &at_work, &known)).collect();
    let is_idle = at_work.is_empty() && checks.iter().all(|check| check.at_work.is_none());
    for output in &outputs {
        let is_given = paths.contains(&output.folder);
        let is_below = paths.iter().any(|path| !is_run(path) && output.folder.starts_with(path));
        if is_given || (is_below && output.folder.join(".lth").is_dir()) {
            checks.push(FolderCheck::of_output(output, is_given, is_idle));
        }
    }
    checks.sort_by(|one, other| one.folder.cmp(&other.folder));
    Ok(checks)
}

/// What is found in a run folder now.
fn check_again(check: &FolderCheck) -> Vec<Finding> {
    check_run(&check.folder, &check.known).1
}

impl FolderCheck {
    /// Whether results are missing or doubtful.
    pub fn has_problems(&self) -> bool {
        self.findings.iter().any(|finding| finding.kind.is_problem())
    }

    fn of_run(folder: &Path, at_work: &[(PathBuf, &Holder)], known: &HashMap<PathBuf, String>) -> Self {
        let begun = Instant::now();
        let holder = at_work.iter().find(|(place, _)| place.starts_with(folder));
        let layout = Layout::new(folder);
        let held = || layout.is_locked().then(|| "another lth".to_owned());
        let at_work = holder.map(|(_, holder)| holder.to_string()).or_else(held);
        let of_run = |(place, _): &(&PathBuf, &String)| place.starts_with(folder);
        let known: HashMap<PathBuf, String> =
            known.iter().filter(of_run).map(|(place, key)| (place.clone(), key.clone())).collect();
        let (files, findings) = if at_work.is_some() { (0, Vec::new()) } else { check_run(folder, &known) };
        let settings = layout.experiment();
        let are_settings_doubtful = findings.iter().any(|finding| finding.path == settings);
        Self {
            again: again(&layout, !are_settings_doubtful),
            folder: folder.to_owned(),
            at_work,
            files,
            findings,
            is_run: true,
            begun,
            known,
            entries: Vec::new(),
            leases: Vec::new(),
        }
    }

    /// An output folder; of one that was given, the tables of transfers and sweeps at any depth too.
    fn of_output(output: &Output, is_given: bool, is_idle: bool) -> Self {
        let begun = Instant::now();
        let (files, mut findings) =
            if is_given { check_collections(&output.folder) } else { (0, Vec::new()) };
        findings.extend(output.findings(is_idle));
        Self {
            again: "the command that made it".to_owned(),
            folder: output.folder.clone(),
            at_work: None,
            files: files + output.leases.len(),
            findings,
            is_run: false,
            begun,
            known: HashMap::new(),
            entries: output.entries.clone(),
            leases: output.leases.clone(),
        }
    }
}

/// The command that makes again what is missing of a run: of its settings alone, or else the one that made it.
fn again(layout: &Layout, by_settings: bool) -> String {
    let experiment = Experiment::read(&layout.experiment()).ok().filter(|_| by_settings);
    let by_settings = experiment.filter(|experiment| experiment.initial_weights.is_none());
    if let Some(command) = by_settings.and_then(|experiment| experiment.command_again(layout)) {
        return command;
    }
    match &Provenance::of_run(layout)[..] {
        [first, others @ ..] => {
            let quoted = |word: &String| {
                if word.contains(char::is_whitespace) { format!("'{word}'") } else { word.clone() }
            };
            let words: Vec<String> = first.command.iter().map(quoted).collect();
            let more = if others.is_empty() { "" } else { ", then the others in provenance.json" };
            format!("{} (given in {}{more})", words.join(" "), first.working_folder)
        }
        [] => "the command that made the run".to_owned(),
    }
}

//! A run folder as a whole.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use rayon::prelude::*;

use super::{
    Finding, FindingKind, Repair, content,
    place::Place,
    replicate::check_replicate,
    supermask::check_supermask,
    tables::check_tables,
    training::{Run, Training},
    walk::Walk,
};
use crate::{
    Experiment, Layout, Provenance, Stage, Variant, disk::read_any_checkpoint, metrics::read_json,
    procedure::page, read_file,
};

/// Checks a run folder; `known` has the folders of trainings that the index of outputs knows by another hash than their records say.
/// Returns how many files the run has, and what was found, in order of paths.
pub(super) fn check_run(folder: &Path, known: &HashMap<PathBuf, String>) -> (usize, Vec<Finding>) {
    let layout = Layout::new(folder);
    let Walk { files, mut findings, .. } = Walk::of(folder);
    let experiment = read_settings(&layout, &mut findings);
    let trusted =
        experiment.as_ref().filter(|_| findings.iter().all(|found| found.path != layout.experiment()));
    let is_supermask = layout.root().join("supermask.json").exists()
        || experiment
            .as_ref()
            .and_then(|e| e.start.as_deref())
            .is_some_and(|start| start.starts_with("supermask"));
    findings.extend(
        files
            .par_iter()
            .flat_map_iter(|(path, place)| check_alone(path, *place, is_supermask))
            .collect::<Vec<_>>(),
    );
    if is_supermask {
        check_supermask(folder, &mut findings);
    }

    let run = Run { layout: &layout, experiment: trusted };
    let mut trainings = Vec::new();
    for (replicate, stages) in stages(&files) {
        trainings.extend(check_replicate(&run, replicate, &stages, &mut findings));
    }
    for training in &mut trainings {
        findings.append(&mut training.findings);
    }
    for training in &trainings {
        let Stage { replicate, variant, round } = training.stage;
        if let Some(key) = known.get(&layout.round(replicate, variant, round)) {
            let reason =
                format!("its hash of inputs is not {key}, by which the index of outputs knows the training");
            findings.push(Finding::contradiction(layout.record(replicate, variant, round), reason));
        }
    }
    if let Some(experiment) = trusted.filter(|_| !is_supermask) {
        find_gaps(&layout, experiment, &trainings, &mut findings);
        check_tables(&layout, experiment, &trainings, &mut findings);
    }
    // Of what was found of one file the worst, and of that the first.
    findings.sort_by_key(|finding| {
        (finding.path.clone(), !finding.kind.is_problem(), finding.repair == Repair::Rerun)
    });
    findings.dedup_by(|next, last| next.path == last.path);
    (files.len(), findings)
}

/// The trainings that have files, by replicate, in order of rounds.
fn stages(files: &[(PathBuf, Place)]) -> BTreeMap<u32, Vec<Stage>> {
    let mut found: BTreeMap<u32, Vec<Stage>> = BTreeMap::new();
    for (_, place) in files {
        match *place {
            Place::OfTraining(stage) => {
                let stages = found.entry(stage.replicate).or_default();
                if !stages.contains(&stage) {
                    stages.push(stage);
                }
            }
            Place::OfReplicate(replicate) => drop(found.entry(replicate).or_default()),
            _ => {}
        }
    }
    found
}

/// Reads the settings. Findings name their file where they cannot be relied on.
fn read_settings(layout: &Layout, findings: &mut Vec<Finding>) -> Option<Experiment> {
    let path = layout.experiment();
    if !path.exists() {
        findings.push(Finding::missing(path, "the settings of the run are not there"));
        return None;
    }
    let read = read_file(&path);
    let experiment = match read.and_then(|bytes| Ok((bytes, Experiment::read(&path)?))) {
        Err(error) => {
            findings.push(Finding::unreadable(path, &error));
            return None;
        }
        Ok((bytes, experiment)) => {
            if let Err(reason) = content::ends(&bytes) {
                findings.push(Finding::damaged(path, reason));
                return Some(experiment);
            }
            experiment
        }
    };
    let is_supermask = experiment.start.as_deref().is_some_and(|start| start.starts_with("supermask"));
    let expected = format!("{}{}", if is_supermask { "supermask-" } else { "" }, experiment.folder_name());
    let name = layout
        .root()
        .canonicalize()
        .ok()
        .and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    if let Some(name) = name.filter(|name| *name != expected) {
        if is_given_by_settings(&name) {
            let reason = format!("its settings are those of a folder named {expected}: they were edited");
            findings.push(Finding::contradiction(path, reason));
        } else {
            let reason = format!(
                "it was renamed: by its settings it is {expected}, and the command that made it makes a folder of that name"
            );
            findings.push(Finding::new(layout.root(), FindingKind::Renamed, reason, Repair::Nothing));
        }
    }
    Some(experiment)
}

/// Whether a folder's name ends as those do that follow from settings.
fn is_given_by_settings(name: &str) -> bool {
    let end = name.rsplit('-').next().unwrap_or_default();
    end == "default" || (end.len() == 8 && end.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// What is the matter with a file that no other file is about.
fn check_alone(path: &Path, place: Place, is_supermask: bool) -> Option<Finding> {
    let bytes = || read_file(path);
    let damaged = |reason: String| Finding::damaged(path, reason);
    match place {
        Place::Provenance => {
            let read = bytes().and_then(|bytes| Ok((bytes, read_json::<Vec<Provenance>>(path)?)));
            match read {
                Err(error) => Some(Finding::unreadable(path, &error)),
                Ok((bytes, _)) => content::ends(&bytes).err().map(damaged),
            }
        }
        Place::Network => lth_model::find_model(&format!("custom:{}", path.display()))
            .err()
            .map(|error| damaged(error.to_string())),
        Place::OfReplicate(_)
            if path.file_name().is_some_and(|name| name == "dense-checkpoint.safetensors") =>
        {
            read_any_checkpoint(path).err().map(|error| Finding::unreadable(path, &error))
        }
        Place::Supermask if !is_supermask => {
            let reason = "lth writes no such file in a run of this kind";
            Some(Finding::new(path, FindingKind::Foreign, reason, Repair::Nothing))
        }
        Place::Json
        | Place::Csv
        | Place::Tensors
        | Place::OtherEvents
        | Place::Svg
        | Place::Png
        | Place::Pdf => match bytes() {
            Err(error) => Some(Finding::unreadable(path, &error)),
            Ok(bytes) => content::check(place, &bytes).err().map(damaged),
        },
        _ => None,
    }
}

/// Rounds without a record, on which finished ones rest.
fn find_gaps(layout: &Layout, experiment: &Experiment, trainings: &[Training], findings: &mut Vec<Finding>) {
    let finished = trainings.iter().filter(|training| training.is_finished).map(|training| training.stage);
    for Stage { replicate, round, .. } in finished.filter(|stage| stage.variant == Variant::Ticket) {
        let before = page(&experiment.pruning.procedure).waits_for(round).filter(|_| round > 0);
        let record = before.map(|before| layout.record(replicate, Variant::Ticket, before));
        if let Some(record) = record.filter(|record| !record.exists()) {
            findings
                .push(Finding::missing(record, format!("it is not there, though round {round} is finished")));
        }
    }
}

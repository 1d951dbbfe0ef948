//! One run.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use super::Collected;
use crate::{
    Experiment, LabError, Layout, Provenance, RoundRecord, RunFolder, Stage, Store, Variant,
    atomic::{create_folder, sync_folder, temporary_file, write_file},
    disk::Writer,
    read_file,
};

/// A training that is finished there.
struct Finished {
    stage: Stage,
    record: RoundRecord,
    /// What decides bits or follows from it to the bit, and must be the same on both sides: its path here and there.
    exact: Vec<(PathBuf, PathBuf)>,
    /// What holds times as well.
    timed: Vec<(PathBuf, PathBuf)>,
}

/// Copies the trainings of a run that are finished there and not here.
///
/// # Errors
/// As [`super::collect`].
pub(super) fn collect(from: &Path, to: &Path, store: &Store) -> Result<Collected, LabError> {
    let (there, here) = (Layout::new(from), Layout::new(to));
    let mut experiment = Experiment::read(&there.experiment())?;
    let finished = finished(&there, &here, &experiment)?;
    let mut collected = Collected { folder: to.to_owned(), from: from.to_owned(), new: 0, known: 0 };
    let failures = failures(&there, &here, &experiment);
    if finished.is_empty() && failures.is_empty() {
        return Ok(collected);
    }
    if here.is_run() {
        // What is no part of the experiment stays as it is here.
        let own = Experiment::read(&here.experiment())?;
        (experiment.keep, experiment.data_folder) = (own.keep, own.data_folder);
    }
    let mut all = Vec::new();
    for training in finished {
        let known = known(&training, &there, &here)?;
        collected.known += usize::from(known.is_some());
        all.push((training, known));
    }
    collected.new = all.len() - collected.known;
    let is_the_same = |(training, known): &(Finished, Option<RoundRecord>)| {
        known.as_ref().is_some_and(|own| own.next_ticket.is_some() || training.record.next_ticket.is_none())
            && training.exact.iter().all(|(_, to)| to.exists())
    };
    if here.is_run() && all.iter().all(is_the_same) && failures.is_empty() {
        return Ok(collected);
    }
    let (_folder, _) = RunFolder::open(to, &experiment)?;
    for (training, known) in &all {
        copy(training, known.as_ref(), &here)?;
        if known.is_none() {
            // An index that cannot be written costs another run a training, no more.
            let Stage { replicate, variant, round } = training.stage;
            let _ = store.note(&training.record.inputs, &here.round(replicate, variant, round));
        }
    }
    failures.iter().try_for_each(|(from, to)| copy_file(from, to))?;
    let network = from.join("network.toml");
    if network.is_file() {
        copy_file(&network, &to.join("network.toml"))?;
    }
    let _writer = Writer::of(&here.output())?;
    Provenance::join(&there, &here)?;
    Ok(collected)
}

/// What is finished there, in the order in which it was trained.
fn finished(there: &Layout, here: &Layout, experiment: &Experiment) -> Result<Vec<Finished>, LabError> {
    let mut all = Vec::new();
    for replicate in 0..experiment.replicates {
        for variant in experiment.variants() {
            for round in 0..experiment.rounds {
                let path = there.record(replicate, variant, round);
                let Some(record) = RoundRecord::read(&path)? else { continue };
                let stage = Stage { replicate, variant, round };
                if (record.replicate, record.variant, record.round) != (replicate, variant, round) {
                    let reason = "it is the record of another training".to_owned();
                    return Err(LabError::Damaged { path, reason });
                }
                let pair = |of: &dyn Fn(&Layout) -> PathBuf| (of(there), of(here));
                let own = [
                    pair(&|layout| layout.ticket(replicate, variant, round)),
                    pair(&|layout| layout.metrics(replicate, variant, round)),
                ];
                if let Some((lost, _)) = own.iter().find(|(from, _)| !from.is_file()) {
                    return Err(LabError::Refused {
                        reason: format!(
                            "'{}' says that a training is finished, but '{}' is not there",
                            path.display(),
                            lost.display()
                        ),
                        hint: "copy the whole folder again from where it was made".to_owned(),
                    });
                }
                let mut exact = vec![
                    pair(&|layout| layout.initial(replicate)),
                    pair(&|layout| layout.rewind(replicate)),
                    pair(&|layout| layout.trained(replicate, variant, round)),
                ];
                if variant == Variant::Ticket && record.next_ticket.is_some() {
                    // It is made at the end of this round, of weights that are gone then.
                    exact.push(pair(&|layout| layout.ticket(replicate, variant, round + 1)));
                }
                exact.retain(|(from, _)| from.is_file());
                exact.extend(own);
                let mut timed = vec![
                    pair(&|layout| layout.events(replicate, variant, round)),
                    pair(&|layout| layout.metrics_lec(replicate, variant, round)),
                    pair(&|layout| layout.timing(replicate, variant, round)),
                ];
                timed.retain(|(from, _)| from.is_file());
                all.push(Finished { stage, record, exact, timed });
            }
        }
    }
    Ok(all)
}

/// Notes of failures, where here is neither the same one nor the finished training.
fn failures(there: &Layout, here: &Layout, experiment: &Experiment) -> Vec<(PathBuf, PathBuf)> {
    let path = |layout: &Layout, stage: Stage| layout.failure(stage.replicate, stage.variant, stage.round);
    let failures = experiment.failures(there).into_iter().map(|(stage, _)| stage);
    let new = failures.filter(|&stage| !here.is_finished(stage) && !path(here, stage).exists());
    new.map(|stage| (path(there, stage), path(here, stage))).collect()
}

/// The record of a training that is finished here as well.
///
/// # Errors
/// When anything that is on both sides differs.
fn known(training: &Finished, there: &Layout, here: &Layout) -> Result<Option<RoundRecord>, LabError> {
    for (from, to) in &training.exact {
        if to.is_file() && read_file(from)? != read_file(to)? {
            return Err(differ(from, to));
        }
    }
    let Stage { replicate, variant, round } = training.stage;
    let path = here.record(replicate, variant, round);
    let Some(own) = RoundRecord::read(&path)? else { return Ok(None) };
    // Which weights were kept, and whether a round follows, are matters of the command.
    let next_ticket = own.next_ticket.clone().and(training.record.next_ticket.clone());
    let mut expected = RoundRecord { keep: own.keep, next_ticket, ..training.record.clone() };
    if expected.next_ticket.is_none() {
        expected.next_ticket.clone_from(&own.next_ticket);
    }
    if own == expected { Ok(Some(own)) } else { Err(differ(&there.record(replicate, variant, round), &path)) }
}

fn differ(from: &Path, to: &Path) -> LabError {
    LabError::Refused {
        reason: format!("'{}' and '{}' differ, nothing of this run was changed", from.display(), to.display()),
        hint: "they are of one training and should have the same bits: `provenance.json` of both runs tells what made them; move one \
               run away"
            .to_owned(),
    }
}

/// Copies the files of a training, those first on which others depend, its record last.
fn copy(training: &Finished, known: Option<&RoundRecord>, here: &Layout) -> Result<(), LabError> {
    training.exact.iter().chain(&training.timed).try_for_each(|(from, to)| copy_file(from, to))?;
    let Stage { replicate, variant, round } = training.stage;
    let record = match known {
        None => training.record.clone(),
        // The round that follows came with it.
        Some(own) if own.next_ticket.is_none() && training.record.next_ticket.is_some() => {
            RoundRecord { next_ticket: training.record.next_ticket.clone(), ..own.clone() }
        }
        Some(_) => return Ok(()),
    };
    write_file(&here.record(replicate, variant, round), record.to_json().as_bytes())
}

/// Copies a file, whole, unless it is there. Not as another name of the same file, since what is there belongs to somebody else.
fn copy_file(from: &Path, to: &Path) -> Result<(), LabError> {
    if to.exists() {
        return Ok(());
    }
    let folder = to.parent().unwrap_or(to);
    create_folder(folder)?;
    let copied = || -> io::Result<()> {
        let mut file = temporary_file(folder)?;
        io::copy(&mut File::open(from)?, &mut file)?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(to) {
            Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => return Err(error.error),
            _ => {}
        }
        sync_folder(folder)
    };
    copied().map_err(|source| LabError::Write { path: to.to_owned(), source })
}

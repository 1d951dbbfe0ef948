//! The runs that a table is of.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use lth_lab::{Experiment, LabError, Layout, RoundResult, RunResults, Variant, run_folders, runs_of_sweep};
use rayon::{iter::Either, prelude::*};

/// Runs read back from their folders.
#[derive(Debug)]
pub struct Runs {
    /// What each has found, in order of folders.
    pub all: Vec<RunResults>,
}

/// A training of one of the runs.
#[derive(Clone, Copy)]
pub(crate) struct Training<'a> {
    /// Which of the runs.
    pub(crate) place: usize,
    pub(crate) run: &'a RunResults,
    pub(crate) result: &'a RoundResult,
    /// The density of the ticket of its round.
    pub(crate) density: f64,
}

impl Runs {
    /// The runs of these folders: runs, folders in which runs lie, and sweeps, whose runs lie beside them.
    ///
    /// # Errors
    /// When a path cannot be read, or a file in a run is damaged.
    pub fn read(paths: &[PathBuf]) -> Result<Self, LabError> {
        let folders = run_folders_of(paths)?;
        let all = folders.par_iter().map(|folder| RunResults::load(folder)).collect::<Result<_, _>>()?;
        Ok(Self { all })
    }

    /// The same, without the runs of which a file is damaged: why each of them is left out.
    ///
    /// # Errors
    /// When a path cannot be read.
    pub fn read_undamaged(paths: &[PathBuf]) -> Result<(Self, Vec<LabError>), LabError> {
        let folders = run_folders_of(paths)?;
        let (all, damaged) =
            folders.par_iter().map(|folder| RunResults::load(folder)).partition_map(|run| match run {
                Ok(run) => Either::Left(run),
                Err(error) => Either::Right(error),
            });
        Ok((Self { all }, damaged))
    }

    /// Leaves of each run what some experiments have of rounds, repetitions and controls: a run folder is shared by all that differ in these
    /// only, and may have more.
    pub fn keep_what_is_of(&mut self, experiments: &[&Experiment]) {
        let most = |of: fn(&Experiment) -> u32| experiments.iter().map(|own| of(own)).max().unwrap_or(0);
        let (rounds, replicates) = (most(|own| own.rounds), most(|own| own.replicates));
        let variants: Vec<Variant> = experiments.iter().flat_map(|own| own.variants()).collect();
        for run in &mut self.all {
            run.rounds.retain(|result| {
                let record = &result.record;
                record.round < rounds && record.replicate < replicates && variants.contains(&record.variant)
            });
            let own = &mut run.experiment;
            (own.rounds, own.replicates) = (own.rounds.min(rounds), own.replicates.min(replicates));
            own.controls.retain(|control| variants.contains(&Variant::Control(*control)));
        }
    }

    /// What each run is called: by the name of its folder, or where several have the same one by the folder's path.
    pub(crate) fn names(&self) -> Vec<String> {
        let names: Vec<String> = self.all.iter().map(|run| run.layout.name()).collect();
        let differ = names.iter().collect::<HashSet<_>>().len() == names.len();
        if differ {
            names
        } else {
            self.all.iter().map(|run| run.layout.root().display().to_string()).collect()
        }
    }

    /// All trainings.
    pub(crate) fn trainings(&self) -> impl Iterator<Item = Training<'_>> {
        (0..self.all.len()).flat_map(|place| self.trainings_of(place))
    }

    /// Those of one of the runs.
    pub(crate) fn trainings_of(&self, place: usize) -> impl Iterator<Item = Training<'_>> {
        let run = &self.all[place];
        let training = move |result| Training { place, run, result, density: ticket_density(run, result) };
        run.rounds.iter().map(training)
    }
}

/// The folders of the runs at or below some paths, as [`Runs::read`] understands them.
///
/// # Errors
/// When a path cannot be read, or the list of a sweep's runs is damaged.
pub fn run_folders_of(paths: &[PathBuf]) -> Result<Vec<PathBuf>, LabError> {
    run_folders(&with_runs_of_sweeps(paths)?)
}

fn ticket_density(run: &RunResults, result: &RoundResult) -> f64 {
    let record = &result.record;
    let ticket = run.of(record.replicate, Variant::Ticket).find(|other| other.record.round == record.round);
    ticket.unwrap_or(result).density().get()
}

/// These paths, and in place of a sweep's folder the runs that it lists, as far as they are there.
///
/// # Errors
/// When the list of a sweep's runs is damaged.
pub fn with_runs_of_sweeps(paths: &[PathBuf]) -> Result<Vec<PathBuf>, LabError> {
    let mut all = Vec::new();
    for path in paths {
        match listed_by(path)? {
            None => all.push(path.clone()),
            Some(listed) => all.extend(listed.into_iter().filter(|folder| folder.is_dir())),
        }
    }
    Ok(all)
}

/// Says of each sweep among some paths that lacks runs how many.
///
/// # Errors
/// When the list of a sweep's runs is damaged.
pub fn missing_of_sweeps(paths: &[PathBuf]) -> Result<Vec<String>, LabError> {
    let mut lines = Vec::new();
    for path in paths {
        let listed = listed_by(path)?.unwrap_or_default();
        let missing = listed.iter().filter(|folder| !folder.is_dir()).count();
        if missing > 0 {
            lines.push(format!(
                "{missing} of {} runs of the sweep '{}' are missing: not begun yet, or removed",
                listed.len(),
                path.display()
            ));
        }
    }
    Ok(lines)
}

/// The runs that the folder of a sweep lists; they lie beside it. `None` of anything else.
fn listed_by(path: &Path) -> Result<Option<Vec<PathBuf>>, LabError> {
    let output = Layout::new(path).output();
    let names = runs_of_sweep(path)?;
    Ok(names.map(|names| names.into_iter().map(|name| output.join(name)).collect()))
}

//! `lth control`.

use std::path::{Path, PathBuf};

use lth_lab::{ControlKind, Experiment, Layout, RunControl, RunResults};

use super::experiment_run::{Schedule, run_experiment};
use crate::{
    arguments::{CommonArguments, ControlArguments},
    failure::Failure,
    output::{Messages, print},
    settings::{DataSource, bounded, parse},
};

/// The most repetitions of a control.
const MOST_DRAWS: usize = 1000;

/// Trains controls beside the tickets of runs, one run after the other.
pub(crate) fn run(
    arguments: &ControlArguments,
    common: &CommonArguments,
    messages: &Messages,
) -> Result<(), Failure> {
    if let Some(folder) = &arguments.schedule.output.output_path {
        return Err(Failure::input(
            format!("controls are stored in the run's folder, not in '{}'", folder.display()),
            "leave out --output-path",
        ));
    }
    // All are read before the first is trained, which may take hours.
    let experiments: Vec<Experiment> =
        arguments.runs.iter().map(|run| with_controls(run, arguments)).collect::<Result<_, _>>()?;
    let mut stop = None;
    for (run, experiment) in arguments.runs.iter().zip(experiments) {
        if arguments.runs.len() > 1 && !arguments.schedule.output.print_folder {
            print(&format!("{}\n", run.display()))?;
        }
        let mut schedule = arguments.schedule.clone();
        let folder = run.canonicalize().unwrap_or_else(|_| run.clone());
        schedule.output.output_path = Some(folder.parent().unwrap_or(Path::new(".")).to_owned());
        let source = DataSource::of_run(&arguments.source);
        let schedule = Schedule::new(&schedule)?;
        run_experiment(experiment, source, None, &schedule, &mut stop, common, messages)?;
    }
    Ok(())
}

/// The experiment of a run, with the controls that are asked for.
fn with_controls(run: &Path, arguments: &ControlArguments) -> Result<Experiment, Failure> {
    let mut experiment = experiment_of(run)?;
    let draws: u16 = match &arguments.draws {
        Some(text) => bounded("number of draws", text, MOST_DRAWS, "--draws 3")? as u16,
        None => 1,
    };
    let masks_of = mask_draws(&arguments.masks_of, &mut experiment)?;
    for kind in &arguments.kinds {
        let kind: ControlKind = parse(kind)?;
        let by_run = kind.of_run() == Some(RunControl::OtherRunMask) && !masks_of.is_empty();
        for draw in if by_run { masks_of.clone() } else { (0..draws).collect() } {
            let kind = kind.with_draw(draw);
            if !experiment.controls.contains(&kind) {
                experiment.controls.push(kind);
            }
        }
    }
    Ok(experiment)
}

/// Names other runs in the experiment; which draws they are.
fn mask_draws(runs: &[PathBuf], experiment: &mut Experiment) -> Result<Vec<u16>, Failure> {
    let mut draws = Vec::new();
    for run in runs {
        let run = run.canonicalize().map_err(|error| {
            Failure::input(
                format!("cannot read '{}': {error}", run.display()),
                "--masks-of takes the folder of a run, or a ticket file",
            )
        })?;
        let known = experiment.mask_runs.iter().position(|known| *known == run);
        draws.push(known.unwrap_or(experiment.mask_runs.len()) as u16);
        if known.is_none() {
            experiment.mask_runs.push(run);
        }
    }
    Ok(draws)
}

/// The experiment of a run with tickets, in a folder of its own name.
fn experiment_of(folder: &Path) -> Result<Experiment, Failure> {
    let RunResults { experiment, .. } = RunResults::load(folder).map_err(Failure::bad_input)?;
    if experiment.start.is_some() || experiment.rounds < 2 {
        return Err(Failure::input(
            format!("'{}' has no tickets to control: it is one training", folder.display()),
            "controls belong to runs of find-winning-ticket with two rounds or more",
        ));
    }
    let name = experiment.folder_name();
    let found = folder.canonicalize().ok().and_then(|path| path.file_name().map(ToOwned::to_owned));
    if found.as_deref() != Some(name.as_ref()) {
        let settings = Layout::new(folder).experiment();
        return Err(Failure::input(
            format!("the settings in '{}' are those of a folder named {name}", settings.display()),
            format!("rename the folder to {name}"),
        ));
    }
    Ok(experiment)
}

//! What `find-winning-ticket` and `run` share: an experiment, from its settings to its summary.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use lth_lab::{
    CheckpointEvery, EstimateContext, Experiment, LabError, RunReport, Stop, TaskFailure, WhileRunning,
    Workbench, check_run, create_folder, estimate_run, find_winning_ticket, find_winning_ticket_from,
    initial_weights_hash, write_file,
};
use lth_model::{Engine, Hint, ModelInfo, find_model};
use lth_ticket::TestSet;

use crate::{
    arguments::{CommonArguments, ScheduleArguments},
    build_info::provenance,
    estimate,
    failure::Failure,
    figures::{self, FIRST_AFTER, draw_while_running},
    interrupt::{self, this_command},
    output::{Messages, print_results},
    progress::Display,
    settings::{self, DataSource},
    summary::summary,
};

/// The copy of a network of the user's own in its run folder.
pub(super) const NETWORK: &str = "network.toml";

/// What a run does with the machine.
pub(crate) struct Schedule {
    pub(super) jobs: usize,
    pub(super) threads: usize,
    pub(super) output: PathBuf,
    figures: bool,
    pub(super) print_folder: bool,
    pub(super) checkpoint_every: CheckpointEvery,
    pub(super) dry_run: bool,
}

impl Schedule {
    /// From the flags; without them, as many trainings of one thread as there are cores, and the folder `runs`.
    ///
    /// # Errors
    /// When the number of jobs, threads or seconds is none.
    pub(crate) fn new(flags: &ScheduleArguments) -> Result<Self, Failure> {
        let threads = flags.training.threads()?;
        Ok(Self {
            jobs: settings::jobs(flags.jobs.as_deref(), threads)?,
            threads,
            output: flags.output.folder().to_owned(),
            figures: !flags.no_figures,
            print_folder: flags.output.print_folder,
            checkpoint_every: flags.training.checkpoint_every()?,
            dry_run: flags.training.dry_run,
        })
    }
}

/// Keeps a copy of a network of the user's own in the run's folder, for those who look at its tickets when the file has
/// changed or gone.
///
/// # Errors
/// When the folder cannot be written.
pub(super) fn keep_network(model: &ModelInfo, folder: &Path) -> Result<(), Failure> {
    let path = folder.join(NETWORK);
    let Some(text) = model.definition().filter(|_| !path.exists()) else { return Ok(()) };
    create_folder(folder).map_err(refused)?;
    write_file(&path, text.as_bytes()).map_err(refused)
}

/// Does what is not done yet of an experiment, and says what came out. Signals are watched from the first training on: `stop` is then
/// what they set, for more runs by the same command.
///
/// # Errors
/// When the settings make no sense, the disk fails, or every replicate fails.
pub(crate) fn run_experiment(
    mut experiment: Experiment,
    source: DataSource,
    initial_weights: Option<&Path>,
    schedule: &Schedule,
    stop: &mut Option<Stop>,
    common: &CommonArguments,
    messages: &Messages,
) -> Result<(), Failure> {
    let model = find_model(&experiment.model).map_err(Failure::bad_input)?;
    settings::place_data(&source, &mut experiment);
    let dataset = settings::load(&experiment, source, messages)?;
    let architecture = settings::network(&model, &dataset)?;
    let engine = settings::engine()?.with_threads(schedule.threads);
    settings::note_data(&dataset, &mut experiment)?;
    if model.definition().is_some() {
        experiment.network_fingerprint.get_or_insert_with(|| architecture.fingerprint());
    }

    let initial =
        initial_weights.map(|path| settings::pretrained(path, &architecture, messages)).transpose()?;
    if let Some(weights) = &initial {
        experiment.initial_weights = Some(initial_weights_hash(weights));
    }

    let mut bench = Workbench::new(&engine, &architecture, &dataset, &schedule.output);
    (bench.jobs, bench.checkpoint_every) = (schedule.jobs, schedule.checkpoint_every);
    check_run(&experiment, initial.as_ref(), &bench).map_err(refused)?;
    let folder = schedule.output.join(experiment.folder_name());
    messages.info(&format!(
        "{} on {}: {} rounds of {}, {}{}",
        experiment.model,
        experiment.dataset,
        experiment.rounds,
        experiment.recipe.length,
        engine.name(),
        estimate::into(&folder, schedule.dry_run)
    ));
    let estimate = estimate_run(&experiment, None, &EstimateContext::new(&bench, &folder));
    estimate::announce(&estimate, messages);
    if schedule.dry_run {
        return estimate::end_dry_run(&[folder], schedule.print_folder, messages);
    }
    keep_network(&model, &folder)?;
    let display = Display::new(common, messages);
    let provenance = provenance(&engine);
    let stop = interrupt::stop(stop)?;
    let draw = || draw_while_running(&folder, &stop, messages);
    let with_figures = WhileRunning::new(&display, FIRST_AFTER, &draw);
    bench.observer = if schedule.figures { &with_figures } else { &display };
    (bench.stop, bench.provenance) = (stop.clone(), Some(&provenance));
    let report = match &initial {
        Some(weights) => find_winning_ticket_from(&experiment, weights, &bench),
        None => find_winning_ticket(&experiment, &bench),
    };
    display.finish();
    let report = report.map_err(refused)?;

    conclude(&report.failures, report.stopped, &stop, messages)?;
    if schedule.figures && !report.results.rounds.is_empty() {
        figures::draw(&report.results, &figures::Drawing::default(), messages)?;
    }
    let test = TestSet::of(dataset.test.labels.iter().copied());
    let text = summary(&report.results, test);
    print_results(&text, report.results.layout.root(), schedule.print_folder)?;
    verdict(&report, messages)
}

/// A refusal before anything was trained: bad input, unless the disk failed.
pub(super) fn refused(error: LabError) -> Failure {
    if error.stops_the_run() && !is_bad_place(&error) {
        Failure::failed_work(error)
    } else {
        Failure::bad_input(error)
    }
}

/// Whether a folder was asked for that cannot be written at all.
fn is_bad_place(error: &LabError) -> bool {
    use std::io::ErrorKind::{InvalidFilename, NotADirectory, PermissionDenied, ReadOnlyFilesystem};
    matches!(error, LabError::Write { source, .. }
        if matches!(source.kind(), PermissionDenied | ReadOnlyFilesystem | NotADirectory | InvalidFilename))
}

/// Ends here when the work did not come to its end: by Ctrl-C, or by the disk.
pub(super) fn conclude<T: fmt::Display>(
    failures: &[TaskFailure<T>],
    stopped: bool,
    stop: &Stop,
    messages: &Messages,
) -> Result<(), Failure> {
    if let Some(failure) = failures.iter().find(|failure| failure.error.stops_the_run()) {
        return Err(Failure::Work { message: failure.to_string(), hint: failure.hint() });
    }
    if stopped && stop.is_cancelled() {
        messages.info(&format!("stopped; everything is saved. To continue, run\n  {}", this_command()));
        return Err(Failure::Interrupted);
    }
    Ok(())
}

/// Says what failed; the work itself failed when nothing came of it.
pub(super) fn verdict_of<T: fmt::Display>(
    failures: &[TaskFailure<T>],
    nothing: bool,
    messages: &Messages,
) -> Result<(), Failure> {
    if let Some(first) = failures.first().filter(|_| nothing) {
        return Err(Failure::Work { message: first.to_string(), hint: first.hint() });
    }
    for failure in failures {
        messages.warning(&failure.to_string());
    }
    Ok(())
}

/// Says which trainings failed; the run itself failed when they leave no replicate whole.
fn verdict(report: &RunReport, messages: &Messages) -> Result<(), Failure> {
    let Some(first) = report.failures.first() else { return Ok(()) };
    let mut failed: Vec<u32> = report.failures.iter().map(|failure| failure.task.replicate).collect();
    failed.sort_unstable();
    failed.dedup();
    let all = failed.len() == report.results.experiment.replicates as usize;
    if all && report.failures.len() == 1 {
        return Err(Failure::Work { message: first.to_string(), hint: first.hint() });
    }
    for failure in &report.failures {
        messages.warning(&failure.to_string());
    }
    if all {
        Err(Failure::Work { message: "every replicate failed".to_owned(), hint: first.hint() })
    } else {
        Ok(())
    }
}

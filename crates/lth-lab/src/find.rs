//! `lth find-winning-ticket`: a whole experiment, from any state of its folder.

use std::{path::Path, sync::Arc, time::Duration};

use lth_model::Tensors;
use lth_ticket::TestSet;

use crate::{
    Experiment, GivenStart, LabError, Layout, Planned, RunResults, Stage, TaskFailure, TaskName, Variant,
    WhileRunning, Workbench,
    atomic::{create_folder, write_file},
    disk::{RunFolder, Writer},
    metrics::{round_event_file, summary_csv, timing_csv},
    procedure::{check_other_runs, plan},
    schedule::StageRunner,
    tasks::run_queue,
    train::as_initialization,
};

/// What came of a run.
#[derive(Debug)]
pub struct RunReport {
    /// Every finished training, of earlier runs in the folder too.
    pub results: RunResults,
    /// Trainings that failed; what waits for them was not started.
    pub failures: Vec<TaskFailure<Stage>>,
    /// Whether the run was stopped before its end; the same command continues it.
    pub stopped: bool,
}

/// Does everything of an experiment that is not done yet, in the folder `<output>/<experiment.folder_name()>`.
///
/// Finished trainings are skipped, unfinished ones continue from their checkpoint, more rounds, replicates and controls
/// than the folder has are added. Results do not depend on the number of jobs, on interruptions, or on how the experiment
/// grew: every file but `timing.json`, `timing.csv`, `metrics-lec.csv`, `provenance.json` and the event files has the same bytes.
///
/// # Errors
/// When the experiment makes no sense, the folder belongs to something else or to another process, or its files cannot be
/// written. A training that fails is no error here but one of the report's failures.
pub fn find_winning_ticket(experiment: &Experiment, bench: &Workbench<'_>) -> Result<RunReport, LabError> {
    has_rounds(experiment)?;
    run_experiment(experiment, bench, None)
}

/// Refuses what [`find_winning_ticket`], or with initial weights [`crate::find_winning_ticket_from`], would refuse before anything is
/// trained, and writes nothing.
///
/// # Errors
/// As these.
pub fn check_run(
    experiment: &Experiment,
    initial_weights: Option<&Tensors>,
    bench: &Workbench<'_>,
) -> Result<(), LabError> {
    has_rounds(experiment)?;
    checked(experiment, bench, initial_weights.map(as_initialization).as_ref()).map(drop)
}

fn has_rounds(experiment: &Experiment) -> Result<(), LabError> {
    let Some(start) = &experiment.start else { return Ok(()) };
    Err(LabError::Setting {
        setting: "start",
        value: start.clone(),
        reason: "it is of a plain training, a transfer or a supermask, which have no rounds".to_owned(),
        hint: "use the command that its provenance.json has, or take start out for an experiment of tickets"
            .to_owned(),
    })
}

/// As [`find_winning_ticket`], from weights and masks that were given.
pub(crate) fn run_experiment(
    experiment: &Experiment,
    bench: &Workbench<'_>,
    given: Option<&GivenStart>,
) -> Result<RunReport, LabError> {
    let run = OpenRun::new(experiment, bench, given)?;
    // What cannot be written here is said at the end.
    let quietly = || drop(run.sum_up(bench));
    let observer = WhileRunning::new(bench.observer, Duration::ZERO, &quietly);
    let bench = &Workbench { observer: &observer, ..bench.clone() };
    let runner = run.runner(bench, given, None);
    let bytes = bench.architecture.training_bytes(experiment.recipe.batch_size, experiment.recipe.optimizer);
    let stages: Vec<_> =
        plan(&run.experiment).into_iter().map(|planned| Planned { bytes, ..planned }).collect();
    let report = run_queue(&stages, bench, &|stage| runner.run(*stage));

    let failures = report.failures;
    // On a full disk there is no room for summaries either, and the first error says more.
    if failures.iter().any(|failure| failure.error.stops_the_run()) {
        return Ok(RunReport { results: run.results()?, failures, stopped: true });
    }
    let results = run.sum_up(bench)?;
    let stopped = bench.stop.is_set() && !results.is_complete();
    Ok(RunReport { results, failures, stopped })
}

/// The folder of a run that is worked in.
pub(crate) struct OpenRun {
    folder: RunFolder,
    experiment: Experiment,
}

impl OpenRun {
    /// Checks an experiment and opens its folder.
    ///
    /// # Errors
    /// As [`find_winning_ticket`].
    pub(crate) fn new(
        experiment: &Experiment,
        bench: &Workbench<'_>,
        given: Option<&GivenStart>,
    ) -> Result<Self, LabError> {
        let (layout, wanted) = checked(experiment, bench, given)?;
        let (folder, experiment) = RunFolder::open(layout.root(), &wanted)?;
        let finished = wanted.finished_stages(folder.layout()).count() as u64;
        bench.note_sitting(folder.layout(), finished < wanted.trainings())?;
        Ok(Self { folder, experiment })
    }

    /// The name of its folder.
    pub(crate) fn name(&self) -> String {
        self.folder.layout().name()
    }

    /// What does its stages; `called` is the name of the only one that is not called after itself.
    pub(crate) fn runner<'a>(
        &'a self,
        bench: &'a Workbench<'a>,
        given: Option<&'a GivenStart>,
        called: Option<TaskName>,
    ) -> StageRunner<'a> {
        StageRunner::new(&self.experiment, bench, self.folder.layout(), given, called)
    }

    /// What does its stages among those of other runs, called after itself and the stage.
    pub(crate) fn runner_in<'a>(&'a self, bench: &'a Workbench<'a>, label: Arc<str>) -> StageRunner<'a> {
        self.runner(bench, None, None).labelled(label)
    }

    /// What is there.
    ///
    /// # Errors
    /// When a file is damaged.
    pub(crate) fn results(&self) -> Result<RunResults, LabError> {
        RunResults::collect(self.folder.layout().clone(), self.experiment.clone())
    }

    /// Writes the files that sum up the run; returns what is there of the own experiment.
    ///
    /// # Errors
    /// When a file is damaged, or one cannot be written.
    pub(crate) fn sum_up(&self, bench: &Workbench<'_>) -> Result<RunResults, LabError> {
        let layout = self.folder.layout();
        let _writer = Writer::of(bench.leases.output())?;
        // Another process may have extended it.
        let experiment = Experiment::read(&layout.experiment())?;
        let is_own = experiment == self.experiment;
        let results = RunResults::collect(layout.clone(), experiment)?;
        write_summaries(&results, TestSet::of(bench.data.test.labels.iter().copied()))?;
        if is_own { Ok(results) } else { self.results() }
    }
}

/// The folder of an experiment that can be done, and the experiment with what its data say of it.
fn checked(
    experiment: &Experiment,
    bench: &Workbench<'_>,
    given: Option<&GivenStart>,
) -> Result<(Layout, Experiment), LabError> {
    // Settings first: what is wrong with them may be why the data are others.
    experiment.check(bench.engine, bench.architecture, bench.data.train.len())?;
    experiment.check_scoring(bench.architecture, bench.data)?;
    let experiment = with_data(experiment, bench)?;
    if let Some(given) = given {
        given.check(&experiment, bench.data.train.len())?;
    }
    let layout = Layout::new(bench.output.join(experiment.folder_name()));
    if let Some(hash) = &experiment.initial_weights
        && given.is_none()
        && !layout.initial(0).exists()
        && !layout.ticket(0, Variant::Ticket, 0).exists()
    {
        return Err(without_initial_weights(hash));
    }
    check_other_runs(&experiment, &layout, bench.architecture)?;
    Ok((layout, experiment))
}

/// Writes the files that sum up a run whose trainings may have come from elsewhere; returns what is there. Verdicts are by the test set.
///
/// # Errors
/// When it is no run, a file is damaged, or one cannot be written.
pub fn sum_up_run(folder: &Path, test: TestSet) -> Result<RunResults, LabError> {
    let _writer = Writer::of(&Layout::new(folder).output())?;
    let results = RunResults::load(folder)?;
    write_summaries(&results, test)?;
    Ok(results)
}

fn write_summaries(results: &RunResults, test: TestSet) -> Result<(), LabError> {
    let layout = &results.layout;
    let verdict = results.verdict(test);
    write_file(&layout.summary(), &summary_csv(results, verdict.as_ref()))?;
    write_file(&layout.timing_summary(), &timing_csv(&results.rounds))?;
    for replicate in 0..results.experiment.replicates {
        for variant in results.experiment.variants() {
            if results.of(replicate, variant).next().is_some() {
                let path = layout.round_events(replicate, variant);
                create_folder(path.parent().unwrap_or(layout.root()))?;
                write_file(&path, &round_event_file(results, replicate, variant))?;
            }
        }
    }
    Ok(())
}

/// What is said where the weights that a run begins with are known by their hash only.
pub(crate) fn without_initial_weights(hash: &str) -> LabError {
    LabError::Setting {
        setting: "initial_weights",
        value: hash.to_owned(),
        reason: "the run begins with weights of a file, and they are not there".to_owned(),
        hint: "use `lth find-winning-ticket` with --initial-weights FILE and the same settings".to_owned(),
    }
}

/// Checks model and data against the experiment; returns it with the fingerprint of data that are not the published ones.
pub(crate) fn with_data(experiment: &Experiment, bench: &Workbench<'_>) -> Result<Experiment, LabError> {
    let refuse = |setting, value: &str, reason: String| {
        let hint = "run it with the model and the data that it was made for".to_owned();
        Err(LabError::Setting { setting, value: value.to_owned(), reason, hint })
    };
    let (data, architecture) = (bench.data, bench.architecture);
    let network_fingerprint = own_network(experiment).then(|| architecture.fingerprint());
    if network_fingerprint.is_none() && architecture.name != experiment.model {
        return refuse("model", &experiment.model, format!("the network is {}", architecture.name));
    }
    if let (Some(expected), Some(found)) = (&experiment.network_fingerprint, &network_fingerprint)
        && expected != found
    {
        return refuse("network_fingerprint", expected, format!("the network has the fingerprint {found}"));
    }
    let expected = experiment.view.name_of(&experiment.dataset);
    if data.name != expected {
        return refuse("dataset", &expected, format!("the data are {}", data.name));
    }
    if data.validation > 0 && data.validation != experiment.validation_size {
        let own = format!("the data set has a validation set of its own, of {} examples", data.validation);
        return refuse("validation_size", &experiment.validation_size.to_string(), own);
    }
    match &experiment.dataset_fingerprint {
        Some(fingerprint) if *fingerprint != data.fingerprint => refuse(
            "dataset_fingerprint",
            fingerprint,
            format!("the data have the fingerprint {}", data.fingerprint),
        ),
        _ => {
            let fingerprint = (!data.is_published()).then(|| data.fingerprint.clone());
            Ok(Experiment { network_fingerprint, dataset_fingerprint: fingerprint, ..experiment.clone() })
        }
    }
}

/// Whether the model is a file of the user's.
fn own_network(experiment: &Experiment) -> bool {
    experiment.model.starts_with("custom:")
}

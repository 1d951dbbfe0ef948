//! `lth find-winning-ticket`: a whole experiment, from any state of its folder.

use std::time::Duration;

use lth_ticket::TestSet;

use crate::{
    Experiment, GivenStart, LabError, Layout, Pace, RunContext, RunEvent, RunResults, StageFailure, Variant,
    atomic::{create_folder, write_file},
    disk::RunFolder,
    metrics::{round_event_file, summary_csv, timing_csv},
    schedule::{Ended, StageRunner, check_other_runs, plan, run_queue},
};

/// What came of a run.
#[derive(Debug)]
pub struct RunReport {
    /// Every finished training, of earlier runs in the folder too.
    pub results: RunResults,
    /// Trainings that failed; what waits for them was not started.
    pub failures: Vec<StageFailure>,
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
pub fn find_winning_ticket(experiment: &Experiment, context: &RunContext<'_>) -> Result<RunReport, LabError> {
    if let Some(start) = &experiment.start {
        return Err(LabError::Setting {
            setting: "start",
            value: start.clone(),
            reason: "it is of a plain training, which has no rounds".to_owned(),
            hint: "use `lth train`, or take it out".to_owned(),
        });
    }
    run_experiment(experiment, context, None)
}

/// As [`find_winning_ticket`], from weights and masks that were given.
pub(crate) fn run_experiment(
    experiment: &Experiment,
    context: &RunContext<'_>,
    given: Option<&GivenStart>,
) -> Result<RunReport, LabError> {
    let experiment = with_data(experiment, context)?;
    experiment.check(context.engine, context.architecture, context.data.train.len())?;
    experiment.check_scoring(context.architecture, context.data)?;
    if let Some(given) = given {
        given.check(&experiment, context.data.train.len())?;
    }
    let root = context.output.join(experiment.folder_name());
    if let Some(hash) = &experiment.initial_weights
        && given.is_none()
        && !Layout::new(&root).initial(0).exists()
        && !Layout::new(&root).ticket(0, Variant::Ticket, 0).exists()
    {
        return Err(without_initial_weights(hash));
    }
    check_other_runs(&experiment, &Layout::new(&root), context.architecture)?;
    let (folder, experiment) = RunFolder::open(&root, &experiment)?;
    let layout = folder.layout();
    if let Some(provenance) = context.provenance {
        provenance.add_to(layout)?;
    }

    let stages = plan(&experiment);
    context.observer.event(&RunEvent::Planned { trainings: stages.len() });
    let runner = StageRunner::new(&experiment, context, layout, given, stages.len())?;
    let pace = Pace::after(Duration::ZERO);
    let test = TestSet::of(context.data.test.labels.iter().copied());
    let failures = run_queue(&stages, context.jobs, &context.stop, &|stage| {
        let ended = runner.run(stage)?;
        if ended == Ended::Finished {
            // What cannot be written here is said at the end.
            pace.at_most(|| {
                let results = RunResults::collect(layout.clone(), experiment.clone());
                drop(results.and_then(|results| write_summaries(&results, test)));
            });
        }
        Ok(ended)
    });

    let results = RunResults::collect(layout.clone(), experiment)?;
    // On a full disk there is no room for summaries either, and the first error says more.
    if failures.iter().any(|failure| failure.error.stops_the_run()) {
        return Ok(RunReport { results, failures, stopped: true });
    }
    write_summaries(&results, test)?;
    let stopped = context.stop.is_set() && !results.is_complete();
    Ok(RunReport { results, failures, stopped })
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

/// Writes the files that sum up a run.
fn write_summaries(results: &RunResults, test: TestSet) -> Result<(), LabError> {
    let layout = &results.layout;
    let verdict = results.verdict(test);
    write_file(&layout.summary(), &summary_csv(results, verdict.as_ref()))?;
    write_file(&layout.timing_summary(), &timing_csv(&results.rounds))?;
    for replicate in 0..results.experiment.replicates {
        let variants: Vec<Variant> = results.experiment.variants().collect();
        for variant in variants.into_iter().filter(|&variant| results.of(replicate, variant).next().is_some())
        {
            let path = layout.round_events(replicate, variant);
            create_folder(path.parent().unwrap_or(layout.root()))?;
            write_file(&path, &round_event_file(results.of(replicate, variant)))?;
        }
    }
    Ok(())
}

/// Checks model and data against the experiment; returns it with the fingerprint of data that are not the published ones.
pub(crate) fn with_data(experiment: &Experiment, context: &RunContext<'_>) -> Result<Experiment, LabError> {
    let refuse = |setting, value: &str, reason: String| {
        let hint = "run it with the model and the data that it was made for".to_owned();
        Err(LabError::Setting { setting, value: value.to_owned(), reason, hint })
    };
    let (data, architecture) = (context.data, context.architecture);
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

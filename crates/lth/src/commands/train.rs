//! `lth train`.

use std::{
    io::{ErrorKind, IsTerminal, stdout},
    path::Path,
};

use lth_lab::{
    EstimateContext, Experiment, GivenStart, RoundResult, RunReport, StageError, Stop, Variant, Workbench,
    check_memory, estimate_run, plain_training, train_one, write_file,
};
use lth_model::{Engine, Hint, Program, TensorFile};

use super::{
    experiment_run::{keep_network, refused},
    train_history::{history_csv, history_table},
};
use crate::{
    arguments::{CommonArguments, StartArguments, TrainArguments},
    build_info::{provenance, version_and_commit},
    estimate,
    failure::Failure,
    interrupt::{self, this_command},
    output::{Messages, print_results},
    progress::Display,
    settings::{self, DataSource, Start},
    table::{density_percent, percent},
};

/// Trains one network, in a folder of its own.
pub(crate) fn run(
    arguments: &TrainArguments,
    common: &CommonArguments,
    messages: &Messages,
) -> Result<(), Failure> {
    let model = settings::model(&arguments.data.model, &arguments.model)?;
    let name = settings::dataset_name(&arguments.data)?;
    let mut experiment = experiment(arguments, &model.name, &name)?;
    let every = arguments.schedule.training.checkpoint_every()?;
    let source = DataSource::of(&arguments.data);
    settings::place_data(&source, &mut experiment);
    let dataset = settings::load(&experiment, source, messages)?;
    let architecture = settings::network(&model, &dataset)?;
    let engine = settings::engine()?.with_threads(arguments.schedule.training.threads()?);
    // Before there are weights of a network that may be too large.
    engine.supports(&Program::training(&architecture, &experiment.recipe)).map_err(Failure::bad_input)?;
    check_memory(&architecture, &experiment.recipe).map_err(Failure::bad_input)?;
    let seed = arguments.settings.has("seed").then_some(experiment.first_seed);
    let start = Start::of(&arguments.start, seed, &architecture, &experiment.recipe, messages)?;
    if let Some(path) = &arguments.save_weights {
        check_place(path)?;
    }
    (experiment.first_seed, experiment.order) = (start.seed, start.order);
    settings::note_data(&dataset, &mut experiment)?;
    if model.definition().is_some() {
        experiment.network_fingerprint = Some(architecture.fingerprint());
    }

    let density = architecture.density(&start.masks);
    messages.info(&format!(
        "{} on {}: {}, density {} %, {}",
        model.name,
        dataset.name,
        experiment.recipe.length,
        density_percent(density.get(), 2),
        engine.name()
    ));
    let first = start.iteration;
    let given = is_given(&arguments.start).then(|| given(start));
    let output = arguments.schedule.output.folder();
    let experiment = plain_training(&experiment, given.as_ref());
    experiment.check(&engine, &architecture, dataset.train.len()).map_err(Failure::bad_input)?;
    if let Some(given) = &given {
        given.check(&experiment, dataset.train.len()).map_err(Failure::bad_input)?;
    }
    let folder = output.join(experiment.folder_name());
    let mut bench = Workbench::new(&engine, &architecture, &dataset, output);
    bench.checkpoint_every = every;
    let estimate = estimate_run(&experiment, given.as_ref(), &EstimateContext::new(&bench, &folder));
    estimate::announce(&estimate, messages);
    if arguments.schedule.training.dry_run {
        return estimate::end_dry_run(&[folder], arguments.schedule.output.print_folder, messages);
    }
    keep_network(&model, &folder)?;
    let display = Display::of_one(common, messages);
    let provenance = provenance(&engine);
    bench.stop = Stop::when(interrupt::flag()?);
    (bench.observer, bench.provenance) = (&display, Some(&provenance));
    let trained = train_one(&experiment, given.as_ref(), None, &bench);
    display.finish();
    let trained = trained.map_err(refused)?;
    let result = finished(&trained, messages)?;
    if let Some(path) = &arguments.save_weights {
        save(path, &trained, &dataset.name)?;
        messages.info(&format!("weights saved to {}", path.display()));
    }
    let history = trained.results.history(result).map_err(Failure::failed_work)?;
    let early_stop = result.record.early_stop.map(|stop| stop.iteration);
    // A pipe or a file has every digit of every evaluation.
    let text =
        if stdout().is_terminal() { history_table(&history, early_stop) } else { history_csv(&history) };
    print_results(&text, trained.results.layout.root(), arguments.schedule.output.print_folder)?;
    report(result, first, messages);
    messages.info(&format!("everything is in {}", trained.results.layout.root().display()));
    Ok(())
}

/// What was asked for, but for what a ticket brings.
fn experiment(arguments: &TrainArguments, model: &str, dataset: &str) -> Result<Experiment, Failure> {
    let mut experiment = Experiment::new(model, dataset);
    arguments.settings.apply(&mut experiment)?;
    experiment.view.check().map_err(Failure::bad_input)?;
    Ok(experiment)
}

/// Whether a training starts from anything but its recipe's initialisation.
fn is_given(flags: &StartArguments) -> bool {
    flags.ticket.is_some() || flags.initial_weights.is_some() || flags.masks.is_some()
}

fn given(start: Start) -> GivenStart {
    let Start { weights, masks, optimizer, iteration, .. } = start;
    GivenStart { weights, masks, optimizer, iteration }
}

/// The one training of a report, if it came to its end.
fn finished<'a>(report: &'a RunReport, messages: &Messages) -> Result<&'a RoundResult, Failure> {
    if let Some(failure) = report.failures.first() {
        let (message, hint) = (failure.error.to_string(), failure.error.hint());
        return Err(match &failure.error {
            StageError::Training(_) => Failure::Input { message, hint },
            _ => Failure::Work { message, hint },
        });
    }
    report.results.of(0, Variant::Ticket).next().ok_or_else(|| {
        messages.info(&format!("everything is saved; to continue, run\n  {}", this_command()));
        Failure::Interrupted
    })
}

/// Refuses a file that could not be written in the end, before the training.
fn check_place(path: &Path) -> Result<(), Failure> {
    settings::check_ending(path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if path.is_dir() || !folder.is_dir() {
        return Err(Failure::input(
            format!("cannot write '{}': its folder does not exist, or it is a folder itself", path.display()),
            "give --save-weights a file in a folder that exists",
        ));
    }
    // Asking for a file whose name is too long fails in another way than asking for one that is not there.
    if let Err(error) = path.symlink_metadata()
        && error.kind() != ErrorKind::NotFound
    {
        return Err(Failure::input(
            format!("cannot write '{}': {error}", path.display()),
            "give --save-weights another file, with a shorter name if it is too long",
        ));
    }
    Ok(())
}

/// Copies the trained weights out of the training's folder.
fn save(path: &Path, report: &RunReport, dataset: &str) -> Result<(), Failure> {
    let results = &report.results;
    let mut file =
        TensorFile::read(&results.layout.trained(0, Variant::Ticket, 0)).map_err(Failure::failed_work)?;
    let metadata = [
        ("created-by", version_and_commit()),
        ("data", dataset.to_owned()),
        ("length", results.experiment.recipe.length.to_string()),
    ];
    file.metadata.extend(metadata.map(|(key, value)| (key.to_owned(), value)));
    write_file(path, &file.to_bytes()).map_err(Failure::failed_work)
}

fn report(result: &RoundResult, start: u64, messages: &Messages) {
    let record = &result.record;
    if let Some(stop) = &record.early_stop {
        messages.info(&format!(
            "early stop at iteration {}: test accuracy {} %",
            stop.iteration,
            percent(stop.test_accuracy, 2)
        ));
    }
    let (end, seconds) = (&record.end, result.timing.as_ref().map_or(0.0, |timing| timing.seconds));
    messages.info(&format!(
        "end at iteration {}: test accuracy {} %, training accuracy {} %, {seconds:.1} s, {:.0} steps/s",
        end.iteration,
        percent(end.test_accuracy, 2),
        percent(record.train_accuracy, 2),
        end.iteration.saturating_sub(start) as f64 / seconds.max(1e-9)
    ));
}

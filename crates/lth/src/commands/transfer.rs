//! `lth transfer`.

use std::path::Path;

use lth_lab::{
    EstimateContext, Experiment, Stop, TicketSource, Transfer, TransferReport, TransferRunError,
    TransferSettings, Workbench, estimate_transfer, iterations_per_epoch, read_text, run_transfer,
};
use lth_model::{Architecture, Engine, ModelInfo};

use super::{
    confirm::counted,
    experiment_run::{conclude, keep_network, refused, verdict_of},
    transfer_figure,
    transfer_source::{model_of, network_of},
    transfer_table,
};
use crate::{
    arguments::{CommonArguments, DataArguments, TransferArguments, TransferFormat},
    build_info::provenance,
    estimate,
    failure::Failure,
    interrupt, one_of_several,
    output::{Messages, print_results},
    progress::Display,
    settings::{self, DataSource, parse, positive},
};

/// Trains tickets on other data.
pub(crate) fn run(
    arguments: &TransferArguments,
    common: &CommonArguments,
    messages: &Messages,
) -> Result<(), Failure> {
    if one_of_several::is_input(Path::new(&arguments.dataset)) {
        return one_of_several::refusal().map_or(Ok(()), Err);
    }
    let Some((report, settings)) = carry_out(arguments, &mut None, common, messages)? else { return Ok(()) };
    let text = match arguments.format {
        TransferFormat::Table => transfer_table::table_of(&report, &settings),
        TransferFormat::Json => transfer_table::json(&report),
        TransferFormat::Csv => {
            let path = report.folder.join("transfer.csv");
            let text = read_text(&path);
            text.map_err(Failure::failed_work)?
        }
    };
    print_results(&text, &report.folder, arguments.schedule.output.print_folder)?;
    verdict_of(&report.failures, report.rows.is_empty(), messages)
}

/// Trains tickets on other data; nothing of a dry run.
pub(super) fn carry_out(
    arguments: &TransferArguments,
    stop: &mut Option<Stop>,
    common: &CommonArguments,
    messages: &Messages,
) -> Result<Option<(TransferReport, TransferSettings)>, Failure> {
    let source = TicketSource::open(&arguments.ticket).map_err(Failure::bad_input)?;
    let model = model_of(&source, arguments.model.as_deref())?;
    let data = data_arguments(arguments, &model);
    let name = settings::dataset_name(&data)?;
    let mut settings = settings_of(arguments, &source, &model, &name)?;
    let rounds = rounds(arguments, &source)?;
    let replicates = match &arguments.replicates {
        Some(text) => positive("number of replicates", text, "--replicates 3")?,
        None => 1,
    };
    let same_data =
        arguments.same_data.as_deref().map(TicketSource::open).transpose().map_err(Failure::bad_input)?;
    let flags = &arguments.schedule;
    let threads = flags.training.threads()?;
    let jobs = settings::jobs(flags.jobs.as_deref(), threads)?;
    let checkpoint_every = flags.training.checkpoint_every()?;

    let data = DataSource::of(&data);
    settings::place_data(&data, &mut settings.target);
    let dataset = settings::load(&settings.target, data, messages)?;
    let architecture = target_network(&source, &model, &dataset)?;
    settings.keep_output = keeps_output(arguments, settings.source_data == dataset.name);
    settings::note_data(&dataset, &mut settings.target)?;
    if model.definition().is_some() {
        settings.target.network_fingerprint = Some(architecture.fingerprint());
    }
    let network = network_of(&source, &model, &architecture)?;
    let transfer = Transfer {
        settings: &settings,
        source: &source,
        source_architecture: &network,
        rounds: &rounds,
        replicates,
        baselines: arguments.baselines,
        same_data: same_data.as_ref(),
    };
    let engine = settings::engine()?.with_threads(threads);
    check(&transfer, &engine, &architecture, dataset.train.len())?;
    announce(&transfer, messages);

    let output = flags.output.folder();
    let folder = output.join(settings.folder_name());
    messages.info(&format!(
        "{} of {} on {}, {}{}",
        counted(transfer.trainings().len() as u64, "training"),
        settings.target.recipe.length,
        dataset.name,
        engine.name(),
        estimate::into(&folder, flags.training.dry_run)
    ));
    let mut bench = Workbench::new(&engine, &architecture, &dataset, output);
    (bench.jobs, bench.checkpoint_every) = (jobs, checkpoint_every);
    let estimate = estimate_transfer(&transfer, &EstimateContext::new(&bench, &folder));
    estimate::announce(&estimate.map_err(failure)?, messages);
    if flags.training.dry_run {
        estimate::end_dry_run(&[folder], flags.output.print_folder, messages)?;
        return Ok(None);
    }
    keep_network(&model, &folder)?;
    let display = Display::new(common, messages);
    let provenance = provenance(&engine);
    bench.stop = interrupt::stop(stop)?;
    (bench.observer, bench.provenance) = (&display, Some(&provenance));
    let report = run_transfer(&transfer, &bench);
    display.finish();
    let report = report.map_err(failure)?;
    conclude(&report.failures, report.stopped, &bench.stop, messages)?;
    if !flags.no_figures {
        transfer_figure::draw(&report, &settings, messages)?;
    }
    Ok(Some((report, settings)))
}

/// The flags of the data set in the form of the other commands.
fn data_arguments(arguments: &TransferArguments, model: &ModelInfo) -> DataArguments {
    DataArguments {
        model: model.name.clone().into_owned(),
        dataset: arguments.dataset.clone(),
        data_folder: arguments.data_folder.clone(),
        fetch: arguments.fetch.clone(),
    }
}

/// What was asked for, but for what only the data tell.
fn settings_of(
    arguments: &TransferArguments,
    source: &TicketSource,
    model: &ModelInfo,
    dataset: &str,
) -> Result<TransferSettings, Failure> {
    let mut target = Experiment::new(&model.name, dataset);
    target.first_seed = source.seed();
    arguments.settings.apply(&mut target)?;
    target.view.check().map_err(Failure::bad_input)?;
    Ok(TransferSettings {
        ticket: arguments.ticket.display().to_string(),
        ticket_hash: source.hash().to_owned(),
        source_data: source.data().to_owned(),
        take: parse(&arguments.take)?,
        keep_output: arguments.keep_output,
        adapt_input: arguments.adapt_input.is_some(),
        schedule_from_ticket: arguments.schedule_from_ticket,
        target,
    })
}

/// Whether the output layer is part of the ticket: on its own data, unless the flags say otherwise.
fn keeps_output(arguments: &TransferArguments, same_data: bool) -> bool {
    arguments.keep_output || (same_data && !arguments.redraw_output)
}

/// The rounds that were asked for, ascending; all that there are, if none was.
fn rounds(arguments: &TransferArguments, source: &TicketSource) -> Result<Vec<u32>, Failure> {
    if arguments.rounds.is_empty() {
        return Ok(source.rounds());
    }
    settings::several("round", &arguments.rounds, "--rounds 3,7,11")
}

/// The network for the target's examples. Where no network of the model can read them, what the ticket fits is said as well.
fn target_network(
    source: &TicketSource,
    model: &ModelInfo,
    dataset: &lth_data::Dataset,
) -> Result<Architecture, Failure> {
    settings::network(model, dataset).map_err(|failure| match failure {
        Failure::Input { message, hint } => {
            let fits = format!("the ticket was found on {}", source.data());
            Failure::Input {
                message,
                hint: Some(hint.map_or(fits.clone(), |hint| format!("{hint}; {fits}"))),
            }
        }
        other => other,
    })
}

/// Refuses what cannot be done, before anything is written.
fn check(
    transfer: &Transfer<'_>,
    engine: &dyn Engine,
    network: &Architecture,
    examples: usize,
) -> Result<(), Failure> {
    let target = &transfer.settings.target;
    target.check(engine, network, examples).map_err(Failure::bad_input)?;
    transfer.check(network, iterations_per_epoch(target, examples)).map(drop).map_err(Failure::bad_input)
}

/// What the user should know of before the trainings.
fn announce(transfer: &Transfer<'_>, messages: &Messages) {
    let settings = transfer.settings;
    let own = |source: &TicketSource| {
        if matches!(source.replicates(), own if 1 < own && own < transfer.replicates) {
            messages.warning(&format!(
                "'{}' has {} replicates: their tickets are used in turn for {}",
                source.path().display(),
                source.replicates(),
                transfer.replicates
            ));
        }
    };
    own(transfer.source);
    transfer.same_data.iter().for_each(|source| own(source));
    let output = if settings.keep_output { "the ticket's" } else { "drawn anew and dense" };
    messages.info(&format!(
        "{} of {} from {}; the output layer is {output}",
        settings.take,
        transfer.source.path().display(),
        settings.source_data
    ));
}

/// Why the transfer was refused or stopped.
fn failure(error: TransferRunError) -> Failure {
    match error {
        TransferRunError::Lab(error) => refused(error),
        error => Failure::bad_input(error),
    }
}

//! `lth supermask heuristic`.

use lth_lab::{
    HeuristicPoint, HeuristicReport, HeuristicSettings, RunResults, StageError, Stop, Workbench, best_points,
    estimate_heuristics, heuristic_points, heuristic_supermasks, read_text,
};
use lth_model::{Density, Engine, Hint, find_model};
use lth_ticket::{FrozenWeights, OneShot, find_criterion};
use serde_json::json;

use super::{experiment_run::refused, supermask_figure};
use crate::{
    arguments::{CommonArguments, HeuristicArguments, HeuristicFormat},
    estimate,
    failure::Failure,
    interrupt::{self, this_command},
    output::{Messages, print},
    progress::Display,
    settings::{self, DataSource, parse},
    table::{self, density_percent, percent, prose, table},
};

/// Evaluates the masks of criteria on a run's untrained weights.
pub(crate) fn run(
    arguments: &HeuristicArguments,
    common: &CommonArguments,
    messages: &Messages,
) -> Result<(), Failure> {
    let results = RunResults::load(&arguments.run).map_err(Failure::bad_input)?;
    let Some(report) = carry_out(arguments, &results, &mut None, common, messages)? else { return Ok(()) };
    show(arguments.format, &settings_of(arguments)?, &results, &report)?;
    messages.info(&format!("everything is in {}", results.layout.root().join("supermask").display()));
    Ok(())
}

/// Evaluates the masks of criteria on a run's untrained weights; nothing of a dry run.
pub(super) fn carry_out(
    arguments: &HeuristicArguments,
    results: &RunResults,
    stop: &mut Option<Stop>,
    common: &CommonArguments,
    messages: &Messages,
) -> Result<Option<HeuristicReport>, Failure> {
    let settings = settings_of(arguments)?;
    let jobs = settings::jobs(arguments.jobs.as_deref(), 1)?;
    let experiment = &results.experiment;
    let model = find_model(&experiment.model).map_err(Failure::bad_input)?;
    let source = DataSource::of_run(&arguments.source);
    let data = settings::load(experiment, source, messages)?;
    let architecture = settings::network(&model, &data)?;
    let engine = settings::engine()?;
    messages.info(&format!(
        "{} on {}: masks of {} criteria, {} densities, {} replicates, {}",
        experiment.model,
        experiment.dataset,
        settings.criteria.len(),
        settings.targets.len(),
        experiment.replicates,
        engine.name()
    ));
    let output = results.layout.output();
    let mut bench = Workbench::new(&engine, &architecture, &data, &output);
    bench.jobs = jobs;
    let estimate = estimate_heuristics(&settings, results, &bench).map_err(failed)?;
    estimate::announce(&estimate, messages);
    if arguments.dry_run {
        estimate::end_dry_run(&[], false, messages)?;
        return Ok(None);
    }
    let display = Display::new(common, messages);
    bench.stop = interrupt::stop(stop)?;
    bench.observer = &display;
    let report = heuristic_supermasks(&settings, results, &bench);
    display.finish();
    let report = report.map_err(failed)?;
    if report.stopped {
        messages.info(&format!("stopped; to do it again, run\n  {}", this_command()));
        return Err(Failure::Interrupted);
    }
    if !arguments.no_figures {
        let chance = 1.0 / data.classes as f64;
        supermask_figure::draw(&heuristic_points(&report.rows), &settings, results, chance, messages)?;
    }
    Ok(Some(report))
}

/// What was asked for.
fn settings_of(arguments: &HeuristicArguments) -> Result<HeuristicSettings, Failure> {
    let mut settings = HeuristicSettings::usual();
    if !arguments.criteria.is_empty() {
        let name = |name: &String| find_criterion(name).map(|criterion| criterion.name().to_owned());
        let names: Result<Vec<String>, _> = arguments.criteria.iter().map(name).collect();
        settings.criteria = names.map_err(Failure::bad_input)?;
    }
    if !arguments.densities.is_empty() {
        let mut densities =
            arguments.densities.iter().map(|text| parse(text)).collect::<Result<Vec<Density>, _>>()?;
        densities.sort_by(|a, b| b.get().total_cmp(&a.get()));
        densities.dedup();
        settings.targets = densities.into_iter().map(OneShot::Density).collect();
    }
    if arguments.no_signed_constant {
        settings.weights = vec![FrozenWeights::Initial];
    }
    settings.dense = parse(&arguments.dense_weights)?;
    Ok(settings)
}

/// Errors of the settings are bad input, the others failed work.
fn failed(error: StageError) -> Failure {
    match error {
        StageError::Lab(error) => refused(error),
        StageError::Pruning(error) => Failure::bad_input(error),
        StageError::Criterion(error) => Failure::bad_input(error),
        error => Failure::Work { message: error.to_string(), hint: error.hint() },
    }
}

fn show(
    format: HeuristicFormat,
    settings: &HeuristicSettings,
    results: &RunResults,
    report: &HeuristicReport,
) -> Result<(), Failure> {
    let points = &heuristic_points(&report.rows);
    match format {
        HeuristicFormat::Table => print(&table_of(results, report, points)),
        HeuristicFormat::Json => {
            let value = json!({ "points": points, "best": best_points(points) });
            print(&format!("{value:#}\n"))
        }
        HeuristicFormat::Csv => {
            let name = format!("heuristic{}.csv", settings.dense.suffix());
            let path = results.layout.root().join("supermask").join(name);
            let text = read_text(&path);
            print(&text.map_err(Failure::failed_work)?)
        }
    }
}

/// The best density of each criterion.
fn table_of(results: &RunResults, report: &HeuristicReport, points: &[HeuristicPoint]) -> String {
    let mut rows =
        table(&["criterion", "weights", "density %", "test accuracy %", "deviation", "min - max"], 2);
    for point in best_points(points) {
        rows.add_row([
            point.criterion,
            point.weights.to_string(),
            density_percent(point.density, 2),
            percent(point.mean, 2),
            percent(point.deviation, 2),
            format!("{} - {}", percent(point.min, 2), percent(point.max, 2)),
        ]);
    }
    let chosen = if report.rows.iter().all(|row| row.validation_accuracy.is_some()) {
        "chosen on the validation set"
    } else {
        "chosen on the test set, as there is no validation set"
    };
    let reading = format!(
        "Untrained networks of {} on {} under masks of the trained one, {} replicates.\n\
         Each criterion at its best density, {chosen}.",
        results.experiment.model, results.experiment.dataset, results.experiment.replicates,
    );
    format!("{}\n\n{}", prose(&reading), table::text(&rows))
}

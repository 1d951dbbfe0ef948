//! `lth supermask learn`.

use std::{fs, path::Path};

use lth_lab::{
    EstimateContext, LabError, LearnedSupermask, StageError, Stop, SupermaskExperiment, SupermaskRecord,
    Workbench, estimate_learning, learn_supermask,
};
use lth_model::{Density, Engine, Hint};
use lth_ticket::{FrozenWeights, SupermaskMethod, SupermaskSettings};

use super::experiment_run::{checkpoint_every, keep_network, refused};
use crate::{
    arguments::{CommonArguments, LearnArguments, LearnFormat, SupermaskMethodName},
    build_info::provenance,
    estimate,
    failure::Failure,
    interrupt::{self, this_command},
    output::{Messages, print_results},
    progress::Display,
    settings::{self, DataSource, number, parse, positive},
    table::{self, density_percent, percent, prose, table},
};

/// The fraction that edge-popup keeps unless another is given: in the middle of the paper's best.
const DENSITY: f64 = 0.5;

/// Learns one supermask, in a folder of its own.
pub(crate) fn run(
    arguments: &LearnArguments,
    common: &CommonArguments,
    messages: &Messages,
) -> Result<(), Failure> {
    let Some((learned, settings)) = carry_out(arguments, &mut None, common, messages)? else { return Ok(()) };
    let Some(record) = &learned.record else { return Ok(()) };
    let text = match arguments.format {
        LearnFormat::Table => table_of(record, &learned, &settings),
        LearnFormat::Csv => read(&learned.files.metrics())?,
        LearnFormat::Json => read(&learned.files.record())?,
    };
    print_results(&text, learned.files.root(), arguments.schedule.print_folder)?;
    messages.info(&format!("everything is in {}", learned.files.root().display()));
    Ok(())
}

/// Learns one supermask, or reads what was learned; nothing of a dry run.
pub(super) fn carry_out(
    arguments: &LearnArguments,
    stop: &mut Option<Stop>,
    common: &CommonArguments,
    messages: &Messages,
) -> Result<Option<(LearnedSupermask, SupermaskSettings)>, Failure> {
    let model = settings::model(&arguments.data.model, &arguments.model)?;
    let name = settings::dataset_name(&arguments.data)?;
    let mut learning = learning(arguments, &model.name, &name)?;
    learning.check().map_err(Failure::bad_input)?;
    let every = checkpoint_every(arguments.schedule.checkpoint_every.as_deref())?;
    let threads = settings::threads(arguments.schedule.threads.as_deref())?;
    let source = DataSource::of(&arguments.data);
    settings::place_data(&source, &mut learning.experiment);
    let dataset = settings::load(&learning.experiment, source, messages)?;
    let architecture = settings::network(&model, &dataset)?;
    settings::note_data(&dataset, &mut learning.experiment)?;
    if model.definition().is_some() {
        learning.experiment.network_fingerprint = Some(architecture.fingerprint());
    }
    let engine = settings::engine()?.with_threads(threads);
    learning.experiment.check(&engine, &architecture, dataset.train.len()).map_err(Failure::bad_input)?;
    learning.check_engine(&engine, &architecture).map_err(Failure::bad_input)?;
    messages.info(&format!(
        "{} on {}: {}; {}, {}",
        model.name,
        dataset.name,
        learning.settings,
        learning.experiment.recipe.length,
        engine.name()
    ));
    let output = arguments.schedule.output_path.as_deref().unwrap_or(Path::new("runs"));
    let folder = output.join(learning.folder_name());
    let mut bench = Workbench::new(&engine, &architecture, &dataset, output);
    bench.checkpoint_every = every;
    let estimate = estimate_learning(&learning, &EstimateContext::new(&bench, &folder));
    estimate::announce(&estimate, messages);
    if arguments.schedule.dry_run {
        messages.info(&format!("the folder will be {}", folder.display()));
        estimate::end_dry_run(messages);
        return Ok(None);
    }
    keep_network(&model, &folder)?;
    let display = Display::of_one(common, messages);
    let provenance = provenance(&engine);
    bench.stop = interrupt::stop(stop)?;
    (bench.observer, bench.provenance) = (&display, Some(&provenance));
    let learned = learn_supermask(&learning, &bench);
    display.finish();
    let learned = learned.map_err(failed)?;
    if learned.record.is_none() {
        messages.info(&format!("everything is saved; to continue, run\n  {}", this_command()));
        return Err(Failure::Interrupted);
    }
    Ok(Some((learned, learning.settings)))
}

/// What was asked for.
///
/// # Errors
/// When a setting makes no sense.
pub(super) fn learning(
    arguments: &LearnArguments,
    model: &str,
    dataset: &str,
) -> Result<SupermaskExperiment, Failure> {
    let settings = SupermaskSettings {
        method: method(arguments)?,
        dynamic_rescaling: arguments.dynamic_rescaling,
        weights: if arguments.signed_constant {
            FrozenWeights::SignedConstant
        } else {
            FrozenWeights::Initial
        },
    };
    let mut learning = SupermaskExperiment::new(model, dataset, settings);
    arguments.settings.apply(&mut learning.experiment)?;
    learning.experiment.view.check().map_err(Failure::bad_input)?;
    Ok(learning)
}

/// The method, whose own options are refused with the other.
fn method(arguments: &LearnArguments) -> Result<SupermaskMethod, Failure> {
    let alien = |flag: &str, method: &str| {
        Failure::input(
            format!("{flag} is an option of {method}"),
            format!("add --method {method}, or leave it out"),
        )
    };
    match arguments.method {
        SupermaskMethodName::Bernoulli => {
            if arguments.density.is_some() {
                return Err(alien("--density", "edge-popup"));
            }
            let bias = arguments.sigmoid_bias.as_deref().unwrap_or("0");
            let sigmoid_bias = number("sigmoid bias", bias, |_| true, "a number", "--sigmoid-bias 1")?;
            let samples = arguments.samples.as_deref().unwrap_or("10");
            let samples = positive("number of samples", samples, "--samples 10")?;
            Ok(SupermaskMethod::Bernoulli { sigmoid_bias, samples })
        }
        SupermaskMethodName::EdgePopup => {
            if arguments.sigmoid_bias.is_some() {
                return Err(alien("--sigmoid-bias", "bernoulli"));
            }
            if arguments.samples.is_some() {
                return Err(alien("--samples", "bernoulli"));
            }
            let density = match &arguments.density {
                Some(text) => parse(text)?,
                None => Density::new(DENSITY).map_err(Failure::bad_input)?,
            };
            Ok(SupermaskMethod::EdgePopup { density })
        }
    }
}

/// Errors of the settings are bad input, the others failed work.
fn failed(error: StageError) -> Failure {
    match error {
        StageError::Lab(error) => refused(error),
        StageError::Training(error) => Failure::bad_input(error),
        error => Failure::Work { message: error.to_string(), hint: error.hint() },
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let text = fs::read_to_string(path);
    text.map_err(|source| Failure::failed_work(LabError::Read { path: path.to_owned(), source }))
}

/// The closing summary.
fn table_of(record: &SupermaskRecord, learned: &LearnedSupermask, settings: &SupermaskSettings) -> String {
    let mut rows = table(&["mask", "density %", "test accuracy %"], 1);
    let saved = density_percent(record.density.get(), 2);
    let end = percent(record.end.test_accuracy, 2);
    match record.likely {
        Some(likely) => {
            let count = record.samples.len();
            rows.add_row([format!("mean of {count} drawn masks"), saved.clone(), end]);
            let first = record.samples.first().copied().unwrap_or(f64::NAN);
            rows.add_row(["the first of them, saved".to_owned(), saved, percent(first, 2)]);
            let (density, accuracy) = (likely.density.get(), likely.test_accuracy);
            rows.add_row(["likeliest mask".to_owned(), density_percent(density, 2), percent(accuracy, 2)]);
        }
        None => {
            rows.add_row(["largest scores, saved".to_owned(), saved, end]);
        }
    }
    let mut layers = table(&["layer", "kept", "of", "density %"], 1);
    for layer in &record.layers {
        layers.add_row([
            layer.name.clone(),
            table::count(layer.live),
            table::count(layer.total),
            density_percent(layer.live as f64 / layer.total as f64, 2),
        ]);
    }
    let speed = learned.timing.as_ref().map_or_else(String::new, |timing| {
        format!(", {:.1} s, {:.0} steps/s", timing.seconds, timing.steps_per_second())
    });
    let reading = format!(
        "A mask on untrained weights: {settings}\n{} iterations{speed}, accuracy on the training set {} %",
        record.end.iteration,
        percent(record.train_accuracy, 2),
    );
    format!("{}\n\n{}\n{}", prose(&reading), table::text(&rows), table::text(&layers))
}

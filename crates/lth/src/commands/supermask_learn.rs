//! `lth supermask learn`.

use std::path::PathBuf;

use lth_lab::{
    Experiment, LearnedSupermask, StageError, Stop, SupermaskExperiment, SupermaskRecord, Workbench,
    estimate_learning, learn_supermasks, read_text,
};
use lth_model::{Density, Engine, Hint};
use lth_ticket::{FrozenWeights, SupermaskMethod, SupermaskSettings};

use super::{
    experiment_run::{keep_network, refused},
    supermask_learn_table::{table_of_all, table_of_one},
};
use crate::{
    arguments::{CommonArguments, LearnArguments, LearnFormat, SupermaskMethodName},
    build_info::provenance,
    estimate,
    failure::Failure,
    interrupt::{self, this_command},
    output::{Messages, print},
    progress::Display,
    settings::{self, DataSource, bounded, number, parse, positive},
};

/// The fraction that edge-popup keeps unless another is given: in the middle of the paper's best.
const DENSITY: f64 = 0.5;

/// The most masks that are learned at once; each has a folder open.
const MOST: usize = 256;

/// Learns supermasks, each in a folder of its own.
pub(crate) fn run(
    arguments: &LearnArguments,
    common: &CommonArguments,
    messages: &Messages,
) -> Result<(), Failure> {
    if arguments.format == LearnFormat::Csv && replicates(arguments)? > 1 {
        return Err(Failure::input(
            "the evaluations of one supermask are a table, those of several are not",
            "leave out --format csv: each has them in its folder, as metrics.csv",
        ));
    }
    let Some((learned, settings)) = carry_out(arguments, &mut None, common, messages)? else { return Ok(()) };
    let folders: String =
        learned.iter().map(|learned| format!("{}\n", learned.files.root().display())).collect();
    if arguments.schedule.output.print_folder {
        return print(&folders);
    }
    let records: Vec<&SupermaskRecord> =
        learned.iter().filter_map(|learned| learned.record.as_ref()).collect();
    print(&match (arguments.format, learned.as_slice(), records.as_slice()) {
        (LearnFormat::Csv, [learned, ..], _) => {
            read_text(&learned.files.metrics()).map_err(Failure::failed_work)?
        }
        (LearnFormat::Json, [learned], _) => {
            read_text(&learned.files.record()).map_err(Failure::failed_work)?
        }
        (LearnFormat::Json, ..) => {
            format!("{}\n", serde_json::to_string_pretty(&records).expect("records are plain values"))
        }
        (_, [learned], [record]) => table_of_one(record, learned, &settings),
        _ => table_of_all(&records, &settings),
    })?;
    messages.info(&format!("everything is in {}", folders.trim_end().replace('\n', ", ")));
    Ok(())
}

/// Learns supermasks, or reads what was learned; nothing of a dry run.
pub(super) fn carry_out(
    arguments: &LearnArguments,
    stop: &mut Option<Stop>,
    common: &CommonArguments,
    messages: &Messages,
) -> Result<Option<(Vec<LearnedSupermask>, SupermaskSettings)>, Failure> {
    let model = settings::model(&arguments.data.model, &arguments.model)?;
    let name = settings::dataset_name(&arguments.data)?;
    let mut learning = learning(arguments, &model.name, &name)?;
    let replicates = replicates(arguments)?;
    learning.check().map_err(Failure::bad_input)?;
    let every = arguments.schedule.training.checkpoint_every()?;
    let threads = arguments.schedule.training.threads()?;
    let jobs = settings::jobs(arguments.jobs.as_deref(), threads)?;
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
    let output = arguments.schedule.output.folder();
    let mut bench = Workbench::new(&engine, &architecture, &dataset, output);
    (bench.jobs, bench.checkpoint_every) = (jobs, every);
    let learnings = seeded(&learning, replicates);
    estimate::announce(&estimate_learning(&learnings, &bench), messages);
    let folders: Vec<PathBuf> =
        learnings.iter().map(|learning| output.join(learning.folder_name())).collect();
    if arguments.schedule.training.dry_run {
        estimate::end_dry_run(&folders, arguments.schedule.output.print_folder, messages)?;
        return Ok(None);
    }
    for folder in &folders {
        keep_network(&model, folder)?;
    }
    let display =
        if replicates == 1 { Display::of_one(common, messages) } else { Display::new(common, messages) };
    let provenance = provenance(&engine);
    bench.stop = interrupt::stop(stop)?;
    (bench.observer, bench.provenance) = (&display, Some(&provenance));
    let learned = learn_supermasks(&learnings, &bench);
    display.finish();
    let learned = learned.map_err(failed)?;
    if learned.iter().any(|learned| learned.record.is_none()) {
        messages.info(&format!("everything is saved; to continue, run\n  {}", this_command()));
        return Err(Failure::Interrupted);
    }
    Ok(Some((learned, learning.settings)))
}

/// How many seeds.
///
/// # Errors
/// When it is not a number that can be.
pub(super) fn replicates(arguments: &LearnArguments) -> Result<u32, Failure> {
    let text = arguments.replicates.as_deref().unwrap_or("1");
    Ok(bounded("number of replicates", text, MOST, "--replicates 5")? as u32)
}

/// The same of each seed, from its own on.
pub(super) fn seeded(learning: &SupermaskExperiment, replicates: u32) -> Vec<SupermaskExperiment> {
    let of_seed = |replicate| {
        let experiment = &learning.experiment;
        let experiment = Experiment { first_seed: experiment.seed(replicate), ..experiment.clone() };
        SupermaskExperiment { experiment, ..learning.clone() }
    };
    (0..replicates).map(of_seed).collect()
}

/// What was asked for, of the first seed.
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

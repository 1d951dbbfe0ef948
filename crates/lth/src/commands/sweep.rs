//! `lth sweep`.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, IsTerminal, Write as _},
    path::Path,
};

use lth_data::Dataset;
use lth_lab::{Axis, Experiment, Sweep, SweepPlan, Workbench, estimate_sweep, find_setting, run_sweep};
use lth_model::{Architecture, Engine, find_model};
use lth_ticket::TestSet;

use super::{
    experiment_run::{Schedule, conclude, keep_network, refused, verdict_of},
    sweep_table::sweep_table,
};
use crate::{
    arguments::{CommonArguments, SweepArguments},
    build_info::provenance,
    estimate,
    failure::Failure,
    interrupt,
    output::{Messages, print},
    progress::Display,
    settings::{self, DataSource},
};

/// A sweep of more trainings asks first.
const MANY: usize = 200;

/// Runs every combination of a sweep.
pub(crate) fn run(
    arguments: &SweepArguments,
    common: &CommonArguments,
    messages: &Messages,
) -> Result<(), Failure> {
    let (sweep, text) = sweep_of(arguments)?;
    let mut plan = SweepPlan::of(&sweep).map_err(Failure::bad_input)?;
    let schedule = Schedule::new(&arguments.schedule)?;
    let engine = settings::engine()?.with_threads(schedule.threads);
    let materials = Materials::load(&mut plan, arguments, &engine, messages)?;
    messages.info(&in_words(&plan, &engine.name()));
    let mut benches: Vec<Workbench<'_>> = Vec::new();
    for place in &materials.of_runs {
        let material = &materials.all[*place];
        // Runs of one network and data set share what the engine holds.
        let same = materials.of_runs.iter().take(benches.len()).position(|other| other == place);
        let mut bench = match same {
            Some(other) => benches[other].clone(),
            None => Workbench::new(&engine, &material.architecture, &material.dataset, &schedule.output),
        };
        (bench.jobs, bench.checkpoint_every) = (schedule.jobs, schedule.checkpoint_every);
        benches.push(bench);
    }
    estimate::announce(&estimate_sweep(&plan, &benches), messages);
    if schedule.dry_run {
        estimate::end_dry_run(messages);
        return Ok(());
    }
    if !arguments.yes && plan.distinct > MANY {
        ask(plan.distinct)?;
    }
    for run in &plan.runs {
        let model = find_model(&run.experiment.model).map_err(Failure::bad_input)?;
        keep_network(&model, &schedule.output.join(run.experiment.folder_name()))?;
    }
    let display = Display::new(common, messages);
    let provenance = provenance(&engine);
    let stop = interrupt::stop(&mut None)?;
    for bench in &mut benches {
        (bench.stop, bench.provenance, bench.observer) = (stop.clone(), Some(&provenance), &display);
    }
    let report = run_sweep(&plan, &text, &benches);
    display.finish();
    let report = report.map_err(refused)?;
    conclude(&report.failures, report.stopped, &stop, messages)?;
    let tests = materials
        .of_runs
        .iter()
        .map(|&place| TestSet::of(materials.all[place].dataset.test.labels.iter().copied()));
    print(&sweep_table(&plan, &report.runs, tests))?;
    messages.info(&format!("the table of all trainings is {}", report.folder.join("sweep.csv").display()));
    let nothing = report.runs.iter().all(|results| results.rounds.is_empty());
    verdict_of(&report.failures, nothing, messages)
}

/// What was asked for, and its text.
fn sweep_of(arguments: &SweepArguments) -> Result<(Sweep, String), Failure> {
    let axes = arguments.axes.iter().map(|text| Axis::parse(text)).collect::<Result<Vec<_>, _>>();
    let axes = axes.map_err(Failure::bad_input)?;
    match &arguments.base[..] {
        [file] => {
            let path = Path::new(file);
            let mut sweep = Sweep::read(path).map_err(Failure::bad_input)?;
            sweep.extend(arguments.settings.given(), axes).map_err(Failure::bad_input)?;
            let text = fs::read_to_string(path).unwrap_or_default();
            Ok((sweep, text))
        }
        [model, dataset] => {
            let model = find_model(model).map_err(Failure::bad_input)?.name.into_owned();
            let dataset =
                lth_data::DatasetName::parse(dataset).map_err(Failure::bad_input)?.located().to_string();
            let mut base = arguments.settings.given();
            for (key, value) in [("dataset", dataset), ("model", model)] {
                base.insert(0, (find_setting(key).map_err(Failure::bad_input)?, lth_lab::Value::of(value)));
            }
            let sweep = Sweep::new(base, axes).map_err(Failure::bad_input)?;
            let text = format!("# {}\n", interrupt::this_command());
            Ok((sweep, text))
        }
        _ => Err(Failure::input(
            "a sweep is of one file, or of a model and a data set",
            "see lth sweep --help",
        )),
    }
}

/// A network and a data set.
struct Material {
    architecture: Architecture,
    dataset: Dataset,
}

/// The networks and data sets of a sweep, each once.
struct Materials {
    all: Vec<Material>,
    /// For each run its place in them.
    of_runs: Vec<usize>,
}

impl Materials {
    /// Loads what the runs need, and notes in them what only the data tell.
    fn load(
        plan: &mut SweepPlan,
        arguments: &SweepArguments,
        engine: &dyn Engine,
        messages: &Messages,
    ) -> Result<Self, Failure> {
        let mut all: Vec<Material> = Vec::new();
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let mut of_runs = Vec::new();
        for run in &mut plan.runs {
            let experiment = &mut run.experiment;
            let source = DataSource {
                folder: arguments.data_folder.clone(),
                download: arguments.download,
                mirror: arguments.mirror.clone(),
                ..DataSource::default()
            };
            experiment.view.check().map_err(Failure::bad_input)?;
            settings::place_data(&source, experiment);
            let model = find_model(&experiment.model).map_err(Failure::bad_input)?;
            let key = format!(
                "{} {} {:?} {:?}",
                experiment.model, experiment.dataset, experiment.normalization, experiment.view
            );
            let place = if let Some(&place) = places.get(&key) {
                place
            } else {
                let dataset = settings::load(experiment, source, messages)?;
                let architecture = settings::network(&model, &dataset)?;
                all.push(Material { architecture, dataset });
                places.insert(key, all.len() - 1);
                all.len() - 1
            };
            let Material { architecture, dataset } = &all[place];
            settings::note_data(dataset, experiment)?;
            if model.definition().is_some() {
                experiment.network_fingerprint.get_or_insert_with(|| architecture.fingerprint());
            }
            check(experiment, engine, architecture, dataset).map_err(|error| named(&run.values, error))?;
            of_runs.push(place);
        }
        Ok(Self { all, of_runs })
    }
}

fn check(
    experiment: &Experiment,
    engine: &dyn Engine,
    architecture: &Architecture,
    dataset: &Dataset,
) -> Result<(), Failure> {
    experiment.check(engine, architecture, dataset.train.len()).map_err(Failure::bad_input)?;
    experiment.check_scoring(architecture, dataset).map_err(Failure::bad_input)
}

/// A refusal, with the combination that it is of.
fn named(values: &[(&'static lth_lab::Setting, lth_lab::Value)], failure: Failure) -> Failure {
    let words: Vec<String> =
        values.iter().map(|(setting, value)| format!("{}={value}", setting.name())).collect();
    match failure {
        Failure::Input { message, hint } if !words.is_empty() => {
            Failure::Input { message: format!("{message} (in the run with {})", words.join(", ")), hint }
        }
        other => other,
    }
}

/// `9 runs, 324 trainings, 300 after sharing (27 dense networks are 3)`.
fn in_words(plan: &SweepPlan, engine: &str) -> String {
    let (dense, distinct_dense) = plan.dense;
    format!(
        "{} runs, {} trainings, {} when those that are the same are done once (of {dense} dense ones {distinct_dense}), {engine}",
        plan.runs.len(),
        plan.trainings,
        plan.distinct
    )
}

/// Asks whether to go on.
fn ask(trainings: usize) -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::input(
            format!("these are {trainings} trainings, and nobody is here to be asked"),
            "add --yes, or look at it with --dry-run first",
        ));
    }
    eprint!("train {trainings} networks? [y/N] ");
    io::stderr().flush().ok();
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).ok();
    if ["y", "yes"].contains(&answer.trim().to_lowercase().as_str()) {
        Ok(())
    } else {
        Err(Failure::input("nothing was trained", "answer y, or add --yes"))
    }
}

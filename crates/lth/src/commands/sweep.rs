//! `lth sweep`.

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal, Write as _},
    path::Path,
};

use lth_data::Dataset;
use lth_lab::{
    Axis, Experiment, Stop, Sweep, SweepPlan, Value, Workbench, estimate_sweep, find_setting, run_sweep,
};
use lth_model::{Architecture, Engine, find_model};
use lth_ticket::TestSet;

use super::{
    confirm::counted,
    experiment_run::{Schedule, conclude, keep_network, refused, verdict_of},
    sweep_cluster,
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

/// Runs every combination of a sweep, and prints its table.
pub(crate) fn run(
    arguments: &SweepArguments,
    common: &CommonArguments,
    messages: &Messages,
) -> Result<(), Failure> {
    carry_out(&sweep_of(arguments)?, arguments, &mut None, common, messages, true)
}

/// Runs every combination of a sweep; of the arguments all but what makes it. Where it is not all of a command, the caller says what came of
/// it, and ends a dry run.
pub(super) fn carry_out(
    sweep: &Sweep,
    arguments: &SweepArguments,
    stop: &mut Option<Stop>,
    common: &CommonArguments,
    messages: &Messages,
    is_all: bool,
) -> Result<(), Failure> {
    let mut plan = SweepPlan::of(sweep).map_err(Failure::bad_input)?;
    if !arguments.tasks.is_empty() {
        plan = plan.part(&arguments.tasks).map_err(Failure::bad_input)?;
    }
    let schedule = Schedule::new(&arguments.schedule)?;
    let engine = settings::engine()?.with_threads(schedule.threads);
    let materials = Materials::load(&mut plan, arguments, &engine, messages)?;
    messages.info(&in_words(&plan, &engine.name()));
    if arguments.print_tasks {
        let folder = plan.write_folder(&schedule.output).map_err(refused)?;
        return print(&task_commands(&plan, &folder, arguments));
    }
    if let Some(cluster) = arguments.on {
        if !arguments.yes && !schedule.dry_run && plan.distinct() > MANY {
            ask(plan.distinct())?;
        }
        return sweep_cluster::submit(cluster, &plan, &schedule, arguments, messages);
    }
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
    // Of a part, somebody else has estimated the whole.
    if !plan.is_part || schedule.dry_run {
        estimate::announce(&estimate_sweep(&plan, &benches, arguments.retry_failed), messages);
    }
    if schedule.dry_run {
        let folder = schedule.output.join(&plan.folder_name);
        return if is_all {
            estimate::end_dry_run(&[folder], schedule.print_folder, messages)
        } else {
            Ok(())
        };
    }
    if !arguments.yes && !plan.is_part && plan.distinct() > MANY {
        ask(plan.distinct())?;
    }
    for run in &plan.runs {
        let model = find_model(&run.experiment.model).map_err(Failure::bad_input)?;
        keep_network(&model, &schedule.output.join(run.experiment.folder_name()))?;
    }
    let display = Display::new(common, messages);
    let provenance = provenance(&engine);
    let stop = interrupt::stop(stop)?;
    for bench in &mut benches {
        (bench.stop, bench.provenance, bench.observer) = (stop.clone(), Some(&provenance), &display);
    }
    let report = run_sweep(&plan, &benches, arguments.retry_failed);
    display.finish();
    let report = report.map_err(refused)?;
    conclude(&report.failures, report.stopped, &stop, messages)?;
    if !plan.is_part && is_all {
        if schedule.print_folder {
            print(&format!("{}\n", report.folder.display()))?;
        } else {
            let tests = materials.of_runs.iter().map(|&place| materials.all[place].test_set());
            print(&sweep_table(&plan, &report.runs, tests))?;
        }
        let table = report.folder.join("sweep.csv");
        messages.info(&format!("the table of all trainings is {}", table.display()));
    }
    let nothing = report.runs.iter().all(|results| results.rounds.is_empty());
    verdict_of(&report.failures, nothing, messages)
}

/// What was asked for.
fn sweep_of(arguments: &SweepArguments) -> Result<Sweep, Failure> {
    let axes = arguments.axes.iter().map(|text| Axis::parse(text)).collect::<Result<Vec<_>, _>>();
    let axes = axes.map_err(Failure::bad_input)?;
    let setting = |key| find_setting(key).map_err(Failure::bad_input);
    let mut given = arguments.settings.given();
    if let Some(folder) = &arguments.source.data_folder {
        given.push((setting("data_folder")?, Value::of(folder.display())));
    }
    match &arguments.base[..] {
        [file] => {
            let mut sweep = Sweep::read(Path::new(file)).map_err(Failure::bad_input)?;
            sweep.extend(given, axes).map_err(Failure::bad_input)?;
            Ok(sweep)
        }
        [model, dataset] => {
            let model = find_model(model).map_err(Failure::bad_input)?.name.into_owned();
            let dataset =
                lth_data::DatasetName::parse(dataset).map_err(Failure::bad_input)?.located().to_string();
            let mut base =
                vec![(setting("model")?, Value::of(model)), (setting("dataset")?, Value::of(dataset))];
            base.extend(given);
            Sweep::new(base, axes).map_err(Failure::bad_input)
        }
        _ => Err(Failure::input(
            "a sweep is of one file, or of a model and a data set",
            "see lth sweep --help",
        )),
    }
}

/// The flags of a command that does one training of a sweep, wherever it runs.
pub(super) fn task_flags(arguments: &SweepArguments, output: Option<String>) -> Vec<String> {
    let schedule = &arguments.schedule;
    let one = Some("1".to_owned());
    let valued = [
        ("--jobs", &one),
        ("--output-path", &output),
        ("--threads", &schedule.training.threads),
        ("--checkpoint-every", &schedule.training.checkpoint_every),
    ];
    let mut flags: Vec<String> = valued
        .into_iter()
        .flat_map(|(flag, value)| value.iter().flat_map(move |value| [flag.to_owned(), value.clone()]))
        .collect();
    if arguments.source.fetch.skip_broken {
        flags.push("--skip-broken".to_owned());
    }
    flags
}

/// A command for each training, those first that others wait for.
fn task_commands(plan: &SweepPlan, folder: &Path, arguments: &SweepArguments) -> String {
    let output = arguments.schedule.output.output_path.as_ref().map(|path| path.display().to_string());
    let flags = task_flags(arguments, output);
    let file = folder.join("sweep.toml").display().to_string();
    let program = std::env::args().next().unwrap_or_else(|| "lth".to_owned());
    let line = |id: &str| {
        let words =
            [&program, "sweep", &file, "--task", id].into_iter().chain(flags.iter().map(String::as_str));
        format!("{}\n", words.map(interrupt::quoted).collect::<Vec<_>>().join(" "))
    };
    plan.distinct_ids().into_iter().map(line).collect()
}

/// A network and a data set.
struct Material {
    architecture: Architecture,
    dataset: Dataset,
}

impl Material {
    fn test_set(&self) -> TestSet {
        TestSet::of(self.dataset.test.labels.iter().copied())
    }
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
            let source = DataSource::of_run(&arguments.source);
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
    let (dense, distinct_dense) = plan.dense();
    format!(
        "{}, {}, {} when those that are the same are done once (of {dense} dense ones {distinct_dense}), {engine}",
        counted(plan.runs.len() as u64, "run"),
        counted(plan.tasks.len() as u64, "training"),
        plan.distinct()
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

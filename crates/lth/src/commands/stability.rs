//! `lth stability`.

use std::path::Path;

use lth_lab::{
    BatchNormStatistics, RunResults, StabilityReport, StabilitySettings, Stop, Variant, Workbench,
    estimate_stability, read_text, stability,
};
use lth_model::{Engine, find_model};

use super::{
    experiment_run::{conclude, refused, verdict_of},
    stability_figures, stability_table,
};
use crate::{
    arguments::{CommonArguments, StabilityArguments, StabilityFormat},
    estimate,
    failure::Failure,
    figures::Drawing,
    interrupt,
    output::{Messages, print},
    progress::Display,
    settings::{self, DataSource, parse, positive, several},
};

/// Compares copies of the networks of runs, one run after the other.
pub(crate) fn run(
    arguments: &StabilityArguments,
    common: &CommonArguments,
    messages: &Messages,
) -> Result<(), Failure> {
    // All are read before the first is studied, which may take hours.
    let mut runs = Vec::new();
    for folder in &arguments.runs {
        let results = RunResults::load(folder).map_err(Failure::bad_input)?;
        let settings = settings_of(arguments, &results)?;
        settings.check(&results).map_err(Failure::bad_input)?;
        runs.push((results, settings));
    }
    let several = runs.len() > 1;
    if several && arguments.format != StabilityFormat::Table {
        return Err(Failure::input(
            format!("there are {} runs; --format json and csv are for one", runs.len()),
            "name one run folder, or leave out --format: each run has its results in its folder stability, as stability.csv",
        ));
    }
    let mut command = StabilityCommand { arguments, common, messages, stop: &mut None };
    for (results, settings) in &runs {
        if several {
            print(&format!("{}\n", results.layout.root().display()))?;
        }
        command.study(results, settings)?;
    }
    Ok(())
}

/// What the runs of a command are studied with.
pub(super) struct StabilityCommand<'a> {
    pub(super) arguments: &'a StabilityArguments,
    pub(super) common: &'a CommonArguments,
    pub(super) messages: &'a Messages,
    /// What signals set, once they are watched.
    pub(super) stop: &'a mut Option<Stop>,
}

impl StabilityCommand<'_> {
    /// Compares copies of a run's networks, and prints what came out.
    fn study(&mut self, results: &RunResults, settings: &StabilitySettings) -> Result<(), Failure> {
        let Some(report) = self.carry_out(results, settings)? else { return Ok(()) };
        match self.arguments.format {
            StabilityFormat::Table => print(&stability_table::table_of(&report, results))?,
            StabilityFormat::Json => print(&stability_table::json(&report))?,
            StabilityFormat::Csv => {
                let path = report.folder.join("stability.csv");
                let text = read_text(&path);
                print(&text.map_err(Failure::failed_work)?)?;
            }
        }
        verdict_of(&report.failures, report.pairs.is_empty(), self.messages)
    }

    /// Compares copies of the networks of the run in a folder; nothing of a dry run.
    ///
    /// # Errors
    /// When the flags make no sense for this run, or the study cannot be carried out.
    pub(super) fn of_run(&mut self, folder: &Path) -> Result<Option<StabilityReport>, Failure> {
        let results = RunResults::load(folder).map_err(Failure::bad_input)?;
        let settings = settings_of(self.arguments, &results)?;
        settings.check(&results).map_err(Failure::bad_input)?;
        self.carry_out(&results, &settings)
    }

    /// Compares copies of a run's networks; nothing of a dry run. Signals are watched from the first study on, and not while its length
    /// is estimated.
    fn carry_out(
        &mut self,
        results: &RunResults,
        settings: &StabilitySettings,
    ) -> Result<Option<StabilityReport>, Failure> {
        let (flags, messages) = (&self.arguments.schedule, self.messages);
        let threads = flags.training.threads()?;
        let jobs = settings::jobs(flags.jobs.as_deref(), threads)?;
        let checkpoint_every = flags.training.checkpoint_every()?;

        let experiment = &results.experiment;
        let model = find_model(&experiment.model).map_err(Failure::bad_input)?;
        let source = DataSource::of_run(&self.arguments.source);
        let data = settings::load(experiment, source, messages)?;
        let architecture = settings::network(&model, &data)?;
        let engine = settings::engine()?.with_threads(threads);
        messages.info(&format!(
            "{} on {}: {} copies of each network, {} points between two, {}",
            experiment.model,
            experiment.dataset,
            settings.copies,
            settings.points,
            engine.name()
        ));
        let output = results.layout.output();
        let mut bench = Workbench::new(&engine, &architecture, &data, &output);
        (bench.jobs, bench.checkpoint_every) = (jobs, checkpoint_every);
        let estimate = estimate_stability(settings, results, &bench).map_err(refused)?;
        estimate::announce(&estimate, messages);
        if flags.training.dry_run {
            estimate::end_dry_run(&[], false, messages)?;
            return Ok(None);
        }
        let display = Display::new(self.common, messages);
        bench.stop = interrupt::stop(self.stop)?;
        bench.observer = &display;
        let report = stability(settings, results, &bench);
        display.finish();
        let report = report.map_err(refused)?;
        conclude(&report.failures, report.stopped, &bench.stop, messages)?;
        if !flags.no_figures && !report.pairs.is_empty() {
            stability_figures::draw(&report.folder, &report.pairs, results, &Drawing::default(), messages)?;
        }
        Ok(Some(report))
    }
}

/// The usual settings of the run, and what the flags say instead.
fn settings_of(arguments: &StabilityArguments, results: &RunResults) -> Result<StabilitySettings, Failure> {
    let mut settings = StabilitySettings::of_run(results);
    if !arguments.rounds.is_empty() {
        settings.rounds = several("round", &arguments.rounds, "--rounds 0,7")?;
        // All that the run has, now of these rounds; one that is not finished is said.
        settings.variants = results.experiment.variants().collect();
    } else if !arguments.from.is_empty() {
        settings.rounds = vec![0];
    }
    if !arguments.variants.is_empty() {
        settings.variants = arguments.variants.iter().map(|name| variant(name)).collect::<Result<_, _>>()?;
    }
    if !arguments.replicate.is_empty() {
        settings.replicates = several("replicate", &arguments.replicate, "--replicate 0")?;
    }
    if !arguments.from.is_empty() {
        settings.from = arguments.from.iter().map(|text| parse(text)).collect::<Result<_, _>>()?;
    }
    if let Some(text) = &arguments.copies {
        settings.copies = positive("number of copies", text, "--copies 2")?;
    }
    if let Some(text) = &arguments.points {
        settings.points = positive("number of points", text, "--points 30")?;
    }
    match arguments.train_examples.as_deref() {
        None => {}
        Some("all") => settings.train_examples = None,
        Some(text) => {
            let example = "--train-examples 10000, or all";
            settings.train_examples = Some(positive("number of training examples", text, example)?);
        }
    }
    if arguments.keep_batch_norm_statistics {
        settings.batch_norm = BatchNormStatistics::Interpolated;
    }
    Ok(settings)
}

fn variant(name: &str) -> Result<Variant, Failure> {
    Variant::try_from(name.to_owned()).map_err(Failure::bad_input)
}

//! What a published figure needs besides the trainings of its sweep: other procedures, by their own commands.

use clap::Parser;
use lth_lab::{Experiment, RunResults, StartPoint, Stop, SweepPlan, find_setting};
use lth_model::ParseError;
use lth_report::{
    Metric, Runs,
    reproduce::{Published, Quantity, Results, Study, StudyPlaces},
};

use super::{
    reproduce_origin::Origin, stability::StabilityCommand, supermask_heuristic, supermask_learn, transfer,
};
use crate::{
    arguments::{
        Command, CommandLine, CommonArguments, ReproduceArguments, ScheduleArguments, SingleSchedule,
        StudySchedule, SupermaskCommand, TrainingArguments,
    },
    failure::Failure,
    output::Messages,
};

/// What a figure is drawn of.
#[derive(Default)]
pub(super) struct Found {
    pub(super) results: Results,
    pub(super) origin: Origin,
}

impl Found {
    /// Adds what is compared of the trainings of runs.
    ///
    /// # Errors
    /// When a file of a run is damaged.
    pub(super) fn add_runs(&mut self, runs: &Runs, one: &Published) -> Result<(), Failure> {
        let of_training = |quantity| match quantity {
            Quantity::OfTraining(metric) => Some(metric),
            _ => None,
        };
        let metrics: Vec<Metric> = one.quantities().into_iter().filter_map(of_training).collect();
        self.results.add_runs(runs, one.columns, one.x, &metrics).map_err(Failure::bad_input)?;
        if !one.studies.is_empty() {
            // The figure is of the studies: of the runs themselves it has what is compared.
            self.results.keep(|curve| one.names(curve));
        }
        runs.all.iter().for_each(|run| self.origin.add_run(run));
        Ok(())
    }
}

/// What the studies of a figure are carried out with.
pub(super) struct Studies<'a> {
    pub(super) one: &'a Published,
    pub(super) arguments: &'a ReproduceArguments,
    pub(super) common: &'a CommonArguments,
    pub(super) messages: &'a Messages,
}

impl Studies<'_> {
    /// Carries out all studies, of the runs and of the experiments of the plan, and adds what they find.
    ///
    /// # Errors
    /// As the commands.
    pub(super) fn carry_out(
        &self,
        plan: &SweepPlan,
        runs: &Runs,
        stop: &mut Option<Stop>,
        found: &mut Found,
    ) -> Result<(), Failure> {
        for study in &self.one.studies {
            if study.needs_run(self.arguments.quick) {
                for run in &runs.all {
                    let folder = run.layout.root().display().to_string();
                    self.one(study, &run.experiment, &folder, stop, found)?;
                }
            } else {
                for run in &plan.runs {
                    self.one(study, &run.experiment, "", stop, found)?;
                }
            }
        }
        Ok(())
    }

    /// One study of one run.
    fn one(
        &self,
        study: &Study,
        experiment: &Experiment,
        folder: &str,
        stop: &mut Option<Stop>,
        found: &mut Found,
    ) -> Result<(), Failure> {
        let Found { results, origin } = found;
        let label = self.one.label(study, experiment);
        let (x, common, messages) = (self.one.x, self.common, self.messages);
        match self.command(study, experiment, folder)? {
            Command::Stability(flags) => {
                let report =
                    StabilityCommand { arguments: &flags, common, messages, stop }.of_run(&flags.runs[0])?;
                if let Some(mut report) = report {
                    // Another figure may have compared other networks of this run.
                    let is_own = |start: &StartPoint| {
                        flags.rounds.contains(&start.round.to_string())
                            && flags.variants.iter().any(|name| *name == start.variant.to_string())
                    };
                    report.pairs.retain(|pair| is_own(&pair.start));
                    report.prunings.retain(|pruning| is_own(&pruning.start));
                    for time in report.times.iter().filter(|time| is_own(&time.start)) {
                        origin.add_training(experiment.seed(time.start.replicate), time.timing.as_ref());
                    }
                    results.add_pairs(&label, x, &report.pairs);
                    results.add_prunings(&label, x, &report.prunings);
                }
            }
            Command::Transfer(flags) => {
                if let Some((report, _)) = transfer::carry_out(&flags, stop, common, messages)? {
                    results.add_transfer(&label, x, &report.rows);
                    for row in &report.rows {
                        let training = RunResults::load(&report.folder.join(&row.folder));
                        origin.add_run(&training.map_err(Failure::failed_work)?);
                    }
                }
            }
            Command::Supermask(flags) => match flags.command {
                SupermaskCommand::Heuristic(flags) => {
                    let run = RunResults::load(&flags.run).map_err(Failure::bad_input)?;
                    let report = supermask_heuristic::carry_out(&flags, &run, stop, common, messages)?;
                    let rows = report.map_or_else(Vec::new, |report| report.rows);
                    results.add_heuristic(&label, x, &rows, |replicate| run.experiment.seed(replicate));
                }
                SupermaskCommand::Learn(flags) => {
                    let learned = supermask_learn::carry_out(&flags, stop, common, messages)?;
                    for learned in learned.iter().flat_map(|(learned, _)| learned) {
                        let Some(record) = &learned.record else { continue };
                        results.add_learned(&label, x, record);
                        origin.add_training(record.seed, learned.timing.as_ref());
                        origin.add_sittings(learned.files.root());
                    }
                }
            },
            _ => return Err(not_a_study(study, self.arguments.quick)),
        }
        Ok(())
    }

    /// The command of a study, with what was asked for otherwise.
    pub(super) fn command(
        &self,
        study: &Study,
        experiment: &Experiment,
        folder: &str,
    ) -> Result<Command, Failure> {
        let ReproduceArguments { quick, sets, source, schedule, .. } = self.arguments;
        // A run has only the name of a folder of images; `--dataset` says where it lies.
        let dataset = self.arguments.dataset.as_ref().unwrap_or(&experiment.dataset);
        let places = StudyPlaces { run: folder, model: &experiment.model, dataset };
        let mut words = vec!["lth".to_owned()];
        words.extend(study.words(*quick, places));
        // Stability and heuristic masks have all settings from the run.
        if !study.needs_run(*quick) || words[1] == "transfer" {
            words.extend(["--seed".to_owned(), experiment.first_seed.to_string()]);
            for text in sets.iter().filter(|text| is_of_a_training(text)) {
                words.extend(["--set".to_owned(), text.clone()]);
            }
        }
        let line = CommandLine::try_parse_from(words).map_err(|error| {
            Failure::bad_input(ParseError {
                what: "study",
                value: study.words(*quick, places).join(" "),
                reason: error.to_string().lines().next().unwrap_or_default().to_owned(),
                hint: "see the --help of this command".to_owned(),
            })
        })?;
        let ScheduleArguments { jobs, output, training, .. } = schedule.clone();
        let training = TrainingArguments { dry_run: false, ..training };
        let mut command = line.command;
        match &mut command {
            Command::Stability(flags) => {
                flags.source = source.clone();
                flags.schedule = StudySchedule { jobs, training, no_figures: true };
                if flags.variants.is_empty() {
                    flags.variants = experiment.variants().map(|variant| variant.to_string()).collect();
                }
                flags.replicate = (0..experiment.replicates).map(|replicate| replicate.to_string()).collect();
            }
            Command::Transfer(flags) => {
                (flags.data_folder, flags.fetch) = (source.data_folder.clone(), source.fetch.clone());
                flags.replicates.get_or_insert_with(|| experiment.replicates.to_string());
                if flags.rounds.is_empty() {
                    flags.rounds = (1..experiment.rounds).map(|round| round.to_string()).collect();
                }
                flags.schedule = ScheduleArguments { jobs, output, training, no_figures: true };
            }
            Command::Supermask(flags) => match &mut flags.command {
                SupermaskCommand::Heuristic(flags) => {
                    flags.source = source.clone();
                    (flags.jobs, flags.no_figures) = (jobs, true);
                }
                SupermaskCommand::Learn(flags) => {
                    (flags.data.data_folder, flags.data.fetch) =
                        (source.data_folder.clone(), source.fetch.clone());
                    (flags.replicates, flags.jobs) = (Some(experiment.replicates.to_string()), jobs);
                    flags.schedule = SingleSchedule { output, training };
                }
            },
            _ => return Err(not_a_study(study, *quick)),
        }
        Ok(command)
    }
}

/// Whether a setting that was given otherwise means something to another training than those of the sweep.
fn is_of_a_training(text: &str) -> bool {
    let key = text.split('=').next().unwrap_or_default().trim();
    find_setting(key).is_ok_and(|setting| setting.group != lth_lab::Group::Noted)
}

fn not_a_study(study: &Study, quick: bool) -> Failure {
    let places = StudyPlaces { run: "RUN", model: "MODEL", dataset: "DATASET" };
    Failure::input(
        format!("'{}' is no study of runs", study.words(quick, places).join(" ")),
        "stability, transfer, supermask heuristic and supermask learn are",
    )
}

//! How long a published figure takes here, before its data are there.

use std::{collections::BTreeMap, fs, path::PathBuf};

use lth_cpu::CpuEngine;
use lth_data::{Dataset, DatasetName, default_cache};
use lth_lab::{
    Calibration, EstimatedTime, Experiment, StudyWork, SweepPlan, Workbench, create_folder,
    estimate_learning, estimate_study, estimate_sweep, write_file,
};
use lth_model::{Architecture, Engine, find_model};
use serde::{Deserialize, Serialize};

use super::{
    reproduce_study::Studies,
    supermask_learn::{learning, replicates, seeded},
};
use crate::{
    arguments::{
        Command, HeuristicArguments, ReproduceArguments, StabilityArguments, SupermaskCommand,
        TransferArguments,
    },
    build_info,
    failure::Failure,
    settings::{self, several},
};

/// What was measured of a machine, as it is kept.
#[derive(Serialize, Deserialize)]
struct Measured {
    /// Program, engine and processor: of another nothing holds.
    machine: String,
    calibration: Calibration,
}

/// Estimates of published figures, from steps that are measured once on noise and kept in the cache folder.
pub(super) struct Timetable {
    engine: CpuEngine,
    jobs: usize,
    output: PathBuf,
    measured: Measured,
    /// How many networks were known at the beginning.
    known: usize,
    /// Networks and noise in place of their data.
    materials: BTreeMap<String, (Architecture, Dataset)>,
    noise: BTreeMap<&'static str, Dataset>,
}

impl Timetable {
    /// For the cores, or as many jobs as were asked for.
    ///
    /// # Errors
    /// When the number of jobs or threads is none.
    pub(super) fn new(arguments: &ReproduceArguments) -> Result<Self, Failure> {
        let threads = arguments.schedule.training.threads()?;
        // Processor time is measured, that of one thread.
        let engine = settings::engine()?;
        let processor = build_info::processor().unwrap_or_default();
        let machine = format!("{}, {}, {processor}", build_info::version_and_commit(), engine.name());
        let kept: Option<Measured> =
            fs::read(file()).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let measured = kept
            .filter(|kept: &Measured| kept.machine == machine)
            .unwrap_or_else(|| Measured { machine, calibration: Calibration::default() });
        Ok(Self {
            jobs: settings::jobs(arguments.schedule.jobs.as_deref(), threads)?,
            output: arguments.schedule.output.folder().to_owned(),
            known: measured.calibration.count(),
            engine,
            measured,
            materials: BTreeMap::new(),
            noise: BTreeMap::new(),
        })
    }

    /// Cores that trainings are laid out on.
    pub(super) fn jobs(&self) -> usize {
        self.jobs
    }

    /// All trainings of a figure, those of its studies too, and the seconds that are left of them; `None` of both where only the data tell.
    ///
    /// # Errors
    /// When a sweep or a study is none.
    pub(super) fn of(
        &mut self,
        studies: &Studies<'_>,
        plan: &SweepPlan,
    ) -> Result<Option<(u64, f64)>, Failure> {
        for run in &plan.runs {
            if !self.know(&run.experiment)? {
                return Ok(None);
            }
        }
        let benches: Vec<Workbench<'_>> = plan.runs.iter().map(|run| self.bench(&run.experiment)).collect();
        let Studies { one, arguments, .. } = studies;
        let (mut trainings, mut total) = (0, 0.0);
        if one.trains_sweep(arguments.quick) {
            trainings += plan.distinct() as u64;
            total += seconds(estimate_sweep(plan, &benches, arguments.retry_failed).time);
        }
        for study in &one.studies {
            for (run, bench) in plan.runs.iter().zip(&benches) {
                let command = studies.command(study, &run.experiment, "RUN")?;
                let (more, time) = of_study(&command, &run.experiment, bench)?;
                trainings += more;
                total += seconds(time);
            }
        }
        Ok(Some((trainings, total)))
    }

    /// Keeps what was measured. Where the cache folder cannot be written it is measured again the next time.
    pub(super) fn keep(&self) {
        if self.measured.calibration.count() == self.known {
            return;
        }
        let text = serde_json::to_vec_pretty(&self.measured).expect("costs are plain numbers");
        if create_folder(&default_cache()).is_ok() {
            let _ = write_file(&file(), &text);
        }
    }

    /// Makes the network of an experiment, and noise as large as its data.
    fn know(&mut self, experiment: &Experiment) -> Result<bool, Failure> {
        let key = key(experiment);
        if self.materials.contains_key(&key) {
            return Ok(true);
        }
        let name = DatasetName::parse(&experiment.dataset).map_err(Failure::bad_input)?;
        let Some(noise) = name.stand_in(&mut self.noise) else { return Ok(false) };
        let data = experiment.view.apply(&noise).map_err(Failure::bad_input)?;
        let model = find_model(&experiment.model).map_err(Failure::bad_input)?;
        let architecture = settings::network(&model, &data)?;
        self.materials.insert(key, (architecture, data));
        Ok(true)
    }

    fn bench(&self, experiment: &Experiment) -> Workbench<'_> {
        let (architecture, data) = &self.materials[&key(experiment)];
        let mut bench = Workbench::new(&self.engine, architecture, data, &self.output);
        (bench.jobs, bench.calibration) = (self.jobs, Some(&self.measured.calibration));
        bench
    }
}

/// Where costs are kept.
fn file() -> PathBuf {
    default_cache().join("calibration.json")
}

fn key(experiment: &Experiment) -> String {
    format!("{} {} {:?}", experiment.model, experiment.dataset, experiment.view)
}

fn seconds(time: EstimatedTime) -> f64 {
    match time {
        EstimatedTime::Seconds => 1.0,
        EstimatedTime::About(seconds) | EstimatedTime::AtMost(seconds) => seconds,
    }
}

/// Trainings of a study of an experiment, and the time that is left of them.
fn of_study(
    command: &Command,
    experiment: &Experiment,
    bench: &Workbench<'_>,
) -> Result<(u64, EstimatedTime), Failure> {
    let works = match command {
        Command::Stability(flags) => of_stability(flags, experiment, bench)?,
        Command::Transfer(flags) => of_transfer(flags)?,
        Command::Supermask(flags) => match &flags.command {
            SupermaskCommand::Heuristic(flags) => of_heuristic(flags, experiment, bench),
            SupermaskCommand::Learn(flags) => {
                let learning = learning(flags, &experiment.model, &experiment.dataset)?;
                let learnings = seeded(&learning, replicates(flags)?);
                return Ok((learnings.len() as u64, estimate_learning(&learnings, bench).time));
            }
        },
        _ => Vec::new(),
    };
    let trainings = works.iter().map(|work| work.trainings).sum();
    Ok((trainings, estimate_study(experiment, &works, bench).time))
}

/// Copies of each network, and the points between each two.
fn of_stability(
    flags: &StabilityArguments,
    experiment: &Experiment,
    bench: &Workbench<'_>,
) -> Result<Vec<StudyWork>, Failure> {
    let number =
        |text: &Option<String>, usual: u64| text.as_ref().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let (copies, points) = (number(&flags.copies, 2), number(&flags.points, 30));
    let examples = number(&flags.train_examples, 10_000) + bench.data.test.len() as u64;
    let replicates = u64::from(experiment.replicates);
    let work = |round: u32, starts: u64, trained: u64| StudyWork {
        round,
        trainings: replicates * starts * trained,
        evaluated: replicates * starts * (copies * copies.saturating_sub(1) / 2) * points * examples,
    };
    let rounds = several("round", &flags.rounds, "3")?;
    let of_round = |round: u32| work(round, if round == 0 { 1 } else { flags.variants.len() as u64 }, copies);
    let later = work(0, flags.from.len() as u64, copies.saturating_sub(1));
    Ok(rounds.into_iter().map(of_round).chain([later]).collect())
}

/// Tickets of rounds, and what they are compared with.
fn of_transfer(flags: &TransferArguments) -> Result<Vec<StudyWork>, Failure> {
    let replicates = flags.replicates.as_ref().and_then(|text| text.parse().ok()).unwrap_or(1);
    let kinds = if flags.baselines { 3 } else { 1 };
    let work = |round, kinds: u64| StudyWork { round, trainings: kinds * replicates, evaluated: 0 };
    let dense = flags.baselines.then(|| work(0, 1));
    Ok(several("round", &flags.rounds, "3")?
        .into_iter()
        .map(|round| work(round, kinds))
        .chain(dense)
        .collect())
}

/// Evaluations of masks, each of which is made of the dense network.
fn of_heuristic(
    flags: &HeuristicArguments,
    experiment: &Experiment,
    bench: &Workbench<'_>,
) -> Vec<StudyWork> {
    let usual = lth_lab::HeuristicSettings::usual();
    let count = |given: usize, usual: usize| if given == 0 { usual } else { given } as u64;
    let weights = if flags.no_signed_constant { 1 } else { usual.weights.len() as u64 };
    let masks = count(flags.criteria.len(), usual.criteria.len())
        * count(flags.densities.len(), usual.targets.len())
        * weights
        * u64::from(experiment.replicates);
    let examples = (experiment.validation_size + bench.data.test.len()) as u64;
    vec![StudyWork { round: 0, trainings: 0, evaluated: masks * examples }]
}

/// A time of which the first digits count: `40 s`, `12 min`, `7 h`, `9 days`.
pub(super) fn rough(seconds: f64) -> String {
    const MINUTE: f64 = 60.0;
    const HOUR: f64 = 60.0 * MINUTE;
    const DAY: f64 = 24.0 * HOUR;
    match seconds {
        s if s < 1.5 * MINUTE => format!("{:.0} s", s.max(1.0)),
        s if s < 1.5 * HOUR => format!("{:.0} min", s / MINUTE),
        s if s < 2.0 * DAY => format!("{:.0} h", s / HOUR),
        s => format!("{:.0} days", s / DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_unit_that_fits() {
        for (seconds, expected) in
            [(0.2, "1 s"), (88.0, "88 s"), (120.0, "2 min"), (7_200.0, "2 h"), (1_000_000.0, "12 days")]
        {
            assert_eq!(rough(seconds), expected);
        }
    }
}

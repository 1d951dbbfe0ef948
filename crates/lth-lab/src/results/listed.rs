//! A run as it is listed: what its folder says without reading every record.

use std::{
    collections::{BTreeMap, HashSet},
    fs, io,
    path::{Path, PathBuf},
};

use csv::StringRecord;
use lth_stats::Sample;
use rayon::prelude::*;

use super::{
    run_folders,
    usage::{Usage, usage},
};
use crate::{Experiment, LabError, Layout, Leases, Setting, SupermaskFiles, Variant, settings};

/// What a run came to, by the keys of conditions.
pub(super) const RESULTS: [&str; 8] =
    ["folder", "state", "rounds_done", "trainings", "density", "accuracy", "seconds", "bytes"];

/// Values by their keys.
pub(super) type Fields = BTreeMap<String, String>;

/// A run folder, in short.
#[derive(Debug)]
pub struct ListedRun {
    /// Where it is.
    pub folder: PathBuf,
    /// Its settings; `None` where they cannot be read.
    pub experiment: Option<Experiment>,
    /// How far it is.
    pub state: RunState,
    /// So many rounds every replicate has finished.
    pub rounds: u32,
    /// So many trainings are finished, those of controls too.
    pub trainings: u64,
    /// The smallest ticket that wins by the means of its seeds.
    pub winner: Option<WinningTicket>,
    /// What its finished trainings took, in seconds; `None` where it is not known.
    pub seconds: Option<f64>,
    /// What it takes on disk.
    pub usage: Usage,
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunState {
    /// Every training is finished.
    Finished,
    /// The command that made it continues it.
    Unfinished,
    /// A training failed and would again, as one that diverges; what does not need it may be unfinished.
    Failed {
        /// Which, and why.
        reason: String,
    },
    /// A process works in it.
    Running,
    /// A file says something that cannot be.
    Damaged {
        /// Which, and what.
        reason: String,
    },
}

impl RunState {
    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Unfinished => "unfinished",
            Self::Failed { .. } => "failed",
            Self::Running => "running",
            Self::Damaged { .. } => "damaged",
        }
    }

    /// Why it will not end by itself.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Failed { reason } | Self::Damaged { reason } => Some(reason),
            Self::Finished | Self::Unfinished | Self::Running => None,
        }
    }

    /// That of a run of which something is missing and in which nobody works.
    pub(crate) fn unfinished(experiment: &Experiment, layout: &Layout) -> Self {
        match &experiment.failures(layout)[..] {
            [] => Self::Unfinished,
            [(stage, reason), more @ ..] => {
                let more = match more.len() {
                    0 => String::new(),
                    1 => " (and one more training)".to_owned(),
                    others => format!(" (and {others} more trainings)"),
                };
                Self::Failed { reason: format!("{stage}: {reason}{more}") }
            }
        }
    }
}

/// The smallest ticket of a run that wins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WinningTicket {
    /// The fraction of weights kept.
    pub density: f64,
    /// Test accuracy at early stop, the mean over seeds.
    pub test_accuracy: f64,
}

/// Lists the runs at or below some paths, in order of paths.
///
/// # Errors
/// When one of the paths cannot be read. What is wrong with a run is in its state.
pub fn list_runs(paths: &[PathBuf]) -> Result<Vec<ListedRun>, LabError> {
    let at_work = folders_at_work(paths);
    Ok(run_folders(paths)?.into_par_iter().map(|folder| ListedRun::read(folder, &at_work)).collect())
}

/// The folders in which processes with leases work; a path may be an output folder or a run in one.
fn folders_at_work(paths: &[PathBuf]) -> HashSet<PathBuf> {
    let outputs: HashSet<&Path> =
        paths.iter().flat_map(|path| [Some(path.as_path()), path.parent()]).flatten().collect();
    let work = |output: &Path| {
        Leases::of(output).holders().into_iter().map(|holder| output.join(holder.folder)).collect::<Vec<_>>()
    };
    outputs.into_iter().flat_map(work).collect()
}

impl ListedRun {
    fn read(folder: PathBuf, at_work: &HashSet<PathBuf>) -> Self {
        let layout = Layout::new(&folder);
        let is_running = layout.is_locked() || at_work.iter().any(|at_work| at_work.starts_with(&folder));
        let mut run = Self {
            usage: usage(&folder),
            folder,
            experiment: None,
            state: RunState::Unfinished,
            rounds: 0,
            trainings: 0,
            winner: None,
            seconds: None,
        };
        let read = match Experiment::read(&layout.experiment()) {
            Ok(experiment) => {
                let read = run.read_results(&layout, &experiment);
                run.experiment = Some(experiment);
                read
            }
            Err(_) if !layout.is_run() => Err(LabError::NotARun { path: run.folder.clone() }),
            Err(error) => Err(error),
        };
        match read {
            Err(error) => run.state = RunState::Damaged { reason: error.to_string() },
            Ok(()) if is_running => run.state = RunState::Running,
            Ok(()) => {}
        }
        run
    }

    fn read_results(&mut self, layout: &Layout, experiment: &Experiment) -> Result<(), LabError> {
        if let Some((_, timing)) = SupermaskFiles::new(&self.folder).read()? {
            (self.rounds, self.trainings, self.state) = (1, 1, RunState::Finished);
            self.seconds = timing.map(|timing| timing.seconds);
            return Ok(());
        }
        let summary = Table::read(&layout.summary())?;
        let mut finished: BTreeMap<u32, u32> = BTreeMap::new();
        self.trainings = summary.rows.len() as u64;
        if self.trainings >= experiment.trainings() {
            let (variant, round) = (summary.column("variant"), summary.column("round"));
            for row in summary.rows.iter().filter(|row| variant.of(row) == Some("ticket")) {
                *finished.entry(round.number(row).unwrap_or(0.0) as u32).or_default() += 1;
            }
            self.state = RunState::Finished;
        } else {
            // The summary may be a few trainings behind.
            self.trainings = 0;
            for stage in experiment.finished_stages(layout) {
                self.trainings += 1;
                *finished.entry(stage.round).or_default() += u32::from(stage.variant == Variant::Ticket);
            }
            self.state = if self.trainings == experiment.trainings() {
                RunState::Finished
            } else {
                RunState::unfinished(experiment, layout)
            };
        }
        self.rounds = finished.values().filter(|&&count| count >= experiment.replicates).count() as u32;
        self.winner = winner(&summary);
        let (seconds, count) = finished_trainings(layout)?;
        self.seconds = (count > 0).then_some(seconds);
        Ok(())
    }

    /// What conditions and orders are about: settings by their path in `experiment.toml`, and what the run came to.
    pub(super) fn fields(&self) -> Fields {
        let of = |experiment: &Experiment| {
            let value = |setting: &'static Setting| {
                Some((setting.key.to_owned(), setting.value(experiment)?.exact()))
            };
            settings().filter_map(value).collect()
        };
        let mut fields: Fields = self.experiment.as_ref().map(of).unwrap_or_default();
        let text = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        let name = self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let own: [String; RESULTS.len()] = [
            name,
            self.state.name().to_owned(),
            self.rounds.to_string(),
            self.trainings.to_string(),
            text(self.winner.map(|winner| winner.density)),
            text(self.winner.map(|winner| winner.test_accuracy)),
            text(self.seconds),
            self.usage.bytes().to_string(),
        ];
        fields.extend(RESULTS.map(str::to_owned).into_iter().zip(own));
        fields
    }
}

/// What the finished trainings of a run took together, in seconds, and how many they are, by its summary.
///
/// # Errors
/// When that cannot be read.
pub(crate) fn finished_trainings(layout: &Layout) -> Result<(f64, usize), LabError> {
    let timing = Table::read(&layout.timing_summary())?;
    let seconds = timing.column("seconds");
    let times = || timing.rows.iter().filter_map(|row| seconds.number(row));
    Ok((times().sum(), times().count()))
}

/// The last round whose tickets win.
fn winner(summary: &Table) -> Option<WinningTicket> {
    let column = |name| summary.column(name);
    let (verdict, round, density) = (column("verdict"), column("round"), column("density"));
    let (early_stop, end) = (column("early_stop_test_accuracy"), column("end_test_accuracy"));
    let wins = |row: &&StringRecord| verdict.of(row) == Some("winning");
    let last = summary.rows.iter().filter(wins).filter_map(|row| round.number(row)).reduce(f64::max)?;
    let rows = || summary.rows.iter().filter(wins).filter(|row| round.number(row) == Some(last));
    let accuracies = rows().filter_map(|row| early_stop.number(row).or_else(|| end.number(row)));
    Some(WinningTicket {
        density: rows().find_map(|row| density.number(row))?,
        test_accuracy: Sample::of(accuracies).map_or(0.0, |sample| sample.mean()),
    })
}

/// A CSV file with a header; without rows where there is no file.
struct Table {
    header: StringRecord,
    rows: Vec<StringRecord>,
}

/// Where a column is in each row.
struct Column(Option<usize>);

impl Table {
    fn read(path: &Path) -> Result<Self, LabError> {
        let damaged =
            |error: csv::Error| LabError::Damaged { path: path.to_owned(), reason: error.to_string() };
        let bytes = match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read.map_err(|source| LabError::Read { path: path.to_owned(), source })?,
        };
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let header = reader.headers().map_err(damaged)?.clone();
        Ok(Self { header, rows: reader.records().collect::<Result<_, _>>().map_err(damaged)? })
    }

    fn column(&self, name: &str) -> Column {
        Column(self.header.iter().position(|own| own == name))
    }
}

impl Column {
    fn of<'a>(&self, row: &'a StringRecord) -> Option<&'a str> {
        row.get(self.0?)
    }

    fn number(&self, row: &StringRecord) -> Option<f64> {
        self.of(row)?.parse().ok()
    }
}

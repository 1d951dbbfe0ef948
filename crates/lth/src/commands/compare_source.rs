//! What `lth compare` compares: a ticket file, or the tickets of a run.

use std::path::Path;

use lth_lab::{RoundRecord, RunResults, Value, Variant};
use lth_model::{Masks, TensorFile, Tensors};

use crate::{failure::Failure, output::Messages, settings::given_with_masks};

/// A ticket file, or a run.
pub(super) enum Source {
    File(Box<Compared>),
    Run { results: Box<RunResults>, replicate: u32, label: String },
}

/// One ticket.
#[derive(Clone)]
pub(super) struct Compared {
    /// Its file, or run, replicate and round.
    pub(super) label: String,
    pub(super) round: Option<u32>,
    pub(super) masks: Masks,
    /// What training starts from.
    pub(super) weights: Tensors,
    /// What it ended with, where that was kept.
    pub(super) trained: Option<Tensors>,
    /// On the test set at early stop, where that is known.
    pub(super) accuracy: Option<f64>,
}

impl Source {
    /// Opens a run folder or a file.
    ///
    /// # Errors
    /// When it is neither, or the run has no such replicate.
    pub(super) fn open(path: &Path, replicate: u32, messages: &Messages) -> Result<Self, Failure> {
        if path.is_dir() {
            let results = RunResults::load(path).map_err(Failure::bad_input)?;
            if replicate >= results.experiment.replicates {
                return Err(Failure::input(
                    format!("'{}' has no replicate {replicate}", path.display()),
                    format!("it has {}, from 0 on", results.experiment.replicates),
                ));
            }
            let name = path
                .file_name()
                .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
            let label = format!("{name}, replicate {replicate}");
            return Ok(Self::Run { results: Box::new(results), replicate, label });
        }
        let file = given_with_masks(path, messages)?.into_file().map_err(Failure::bad_input)?;
        if file.masks.is_empty() {
            return Err(Failure::input(
                format!("'{}' has no masks", path.display()),
                "compare tickets or runs; trained.safetensors of a run has its masks too",
            ));
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        let beside = |name: &str| folder.join(name);
        let trained = beside("trained.safetensors");
        let record = RoundRecord::read(&beside("round.json")).ok().flatten();
        Ok(Self::File(Box::new(Compared {
            label: path.display().to_string(),
            round: file.metadata.get("round").and_then(|round| round.parse().ok()),
            trained: TensorFile::read(&trained).ok().map(|file| file.tensors),
            accuracy: record.map(|record| record.early_stop.as_ref().unwrap_or(&record.end).test_accuracy),
            masks: file.masks,
            weights: file.tensors,
        })))
    }

    /// Its name in tables.
    pub(super) fn label(&self) -> &str {
        match self {
            Self::File(ticket) => &ticket.label,
            Self::Run { label, .. } => label,
        }
    }

    /// The tickets that are compared with each other: of two runs those of the same round, of a run and a file the one of the
    /// nearest density.
    ///
    /// # Errors
    /// When there is none, or a file of a run cannot be read.
    pub(super) fn pairs(
        &self,
        other: &Self,
        round: Option<u32>,
    ) -> Result<Vec<(Compared, Compared)>, Failure> {
        Ok(match (self, other) {
            (Self::File(a), Self::File(b)) => vec![((**a).clone(), (**b).clone())],
            (Self::File(a), Self::Run { .. }) => vec![((**a).clone(), other.nearest(a, round)?)],
            (Self::Run { .. }, Self::File(b)) => vec![(self.nearest(b, round)?, (**b).clone())],
            (Self::Run { .. }, Self::Run { .. }) => {
                let (mine, its) = (self.rounds(round), other.rounds(round));
                let common: Vec<u32> = mine.into_iter().filter(|round| its.contains(round)).collect();
                if common.is_empty() {
                    return Err(self.no_round(round));
                }
                common
                    .into_iter()
                    .map(|round| Ok((self.ticket(round)?, other.ticket(round)?)))
                    .collect::<Result<_, Failure>>()?
            }
        })
    }

    /// Settings of two runs that are not the same, a line each.
    pub(super) fn differences(&self, other: &Self) -> Vec<String> {
        let (Self::Run { results: a, .. }, Self::Run { results: b, .. }) = (self, other) else {
            return Vec::new();
        };
        let (mine, its) = (a.experiment.identity(), b.experiment.identity());
        let value = |value: Option<&Value>| value.map_or_else(|| "not set".to_owned(), Value::exact);
        let mut names: Vec<&&str> = mine.keys().chain(its.keys()).collect();
        names.sort();
        names.dedup();
        names
            .into_iter()
            .filter(|name| mine.get(*name) != its.get(*name))
            .map(|name| {
                format!("{name}: {} and {} in {}", value(mine.get(name)), value(its.get(name)), other.label())
            })
            .collect()
    }

    /// Finished rounds after the dense one.
    fn rounds(&self, only: Option<u32>) -> Vec<u32> {
        let Self::Run { results, replicate, .. } = self else { return Vec::new() };
        let all = results.of(*replicate, Variant::Ticket).map(|result| result.record.round);
        all.filter(|&round| only.map_or(round > 0, |only| only == round)).collect()
    }

    fn no_round(&self, round: Option<u32>) -> Failure {
        let what = round.map_or("a round after the dense one".to_owned(), |round| format!("round {round}"));
        Failure::input(
            format!("{} and the other run do not both have {what}", self.label()),
            "`lth find-winning-ticket` with more rounds goes on with a run",
        )
    }

    fn nearest(&self, ticket: &Compared, round: Option<u32>) -> Result<Compared, Failure> {
        let Self::Run { results, replicate, .. } = self else { return Ok(ticket.clone()) };
        let density = |masks: &Masks| {
            let (live, all) =
                masks.values().fold((0, 0), |(live, all), mask| (live + mask.live(), all + mask.len()));
            live as f64 / all.max(1) as f64
        };
        let wanted = density(&ticket.masks);
        let rounds = self.rounds(round);
        let far = |round: u32| {
            let found = results.of(*replicate, Variant::Ticket).find(|result| result.record.round == round);
            found.map_or(f64::INFINITY, |result| (result.density().get() - wanted).abs())
        };
        let nearest = rounds.into_iter().min_by(|&a, &b| far(a).total_cmp(&far(b)));
        self.ticket(nearest.ok_or_else(|| self.no_round(round))?)
    }

    fn ticket(&self, round: u32) -> Result<Compared, Failure> {
        let Self::Run { results, replicate, label } = self else { unreachable!("files have no rounds") };
        let file = results.ticket(*replicate, Variant::Ticket, round).map_err(Failure::bad_input)?;
        let trained = results.layout.trained(*replicate, Variant::Ticket, round);
        let trained =
            trained.exists().then(|| TensorFile::read(&trained)).transpose().map_err(Failure::bad_input)?;
        let found = results.of(*replicate, Variant::Ticket).find(|result| result.record.round == round);
        Ok(Compared {
            label: label.clone(),
            round: Some(round),
            // Where masks change in training, the trained network has the one that was found.
            masks: trained.as_ref().map_or(file.masks, |trained| trained.masks.clone()),
            weights: file.tensors,
            trained: trained.map(|trained| trained.tensors),
            accuracy: found.map(lth_lab::RoundResult::test_accuracy),
        })
    }
}

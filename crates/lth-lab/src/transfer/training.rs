//! The trainings of a transfer, and what each starts from.

use std::{fmt, path::PathBuf};

use lth_model::Architecture;
use lth_ticket::{Take, TransferFit, TransferSource, TransferTarget, Transferred, fit_layers};

use super::{TicketSource, TransferKind, TransferRunError, TransferSettings, source::is_dense};
use crate::{Experiment, GivenStart, LabError, Task, settings::MOST_TRAININGS};

/// A transfer: tickets, rules, and how far it is to go.
#[derive(Debug, Clone, Copy)]
pub struct Transfer<'a> {
    /// What is transferred, and how.
    pub settings: &'a TransferSettings,
    /// The tickets.
    pub source: &'a TicketSource,
    /// Their network.
    pub source_architecture: &'a Architecture,
    /// Rounds whose tickets are transferred.
    pub rounds: &'a [u32],
    /// Seeds, each with a training of every kind and round.
    pub replicates: u32,
    /// Whether the baselines are trained too.
    pub baselines: bool,
    /// A run on the target's data, whose own tickets are trained by the same rules.
    pub same_data: Option<&'a TicketSource>,
}

/// One training of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TransferTraining {
    /// The ticket's round; 0 for the dense network.
    pub round: u32,
    /// What it starts from.
    pub kind: TransferKind,
    /// Which repetition.
    pub replicate: u32,
}

impl TransferTraining {
    /// Its place below the transfer's folder.
    pub(super) fn place(&self) -> PathBuf {
        match self.kind {
            TransferKind::Dense => PathBuf::from("dense"),
            kind => PathBuf::from(format!("round-{:02}", self.round)).join(kind.name()),
        }
    }
}

impl Task for TransferTraining {}

impl fmt::Display for TransferTraining {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TransferKind::Dense => write!(f, "dense, replicate {}", self.replicate),
            kind => write!(f, "{kind}, round {}, replicate {}", self.round, self.replicate),
        }
    }
}

impl Transfer<'_> {
    /// The kinds that are trained. A baseline that would be the transfer itself is left out: without the ticket's weights the
    /// reinitialised ticket, without its masks everything but the dense network.
    pub fn kinds(&self) -> Vec<TransferKind> {
        let wanted = |kind: &TransferKind| match kind {
            TransferKind::Transferred => true,
            TransferKind::SameData => self.same_data.is_some(),
            TransferKind::Reinit => self.baselines && self.settings.take == Take::MaskAndWeights,
            TransferKind::RandomTicket => self.baselines && self.settings.take != Take::Weights,
            TransferKind::Dense => self.baselines,
        };
        TransferKind::ALL.into_iter().filter(wanted).collect()
    }

    /// Every training, one replicate after the other.
    pub fn trainings(&self) -> Vec<TransferTraining> {
        let mut trainings = Vec::new();
        for replicate in 0..self.replicates {
            for kind in self.kinds() {
                if kind == TransferKind::Dense {
                    trainings.push(TransferTraining { round: 0, kind, replicate });
                    continue;
                }
                trainings.extend(self.rounds.iter().map(|&round| TransferTraining {
                    round,
                    kind,
                    replicate,
                }));
            }
        }
        trainings
    }

    /// Checks, before anything is trained, that every ticket is there and fits the target.
    ///
    /// # Errors
    /// For the first that does not.
    pub fn check(&self, target: &Architecture, per_epoch: u64) -> Result<TransferFit, TransferRunError> {
        let rounds = self.rounds.len().max(1) as u64;
        let trainings = u64::from(self.replicates) * self.kinds().len() as u64 * rounds;
        if trainings > MOST_TRAININGS {
            return Err(TransferRunError::Lab(LabError::Setting {
                setting: "replicates",
                value: self.replicates.to_string(),
                reason: format!("these are {trainings} trainings"),
                hint: format!("a transfer has {MOST_TRAININGS} trainings at most"),
            }));
        }
        let fit = fit_layers(self.source_architecture, target, self.settings.rules())?;
        if let Some(run) = self.same_data {
            let experiment = &self.settings.target;
            run.check_is_of(&experiment.model, &experiment.view.name_of(&experiment.dataset))?;
        }
        let length = self.settings.target.recipe.length.iterations(per_epoch);
        for (source, architecture) in self.sources(target) {
            for replicate in 0..self.replicates.min(source.replicates()) {
                for &round in self.rounds {
                    let ticket = source.ticket(replicate, round, architecture)?;
                    let iteration = ticket.origin.rewind_iteration;
                    if self.settings.schedule_from_ticket && iteration >= length {
                        return Err(TransferRunError::NothingLeft { iteration, length });
                    }
                }
            }
        }
        Ok(fit)
    }

    fn sources<'a>(
        &'a self,
        target: &'a Architecture,
    ) -> impl Iterator<Item = (&'a TicketSource, &'a Architecture)> {
        [(self.source, self.source_architecture)]
            .into_iter()
            .chain(self.same_data.map(|source| (source, target)))
    }

    /// The experiment of one training: the target's, with the replicate's seed.
    pub(super) fn experiment(&self, replicate: u32) -> Experiment {
        let target = &self.settings.target;
        Experiment { first_seed: target.seed(replicate), ..target.clone() }
    }

    /// What a training starts from; `None` for the recipe's own initialisation.
    ///
    /// # Errors
    /// When the ticket is not there any more, or another.
    pub(super) fn start(
        &self,
        training: TransferTraining,
        network: &Architecture,
    ) -> Result<Option<GivenStart>, TransferRunError> {
        let TransferTraining { round, kind, replicate } = training;
        let (source, architecture) = match (kind, self.same_data) {
            (TransferKind::Dense, _) => return Ok(None),
            (TransferKind::SameData, Some(run)) => (run, network),
            _ => (self.source, self.source_architecture),
        };
        let experiment = self.experiment(replicate);
        let ticket = source.ticket(replicate, round, architecture)?;
        let rewind = match self.settings.take {
            Take::Weights if !is_dense(&ticket.masks) => {
                source.rewind_point(replicate, &ticket, architecture)?
            }
            _ => None,
        };
        let target = TransferTarget {
            architecture: network,
            recipe: &experiment.recipe,
            seed: experiment.first_seed,
            round: u64::from(round),
        };
        let source = TransferSource {
            architecture,
            weights: &ticket.weights,
            masks: &ticket.masks,
            rewind: rewind.as_ref(),
        };
        let transferred = Transferred::of(&source, &target, self.settings.rules())?;
        let start = match kind {
            TransferKind::Reinit => transferred.reinit(&target),
            TransferKind::RandomTicket => transferred.random_ticket(&target),
            _ => transferred,
        };
        let iteration = if self.settings.schedule_from_ticket { ticket.origin.rewind_iteration } else { 0 };
        let (weights, masks) = (start.weights, start.masks);
        Ok(Some(GivenStart { weights, masks, optimizer: None, iteration }))
    }
}

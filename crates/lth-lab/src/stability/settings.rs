//! What is compared, and how exactly.

use std::collections::BTreeSet;

use lth_model::Step;
use lth_ticket::DataOrder;
use serde::Serialize;

use super::StartPoint;
use crate::{LabError, Procedure, RunResults, Variant};

/// The error barrier below which a network counts as stable (Frankle et al. 2020: 2 percentage points).
pub const STABLE_BELOW: f64 = 0.02;

/// The density that the ticket compared by default is nearest to: about where the papers look at theirs.
const USUAL_DENSITY: f64 = 0.1;

/// The most networks on a line between two copies.
const MOST_POINTS: usize = 10_000;

/// The most copies and pairs of them, whose list is made before the first is trained.
const MOST_TASKS: u64 = 100_000;

/// What batch normalisation uses between two networks, whose running statistics are of neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BatchNormStatistics {
    /// Those of training examples under the weights of each point, the ends included.
    Reestimated,
    /// The running statistics of the two networks, interpolated as the weights are.
    Interpolated,
}

/// Which networks are copied, and how copies are compared.
#[derive(Debug, Clone, PartialEq)]
pub struct StabilitySettings {
    /// Repetitions of the run.
    pub replicates: Vec<u32>,
    /// Rounds; 0 is the dense network.
    pub rounds: Vec<u32>,
    /// The ticket, controls; of rounds after 0.
    pub variants: Vec<Variant>,
    /// Where copies of the dense network part, besides the start of its training.
    pub from: Vec<Step>,
    /// Copies of each network, from 2; each pair is compared.
    pub copies: u32,
    /// Networks on the line between two copies, from 3, both ends included.
    pub points: usize,
    /// How many training examples the training error is measured on; `None` for all.
    pub train_examples: Option<usize>,
    /// What batch normalisation uses between two copies.
    pub batch_norm: BatchNormStatistics,
}

impl StabilitySettings {
    /// What is compared unless something else is asked for: of every replicate the dense network, at its start and at the run's
    /// rewind point, and the finished round nearest to 10 % density, with the ticket and the run's controls; 2 copies, 30 points,
    /// 10,000 training examples.
    pub fn of_run(results: &RunResults) -> Self {
        let experiment = &results.experiment;
        let finished = |round: u32| {
            (0..experiment.replicates)
                .all(|replicate| results.of(replicate, Variant::Ticket).any(|r| r.record.round == round))
        };
        let sparse =
            results.of(0, Variant::Ticket).filter(|r| r.record.round > 0 && finished(r.record.round));
        let distance = |density: f64| (density / USUAL_DENSITY).ln().abs();
        let nearest =
            sparse.min_by(|a, b| distance(a.density().get()).total_cmp(&distance(b.density().get())));
        let round = nearest.map(|result| result.record.round);
        let has = |variant: &Variant| {
            round.is_none_or(|round| {
                (0..experiment.replicates)
                    .all(|replicate| results.of(replicate, *variant).any(|r| r.record.round == round))
            })
        };
        let rewind = experiment.pruning.procedure.rewind();
        Self {
            replicates: (0..experiment.replicates).collect(),
            rounds: [0].into_iter().chain(round).collect(),
            variants: experiment.variants().filter(has).collect(),
            from: if rewind.is_zero() || round.is_none() { Vec::new() } else { vec![rewind] },
            copies: 2,
            points: 30,
            train_examples: Some(10_000),
            batch_norm: BatchNormStatistics::Reestimated,
        }
    }

    /// The name of the folder of the comparisons: what makes two of them differ, though their copies are the same.
    pub fn folder_name(&self) -> String {
        let examples = self.train_examples.map_or_else(|| "all".to_owned(), |count| count.to_string());
        let statistics = match self.batch_norm {
            BatchNormStatistics::Reestimated => "",
            BatchNormStatistics::Interpolated => "-interpolated-statistics",
        };
        format!("{}-points-{examples}-examples{statistics}", self.points)
    }

    /// Finds what makes no sense before anything is trained.
    ///
    /// # Errors
    /// When a number is out of range, or the run has no such replicate, round or variant, or has not finished it.
    pub fn check(&self, results: &RunResults) -> Result<(), LabError> {
        let experiment = &results.experiment;
        if self.copies < 2 {
            return Err(refused("copies", self.copies, "two networks are compared", "use for example 2"));
        }
        if self.points < 3 {
            let reason = "the ends of a path are two points, and a barrier lies between them";
            return Err(refused("points", self.points, reason, "use 3 or more; the papers use 30"));
        }
        if self.points > MOST_POINTS {
            let hint = format!("use {MOST_POINTS} at most; the papers use 30");
            return Err(refused("points", self.points, "no figure shows so many", hint));
        }
        let starts = self.replicates.len() * (self.rounds.len() * self.variants.len() + self.from.len());
        let copies = u64::from(self.copies);
        let tasks = (copies + copies * (copies - 1) / 2).saturating_mul(starts as u64);
        if tasks > MOST_TASKS {
            let reason = format!("of {starts} networks these are {tasks} copies and pairs of them");
            return Err(refused(
                "copies",
                self.copies,
                reason,
                format!("{MOST_TASKS} can be compared at most"),
            ));
        }
        if self.train_examples == Some(0) {
            return Err(refused(
                "train-examples",
                0,
                "there is no error of no example",
                "use a number, or all",
            ));
        }
        if experiment.order == DataOrder::Stored {
            let reason =
                "the run takes its examples in stored order, so that its copies would be one network";
            return Err(refused("order", "stored", reason, "use a run that shuffles its examples"));
        }
        let of_tickets =
            self.variants.contains(&Variant::Ticket) && self.rounds.iter().any(|&round| round > 0);
        if let (Procedure::Dynamic(dynamic), true) = (&experiment.pruning.procedure, of_tickets) {
            let reason = "the masks of the run's tickets change while they train, and those of copies do not";
            let hint = "use --rounds 0 for its dense network, or a run by another procedure";
            return Err(refused("procedure", dynamic.method.name(), reason, hint));
        }
        for &replicate in &self.replicates {
            if replicate >= experiment.replicates {
                let reason = format!("the run has {} replicates, the first is 0", experiment.replicates);
                return Err(refused("replicate", replicate, reason, "more --replicates extend the run"));
            }
        }
        for variant in &self.variants {
            if !experiment.variants().any(|own| own == *variant) {
                let there: Vec<String> = experiment.variants().map(|own| own.to_string()).collect();
                let hint = format!("the run has {}", there.join(", "));
                return Err(refused("variant", variant, "the run has no such control", hint));
            }
        }
        for &round in &self.rounds {
            if round >= experiment.rounds {
                let reason = format!("the run has rounds 0 to {}", experiment.rounds.saturating_sub(1));
                return Err(refused("round", round, reason, "more rounds (-i) extend the run"));
            }
        }
        let starts = self.rounds_and_variants();
        for start in &starts {
            if !results.of(start.replicate, start.variant).any(|result| result.record.round == start.round) {
                let reason = format!("{start} is not finished");
                let hint = "continue the run with the same command, or choose finished rounds with --rounds";
                return Err(refused("round", start.round, reason, hint));
            }
        }
        if starts.is_empty() && self.from.is_empty() {
            let reason = "there is nothing to compare: round 0 is dense and has no controls";
            return Err(refused("rounds", list(&self.rounds), reason, "choose rounds with --rounds 0,7"));
        }
        Ok(())
    }

    /// Everything that is copied, once, by replicate, the dense networks first. `part` gives the iteration of a step in a
    /// replicate, `None` when it is the start of the dense training.
    ///
    /// # Errors
    /// Those of `part`.
    pub(super) fn starts(
        &self,
        part: impl Fn(u32, Step) -> Result<Option<u64>, LabError>,
    ) -> Result<Vec<StartPoint>, LabError> {
        let mut starts = self.rounds_and_variants();
        for &replicate in &self.replicates {
            for &step in &self.from {
                let parts_at = part(replicate, step)?;
                starts.push(StartPoint { parts_at, ..StartPoint::of_round(replicate, Variant::Ticket, 0) });
            }
        }
        let mut seen = Vec::new();
        starts.retain(|start| {
            !seen.contains(start) && {
                seen.push(*start);
                true
            }
        });
        // Stable: variants stay in the order of the experiment.
        starts.sort_by_key(|start| (start.replicate, start.round, start.parts_at));
        Ok(starts)
    }

    fn rounds_and_variants(&self) -> Vec<StartPoint> {
        let rounds: BTreeSet<u32> = self.rounds.iter().copied().collect();
        let mut starts = Vec::new();
        for &replicate in &self.replicates {
            for &round in &rounds {
                // Round 0 is dense: it has no controls.
                let variants: &[Variant] = if round == 0 { &[Variant::Ticket] } else { &self.variants };
                starts
                    .extend(variants.iter().map(|&variant| StartPoint::of_round(replicate, variant, round)));
            }
        }
        starts
    }
}

/// A setting that makes no sense.
pub(super) fn refused(
    setting: &'static str,
    value: impl ToString,
    reason: impl Into<String>,
    hint: impl Into<String>,
) -> LabError {
    LabError::Setting { setting, value: value.to_string(), reason: reason.into(), hint: hint.into() }
}

fn list(numbers: &[u32]) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

//! Which rounds win, over seeds, and which cannot be judged.

mod judge;
mod sentence;
#[cfg(test)]
mod tests;

use lth_model::{Density, Seed};

/// What one training reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RoundResult {
    /// The round; 0 is dense.
    pub round: u64,
    /// The fraction of weights that it trained.
    pub density: Density,
    /// The iteration of its minimum validation loss; `None` without validation examples.
    pub early_stop_iteration: Option<u64>,
    /// The iteration of its last evaluation.
    pub last_iteration: u64,
    /// The fraction of the test set that it classified correctly at early stop, without validation examples at the end.
    pub test_accuracy: f64,
}

/// The rounds of one seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Replicate {
    /// Its seed.
    pub seed: Seed,
    /// Its finished rounds, in any order.
    pub rounds: Vec<RoundResult>,
}

/// What accuracies on a test set can tell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TestSet {
    /// How many examples it has.
    pub examples: u64,
    /// The share of its most frequent class: what naming one class always can reach.
    pub chance: f64,
}

impl TestSet {
    /// From the labels of its examples.
    pub fn of(labels: impl IntoIterator<Item = u16>) -> Self {
        let mut counts = std::collections::HashMap::new();
        for label in labels {
            *counts.entry(label).or_insert(0_u64) += 1;
        }
        let examples = counts.values().sum();
        let most = counts.values().copied().max().unwrap_or(0);
        Self { examples, chance: most as f64 / (examples as f64).max(1.0) }
    }
}

/// What a round is found to be. A winning ticket reaches its minimum validation loss no later than the dense network,
/// with no lower test accuracy there (Frankle and Carbin 2019, Section 1), by the means over seeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    /// It is the dense network.
    Dense,
    /// No later, and of an accuracy that is higher by more than noise.
    Winning,
    /// No later, and of an accuracy whose difference is within noise, higher or lower.
    NotDistinguished,
    /// Of an accuracy that is lower by more than noise.
    LowerAccuracy,
    /// Later, and of an accuracy that is not lower by more than noise.
    Later,
    /// No verdict: it keeps as many weights as the dense network.
    Unpruned,
    /// No verdict: there is no early stop without validation examples.
    NoValidation,
    /// No verdict: a network is no better than naming the most frequent class always.
    AtChance(Cause),
    /// No verdict: the minimum of a validation loss is at the last evaluation.
    StillImproving(Cause),
}

/// Why there is no verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cause {
    /// Whether it lies with the dense network, else with the round's.
    pub dense: bool,
    /// For how many of the seeds.
    pub seeds: usize,
}

impl Ruling {
    /// Its name in `summary.csv`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dense => "dense",
            Self::Winning => "winning",
            Self::NotDistinguished => "not-distinguished",
            Self::LowerAccuracy => "lower-accuracy",
            Self::Later => "later",
            Self::Unpruned => "unpruned",
            Self::NoValidation => "no-validation",
            Self::AtChance(_) => "at-chance",
            Self::StillImproving(_) => "still-improving",
        }
    }

    /// The names of all rulings.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let cause = Cause { dense: false, seeds: 0 };
        let all = [
            Self::Dense,
            Self::Winning,
            Self::NotDistinguished,
            Self::LowerAccuracy,
            Self::Later,
            Self::Unpruned,
            Self::NoValidation,
            Self::AtChance(cause),
            Self::StillImproving(cause),
        ];
        all.into_iter().map(Self::name)
    }

    /// Whether the round is a pruned network that is comparable with the dense one.
    pub fn is_verdict(self) -> bool {
        matches!(self, Self::Winning | Self::NotDistinguished | Self::LowerAccuracy | Self::Later)
    }
}

/// A difference to the dense network, paired by seed, and what noise alone makes of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// The mean over seeds of the round's figure minus the dense network's.
    pub mean: f64,
    /// Smaller differences are not distinguished from noise: the half-width of the 95 % interval over seeds
    /// ([`lth_stats::paired_interval`]). For the accuracies of one seed, a bound on the sampling error of the test set
    /// ([`lth_stats::paired_proportions_noise`]); for iterations of one seed it is not known.
    pub noise: Option<f64>,
}

impl Difference {
    /// Whether it is larger than noise, in either direction.
    pub fn is_distinguished(&self) -> bool {
        self.noise.is_some_and(|noise| self.mean.abs() > noise)
    }
}

/// Means over seeds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Means {
    /// Of the iterations of minimum validation loss; `None` where one is missing.
    pub early_stop_iteration: Option<f64>,
    /// Of the test accuracies there.
    pub test_accuracy: f64,
}

/// A round against the dense network, over the seeds that have both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RoundVerdict {
    /// The round.
    pub round: u64,
    /// The mean of its densities.
    pub density: Density,
    /// How many seeds.
    pub seeds: usize,
    /// What it is.
    pub ruling: Ruling,
    /// The dense networks of these seeds.
    pub dense: Means,
    /// The round's networks.
    pub ticket: Means,
    /// Of the test accuracies.
    pub accuracy: Difference,
    /// Of the early-stop iterations; `None` where one is missing.
    pub early_stop: Option<Difference>,
}

/// The verdict on a run. Its text is what is to be said at its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// What the accuracies are of.
    pub test: TestSet,
    /// By round; round 0 is the dense network.
    pub rounds: Vec<RoundVerdict>,
}

impl Verdict {
    /// Judges every round over the seeds that have it and a round 0. `None` when there is no round 0.
    pub fn of(replicates: &[Replicate], test: TestSet) -> Option<Self> {
        let rounds = judge::rounds(replicates, test);
        (!rounds.is_empty()).then_some(Self { test, rounds })
    }

    /// What is found of a round.
    pub fn round(&self, round: u64) -> Option<&RoundVerdict> {
        self.rounds.iter().find(|found| found.round == round)
    }

    /// The winning ticket of least density; of equal densities the first, for later ones pruned nothing.
    pub fn winner(&self) -> Option<&RoundVerdict> {
        self.sparsest(Ruling::Winning)
    }

    /// The round of least density of which this was found; of equal densities the first.
    fn sparsest(&self, ruling: Ruling) -> Option<&RoundVerdict> {
        let found = self.rounds.iter().filter(|round| round.ruling == ruling);
        found.min_by(|left, right| left.density.get().total_cmp(&right.density.get()))
    }
}

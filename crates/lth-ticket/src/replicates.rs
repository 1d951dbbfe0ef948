//! The smallest winning ticket over replicates.

use std::fmt;

use lth_model::{Density, Seed};

use crate::{RoundResult, Verdict, winning::density};

/// The rounds of one replicate.
#[derive(Debug, Clone, PartialEq)]
pub struct Replicate {
    /// Its seed.
    pub seed: Seed,
    /// Its rounds, in any order.
    pub rounds: Vec<RoundResult>,
}

/// The smallest winning ticket by the means over replicates, and that of each replicate alone.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplicatesVerdict {
    /// By the means of early-stop iteration and test accuracy; rounds that a replicate lacks do not count.
    pub means: Verdict,
    /// Of each replicate, by its seed, in the order given.
    pub each: Vec<(Seed, Verdict)>,
}

impl ReplicatesVerdict {
    /// `None` when there is no replicate, or one without round 0.
    pub fn of(replicates: &[Replicate]) -> Option<Self> {
        let each = replicates
            .iter()
            .map(|replicate| Some((replicate.seed, Verdict::of(&replicate.rounds)?)))
            .collect::<Option<Vec<_>>>()?;
        Some(Self { means: Verdict::of(&means(replicates))?, each })
    }
}

/// The mean of each round that every replicate has.
fn means(replicates: &[Replicate]) -> Vec<RoundResult> {
    let Some(first) = replicates.first() else { return Vec::new() };
    let mean = |round: u64| {
        let found =
            |replicate: &Replicate| replicate.rounds.iter().find(|result| result.round == round).copied();
        let results = replicates.iter().map(found).collect::<Option<Vec<_>>>()?;
        let mean =
            |value: fn(&RoundResult) -> f64| results.iter().map(value).sum::<f64>() / results.len() as f64;
        Some(RoundResult {
            round,
            density: Density::new(mean(|result| result.density.get()).min(1.0)).ok()?,
            early_stop_iteration: mean(|result| result.early_stop_iteration),
            test_accuracy: mean(|result| result.test_accuracy),
        })
    };
    first.rounds.iter().filter_map(|result| mean(result.round)).collect()
}

impl fmt::Display for ReplicatesVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [(_, only)] = self.each.as_slice() {
            return only.fmt(f);
        }
        write!(f, "By the means of {} replicates: {}", self.each.len(), self.means)?;
        f.write_str(" Seed by seed, the smallest winning ticket has density ")?;
        for (place, (seed, verdict)) in self.each.iter().enumerate() {
            let comma = if place > 0 { ", " } else { "" };
            let density = verdict.winner.map_or("none".to_owned(), |winner| density(winner.density));
            write!(f, "{comma}{density} (seed {seed})")?;
        }
        f.write_str(".")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replicate(seed: u64, rounds: &[(f64, f64)]) -> Replicate {
        let rounds =
            rounds.iter().enumerate().map(|(round, &(early_stop_iteration, test_accuracy))| RoundResult {
                round: round as u64,
                density: Density::new(0.8_f64.powi(round as i32)).unwrap(),
                early_stop_iteration,
                test_accuracy,
            });
        Replicate { seed: Seed(seed), rounds: rounds.collect() }
    }

    #[test]
    fn means_can_win_where_a_seed_does_not() {
        let replicates = [
            replicate(0, &[(4000.0, 0.98), (3000.0, 0.97), (5000.0, 0.98)]),
            replicate(1, &[(6000.0, 0.98), (3000.0, 0.99), (5000.0, 0.98)]),
        ];
        let verdict = ReplicatesVerdict::of(&replicates).unwrap();
        assert_eq!(
            (verdict.means.dense.early_stop_iteration, verdict.means.winner.unwrap().round),
            (5000.0, 2)
        );
        assert_eq!(verdict.each[0].1.winner, None);
        assert_eq!(verdict.each[1].1.winner.unwrap().round, 2);
        assert_eq!(
            verdict.to_string(),
            "By the means of 2 replicates: Round 2 (density 64.0 %) is the smallest winning ticket: it reaches its minimum \
             validation loss at iteration 5,000 (dense: 5,000) with 98.00 % test accuracy (dense: 98.00 %). Seed by seed, \
             the smallest winning ticket has density none (seed 0), 64.0 % (seed 1)."
        );
    }

    #[test]
    fn counts_only_rounds_that_all_have() {
        let replicates =
            [replicate(0, &[(2.0, 0.9), (1.0, 0.9), (1.0, 0.9)]), replicate(1, &[(2.0, 0.9), (1.0, 0.9)])];
        let verdict = ReplicatesVerdict::of(&replicates).unwrap();
        assert_eq!((verdict.means.pruned, verdict.means.winner.unwrap().round), (1, 1));
    }

    #[test]
    fn one_replicate_speaks_for_itself() {
        let replicates = [replicate(7, &[(2.0, 0.9), (1.0, 0.9)])];
        let verdict = ReplicatesVerdict::of(&replicates).unwrap();
        assert_eq!(verdict.to_string(), verdict.each[0].1.to_string());
        assert_eq!(ReplicatesVerdict::of(&[]), None);
        assert_eq!(ReplicatesVerdict::of(&[replicate(0, &[])]), None);
    }
}

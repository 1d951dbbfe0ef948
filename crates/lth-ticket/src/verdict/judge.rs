//! The rule.

use std::collections::BTreeSet;

use lth_model::Density;

use super::{Cause, Difference, Means, Replicate, RoundResult, RoundVerdict, Ruling, TestSet};
use lth_stats::{Sample, counting_variance, paired_interval, paired_proportions_noise, proportion_noise};

/// A dense network and the network of a round, of one seed.
struct Pair {
    dense: RoundResult,
    ticket: RoundResult,
}

/// Every round that a seed with a round 0 has, in order.
pub(super) fn rounds(replicates: &[Replicate], test: TestSet) -> Vec<RoundVerdict> {
    let numbers: BTreeSet<u64> =
        replicates.iter().flat_map(|replicate| &replicate.rounds).map(|result| result.round).collect();
    numbers.into_iter().filter_map(|round| judge(&pairs(replicates, round), test)).collect()
}

fn pairs(replicates: &[Replicate], round: u64) -> Vec<Pair> {
    let pair = |replicate: &Replicate| {
        let find = |round| replicate.rounds.iter().find(|result| result.round == round).copied();
        Some(Pair { dense: find(0)?, ticket: find(round)? })
    };
    replicates.iter().filter_map(pair).collect()
}

/// `None` when there is no pair.
fn judge(pairs: &[Pair], test: TestSet) -> Option<RoundVerdict> {
    let first = pairs.first()?;
    let mean = |value: &dyn Fn(&Pair) -> f64| {
        Sample::of(pairs.iter().map(value)).map_or(f64::NAN, |sample| sample.mean())
    };
    let means = |of: fn(&Pair) -> &RoundResult| Means {
        early_stop_iteration: pairs
            .iter()
            .all(|pair| of(pair).early_stop_iteration.is_some())
            .then(|| mean(&|pair| of(pair).early_stop_iteration.unwrap_or(0) as f64)),
        test_accuracy: mean(&|pair| of(pair).test_accuracy),
    };
    let accuracy = accuracy_difference(pairs, test);
    let early_stop = iteration_difference(pairs);
    Some(RoundVerdict {
        round: first.ticket.round,
        density: Density::new(mean(&|pair| pair.ticket.density.get()).min(1.0)).ok()?,
        seeds: pairs.len(),
        ruling: ruling(pairs, test, &accuracy, early_stop.as_ref()),
        dense: means(|pair| &pair.dense),
        ticket: means(|pair| &pair.ticket),
        accuracy,
        early_stop,
    })
}

fn ruling(pairs: &[Pair], test: TestSet, accuracy: &Difference, early_stop: Option<&Difference>) -> Ruling {
    if pairs[0].ticket.round == 0 {
        return Ruling::Dense;
    }
    if pairs.iter().any(|pair| pair.ticket.density >= pair.dense.density) {
        return Ruling::Unpruned;
    }
    if let Some(cause) = cause(pairs, |result| is_at_chance(result, test)) {
        return Ruling::AtChance(cause);
    }
    let Some(early_stop) = early_stop else { return Ruling::NoValidation };
    if let Some(cause) = cause(pairs, is_still_improving) {
        return Ruling::StillImproving(cause);
    }
    match accuracy {
        accuracy if accuracy.mean < 0.0 && accuracy.is_distinguished() => Ruling::LowerAccuracy,
        _ if early_stop.mean > 0.0 => Ruling::Later,
        accuracy if accuracy.is_distinguished() => Ruling::Winning,
        _ => Ruling::NotDistinguished,
    }
}

/// Of how many seeds a network has a fault: the dense ones, and only if none has it the round's.
fn cause(pairs: &[Pair], has_fault: impl Fn(&RoundResult) -> bool) -> Option<Cause> {
    let count = |of: fn(&Pair) -> &RoundResult| pairs.iter().filter(|pair| has_fault(of(pair))).count();
    let causes = [(true, count(|pair| &pair.dense)), (false, count(|pair| &pair.ticket))];
    causes.into_iter().find(|&(_, seeds)| seeds > 0).map(|(dense, seeds)| Cause { dense, seeds })
}

/// Whether an accuracy is not above that of naming the most frequent class always by more than its sampling error.
fn is_at_chance(result: &RoundResult, test: TestSet) -> bool {
    let accuracy = result.test_accuracy;
    accuracy.is_nan() || accuracy <= test.chance + proportion_noise(test.chance, test.examples)
}

fn is_still_improving(result: &RoundResult) -> bool {
    result.early_stop_iteration.is_some_and(|iteration| iteration >= result.last_iteration)
}

fn accuracy_difference(pairs: &[Pair], test: TestSet) -> Difference {
    let differences: Vec<f64> =
        pairs.iter().map(|pair| pair.ticket.test_accuracy - pair.dense.test_accuracy).collect();
    let (mean, noise) = paired_interval(&differences, counting_variance(test.examples));
    let noise = noise.or_else(|| match pairs {
        [only] => {
            let (dense, ticket) = (only.dense.test_accuracy, only.ticket.test_accuracy);
            Some(paired_proportions_noise(dense, ticket, test.examples))
        }
        _ => None,
    });
    Difference { mean, noise }
}

fn iteration_difference(pairs: &[Pair]) -> Option<Difference> {
    let difference = |pair: &Pair| {
        Some(pair.ticket.early_stop_iteration? as f64 - pair.dense.early_stop_iteration? as f64)
    };
    let differences: Vec<f64> = pairs.iter().map(difference).collect::<Option<_>>()?;
    let (mean, noise) = paired_interval(&differences, 0.0);
    Some(Difference { mean, noise })
}

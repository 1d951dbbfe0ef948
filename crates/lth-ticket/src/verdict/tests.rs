//! Every case of the rule.

use super::*;

/// Ten classes, the most frequent of 11.35 %, as MNIST's test set.
const TEST: TestSet = TestSet { examples: 10_000, chance: 0.1135 };
const LAST: u64 = 45_850;

fn round(round: u64, density: f64, early_stop: u64, test_accuracy: f64) -> RoundResult {
    let density = Density::new(density).unwrap();
    RoundResult {
        round,
        density,
        early_stop_iteration: Some(early_stop),
        last_iteration: LAST,
        test_accuracy,
    }
}

fn verdict(seeds: &[&[RoundResult]]) -> Verdict {
    let replicate = |(seed, rounds): (usize, &&[RoundResult])| Replicate {
        seed: Seed(seed as u64),
        rounds: rounds.to_vec(),
    };
    let replicates: Vec<Replicate> = seeds.iter().enumerate().map(replicate).collect();
    Verdict::of(&replicates, TEST).unwrap()
}

/// The ruling on a ticket of half the weights against a dense network, of one seed.
fn one_seed(dense: (u64, f64), ticket: (u64, f64)) -> Ruling {
    verdict(&[&[round(0, 1.0, dense.0, dense.1), round(1, 0.5, ticket.0, ticket.1)]]).rounds[1].ruling
}

/// The ruling on a ticket, a seed each pair of differences in iterations and accuracy.
fn seeds(differences: &[(i64, f64)]) -> Ruling {
    let rounds: Vec<[RoundResult; 2]> = differences
        .iter()
        .zip([0.0, 0.002, -0.001, 0.003, 0.0005])
        .map(|((later, more), level)| {
            let dense = round(0, 1.0, 4000, 0.98 + level);
            [dense, round(1, 0.5, 4000_u64.saturating_add_signed(*later), 0.98 + level + more)]
        })
        .collect();
    let rounds: Vec<&[RoundResult]> = rounds.iter().map(<[_; 2]>::as_slice).collect();
    verdict(&rounds).rounds[1].ruling
}

#[test]
fn one_seed_is_measured_against_the_test_set() {
    // 1.96 sqrt((0.02 + 0.02) / 10,000) is 0.39 points.
    for (iteration, accuracy, ruling) in [
        (4900, 0.985, Ruling::Winning),
        (3000, 0.985, Ruling::Winning),
        (3000, 0.9801, Ruling::NotDistinguished),
        (3000, 0.9800, Ruling::NotDistinguished),
        (3000, 0.983, Ruling::NotDistinguished),
        (3000, 0.978, Ruling::NotDistinguished),
        (3000, 0.975, Ruling::LowerAccuracy),
        (4901, 0.985, Ruling::Later),
        (4901, 0.98, Ruling::Later),
        (4901, 0.975, Ruling::LowerAccuracy),
    ] {
        assert_eq!(one_seed((4900, 0.98), (iteration, accuracy)), ruling, "{iteration} {accuracy}");
    }
}

#[test]
fn several_seeds_are_measured_against_each_other() {
    for (differences, ruling) in [
        // Steady differences, between networks that differ more from seed to seed.
        (&[(0, 0.0010), (-100, 0.0012), (0, 0.0011), (-100, 0.0009)][..], Ruling::Winning),
        (&[(0, -0.0010), (-100, -0.0012), (0, -0.0011), (-100, -0.0009)], Ruling::LowerAccuracy),
        // The same mean, scattered.
        (&[(0, 0.0040), (0, -0.0030), (0, 0.0062), (0, -0.0030)], Ruling::NotDistinguished),
        (&[(0, -0.0040), (0, 0.0030), (0, -0.0062), (0, 0.0030)], Ruling::NotDistinguished),
        // Two seeds tell little: t is 12.7.
        (&[(0, 0.0010), (0, 0.0011)], Ruling::Winning),
        (&[(0, 0.0010), (0, 0.0020)], Ruling::NotDistinguished),
        // Equal differences are not without noise: examples are counted whole.
        (&[(0, 0.0001), (0, 0.0001)], Ruling::NotDistinguished),
        // Iterations count by their mean.
        (&[(300, 0.0010), (-200, 0.0012), (0, 0.0011), (0, 0.0009)], Ruling::Later),
        (&[(300, 0.0010), (-400, 0.0012), (0, 0.0011), (0, 0.0009)], Ruling::Winning),
        (&[(300, -0.0010), (200, -0.0012), (0, -0.0011), (0, -0.0009)], Ruling::LowerAccuracy),
    ] {
        assert_eq!(seeds(differences), ruling, "{differences:?}");
    }
}

#[test]
fn what_pruned_nothing_never_wins() {
    let dense = round(0, 1.0, 4900, 0.98);
    let found = verdict(&[&[dense, round(1, 1.0, 100, 0.99), round(2, 0.8, 4000, 0.99)]]);
    assert_eq!(found.rounds[1].ruling, Ruling::Unpruned);
    assert_eq!(found.winner().unwrap().round, 2);
    let alone = verdict(&[&[dense, round(1, 1.0, 100, 0.99), round(2, 1.0, 100, 0.99)]]);
    assert_eq!(alone.winner(), None);
    assert_eq!(alone.to_string(), "No verdict on rounds 1 to 2: nothing was pruned.");
    // A round that pruned nothing more repeats the one before.
    let repeated = verdict(&[&[dense, round(1, 0.8, 4000, 0.99), round(2, 0.8, 4000, 0.99)]]);
    assert_eq!(repeated.winner().unwrap().round, 1);
}

#[test]
fn a_network_at_chance_is_not_judged() {
    // 11.35 % and a sampling error of 0.62 points.
    let cause = |dense, seeds| Ruling::AtChance(Cause { dense, seeds });
    assert_eq!(one_seed((4000, 0.119), (3000, 0.5)), cause(true, 1));
    assert_eq!(one_seed((4000, 0.12), (3000, 0.5)), Ruling::Winning);
    assert_eq!(one_seed((4000, 0.5), (3000, 0.1135)), cause(false, 1));
    assert_eq!(one_seed((4000, 0.5), (3000, f64::NAN)), cause(false, 1));
    let (lucky, unlucky) = ([round(0, 1.0, 9, 0.9), round(1, 0.5, 9, 0.9)], round(0, 1.0, 9, 0.1));
    let some = verdict(&[&lucky, &[unlucky, lucky[1]]]);
    assert_eq!(some.rounds[1].ruling, cause(true, 1));
    assert_eq!(
        some.to_string(),
        "No verdict on round 1: the dense network of 1 of 2 seeds is at chance level: no better than naming the most \
         frequent class (11.35 % ± 0.62)."
    );
}

#[test]
fn a_network_that_still_improves_is_not_judged() {
    let cause = |dense| Ruling::StillImproving(Cause { dense, seeds: 1 });
    assert_eq!(one_seed((LAST, 0.98), (3000, 0.99)), cause(true));
    assert_eq!(one_seed((4000, 0.98), (LAST, 0.99)), cause(false));
    let text =
        |dense, ticket| verdict(&[&[round(0, 1.0, dense, 0.98), round(1, 0.5, ticket, 0.99)]]).to_string();
    assert_eq!(
        text(LAST, 3000),
        "No verdict on round 1: the dense network was still improving when training ended: lengthen it."
    );
    assert_eq!(
        text(3000, LAST),
        "No verdict on round 1: the network was still improving when training ended: lengthen it."
    );
}

#[test]
fn without_validation_there_is_no_verdict() {
    let blind = |result| RoundResult { early_stop_iteration: None, ..result };
    let found = verdict(&[&[blind(round(0, 1.0, 0, 0.98)), blind(round(1, 0.5, 0, 0.99))]]);
    assert_eq!((found.rounds[1].ruling, found.rounds[1].early_stop), (Ruling::NoValidation, None));
    assert_eq!(
        found.to_string(),
        "No verdict on round 1: without validation examples there is no early stop to compare."
    );
}

#[test]
fn the_winner_is_the_least_dense_even_beyond_losers() {
    let found = verdict(&[&[
        round(2, 0.641, 100, 0.5),
        round(0, 1.0, 4900, 0.981),
        round(3, 0.513, 3300, 0.986),
        round(1, 0.8, 4000, 0.986),
        round(4, 0.411, 5000, 0.99),
        round(5, 0.329, LAST, 0.99),
    ]]);
    assert_eq!(found.winner().unwrap().round, 3);
    assert_eq!(
        found.to_string(),
        "Round 3 (density 51.3 %) is the smallest winning ticket: minimum validation loss at iteration 3,300 (dense: \
         4,900), test accuracy there 98.60 % (dense: 98.10 %). The accuracies differ by +0.50 points. One seed: not \
         distinguished from noise below 0.36 points, and how much seeds differ is not known. No verdict on round 5: the \
         network was still improving when training ended: lengthen it."
    );
}

#[test]
fn a_hundredth_of_a_point_is_not_a_winning_ticket() {
    let found =
        verdict(&[&[round(0, 1.0, 4900, 0.98), round(1, 0.8, 4000, 0.9801), round(2, 0.64, 4000, 0.97)]]);
    assert_eq!(found.winner(), None);
    assert_eq!(
        found.to_string(),
        "There is no winning ticket beyond noise. Round 1 (density 80.0 %) is the sparsest that is not distinguished from \
         the dense network: minimum validation loss at iteration 4,000 (dense: 4,900), test accuracy there 98.01 % (dense: \
         98.00 %). The accuracies differ by only +0.01 points. One seed: not distinguished from noise below 0.39 points, \
         and how much seeds differ is not known."
    );
}

#[test]
fn seeds_are_paired_and_counted() {
    let levels = [0.0, 0.002, -0.001];
    let rounds: Vec<[RoundResult; 3]> = levels
        .iter()
        .zip([0.0010, 0.0012, 0.0011])
        .map(|(level, more)| {
            [
                round(0, 1.0, 4000, 0.98 + level),
                round(1, 0.5, 3000, 0.98 + level + more),
                round(2, 0.25, 3500, 0.98 + 2.0 * level),
            ]
        })
        .collect();
    let mut seeds: Vec<&[RoundResult]> = rounds.iter().map(<[_; 3]>::as_slice).collect();
    assert_eq!(
        verdict(&seeds).to_string(),
        "Round 1 (density 50.0 %) is by its means the smallest winning ticket: means of 3 seeds, minimum validation loss at \
         iteration 3,000 (dense: 4,000), test accuracy there 98.14 % (dense: 98.03 %). The difference in accuracy of +0.11 \
         points exceeds the noise of 3 seeds (± 0.02, 95 % interval paired by seed), that of -1000 iterations exceeds it \
         (± 0). Sparser, round 2 (25.0 %) is not distinguished from the dense network (+0.03 ± 0.38 points)."
    );
    // A seed that has not come so far is left out of the rounds it lacks; one without a dense network of all.
    seeds[2] = &rounds[2][..2];
    let found = verdict(&seeds);
    assert_eq!(found.rounds.iter().map(|round| round.seeds).collect::<Vec<_>>(), [3, 3, 2]);
    seeds[2] = &rounds[2][1..];
    assert_eq!(verdict(&seeds).rounds.iter().map(|round| round.seeds).collect::<Vec<_>>(), [2, 2, 2]);
}

#[test]
fn there_may_be_nothing_to_judge() {
    assert_eq!(Verdict::of(&[], TEST), None);
    assert_eq!(Verdict::of(&[Replicate { seed: Seed(0), rounds: vec![round(1, 0.5, 1, 0.9)] }], TEST), None);
    assert_eq!(
        verdict(&[&[round(0, 1.0, 1, 0.9)]]).to_string(),
        "There is no pruned network to compare the dense one with."
    );
    let dense = round(0, 1.0, 4000, 0.98);
    let lost = [dense, round(1, 0.8, 3300, 0.97), round(2, 0.64, 3300, 0.96), round(3, 0.5, 4001, 0.98)];
    assert_eq!(
        verdict(&[&lost]).to_string(),
        "There is no winning ticket: the test accuracy of rounds 1 to 2 is lower than the dense network's, the minimum \
         validation loss of round 3 is later than the dense network's."
    );
}

#[test]
fn chance_is_the_share_of_the_most_frequent_class() {
    assert_eq!(TestSet::of([0, 1, 1, 2]), TestSet { examples: 4, chance: 0.5 });
    assert_eq!(TestSet::of([]), TestSet { examples: 0, chance: 0.0 });
}

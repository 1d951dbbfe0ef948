//! Criteria and both scopes.

use lth_model::{Masks, Rate, Seed, Tensor, Tensors};
use lth_ticket::{CRITERIA, Criterion, PruningRates, Scope, invert_scores, prune};
use proptest::prelude::*;

use crate::invariants::support::*;

/// The layers that are ranked together, with their rate.
fn groups(scope: Scope, rates: &PruningRates) -> Vec<(Vec<&'static str>, Rate)> {
    let [conv, linear, output] = ["conv1.weight", "fc1.weight", "fc2.weight"];
    match scope {
        Scope::Layer => {
            vec![(vec![conv], rates.conv), (vec![linear], rates.linear), (vec![output], rates.output)]
        }
        Scope::Global => vec![(vec![conv, linear, output], rates.linear)],
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn exactly_the_lowest_go_and_none_comes_back(
        seed in 0_u64..1000, linear in 0.05_f64..0.9, conv in 0.05_f64..0.9, output in 0.05_f64..0.9, tied in any::<bool>(),
    ) {
        let case = if tied { Case::tied(seed) } else { Case::new(seed) };
        let rate = |value| Rate::new(value).unwrap();
        let rates = PruningRates { conv: rate(conv), ..PruningRates::new(rate(linear), rate(output)) };
        for (criterion, scope) in CRITERIA.iter().flat_map(|criterion| SCOPES.map(|scope| (*criterion, scope))) {
            let what = format!("{} {scope}", criterion.name());
            let mut masks = lth_ticket::complete_masks(&case.architecture, &Masks::new());
            for round in 0..3 {
                let scores = case.scores(criterion, &masks, seed, round);
                let next = || prune(&scores, &masks, &case.architecture, scope, &rates, Seed(seed), round).unwrap();
                let after = next();
                prop_assert!(after == next() && scores == case.scores(criterion, &masks, seed, round), "{what}: again");
                prop_assert!(is_within(&after, &masks), "{what}: a pruned weight came back");
                for (layers, rate) in groups(scope, &rates) {
                    let of = |kept: bool| -> Vec<f32> {
                        let places = |layer: &&str| masks[*layer].live_indices().collect::<Vec<_>>();
                        let chosen = |layer: &&'static str| -> Vec<f32> {
                            let mut places = places(layer);
                            places.retain(|&place| after[*layer].is_live(place) == kept);
                            at(&scores, layer, &places)
                        };
                        layers.iter().flat_map(chosen).collect()
                    };
                    let (kept, gone) = (of(true), of(false));
                    let before = kept.len() + gone.len();
                    let wanted = ((rate.get() * before as f64).round_ties_even() as usize).min(before - 1);
                    prop_assert_eq!(gone.len(), wanted, "{} of {:?}", what, layers);
                    let lowest = kept.into_iter().fold(f32::INFINITY, f32::min);
                    prop_assert!(gone.into_iter().all(|score| score <= lowest), "{what}: not the lowest");
                }
                masks = after;
            }
        }
    }

    #[test]
    fn inverted_scores_keep_the_complement(seed in 0_u64..1000, quarters in 1_u32..4) {
        let case = Case::new(seed);
        let rate = f64::from(quarters) / 4.0;
        for (criterion, scope) in CRITERIA.iter().flat_map(|criterion| SCOPES.map(|scope| (*criterion, scope))) {
            let scores = ranks(&case.scores(criterion, &Masks::new(), seed, 0));
            let keep = |scores: &Tensors, rate: f64| {
                prune(scores, &Masks::new(), &case.architecture, scope, &rates(rate), Seed(seed), 0).unwrap()
            };
            let (best, worst) = (keep(&scores, rate), keep(&invert_scores(&scores), 1.0 - rate));
            for (name, mask) in &best {
                let split = mask.flags().zip(worst[name].flags()).all(|(best, worst)| best != worst);
                prop_assert!(split, "{} {scope} {name}", criterion.name());
            }
        }
    }

    #[test]
    fn what_pruned_weights_are_is_not_looked_at(seed in 0_u64..1000, density in 0.1_f64..0.9) {
        let case = Case::new(seed);
        let masks = random_masks(&case.architecture, density, seed);
        let mut other = Case::new(seed);
        for tensors in [&mut other.initial, &mut other.rewind, &mut other.trained] {
            for (name, mask) in &masks {
                let data = tensors[name].data_mut();
                for place in pruned_places(mask) {
                    data[place] = 7.0 - data[place];
                }
            }
        }
        for (criterion, scope) in CRITERIA.iter().flat_map(|criterion| SCOPES.map(|scope| (*criterion, scope))) {
            let cut = |case: &Case| {
                let scores = case.scores(criterion, &masks, seed, 1);
                prune(&scores, &masks, &case.architecture, scope, &rates(0.3), Seed(seed), 1).unwrap()
            };
            prop_assert!(cut(&case) == cut(&other), "{} {scope}", criterion.name());
        }
    }
}

/// The same order of scores, the first of equal ones being the lower: without ties there is one complement.
fn ranks(scores: &Tensors) -> Tensors {
    let all: Vec<f32> = scores.values().flat_map(Tensor::data).copied().collect();
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by(|&a, &b| all[a].total_cmp(&all[b]));
    let mut ranks = vec![0.0; all.len()];
    order.into_iter().enumerate().for_each(|(rank, place)| ranks[place] = rank as f32);
    let mut ranks = ranks.into_iter();
    let rank = |(name, tensor): (&String, &Tensor)| {
        let data = ranks.by_ref().take(tensor.len()).collect();
        (name.clone(), Tensor::new(tensor.shape().to_vec(), data))
    };
    scores.iter().map(rank).collect()
}

#[test]
fn among_equal_scores_the_seed_chooses() {
    let mut case = Case::new(1);
    for tensors in [&mut case.initial, &mut case.rewind, &mut case.trained] {
        tensors.values_mut().for_each(|tensor| tensor.data_mut().fill(0.5));
    }
    for (criterion, scope) in CRITERIA.iter().flat_map(|criterion| SCOPES.map(|scope| (*criterion, scope))) {
        let cut = |seed: u64, round: u64| {
            let scores = case.scores(criterion, &Masks::new(), seed, round);
            prune(&scores, &Masks::new(), &case.architecture, scope, &rates(0.5), Seed(seed), round).unwrap()
        };
        let what = format!("{} {scope}", criterion.name());
        let first = cut(3, 1);
        assert!(first == cut(3, 1), "{what}: the same seed");
        assert!(first != cut(4, 1) && first != cut(3, 2), "{what}: another seed or round");
        for mask in first.values() {
            let early = mask.live_indices().filter(|&place| place < mask.len() / 2).count() as f64;
            assert!((0.25..0.75).contains(&(early / mask.live() as f64)), "{what}: ties go by place");
        }
    }
}

#[test]
fn no_criterion_is_another() {
    let case = Case::new(2);
    let masks: Vec<_> = CRITERIA.iter().map(|criterion| case.masks(*criterion, 5)).collect();
    let name = |place: usize| Criterion::name(CRITERIA[place]);
    for left in 0..masks.len() {
        for right in 0..left {
            assert!(masks[left] != masks[right], "{} cuts the ticket of {}", name(left), name(right));
        }
    }
}

//! Pruning by the rules that peers get wrong.

use std::collections::{BTreeMap, BTreeSet};

use lth_model::{
    Architecture, ArchitectureBuilder, Density, Mask, Masks, Purpose, RandomStream, Rate, Seed, Tensor,
    Tensors, Window, lenet_300_100, mlp,
};
use lth_ticket::{OneShot, PruningError, PruningRates, Scope, live_after, prune, prune_one_shot};
use proptest::prelude::*;

fn rate(value: f64) -> Rate {
    Rate::new(value).unwrap()
}

fn lenet_rates() -> PruningRates {
    PruningRates::new(rate(0.2), rate(0.1))
}

fn random_scores(architecture: &Architecture, seed: u64, values: u64) -> Tensors {
    let mut stream = RandomStream::new(Seed(seed), Purpose::RandomScores, 0);
    let prunable = architecture.parameters().into_iter().filter(|parameter| parameter.kind.is_prunable());
    prunable
        .map(|parameter| {
            let count = parameter.shape.iter().product();
            let data = (0..count).map(|_| stream.below(values) as f32).collect();
            (parameter.name, Tensor::new(parameter.shape, data))
        })
        .collect()
}

fn live(masks: &Masks) -> Vec<usize> {
    masks.values().map(Mask::live).collect()
}

#[test]
fn lenet_goes_down_the_papers_ladder() {
    let architecture = lenet_300_100(10);
    let printed = [
        "100.0", "80.0", "64.1", "51.3", "41.1", "32.9", "26.3", "21.1", "16.9", "13.5", "10.8", "8.7",
        "7.0", "5.6", "4.5", "3.6", "2.9", "2.3", "1.9", "1.5", "1.2", "0.96", "0.77", "0.62", "0.50",
    ];
    let mut masks = Masks::new();
    for (round, printed) in printed.into_iter().enumerate() {
        let percent = 100.0 * architecture.density(&masks).get();
        let digits = printed.len() - printed.find('.').unwrap() - 1;
        assert_eq!(format!("{percent:.digits$}"), printed, "round {round}");
        let scores = random_scores(&architecture, round as u64, u64::from(u32::MAX));
        masks = prune(&scores, &masks, &architecture, Scope::Layer, &lenet_rates(), Seed(0), round as u64)
            .unwrap();
    }
}

#[test]
fn one_shot_reaches_what_rounds_reach_to_the_last_weight() {
    let architecture = lenet_300_100(10);
    let scores = random_scores(&architecture, 1, u64::from(u32::MAX));
    for scope in [Scope::Layer, Scope::Global] {
        let mut iterative = Masks::new();
        for round in 0..12 {
            iterative =
                prune(&scores, &iterative, &architecture, scope, &lenet_rates(), Seed(0), round).unwrap();
        }
        let rounds = OneShot::Rounds(12);
        let once = prune_one_shot(&scores, &architecture, scope, &lenet_rates(), rounds, Seed(0), 0).unwrap();
        assert_eq!(once, iterative, "{scope}: the same scores without ties");

        let density = OneShot::Density(architecture.density(&iterative));
        let dense =
            prune_one_shot(&scores, &architecture, scope, &lenet_rates(), density, Seed(0), 0).unwrap();
        for (by_density, by_rounds) in live(&dense).into_iter().zip(live(&iterative)) {
            assert!(
                by_density.abs_diff(by_rounds) <= 1 + by_rounds / 200,
                "{scope} {by_density} {by_rounds}"
            );
        }
    }
}

#[test]
fn one_shot_reaches_any_density() {
    let architecture = lenet_300_100(10);
    let scores = random_scores(&architecture, 1, 1000);
    let mut rates = lenet_rates();
    rates.excluded.insert("fc3".to_owned());
    for target in [1.0, 0.5, 0.211, 0.036, 0.0041] {
        for scope in [Scope::Layer, Scope::Global] {
            let density = OneShot::Density(Density::new(target).unwrap());
            let masks = prune_one_shot(&scores, &architecture, scope, &rates, density, Seed(0), 0).unwrap();
            let found = architecture.density(&masks).get();
            assert!((found - target).abs() <= 1.0 / 266_200.0, "{scope} {target} {found}");
            assert_eq!(masks["fc3.weight"].live(), 1000);
        }
    }
    let density = OneShot::Density(Density::new(0.003).unwrap());
    let error =
        prune_one_shot(&scores, &architecture, Scope::Layer, &rates, density, Seed(0), 0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a density of 0.003 cannot be reached: layers that are not pruned already make 0.0038"
    );
}

#[test]
fn rates_are_by_kind_unless_a_layer_has_its_own() {
    let architecture = mlp("net", &[10], &[20, 30], 10);
    let mut rates = lenet_rates();
    rates.layers = BTreeMap::from([("fc2".to_owned(), rate(0.5))]);
    let scores = random_scores(&architecture, 0, 1_000_000);
    let masks = prune(&scores, &Masks::new(), &architecture, Scope::Layer, &rates, Seed(0), 0).unwrap();
    assert_eq!(live(&masks), [160, 300, 270]);

    rates.excluded = BTreeSet::from(["fc1".to_owned()]);
    let masks = prune(&scores, &Masks::new(), &architecture, Scope::Layer, &rates, Seed(0), 0).unwrap();
    assert_eq!(live(&masks), [200, 300, 270]);
}

#[test]
fn convolutions_have_a_rate_and_shortcuts_have_none() {
    let block = || {
        ArchitectureBuilder::new("block", &[1, 8, 8])
            .conv2d("stem", 10, Window::square(1, 1, 0))
            .conv2d("conv1", 10, Window::square(1, 1, 0))
            .relu("relu")
            .conv2d("conv2", 20, Window::square(1, 1, 0))
            .from("stem")
            .conv2d("shortcut", 20, Window::square(1, 1, 0))
            .add("sum", "conv2")
            .global_average_pool("pool")
            .linear("fc1", 10)
            .linear("fc2", 10)
    };
    let architecture = block().build().unwrap();
    let scores = random_scores(&architecture, 0, 1_000_000);
    let mut rates = PruningRates { conv: rate(0.5), ..lenet_rates() };
    let pruned = |scope, rates: &PruningRates| {
        live(&prune(&scores, &Masks::new(), &architecture, scope, rates, Seed(0), 0).unwrap())
    };
    assert_eq!(pruned(Scope::Layer, &rates), [5, 50, 100, 200, 160, 90]);
    let global = pruned(Scope::Global, &rates);
    assert_eq!(global[3], 200, "a shortcut stays whole");
    assert_eq!(
        global.iter().sum::<usize>(),
        810 - 122,
        "20 % of the other 610, whatever the rate of convolutions"
    );
    rates.layers.insert("shortcut".to_owned(), rate(0.1));
    assert_eq!(pruned(Scope::Layer, &rates)[3], 180, "unless it has a rate of its own");
}

#[test]
fn global_scope_ranks_all_layers_together() {
    let architecture = mlp("net", &[10], &[20, 30], 10);
    let mut scores = random_scores(&architecture, 0, 1_000_000);
    scores["fc2.weight"].data_mut().iter_mut().for_each(|score| *score -= 2_000_000.0);
    let masks =
        prune(&scores, &Masks::new(), &architecture, Scope::Global, &lenet_rates(), Seed(0), 0).unwrap();
    assert_eq!(live(&masks), [200, 600 - 220, 300], "20 % of 1,100, all from the layer of lowest scores");

    let mut rates = lenet_rates();
    rates.excluded.insert("fc2".to_owned());
    let masks = prune(&scores, &Masks::new(), &architecture, Scope::Global, &rates, Seed(0), 0).unwrap();
    assert_eq!(masks["fc2.weight"].live(), 600);
    assert_eq!(live(&masks).iter().sum::<usize>(), 1000);
}

#[test]
fn among_equal_scores_every_subset_is_equally_likely() {
    let architecture = mlp("net", &[3], &[], 2);
    // One certain, four tied, one safe: 3 of 6 are pruned, so 2 of the 4.
    let scores = Tensors::from([(
        "fc1.weight".to_owned(),
        Tensor::new(vec![2, 3], vec![0.0, 5.0, -3.0, -0.0, 0.0, 0.0]),
    )]);
    let rates = PruningRates::new(rate(0.5), rate(0.5));
    let mut counts: BTreeMap<Vec<usize>, u32> = BTreeMap::new();
    let draws = 6_000;
    for round in 0..draws {
        let masks =
            prune(&scores, &Masks::new(), &architecture, Scope::Layer, &rates, Seed(1), round).unwrap();
        let again =
            prune(&scores, &Masks::new(), &architecture, Scope::Layer, &rates, Seed(1), round).unwrap();
        assert_eq!(masks, again);
        *counts.entry(masks["fc1.weight"].live_indices().collect()).or_default() += 1;
    }
    assert_eq!(counts.len(), 6, "{counts:?}");
    // Chi-squared with 5 degrees of freedom: 20.5 has probability 0.001, and the draws are fixed by the seed.
    let expected = draws as f64 / 6.0;
    let chi_squared: f64 =
        counts.values().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum();
    assert!(chi_squared < 20.5, "{counts:?}");
    assert!(counts.keys().all(|kept| kept.contains(&1) && !kept.contains(&2)));
}

#[test]
fn ties_do_not_move_where_there_are_none() {
    let architecture = lenet_300_100(10);
    let mut scores = random_scores(&architecture, 1, u64::from(u32::MAX));
    for tensor in scores.values_mut() {
        let count = tensor.len();
        tensor
            .data_mut()
            .iter_mut()
            .enumerate()
            .for_each(|(index, score)| *score = (index * 7919 % count) as f32);
    }
    let pruned = |seed| {
        prune(&scores, &Masks::new(), &architecture, Scope::Layer, &lenet_rates(), Seed(seed), 3).unwrap()
    };
    assert_eq!(pruned(0), pruned(1));
}

#[test]
fn a_scope_keeps_its_last_weight() {
    let architecture = mlp("net", &[1], &[1], 1);
    let rates = PruningRates::new(rate(0.9), rate(0.9));
    let scores = random_scores(&architecture, 0, 10);
    let layer = prune(&scores, &Masks::new(), &architecture, Scope::Layer, &rates, Seed(0), 0).unwrap();
    assert_eq!(live(&layer), [1, 1]);
    let global = prune(&scores, &Masks::new(), &architecture, Scope::Global, &rates, Seed(0), 0).unwrap();
    assert_eq!(live(&global).iter().sum::<usize>(), 1, "a layer may become empty, the network not");
}

#[test]
fn refuses_what_it_cannot_rank() {
    let architecture = mlp("net", &[4], &[3], 2);
    let good = random_scores(&architecture, 0, 10);
    let attempt = |scores: &Tensors, masks: &Masks, scope, rates: &PruningRates| {
        prune(scores, masks, &architecture, scope, rates, Seed(0), 0)
    };
    let rates = lenet_rates();

    let mut nan = good.clone();
    nan["fc2.weight"].data_mut()[4] = f32::NAN;
    let error = attempt(&nan, &Masks::new(), Scope::Layer, &rates).unwrap_err();
    assert_eq!(error, PruningError::NanScore { name: "fc2.weight".to_owned(), index: 4 });
    let mut mask = Mask::dense(vec![2, 3]);
    mask.set(4, false);
    attempt(&nan, &Masks::from([("fc2.weight".to_owned(), mask)]), Scope::Layer, &rates)
        .expect("the score of a pruned weight means nothing");

    let mut missing = good.clone();
    missing.shift_remove("fc1.weight");
    let error = attempt(&missing, &Masks::new(), Scope::Global, &rates).unwrap_err();
    assert_eq!(error, PruningError::MissingScores { name: "fc1.weight".to_owned() });

    let mut shape = good.clone();
    shape.insert("fc1.weight".to_owned(), Tensor::zeros(vec![4, 3]));
    let error = attempt(&shape, &Masks::new(), Scope::Layer, &rates).unwrap_err();
    assert!(matches!(error, PruningError::Shape { .. }));

    let other = Masks::from([("fc1.weight".to_owned(), Mask::dense(vec![4, 3]))]);
    assert!(matches!(attempt(&good, &other, Scope::Layer, &rates), Err(PruningError::Masks(_))));

    let mut unknown = lenet_rates();
    unknown.excluded.insert("fc7".to_owned());
    let error = attempt(&good, &Masks::new(), Scope::Layer, &unknown).unwrap_err();
    assert_eq!(error.to_string(), "there is no prunable layer 'fc7'");

    let mut own = lenet_rates();
    own.layers.insert("fc1".to_owned(), rate(0.5));
    let error = attempt(&good, &Masks::new(), Scope::Global, &own).unwrap_err();
    assert!(matches!(error, PruningError::LayerRateInGlobalScope { .. }));
}

proptest! {
    #[test]
    fn exactly_the_lowest_go(
        widths in (1_usize..12, 1_usize..12, 1_usize..6),
        rates in (0.01..0.99, 0.01..0.99),
        values in prop_oneof![Just(1_u64), 2_u64..6, Just(1 << 20)],
        seed in any::<u64>(),
        global in any::<bool>(),
    ) {
        let architecture = mlp("net", &[widths.0], &[widths.1], widths.2);
        let (scope, rates) = (
            if global { Scope::Global } else { Scope::Layer },
            PruningRates::new(rate(rates.0), rate(rates.1)),
        );
        let mut masks = prune_one_shot(
            &random_scores(&architecture, seed, 1 << 20), &architecture, Scope::Global,
            &lenet_rates(), OneShot::Rounds(seed % 4), Seed(seed), 0,
        ).unwrap();
        for round in 0..3 {
            let scores = random_scores(&architecture, seed ^ round, values);
            let pruned = prune(&scores, &masks, &architecture, scope, &rates, Seed(seed), round).unwrap();
            let names: Vec<&String> = masks.keys().collect();
            prop_assert_eq!(&names, &pruned.keys().collect::<Vec<_>>());
            let groups: Vec<(Vec<&String>, Rate)> = if global {
                vec![(names, rates.linear)]
            } else {
                vec![(vec![names[0]], rates.linear), (vec![names[1]], rates.output)]
            };
            for (group, rate) in groups {
                let (mut kept, mut gone) = (Vec::new(), Vec::new());
                for name in group {
                    for index in 0..masks[name].len() {
                        match (masks[name].is_live(index), pruned[name].is_live(index)) {
                            (true, true) => kept.push(scores[name].data()[index]),
                            (true, false) => gone.push(scores[name].data()[index]),
                            (false, after) => prop_assert!(!after, "masks only shrink"),
                        }
                    }
                }
                let before = kept.len() + gone.len();
                let expected = ((rate.get() * before as f64).round_ties_even() as usize).min(before.saturating_sub(1));
                prop_assert_eq!(gone.len(), expected);
                prop_assert_eq!(kept.len(), live_after(before, rate, 1));
                let lowest_kept = kept.into_iter().fold(f32::INFINITY, f32::min);
                prop_assert!(gone.into_iter().all(|score| score <= lowest_kept));
            }
            masks = pruned;
        }
    }
}

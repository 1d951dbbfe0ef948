use lth_model::mlp;

use super::*;

/// (w_i, w_f) of the six weights of a net of one layer.
const PAIRS: [(f32, f32); 6] = [(1.0, 2.0), (-1.0, 3.0), (4.0, -0.5), (-3.0, -3.0), (0.5, 0.25), (0.0, -1.0)];

fn scores(name: &str, seed: u64, round: u64) -> Vec<f32> {
    let architecture = mlp("small", &[3], &[], 2);
    let tensors = |value: fn((f32, f32)) -> f32| {
        Tensors::from([
            ("fc1.weight".to_owned(), Tensor::new(vec![2, 3], PAIRS.map(value).to_vec())),
            ("fc1.bias".to_owned(), Tensor::zeros(vec![2])),
        ])
    };
    let context = ScoreContext {
        architecture: &architecture,
        masks: &Masks::new(),
        initial: &tensors(|_| 7.0),
        rewind: &tensors(|(early, _)| early),
        trained: &tensors(|(_, trained)| trained),
        seed: Seed(seed),
        round,
    };
    let scores = find_criterion(name).unwrap().scores(&context);
    assert_eq!(scores.keys().collect::<Vec<_>>(), ["fc1.weight"], "biases have no score");
    assert_eq!(scores["fc1.weight"].shape(), [2, 3]);
    scores["fc1.weight"].data().to_vec()
}

#[test]
fn scores_are_the_papers() {
    assert_eq!(scores("large-final", 0, 0), [2.0, 3.0, 0.5, 3.0, 0.25, 1.0]);
    assert_eq!(scores("small-final", 0, 0), [-2.0, -3.0, -0.5, -3.0, -0.25, -1.0]);
    assert_eq!(scores("large-init", 0, 0), [1.0, 1.0, 4.0, 3.0, 0.5, 0.0]);
    assert_eq!(scores("small-init", 0, 0), [-1.0, -1.0, -4.0, -3.0, -0.5, 0.0]);
    assert_eq!(scores("magnitude-increase", 0, 0), [1.0, 2.0, -3.5, 0.0, -0.25, 1.0]);
    assert_eq!(scores("movement", 0, 0), [1.0, 4.0, 4.5, 0.0, 0.25, 1.0]);
    assert_eq!(scores("large-final-same-sign", 0, 0), [2.0, 0.0, 0.0, 3.0, 0.25, 0.0]);
    assert_eq!(scores("large-final-diff-sign", 0, 0), [0.0, 3.0, 0.5, 0.0, 0.0, 1.0]);
    assert_eq!(scores("magnitude-increase-same-sign", 0, 0), [1.0, 0.0, 0.0, 0.0, -0.25, 0.0]);
    assert_eq!(scores("magnitude-increase-diff-sign", 0, 0), [0.0, 2.0, -3.5, 0.0, 0.0, 1.0]);
}

#[test]
fn both_large_and_both_small_go_by_percentiles() {
    // Percentiles of |w_i| = 1, 1, 4, 3, .5, 0 and of |w_f| = 2, 3, .5, 3, .25, 1, in sixths.
    let sixths = |values: [i32; 6]| values.map(|value| (f64::from(value) / 6.0) as f32);
    assert_eq!(scores("large-init-large-final", 0, 0), sixths([4, 4, 2, 5, 1, 1]));
    assert_eq!(scores("small-init-small-final", 0, 0), sixths([-4, -6, -6, -6, -2, -3]));
}

#[test]
fn random_scores_depend_on_seed_and_round_only() {
    assert_eq!(scores("random", 1, 2), scores("random", 1, 2));
    assert_ne!(scores("random", 1, 2), scores("random", 1, 3));
    assert_ne!(scores("random", 1, 2), scores("random", 2, 2));
}

#[test]
fn every_criterion_is_found_by_its_own_name() {
    for criterion in CRITERIA {
        let found = find_criterion(criterion.name()).unwrap();
        assert_eq!(found.description(), criterion.description());
        assert!(!criterion.formula().is_empty() && !criterion.paper().is_empty());
    }
}

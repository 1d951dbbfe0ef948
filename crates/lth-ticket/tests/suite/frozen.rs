//! What a seed means never changes: choices that runs on disk depend on.

use lth_model::{
    InitScheme, Masks, Optimizer, Purpose, Rate, Recipe, Seed, Step, Tensor, Tensors, initialize, mlp,
};
use lth_ticket::{ControlContext, PruningRates, Scope, complete_masks, find_control, prune};

fn tied_masks(round: u64) -> Masks {
    let architecture = mlp("net", &[5], &[3], 2);
    let scores = Tensors::from([
        ("fc1.weight".to_owned(), Tensor::zeros(vec![3, 5])),
        ("fc2.weight".to_owned(), Tensor::zeros(vec![2, 3])),
    ]);
    let rates = PruningRates::new(Rate::new(0.6).unwrap(), Rate::new(0.5).unwrap());
    prune(&scores, &Masks::new(), &architecture, Scope::Layer, &rates, Seed(42), round).unwrap()
}

fn live(masks: &Masks) -> Vec<Vec<usize>> {
    masks.values().map(|mask| mask.live_indices().collect()).collect()
}

#[test]
fn ties() {
    assert_eq!(live(&tied_masks(0)), [vec![1, 2, 3, 4, 5, 12], vec![2, 4, 5]]);
    assert_eq!(live(&tied_masks(1)), [vec![0, 3, 4, 5, 8, 10], vec![0, 3, 5]]);
}

#[test]
fn controls() {
    let architecture = mlp("net", &[5], &[3], 2);
    let recipe = Recipe {
        init: InitScheme::GlorotUniform,
        ..Recipe::new(Optimizer::SGD, 0.1, 60, Step::from_epochs(1))
    };
    let rewind = initialize(&architecture, recipe.init, recipe.bias_init, Seed(42), Purpose::Init, 0);
    let context = ControlContext {
        architecture: &architecture,
        recipe: &recipe,
        initial: &rewind,
        rewind: &rewind,
        masks: &complete_masks(&architecture, &tied_masks(0)),
        seed: Seed(42),
        round: 2,
        draw: 1,
    };
    let mask = find_control("random-mask").unwrap().control(&context);
    assert_eq!(live(&mask.masks), [vec![1, 6, 7, 10, 13, 14], vec![1, 2, 4]]);
    let reinit = find_control("random-reinit").unwrap().control(&context);
    let kept: Vec<f32> =
        reinit.weights["fc2.weight"].data().iter().copied().filter(|weight| *weight != 0.0).collect();
    assert_eq!(kept, [-0.026_980_81, -0.520_255_9, -0.707_067_43]);
}

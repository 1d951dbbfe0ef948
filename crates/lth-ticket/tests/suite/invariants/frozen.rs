//! Frozen weights, on the engine.

use lth_cpu::CpuEngine;
use lth_model::{
    Architecture, Batch, Masks, OneNetwork, Optimizer, Program, Pruned, Purpose, RandomStream, Recipe, Seed,
    Start, Tensors, mlp,
};
use lth_ticket::{CRITERIA, Criterion, MASK0_ACTIONS, MASK1_ACTIONS, Mask1Action, Mask1Context};

use crate::invariants::support::*;

/// With momentum and weight decay, of which either would move a weight that has no gradient.
const OPTIMIZERS: [(Optimizer, f32); 3] = [
    (Optimizer::Sgd { momentum: 0.9, nesterov: false, weight_decay: 1e-2 }, 0.01),
    (Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 1e-2 }, 0.001),
    (Optimizer::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 1e-1 }, 0.001),
];

const STEPS: usize = 1000;

fn train(
    architecture: &Architecture,
    optimizer: (Optimizer, f32),
    start: &Tensors,
    masks: &Masks,
) -> Tensors {
    let recipe = Recipe { optimizer: optimizer.0, ..recipe() };
    let program = Program::training(architecture, &recipe);
    let start = Start { pruned: Pruned::Frozen, ..Start::new(start, masks, Seed(1)) };
    let mut trainer = OneNetwork::new(&CpuEngine::new(), &program, &start).unwrap();
    let mut stream = RandomStream::new(Seed(1), Purpose::Augmentation, 0);
    let inputs: Vec<f32> = (0..12 * architecture.input_features()).map(|_| stream.normal() as f32).collect();
    let labels: Vec<u16> = (0..12).map(|_| stream.below(CLASSES as u64) as u16).collect();
    for _ in 0..STEPS {
        trainer.step(Batch::Values { inputs: &inputs, labels: &labels }, optimizer.1).unwrap();
    }
    trainer.weights()
}

/// The action's pruned weights have the bits that they started with, and the others have trained.
fn assert_frozen(
    architecture: &Architecture,
    criterion: &dyn Criterion,
    kept: &dyn Mask1Action,
    action: usize,
) {
    let Case { recipe, .. } = Case::new(0);
    let [initial, rewind, trained] = [0, 1, 2].map(|time| draw(architecture, Purpose::Init, 1, time << 20));
    let case = Case { architecture: architecture.clone(), recipe, initial, rewind, trained };
    let masks = case.masks(criterion, 4);
    let mut start = Tensors::new();
    for optimizer in OPTIMIZERS {
        let what =
            format!("{} {} {} {}", architecture.name, kept.name(), MASK0_ACTIONS[action].name(), optimizer.0);
        let context = Mask1Context {
            architecture,
            recipe: &case.recipe,
            initial: &case.initial,
            rewind: &case.rewind,
            trained: &case.trained,
            masks: &masks,
            seed: Seed(1),
            round: 4,
            draw: 0,
        };
        start.clone_from(&kept.weights(&context));
        MASK0_ACTIONS[action].apply(&context, &mut start);
        let end = train(architecture, optimizer, &start, &masks);
        for (name, mask) in &masks {
            let places = pruned_places(mask);
            let bits = |tensors| at(tensors, name, &places).into_iter().map(f32::to_bits).collect::<Vec<_>>();
            assert!(bits(&start) == bits(&end), "{what}: frozen weights of {name} moved");
            let places: Vec<usize> = mask.live_indices().collect();
            assert!(at(&start, name, &places) != at(&end, name, &places), "{what}: {name} did not train");
            assert!(end[name].data().iter().all(|value| value.is_finite()), "{what}: {name} diverged");
        }
    }
}

#[test]
fn every_mask_0_action_freezes_to_the_bit_in_a_convolutional_network() {
    for action in 0..MASK0_ACTIONS.len() {
        assert_frozen(&architecture(), CRITERIA[action % CRITERIA.len()], MASK1_ACTIONS[0], action);
    }
}

#[test]
fn every_pair_of_actions_freezes_to_the_bit_in_a_perceptron() {
    let architecture = mlp("perceptron", &[8], &[8], CLASSES);
    for (place, kept) in MASK1_ACTIONS.iter().enumerate() {
        for action in 0..MASK0_ACTIONS.len() {
            assert_frozen(&architecture, CRITERIA[place % CRITERIA.len()], *kept, action);
        }
    }
}

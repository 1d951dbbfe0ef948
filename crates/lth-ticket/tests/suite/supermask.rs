//! Masks that are learned: with the CPU engine, by the training loop.

use crate::common::{FEATURES, Fixture, normed_architecture};
use lth_cpu::CpuEngine;
use lth_model::{
    Density, Engine, Masks, Normalizing, OneNetwork, Optimizer, Program, Seed, Start, Tensors, mlp,
};
use lth_ticket::{
    Directive, FrozenWeights, Observer, Outcome, Progress, SupermaskMethod, SupermaskSettings, Trained,
    TrainingCheckpoint, TrainingJob, Unobserved, sampled_masks, scores_of, supermask_weights, train,
};

const DROPOUT: &str = "dropout while a mask is learned";

fn settings(method: SupermaskMethod) -> SupermaskSettings {
    SupermaskSettings { method, dynamic_rescaling: true, weights: FrozenWeights::Initial }
}

fn methods() -> [SupermaskMethod; 2] {
    let density = Density::new(0.5).unwrap();
    [SupermaskMethod::Bernoulli { sigmoid_bias: 0.5, samples: 4 }, SupermaskMethod::EdgePopup { density }]
}

/// A fixture of two layers whose scores move fast.
fn fixture(optimizer: Optimizer) -> Fixture {
    let mut fixture = Fixture::of(mlp("net", &[FEATURES], &[24], 3));
    fixture.masks = Masks::new();
    fixture.recipe.optimizer = optimizer;
    fixture.recipe.learning_rate = if optimizer == Optimizer::ADAM { 0.1 } else { 3.0 };
    fixture
}

fn job(fixture: &Fixture, method: SupermaskMethod) -> TrainingJob<'_> {
    TrainingJob { snapshots: Vec::new(), learns: settings(method).learns(None), ..fixture.job() }
}

fn learn(engine: &dyn Engine, job: &TrainingJob<'_>, resume: Option<TrainingCheckpoint>) -> Trained {
    match train(engine, job, resume, &mut Unobserved).unwrap() {
        Outcome::Finished(trained) => Trained { seconds: 0.0, cpu_seconds: None, ..trained },
        other => panic!("{other:?}"),
    }
}

/// Stops after an iteration.
struct StopAt(u64);

impl Observer for StopAt {
    fn step(&mut self, progress: &Progress) -> Directive {
        if progress.iteration == self.0 { Directive::Stop } else { Directive::Continue }
    }

    fn checkpoint(&mut self, _checkpoint: &TrainingCheckpoint) -> std::io::Result<()> {
        Ok(())
    }
}

fn bits(tensors: &Tensors) -> Vec<Vec<u32>> {
    tensors.values().map(|tensor| tensor.data().iter().map(|value| value.to_bits()).collect()).collect()
}

#[test]
fn weights_stay_to_the_bit_while_scores_learn() {
    let cpu = CpuEngine::new();
    let momentum = Optimizer::Sgd { momentum: 0.9, nesterov: false, weight_decay: 1e-3 };
    for method in methods() {
        for optimizer in [Optimizer::SGD, momentum, Optimizer::ADAM] {
            let mut fixture = fixture(optimizer);
            fixture.recipe.length = lth_model::Step::from_epochs(40);
            let trained = learn(&cpu, &job(&fixture, method), None);
            assert!(bits(&trained.weights) == bits(&fixture.weights), "{optimizer}: weights moved");
            let (first, last) = (trained.history[0].loss, trained.train.loss);
            assert!(last < 0.95 * first, "{optimizer}, {method:?}: {first} to {last}");
        }
    }
}

#[test]
fn a_learning_that_is_interrupted_goes_on_to_the_same_bits() {
    let cpu = CpuEngine::new();
    for method in methods() {
        for optimizer in
            [Optimizer::Sgd { momentum: 0.9, nesterov: true, weight_decay: 0.0 }, Optimizer::ADAM]
        {
            let fixture = fixture(optimizer);
            let whole = learn(&cpu, &job(&fixture, method), None);
            for stop in [1, 6, 13] {
                let stopped = train(&cpu, &job(&fixture, method), None, &mut StopAt(stop)).unwrap();
                let Outcome::Stopped(checkpoint) = stopped else { panic!("it was not stopped") };
                let checkpoint = TrainingCheckpoint::from_file(checkpoint.to_file()).unwrap();
                let resumed = learn(&cpu, &job(&fixture, method), Some(checkpoint));
                assert!(resumed == whole, "{method:?}, {optimizer}: other bits after a stop at {stop}");
            }
        }
    }
}

#[test]
fn an_evaluation_is_the_mean_over_the_masks_that_can_be_drawn_again() {
    let cpu = CpuEngine::new();
    let (method, fixture) = (methods()[0], fixture(Optimizer::SGD));
    let trained = learn(&cpu, &job(&fixture, method), None);
    let scores = scores_of(&trained.optimizer);
    let data = &fixture.data;
    let mut correct = 0;
    for sample in 0..4 {
        let masks = sampled_masks(&scores, Seed(3), trained.optimizer.updates, sample);
        let weights = supermask_weights(&fixture.weights, &masks, true);
        let program = Program::evaluation(&fixture.architecture, fixture.recipe.batch_size);
        let mut network = OneNetwork::new(&cpu, &program, &Start::new(&weights, &masks, Seed(3))).unwrap();
        let sets = data.evaluation_sets(&cpu).unwrap();
        correct += network.evaluate(&sets.train).unwrap().correct;
    }
    assert_eq!((trained.train.correct, trained.train.examples), (correct, 4 * data.train_indices.len()));
}

#[test]
fn a_network_with_batch_normalisation_is_learned_and_resumed() {
    let cpu = CpuEngine::new();
    let mut fixture = Fixture::of(normed_architecture());
    fixture.masks = Masks::new();
    let (data, indices) = (fixture.data.train.clone(), fixture.data.train_indices.clone());
    let normalizing = Normalizing { data, indices, batch_size: 8 };
    let job = || TrainingJob {
        learns: settings(methods()[0]).learns(Some(normalizing.clone())),
        ..job(&fixture, methods()[0])
    };
    let whole = learn(&cpu, &job(), None);
    let stopped = train(&cpu, &job(), None, &mut StopAt(7)).unwrap();
    let Outcome::Stopped(checkpoint) = stopped else { panic!("it was not stopped") };
    assert!(learn(&cpu, &job(), Some(checkpoint)) == whole);
    assert!(bits(&whole.weights) == bits(&fixture.weights));
}

#[test]
fn masks_under_the_mask_and_dropout_are_refused() {
    let cpu = CpuEngine::new();
    let mut fixture = Fixture::of(mlp("net", &[FEATURES], &[], 3));
    let refused = train(&cpu, &job(&fixture, methods()[0]), None, &mut Unobserved).unwrap_err();
    assert!(refused.to_string().contains("a mask under the mask"), "{refused}");
    fixture = Fixture::of(
        lth_model::ArchitectureBuilder::new("dropping", &[FEATURES])
            .linear("fc1", 8)
            .relu("relu1")
            .dropout("dropout1", 0.5)
            .linear("fc2", 3)
            .build()
            .unwrap(),
    );
    fixture.masks = Masks::new();
    let refused = train(&cpu, &job(&fixture, methods()[0]), None, &mut Unobserved).unwrap_err();
    assert!(refused.to_string().contains(DROPOUT), "{refused}");
}

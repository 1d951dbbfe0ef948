//! Every method of pruning before training, with every budget, schedule and sanity check.

use std::{cell::RefCell, ops::ControlFlow};

use lth_cpu::CpuEngine;
use lth_model::{
    Architecture, Batch, BiasInit, DataSet, Density, Examples, Gradients, Masks, Normalization, OneNetwork,
    Program, Purpose, RandomStream, Rate, Recipe, Seed, Start, Tensor, Tensors, initialize, mlp,
};
use lth_ticket::{
    Allocation, BEFORE_TRAINING, BeforeTraining, BeforeTrainingContext, BeforeTrainingError,
    BeforeTrainingOptions, Budget, DensitySchedule, GRASP_TEMPERATURE, Grasp, PruningRates, SanityCheck,
    Scope, Snip, SynFlow, TrainingData, collapsed_layers, prune_before_training, unwatched,
};
use proptest::prelude::*;

use crate::invariants::support::*;

/// 40 examples of noise.
fn data(architecture: &Architecture) -> TrainingData {
    let features = architecture.input_features();
    let mut stream = RandomStream::new(Seed(5), Purpose::Augmentation, 0);
    let examples = Examples {
        bytes: (0..40 * features).map(|_| stream.next_u32() as u8).collect(),
        labels: (0..40).map(|index| index % CLASSES as u16).collect(),
        features,
        normalization: Normalization::UNIT,
    };
    let data = DataSet::on_host(&examples);
    let training = (data.clone(), (0..36).collect(), (36..40).collect());
    TrainingData::new(training, (data, (0..40).collect()))
}

/// All that a method looks at.
struct Untrained {
    architecture: Architecture,
    recipe: Recipe,
    weights: Tensors,
    masks: Masks,
    data: TrainingData,
    seed: Seed,
}

impl Untrained {
    fn new(architecture: Architecture, seed: u64) -> Self {
        let recipe = Recipe { bias_init: BiasInit::Zero, ..recipe() };
        let weights = initialize(&architecture, recipe.init, recipe.bias_init, Seed(seed), Purpose::Init, 0);
        let data = data(&architecture);
        Self { architecture, recipe, weights, masks: Masks::new(), data, seed: Seed(seed) }
    }

    fn context(&self) -> BeforeTrainingContext<'_> {
        BeforeTrainingContext {
            architecture: &self.architecture,
            recipe: &self.recipe,
            engine: &*ENGINE,
            weights: &self.weights,
            masks: &self.masks,
            data: &self.data,
            examples_per_class: 5,
            grasp_temperature: GRASP_TEMPERATURE,
            seed: self.seed,
            iteration: 0,
            watch: &unwatched,
        }
    }

    fn cut(&self, method: &dyn BeforeTraining, options: &BeforeTrainingOptions<'_>) -> Masks {
        prune_before_training(method, &self.context(), options, &|_| ControlFlow::Continue(())).unwrap()
    }
}

static ENGINE: std::sync::LazyLock<CpuEngine> = std::sync::LazyLock::new(CpuEngine::new);

fn options(rates: &PruningRates, density: f64) -> BeforeTrainingOptions<'_> {
    BeforeTrainingOptions {
        density: Density::new(density).unwrap(),
        budget: Budget::default(),
        rates,
        iterations: 1,
        schedule: DensitySchedule::Exponential,
        sanity: None,
    }
}

fn budgets() -> impl Iterator<Item = Budget> {
    let allocations = [Allocation::Uniform, Allocation::Er, Allocation::Erk, Allocation::Balanced];
    SCOPES.map(Budget::Scope).into_iter().chain(allocations.map(Budget::Allocation))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn counts_are_exact_and_no_weight_comes_back(seed in 0_u64..1000, density in 0.05_f64..0.5, exclude in any::<bool>()) {
        let mut untrained = Untrained::new(architecture(), seed);
        let mut rates = rates(0.2);
        rates.excluded.extend(exclude.then(|| "conv1".to_owned()));
        let total = untrained.architecture.weight_count();
        for (method, budget) in BEFORE_TRAINING.iter().flat_map(|method| budgets().map(move |budget| (*method, budget))) {
            for (iterations, schedule) in [(1, DensitySchedule::Exponential), (3, DensitySchedule::Linear)] {
                let what = format!("{} {budget:?} {iterations}", method.name());
                let options = BeforeTrainingOptions { budget, iterations, schedule, ..options(&rates, density) };
                untrained.masks = Masks::new();
                let masks = untrained.cut(method, &options);
                prop_assert!(masks == untrained.cut(method, &options), "{what}: again");
                let kept: usize = live(&masks).into_iter().sum();
                let wanted = (density * total as f64).round_ties_even() as usize;
                // Layer by layer, each layer's count is rounded by itself.
                let rounding = if budget == Budget::Scope(Scope::Global) { 0 } else { masks.len() };
                prop_assert!(kept.abs_diff(wanted) <= rounding, "{what}: {kept}, not {wanted}");
                let all = Budget::Scope(Scope::Global) == budget || live(&masks).iter().all(|&live| live > 0);
                prop_assert!(all, "{what}: a layer lost its last weight");
                prop_assert!(!exclude || masks["conv1.weight"].density().get() == 1.0, "{what}: conv1 is excluded");

                untrained.masks = masks;
                let further = BeforeTrainingOptions { density: Density::new(0.048).unwrap(), ..options };
                let fewer = untrained.cut(method, &further);
                prop_assert!(is_within(&fewer, &untrained.masks), "{what}: a pruned weight came back");
            }
        }
    }

    #[test]
    fn inverted_scores_keep_the_complement(seed in 0_u64..1000, quarters in 1_u32..4) {
        let untrained = Untrained::new(mlp("perceptron", &[16], &[12], CLASSES), seed);
        let (rates, density) = (rates(0.2), f64::from(quarters) / 4.0);
        for method in BEFORE_TRAINING {
            let best = untrained.cut(*method, &options(&rates, density));
            let inverted = BeforeTrainingOptions { sanity: Some(SanityCheck::InvertScores), ..options(&rates, 1.0 - density) };
            let worst = untrained.cut(*method, &inverted);
            let scores = method.scores(&untrained.context()).unwrap();
            // Weights of equal scores, such as those of dead units, are drawn, each time anew.
            let boundary = |name: &str, place: usize| {
                let score = scores[name].data()[place];
                scores.values().flat_map(Tensor::data).filter(|&&other| other == score).count() > 1
            };
            for (name, mask) in &best {
                for (place, (best, worst)) in mask.flags().zip(worst[name].flags()).enumerate() {
                    prop_assert!(best != worst || boundary(name, place), "{} {name} {place}", method.name());
                }
            }
        }
    }
}

#[test]
fn shuffled_layers_keep_the_counts_and_lose_the_places() {
    let untrained = Untrained::new(architecture(), 1);
    let rates = rates(0.2);
    for method in BEFORE_TRAINING {
        let plain = options(&rates, 0.2);
        let spoilt = BeforeTrainingOptions { sanity: Some(SanityCheck::ShuffleLayers), ..plain };
        let (masks, shuffled) = (untrained.cut(*method, &plain), untrained.cut(*method, &spoilt));
        assert_eq!(live(&masks), live(&shuffled), "{}", method.name());
        assert!(masks != shuffled, "{}", method.name());
        let inverted = BeforeTrainingOptions { sanity: Some(SanityCheck::InvertScores), ..plain };
        assert!(masks != untrained.cut(*method, &inverted), "{}", method.name());
    }
}

#[test]
fn progress_is_told_and_may_stop_any_method() {
    let untrained = Untrained::new(architecture(), 1);
    let rates = rates(0.2);
    let options = BeforeTrainingOptions { iterations: 4, ..options(&rates, 0.2) };
    for method in BEFORE_TRAINING {
        let told = RefCell::new(Vec::new());
        let note = |progress: lth_ticket::BeforeTrainingProgress| {
            told.borrow_mut().push(progress.iteration as f64 + progress.part);
            ControlFlow::Continue(())
        };
        prune_before_training(*method, &untrained.context(), &options, &note).unwrap();
        let told = told.into_inner();
        assert!(told.is_sorted(), "{}: {told:?}", method.name());
        assert_eq!(told.last(), Some(&4.0), "{}", method.name());
        let stop = |progress: lth_ticket::BeforeTrainingProgress| {
            if progress.iteration < 2 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        let stopped = prune_before_training(*method, &untrained.context(), &options, &stop);
        assert!(matches!(stopped, Err(BeforeTrainingError::Stopped)), "{}", method.name());
    }
}

#[test]
fn synflow_never_empties_a_layer_before_the_others() {
    let rates = rates(0.2);
    for seed in 0..5 {
        let untrained = Untrained::new(mlp("deep", &[16], &[24, 20, 24], CLASSES), seed);
        let total = untrained.architecture.weight_count() as f64;
        for kept in [4.0, 6.0, 12.0, 40.0] {
            let options = BeforeTrainingOptions { iterations: 100, ..options(&rates, kept / total) };
            let masks = untrained.cut(&SynFlow, &options);
            assert_eq!(live(&masks).into_iter().sum::<usize>(), kept as usize);
            assert!(collapsed_layers(&masks).is_empty(), "{kept} weights, seed {seed}: {:?}", live(&masks));
        }
    }
}

#[test]
fn as_much_synaptic_flow_goes_through_every_layer() {
    let untrained = Untrained::new(mlp("deep", &[16], &[24, 20, 24], CLASSES), 1);
    let scores = SynFlow.scores(&untrained.context()).unwrap();
    let flow = |name: &String| scores[name].data().iter().map(|&score| f64::from(score)).sum::<f64>();
    let first = flow(scores.keys().next().unwrap());
    assert!(first > 0.0);
    for name in scores.keys() {
        assert!((flow(name) / first - 1.0).abs() < 1e-5, "{name}: {}, not {first}", flow(name));
    }
}

#[test]
fn the_temperature_of_grasp_changes_its_mask_and_no_other() {
    let untrained = Untrained::new(architecture(), 2);
    let rate = Rate::new(0.2).unwrap();
    let rates = PruningRates::new(rate, rate);
    let masks = |method: &dyn BeforeTraining, grasp_temperature: f64| {
        let context = BeforeTrainingContext { grasp_temperature, ..untrained.context() };
        prune_before_training(method, &context, &options(&rates, 0.3), &|_| ControlFlow::Continue(()))
            .unwrap()
    };
    assert_ne!(masks(&Grasp, GRASP_TEMPERATURE), masks(&Grasp, 1.0));
    assert_eq!(masks(&Snip, GRASP_TEMPERATURE), masks(&Snip, 1.0));
}

#[test]
fn snip_is_the_weight_times_its_gradient() {
    let untrained = Untrained::new(mlp("perceptron", &[16], &[12], CLASSES), 3);
    let context = untrained.context();
    let indices = context.examples().unwrap();
    assert_eq!(indices.len(), 5 * CLASSES, "one batch");
    let weights = &untrained.weights;
    let program = Program::evaluation(&untrained.architecture, indices.len());
    let mut trainer =
        OneNetwork::new(&*ENGINE, &program, &Start::new(weights, &Masks::new(), Seed(3))).unwrap();
    let batch = Batch::Stored { data: &untrained.data.train, indices: &indices, views: &[] };
    let gradients = trainer.gradients(batch, Gradients::All).unwrap();
    let product = |name: &str, place: usize| {
        f64::from((weights[name].data()[place] * gradients[name].data()[place]).abs())
    };
    let scores = Snip.scores(&context).unwrap();
    let places: Vec<(&String, usize)> =
        scores.iter().flat_map(|(name, tensor)| (0..tensor.len()).map(move |place| (name, place))).collect();
    let largest = places.iter().map(|(name, place)| product(name, *place)).fold(0.0, f64::max);
    for (name, place) in places {
        let (found, expected) = (f64::from(scores[name].data()[place]), product(name, place) / largest);
        assert!((found - expected).abs() < 1e-6, "{name} {place}: {found}, not {expected}");
    }
}

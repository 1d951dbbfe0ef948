//! Seconds of pruning before training, every method as its paper does it, on one thread.
//!
//! `cargo bench -p lth-ticket --bench before_training [-- MODEL...]`: to a density of 5 %, ten examples of noise a class, which cost
//! what real ones cost.

use std::{ops::ControlFlow, time::Instant};

use lth_cpu::CpuEngine;
use lth_model::{
    DataSet, Density, Examples, MODELS, Masks, Normalization, Optimizer, Purpose, RandomStream, Rate, Recipe,
    Seed, Step, initialize,
};
use lth_ticket::{
    BEFORE_TRAINING, BeforeTrainingContext, BeforeTrainingOptions, Budget, DensitySchedule,
    EXAMPLES_PER_CLASS, GRASP_TEMPERATURE, PruningRates, TrainingData, collapsed_layers,
    prune_before_training, unwatched,
};

const USUAL: [&str; 4] = ["lenet-300-100", "conv-2", "resnet-20", "vgg-19"];

fn main() {
    let mut wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    if wanted.is_empty() {
        wanted = USUAL.map(str::to_owned).to_vec();
    }
    println!("model, method, iterations, s, collapsed layers");
    for model in MODELS.iter().filter(|model| wanted.iter().any(|name| *name == model.name)) {
        let architecture = model.build(&model.input, model.classes).expect("a model fits its own data");
        let recipe = recipe();
        let weights = initialize(&architecture, recipe.init, recipe.bias_init, Seed(0), Purpose::Init, 0);
        let data = noise(architecture.input_features(), model.classes);
        let rate = Rate::new(0.2).expect("it is between 0 and 1");
        for method in BEFORE_TRAINING {
            let context = BeforeTrainingContext {
                architecture: &architecture,
                recipe: &recipe,
                engine: &CpuEngine::new(),
                weights: &weights,
                masks: &Masks::new(),
                data: &data,
                examples_per_class: EXAMPLES_PER_CLASS,
                grasp_temperature: GRASP_TEMPERATURE,
                seed: Seed(0),
                iteration: 0,
                watch: &unwatched,
            };
            let options = BeforeTrainingOptions {
                density: Density::new(0.05).expect("it is between 0 and 1"),
                budget: Budget::default(),
                rates: &PruningRates::new(rate, rate),
                iterations: method.default_iterations(),
                schedule: DensitySchedule::Exponential,
                sanity: None,
            };
            let begun = Instant::now();
            let masks = prune_before_training(*method, &context, &options, &|_| ControlFlow::Continue(()))
                .expect("all fits");
            let seconds = begun.elapsed().as_secs_f64();
            let collapsed = collapsed_layers(&masks).len();
            println!("{}, {}, {}, {seconds:.2}, {collapsed}", model.name, method.name(), options.iterations);
        }
    }
}

fn recipe() -> Recipe {
    Recipe::new(Optimizer::SGD, 0.1, 60, Step::from_epochs(1))
}

/// As many examples a class as are looked at.
fn noise(features: usize, classes: usize) -> TrainingData {
    let count = EXAMPLES_PER_CLASS * classes;
    let mut stream = RandomStream::new(Seed(0), Purpose::Augmentation, 0);
    let examples = Examples {
        bytes: (0..count * features).map(|_| stream.next_u32() as u8).collect(),
        labels: (0..count).map(|index| (index % classes) as u16).collect(),
        features,
        normalization: Normalization::UNIT,
    };
    let data = DataSet::on_host(&examples);
    TrainingData::new((data.clone(), (0..count as u32).collect(), Vec::new()), (data, Vec::new()))
}

//! Seconds of scoring and pruning once, every model, criterion and scope, on one thread.
//!
//! `cargo bench -p lth-ticket --bench pruning [-- MODEL...]`: for each model and scope the seconds of large-final, and of the
//! criterion that takes longest. What is not needed to cut a ticket (drawing the weights) is not counted.

use std::time::Instant;

use lth_model::{
    Architecture, BiasInit, InitScheme, MODELS, Masks, Purpose, RandomStream, Rate, Seed, Tensors, initialize,
};
use lth_ticket::{CRITERIA, Criterion, PruningRates, Scope, ScoreContext, prune};

fn main() {
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    println!("model, weights, scope, large-final s, slowest criterion, its s");
    for model in
        MODELS.iter().filter(|model| wanted.is_empty() || wanted.iter().any(|name| *name == model.name))
    {
        let architecture = model.build(&model.input, model.classes).expect("a model fits its own data");
        let initial =
            initialize(&architecture, InitScheme::GlorotNormal, BiasInit::Zero, Seed(0), Purpose::Init, 0);
        let trained = moved(&initial);
        for scope in [Scope::Layer, Scope::Global] {
            let seconds: Vec<(f64, &str)> = CRITERIA
                .iter()
                .map(|criterion| {
                    let context = ScoreContext {
                        architecture: &architecture,
                        masks: &Masks::new(),
                        initial: &initial,
                        rewind: &initial,
                        trained: &trained,
                        seed: Seed(0),
                        round: 0,
                    };
                    (time(&architecture, *criterion, &context, scope), criterion.name())
                })
                .collect();
            let usual = seconds.iter().find(|(_, name)| *name == "large-final").map_or(0.0, |(s, _)| *s);
            let slowest = seconds.iter().copied().max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((0.0, ""));
            let weights = architecture.weight_count();
            println!("{}, {weights}, {scope}, {usual:.3}, {}, {:.3}", model.name, slowest.1, slowest.0);
        }
    }
}

/// Weights as after a training: each moved by a part of its own size.
fn moved(initial: &Tensors) -> Tensors {
    let mut trained = initial.clone();
    let mut stream = RandomStream::new(Seed(0), Purpose::Init, 1 << 20);
    for tensor in trained.values_mut() {
        tensor.data_mut().iter_mut().for_each(|weight| *weight *= 2.0 * stream.uniform() as f32 - 0.5);
    }
    trained
}

fn time(
    architecture: &Architecture,
    criterion: &dyn Criterion,
    context: &ScoreContext<'_>,
    scope: Scope,
) -> f64 {
    let rate = Rate::new(0.2).expect("it is between 0 and 1");
    let begun = Instant::now();
    let scores = criterion.scores(context);
    let rates = PruningRates::new(rate, rate);
    let masks = prune(&scores, context.masks, architecture, scope, &rates, Seed(0), 0).expect("all fits");
    let seconds = begun.elapsed().as_secs_f64();
    drop(masks);
    seconds
}

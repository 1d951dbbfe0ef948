//! A criterion of one's own, outside of the library: `cargo run -p lth-ticket --example own_criterion`.

use lth_model::{BiasInit, InitScheme, Masks, Purpose, Rate, Seed, Tensors, initialize, lenet_300_100};
use lth_ticket::{Criterion, PruningRates, Scope, ScoreContext, prune, rewind};

/// Keeps the weights that grew most in proportion to their size: score `|w_f| / |w_i|`.
struct RelativeGrowth;

impl Criterion for RelativeGrowth {
    fn name(&self) -> &'static str {
        "relative-growth"
    }

    fn description(&self) -> &'static str {
        "keeps the weights that grew most in proportion to their size"
    }

    fn formula(&self) -> &'static str {
        "|w_f| / |w_i|"
    }

    fn paper(&self) -> &'static str {
        "none yet"
    }

    fn scores(&self, context: &ScoreContext<'_>) -> Tensors {
        context.elementwise(|weight| weight.trained.abs() / weight.rewind.abs().max(f32::MIN_POSITIVE))
    }
}

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Two draws in the place of `initial.safetensors` and `trained.safetensors` of a run (`TensorFile::read`).
    let architecture = lenet_300_100(10);
    let [initial, trained] = [Seed(0), Seed(1)].map(|seed| {
        initialize(&architecture, InitScheme::GlorotNormal, BiasInit::Zero, seed, Purpose::Init, 0)
    });
    let masks = Masks::new();
    let scores = RelativeGrowth.scores(&ScoreContext {
        architecture: &architecture,
        masks: &masks,
        initial: &initial,
        rewind: &initial,
        trained: &trained,
        seed: Seed(0),
        round: 0,
    });
    let rates = PruningRates::new(Rate::new(0.2)?, Rate::new(0.1)?);
    let masks = prune(&scores, &masks, &architecture, Scope::Layer, &rates, Seed(0), 0)?;
    let ticket = rewind(&initial, &masks);
    for (name, mask) in &masks {
        println!("{name}: {} of {} weights kept", mask.live(), ticket[name].len());
    }
    Ok(())
}

//! Everything that changes a step, together, over several steps: clipping, smoothing, decay, every optimiser, dropout, frozen
//! weights, masks that change, and what a trainer is asked for in between.

use lth_model::{
    Architecture, Batch, Engine, Examples, Gradients, Normalization, Pruned, RandomStream, Start, View,
};

use super::{
    Failure, Outcome,
    bits::pruned_are_zero,
    case::{Case, OPTIMIZERS, SHIFTED, chance, examples, masks, pick, stream},
    pair::Step,
    random,
};

/// Examples of the data set that batches are taken from.
const COUNT: usize = 80;

/// Chains of linear layers.
pub fn random_trainings_of_chains(engine: &dyn Engine) -> Outcome {
    many(engine, 96, random::chain)
}

/// Networks of convolutions.
pub fn random_trainings_of_graphs(engine: &dyn Engine) -> Outcome {
    many(engine, 48, |seed| {
        let (architecture, largest) = random::graph(1000 + seed);
        (architecture, largest.div_ceil(3).max(2))
    })
}

fn many(engine: &dyn Engine, cases: u64, network: impl Fn(u64) -> (Architecture, usize)) -> Outcome {
    let mut compared = 0;
    for seed in 0..cases {
        let (architecture, largest) = network(seed);
        let layers: Vec<String> = architecture.nodes.iter().map(|node| format!("{:?}", node.op)).collect();
        let steps = one(engine, architecture, largest, seed);
        compared += steps.map_err(|failure| failure.within(format!("seed {seed}, {}", layers.join(" "))))?;
    }
    ensure!(compared > cases, "{compared} steps of {cases} networks could be compared");
    Ok(())
}

/// Trains the engine and the reference alike; gives how many steps were compared.
fn one(engine: &dyn Engine, architecture: Architecture, largest: usize, seed: u64) -> Result<u64, Failure> {
    let stream = &mut stream(seed, 23);
    let case = Case::new(architecture, pick(stream, &OPTIMIZERS[..6]), seed);
    let case = Case {
        smoothing: pick(stream, &[0.0, 0.1]),
        clip: chance(stream, 0.5).then(|| (0.01 + stream.uniform()) as f32),
        ..case
    };
    let colours =
        Normalization::Channels { mean: [0.4914, 0.4822, 0.4465], deviation: [0.247, 0.2435, 0.2616] };
    let normalization = pick(stream, &[Normalization::UNIT, Normalization::UNIT, SHIFTED, colours]);
    let data = engine.upload(&examples(&case.architecture, COUNT, normalization, seed))?;
    let mut pair = case.pair(engine)?;
    let mut zero = None;
    let mut compared = 0;
    for number in 0..random::between(stream, 1, 4) {
        let what = |failure: Failure| failure.within(format!("{}, step {number}", case.optimizer));
        if number == 0 || chance(stream, 0.4) {
            let densities: Vec<f64> =
                (0..random::between(stream, 1, 3)).map(|_| random::density(stream)).collect();
            let masks = masks(&case.architecture, &densities, seed + number as u64);
            let (state, frozen) = (pair.engine.state(), chance(stream, 0.33));
            if zero.is_some() && !frozen && chance(stream, 0.5) {
                pair.remask(&masks).map_err(what)?;
            } else {
                let optimizer = (number > 0).then_some(&state.optimizer);
                let pruned = if frozen { Pruned::Frozen } else { Pruned::Zero };
                let start =
                    Start { weights: &state.weights, masks: &masks, pruned, optimizer, seed: case.seed };
                pair.write(&start).map_err(what)?;
            }
            zero = (!frozen).then_some(masks);
        }
        ask(engine, &mut pair, &data, stream).map_err(what)?;
        let size = random::between(stream, case.least(), largest.max(case.least()));
        let indices: Vec<u32> = (0..size).map(|_| stream.below(COUNT as u64) as u32).collect();
        let numbers = numbers(data.examples(), &case.architecture.nodes[0].shape, &indices);
        let labels: Vec<u16> = indices.iter().map(|&index| data.examples().labels[index as usize]).collect();
        let views = vec![View::default(); size];
        let batch = match stream.below(4) {
            0 | 1 => Batch::Stored { data: &data, indices: &indices, views: &[] },
            2 => Batch::Stored { data: &data, indices: &indices, views: &views },
            _ => Batch::Values { inputs: &numbers, labels: &labels },
        };
        if pair.step(batch, case.rate).map_err(what)? == Step::Undecided {
            return Ok(compared);
        }
        compared += 1;
        let state = pair.engine.state();
        if let Some(masks) = &zero {
            pruned_are_zero(&state.weights, masks, "weights").map_err(what)?;
        }
        pair.logits(batch).map_err(what)?;
    }
    Ok(compared)
}

/// Asks the engine for something else with another batch.
fn ask(
    engine: &dyn Engine,
    pair: &mut super::pair::Pair,
    data: &lth_model::DataSet,
    stream: &mut RandomStream,
) -> Outcome {
    let indices: Vec<u32> = (0..9).collect();
    let batch = Batch::Stored { data, indices: &indices, views: &[] };
    match stream.below(7) {
        0 => drop(pair.engine.logits(batch)?),
        1 => drop(pair.engine.gradients(batch, Gradients::All)?),
        2 => drop(pair.engine.gradients(batch, Gradients::Live)?),
        3 => drop(pair.engine.evaluate(&engine.evaluation_set(data, &indices)?)?),
        _ => {}
    }
    Ok(())
}

/// Examples as numbers, `[example][feature]`, as the documentation of [`Normalization`] says.
pub(super) fn numbers(examples: &Examples, shape: &[usize], indices: &[u32]) -> Vec<f32> {
    let (features, pixels) = (examples.features, shape.iter().skip(1).product::<usize>());
    let tables = [0, 1, 2].map(|channel| examples.normalization.table(channel).expect("one of channels"));
    let channel = |feature: usize| if shape.len() == 3 { (feature / pixels).min(2) } else { 0 };
    let inputs = indices.iter().flat_map(|&index| {
        let bytes = &examples.bytes[index as usize * features..][..features];
        bytes.iter().enumerate().map(|(feature, &byte)| tables[channel(feature)][usize::from(byte)])
    });
    inputs.collect()
}

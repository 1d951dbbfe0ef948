//! Every kind of layer, in batches of every size.

use lth_model::{Batch, Engine, RandomStream};

use super::{
    Outcome,
    case::{Case, OPTIMIZERS, stream},
    nets,
    pair::{Pair, Step},
};

/// Values `[example][feature]` and labels for a network.
pub(super) struct Numbers {
    inputs: Vec<f32>,
    labels: Vec<u16>,
}

impl Numbers {
    pub(super) fn new(case: &Case, examples: usize, stream: &mut RandomStream) -> Self {
        let count = examples * case.architecture.input_features();
        let classes = case.architecture.classes() as u64;
        Self {
            inputs: (0..count).map(|_| stream.normal() as f32).collect(),
            labels: (0..examples).map(|_| stream.below(classes) as u16).collect(),
        }
    }

    pub(super) fn batch(&self) -> Batch<'_> {
        Batch::Values { inputs: &self.inputs, labels: &self.labels }
    }
}

/// Outputs, gradients and an update; whether all could be compared.
pub(super) fn compare_all(pair: &mut Pair, batch: Batch<'_>, rate: f32) -> Result<Step, super::Failure> {
    pair.logits(batch)?;
    if pair.gradients(batch)? == Step::Undecided {
        return Ok(Step::Undecided);
    }
    let step = pair.step(batch, rate)?;
    if step == Step::Compared {
        pair.logits(batch)?;
    }
    Ok(step)
}

/// Outputs, gradients and an update of every kind of layer by itself, dense and pruned.
pub fn every_kind_of_layer(engine: &dyn Engine) -> Outcome {
    for (number, (kind, architecture)) in (0..).zip(nets::kinds()) {
        for (density, examples) in [(1.0, 17), (0.9, 5), (0.3, 19)] {
            let optimizer = OPTIMIZERS[number as usize % 6];
            let case = Case::new(architecture.clone(), optimizer, number).at(density);
            let what = format!("{kind}, density {density}, {}", case.optimizer);
            let mut compared = 0;
            // A ReLU may be undecided in one batch, not in all.
            for attempt in 0..4 {
                let numbers = Numbers::new(&case, examples, &mut stream(number, attempt));
                let mut pair = case.pair(engine).map_err(|failure| failure.within(&what))?;
                let step = compare_all(&mut pair, numbers.batch(), case.rate);
                compared += usize::from(step.map_err(|failure| failure.within(&what))? == Step::Compared);
                if compared == 1 {
                    break;
                }
            }
            ensure!(compared > 0, "{what}: nothing could be compared");
        }
    }
    Ok(())
}

/// Batches below, at and above the widths of vectors and slabs, of one example, and larger than the program says, one after
/// the other.
pub fn batches_of_every_size(engine: &dyn Engine) -> Outcome {
    for architecture in [nets::small(), nets::small_with_dropout(), nets::thin()] {
        for density in [1.0, 0.4] {
            let case = Case::new(architecture.clone(), OPTIMIZERS[3], 5).at(density);
            let mut pair = case.pair(engine)?;
            for (number, size) in (0..).zip([60, 1, 15, 16, 17, 64, 65, 130, 2, 1]) {
                let what = format!("{}, density {density}, {size} examples", architecture.name);
                let mut compared = false;
                for attempt in 0..4 {
                    let numbers = Numbers::new(&case, size, &mut stream(number, 30 + attempt));
                    let step = compare_all(&mut pair, numbers.batch(), case.rate);
                    compared = step.map_err(|failure| failure.within(&what))? == Step::Compared;
                    if compared {
                        break;
                    }
                    pair.catch_up(&case, &case.masks)?;
                }
                ensure!(compared, "{what}: nothing could be compared");
            }
        }
    }
    Ok(())
}

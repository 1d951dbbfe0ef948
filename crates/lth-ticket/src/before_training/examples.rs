//! Which examples gradients are taken over.

use lth_model::Seed;

use super::{BeforeTrainingError, context::Draw};
use crate::TrainingData;

/// Examples of each class in the papers (Lee et al. 2019 and Wang et al. 2020 in the code of Tanaka et al. 2020).
pub const EXAMPLES_PER_CLASS: usize = 10;

/// So many training examples of each class, or all of a class that has fewer, in random order; indices into `data.train`.
/// Examples that are held out for validation are not among them.
///
/// They depend on the training indices, their labels and the seed alone.
///
/// # Errors
/// When an index is beyond the data, or a label is none of these classes.
pub fn scoring_examples(
    data: &TrainingData,
    classes: usize,
    per_class: usize,
    seed: Seed,
) -> Result<Vec<u32>, BeforeTrainingError> {
    let mut order = data.train_indices.clone();
    order.sort_unstable();
    Draw::Examples.stream(seed, 0).shuffle(&mut order);
    let mut counts = vec![0; classes];
    let mut chosen = Vec::new();
    for index in order {
        let label = data.train.examples().labels.get(index as usize).copied();
        let count = label.and_then(|label| counts.get_mut(usize::from(label)));
        let Some(count) = count else {
            return Err(BeforeTrainingError::Example { index, label, classes });
        };
        if *count < per_class {
            *count += 1;
            chosen.push(index);
        }
    }
    Ok(chosen)
}

//! Other labels for the same images.

use lth_model::{Examples, Purpose, RandomStream, Seed};

use super::{PERMUTATION, RANDOM_LABELS};
use crate::Dataset;

/// Draws the label of each training example, but not of the data set's own validation set, anew with probability `rate`. The draws of an example do not depend on the
/// rate: a higher rate changes those labels that a lower one changes, to the same, and more.
pub(super) fn randomize(dataset: &Dataset, rate: f64, seed: Seed) -> Dataset {
    let mut stream = RandomStream::new(seed, Purpose::DatasetView, RANDOM_LABELS);
    let labels = dataset.train.labels.iter().enumerate().map(|(index, &label)| {
        let (chance, random) = (stream.uniform(), stream.below(dataset.classes as u64) as u16);
        if chance < rate && index < dataset.training_examples() { random } else { label }
    });
    let train = Examples { labels: labels.collect(), ..dataset.train.clone() };
    dataset.with(train, dataset.validation, dataset.test.clone(), dataset.class_names.clone())
}

/// Renumbers the classes at random.
pub(super) fn permute(dataset: &Dataset, seed: Seed) -> Dataset {
    let new = RandomStream::new(seed, Purpose::DatasetView, PERMUTATION).permutation(dataset.classes);
    let half = |examples: &Examples| Examples {
        labels: examples.labels.iter().map(|&label| new[usize::from(label)] as u16).collect(),
        ..examples.clone()
    };
    let mut names = dataset.class_names.clone();
    for (old, &new) in new.iter().enumerate() {
        names[new as usize] = dataset.class_names[old].clone();
    }
    dataset.with(half(&dataset.train), dataset.validation, half(&dataset.test), names)
}

//! Some of the training examples, the same fraction of each class.

use lth_model::{Examples, Purpose, RandomStream, Seed};

use super::{FRACTION, HALVES};
use crate::Dataset;

/// One of the two halves of a training set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Half {
    /// The first: `cifar-10a`.
    A,
    /// The second: `cifar-10b`.
    B,
}

impl Half {
    /// The letter at the end of the name.
    pub fn letter(self) -> char {
        match self {
            Self::A => 'a',
            Self::B => 'b',
        }
    }
}

/// These examples, in this order.
pub(super) fn select(examples: &Examples, indices: &[u32]) -> Examples {
    let features = examples.features;
    let mut bytes = Vec::with_capacity(indices.len() * features);
    for &index in indices {
        let start = index as usize * features;
        bytes.extend_from_slice(&examples.bytes[start..start + features]);
    }
    Examples {
        bytes: bytes.into(),
        labels: indices.iter().map(|&index| examples.labels[index as usize]).collect(),
        ..examples.clone()
    }
}

/// The training examples of each class in random order, by the stream (seed, [`Purpose::DatasetView`], `what | class`).
fn shuffled_classes(dataset: &Dataset, what: u64, seed: Seed) -> Vec<Vec<u32>> {
    let mut classes = vec![Vec::new(); dataset.classes];
    for (index, &label) in dataset.train.labels[..dataset.training_examples()].iter().enumerate() {
        classes[usize::from(label)].push(index as u32);
    }
    for (class, indices) in classes.iter_mut().enumerate() {
        RandomStream::new(seed, Purpose::DatasetView, what | class as u64).shuffle(indices);
    }
    classes
}

/// The data set with these training examples, in stored order, and its own validation set.
fn with_part(dataset: &Dataset, mut kept: Vec<u32>) -> Dataset {
    kept.extend(dataset.training_examples() as u32..dataset.train.len() as u32);
    kept.sort_unstable();
    let train = select(&dataset.train, &kept);
    dataset.with(train, dataset.validation, dataset.test.clone(), dataset.class_names.clone())
}

/// `fraction` of each class of the training set, rounded, and at least one example.
pub(super) fn fraction(dataset: &Dataset, fraction: f64, seed: Seed) -> Dataset {
    let mut kept = Vec::new();
    for indices in shuffled_classes(dataset, FRACTION, seed) {
        let wanted = (fraction * indices.len() as f64).round_ties_even() as usize;
        kept.extend_from_slice(&indices[..wanted.max(1).min(indices.len())]);
    }
    with_part(dataset, kept)
}

impl Dataset {
    /// One of two disjoint halves with equally many training examples of each class (Morcos et al. 2019: `cifar-10a` and
    /// `cifar-10b`, 2,500 a class); which they are is fixed once and for all. Both keep the whole test set. Of a class with
    /// an odd number of examples one is in neither half.
    #[must_use]
    pub fn half(&self, half: Half) -> Self {
        let mut kept = Vec::new();
        for indices in shuffled_classes(self, HALVES, Seed(0)) {
            let count = indices.len() / 2;
            kept.extend_from_slice(match half {
                Half::A => &indices[..count],
                Half::B => &indices[count..2 * count],
            });
        }
        let mut part = with_part(self, kept);
        part.name.push(half.letter());
        part
    }

    /// Other examples and classes in place of these; the last `validation` of `train` are its own validation set.
    pub(super) fn with(
        &self,
        train: Examples,
        validation: usize,
        test: Examples,
        class_names: Vec<String>,
    ) -> Self {
        let made = Self::new(&self.name, train, test, self.shape.clone(), class_names, &self.source);
        let made = made.with_validation(validation);
        Self { notes: self.notes.clone(), ..made }
    }
}

//! A data set in memory.

use std::{fmt, sync::Arc};

use lth_model::{Examples, Normalization, Shape};

use crate::find_dataset;

/// A data set in memory. Cloning shares the examples.
#[derive(Clone)]
pub struct Dataset {
    /// Its name in the registry, `mnist`, or the label of a folder of images ([`crate::DatasetName::label`]).
    pub name: String,
    /// The training set, from which validation examples are carved ([`crate::validation_split`]).
    pub train: Examples,
    /// How many examples at the end of [`Dataset::train`] are a validation set of the data set's own; of most data sets 0.
    pub validation: usize,
    /// The test set.
    pub test: Examples,
    /// The shape of one example: `[1, 28, 28]`.
    pub shape: Shape,
    /// Number of classes.
    pub classes: usize,
    /// The name of each class.
    pub class_names: Vec<String>,
    /// Where it came from, for people: `embedded`, `folder 'x'`.
    pub source: String,
    /// [`fingerprint`] of its contents.
    pub fingerprint: String,
    /// What its user should know, each a sentence without a full stop: broken files that were left out, images that were
    /// converted.
    pub notes: Vec<String>,
}

impl Dataset {
    /// A data set with these classes, its fingerprint computed, and nothing to note.
    pub fn new(
        name: &str,
        train: Examples,
        test: Examples,
        shape: Shape,
        class_names: Vec<String>,
        source: &str,
    ) -> Self {
        Self {
            name: name.to_owned(),
            fingerprint: fingerprint(&train, &test),
            train,
            validation: 0,
            test,
            shape,
            classes: class_names.len(),
            class_names,
            source: source.to_owned(),
            notes: Vec::new(),
        }
    }

    /// The same with so many examples at the end of [`Dataset::train`] as its own validation set, which its fingerprint tells
    /// then.
    #[must_use]
    pub(crate) fn with_validation(self, validation: usize) -> Self {
        if validation == 0 {
            return self;
        }
        let text = format!("{}\nvalidation={validation}\n", self.fingerprint);
        Self { validation, fingerprint: blake3::hash(text.as_bytes()).to_hex().to_string(), ..self }
    }

    /// How many examples of [`Dataset::train`] are not its own validation set.
    pub fn training_examples(&self) -> usize {
        self.train.len() - self.validation
    }

    /// Whether these are the examples that the registry's data set of this name was published with; `false` also where
    /// their fingerprint is not known.
    pub fn is_published(&self) -> bool {
        find_dataset(&self.name).is_ok_and(|info| info.fingerprint == Some(&self.fingerprint))
    }
}

/// Without the examples themselves, which are tens of megabytes.
impl fmt::Debug for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dataset")
            .field("name", &self.name)
            .field("train", &self.train.len())
            .field("validation", &self.validation)
            .field("test", &self.test.len())
            .field("shape", &self.shape)
            .field("classes", &self.class_names)
            .field("source", &self.source)
            .field("fingerprint", &self.fingerprint)
            .field("notes", &self.notes)
            .finish_non_exhaustive()
    }
}

/// One half of a data set as it comes from its files: checked, but not yet shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Half {
    /// `[example][feature]`.
    pub(crate) images: Vec<u8>,
    /// One class an example.
    pub(crate) labels: Vec<u8>,
}

impl Half {
    /// The examples, with pixels in [0, 1].
    pub(crate) fn into_examples(self, features: usize) -> Examples {
        Examples {
            bytes: Arc::from(self.images),
            labels: self.labels.into_iter().map(u16::from).collect(),
            features,
            normalization: Normalization::UNIT,
        }
    }
}

/// A hash of the contents of a data set: two data sets with the same fingerprint hold the same examples in the same
/// order. Normalization is not part of it.
///
/// BLAKE3, in hexadecimal, of training set and test set one after the other, each as: number of examples, values an
/// example (both 64-bit little-endian), bytes, labels (16-bit little-endian).
pub fn fingerprint(train: &Examples, test: &Examples) -> String {
    let mut hasher = blake3::Hasher::new();
    for half in [train, test] {
        hasher.update(&(half.len() as u64).to_le_bytes());
        hasher.update(&(half.features as u64).to_le_bytes());
        hasher.update(&half.bytes);
        let labels: Vec<u8> = half.labels.iter().flat_map(|label| label.to_le_bytes()).collect();
        hasher.update(&labels);
    }
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn half(images: &[u8], labels: &[u8]) -> Examples {
        Half { images: images.to_vec(), labels: labels.to_vec() }.into_examples(2)
    }

    #[test]
    fn the_fingerprint_sees_every_byte_label_and_border() {
        let base = fingerprint(&half(&[1, 2, 3, 4], &[0, 1]), &half(&[5, 6], &[2]));
        assert_eq!(base.len(), 64);
        for (train, test) in [
            (half(&[9, 2, 3, 4], &[0, 1]), half(&[5, 6], &[2])),
            (half(&[1, 2, 3, 4], &[1, 0]), half(&[5, 6], &[2])),
            (half(&[1, 2, 3, 4], &[0, 1]), half(&[5, 6], &[3])),
            (half(&[1, 2], &[0]), half(&[3, 4, 5, 6], &[1, 2])),
            (half(&[5, 6], &[2]), half(&[1, 2, 3, 4], &[0, 1])),
        ] {
            assert_ne!(fingerprint(&train, &test), base);
        }
        let again = half(&[1, 2, 3, 4], &[0, 1]);
        let scaled = Examples { normalization: Normalization::same(0.5, 2.0), ..again };
        assert_eq!(fingerprint(&scaled, &half(&[5, 6], &[2])), base);
    }

    #[test]
    fn labels_and_bytes_become_examples() {
        let examples = half(&[1, 2, 3, 4], &[0, 255]);
        assert_eq!(examples.labels[..], [0, 255]);
        assert_eq!(examples.bytes[..], [1, 2, 3, 4]);
        assert_eq!((examples.len(), examples.features), (2, 2));
        assert_eq!(examples.normalization, Normalization::UNIT);
    }
}

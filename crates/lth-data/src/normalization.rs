//! How the bytes of a data set become numbers.

use lth_model::{Examples, Normalization};
use serde::{Deserialize, Serialize};

use crate::Dataset;

/// The ways of normalising that have a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NormalizationMethod {
    /// `byte / 255`: numbers in [0, 1].
    Unit,
    /// `(byte / 255 - mean) / deviation`, mean and deviation of the channel over the whole training set.
    Standard,
    /// Each image by its own mean and deviation ([`Normalization::PerImage`]).
    PerImage,
}

impl NormalizationMethod {
    /// All of them with their names.
    pub const ALL: [(&'static str, Self); 3] =
        [("unit", Self::Unit), ("standard", Self::Standard), ("per-image", Self::PerImage)];

    /// What is usual for images of so many channels: `unit` for grey ones (as the papers treat MNIST), `standard` for
    /// coloured ones.
    pub fn usual(channels: usize) -> Self {
        if channels == 3 { Self::Standard } else { Self::Unit }
    }

    /// Its name on the command line and in files: `per-image`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Standard => "standard",
            Self::PerImage => "per-image",
        }
    }
}

/// Mean and deviation of each channel, in units of 255 (a black pixel is 0, a white one 1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChannelStatistics {
    /// Means.
    pub mean: [f64; 3],
    /// Biased standard deviations.
    pub deviation: [f64; 3],
}

impl ChannelStatistics {
    /// Of all pixels of these examples, `channels` planes each (1 or 3; the one of grey images is given three times). A
    /// channel that is the same everywhere gets deviation 1, so that nothing is divided by zero.
    ///
    /// The sums are of whole numbers and hence exact.
    pub fn of(examples: &Examples, channels: usize) -> Self {
        Self::of_first(examples.len(), examples, channels)
    }

    /// As [`ChannelStatistics::of`], of the first `count` examples.
    fn of_first(count: usize, examples: &Examples, channels: usize) -> Self {
        let mut sums = [(0u64, 0u64); 3];
        let plane = (examples.features / channels).max(1);
        for example in examples.bytes.chunks_exact(examples.features.max(1)).take(count) {
            for (sum, plane) in sums.iter_mut().zip(example.chunks_exact(plane)) {
                for &byte in plane {
                    sum.0 += u64::from(byte);
                    sum.1 += u64::from(byte) * u64::from(byte);
                }
            }
        }
        if channels == 1 {
            sums = [sums[0]; 3];
        }
        let count = (count * plane).max(1) as f64;
        let mean = sums.map(|(sum, _)| sum as f64 / count / 255.0);
        let deviation = sums.map(|(sum, squares)| {
            let mean = sum as f64 / count;
            let variance = squares as f64 / count - mean * mean;
            if variance > 0.0 { variance.sqrt() / 255.0 } else { 1.0 }
        });
        Self { mean, deviation }
    }

    /// The normalisation that gives each channel mean 0 and deviation 1.
    pub fn normalization(self) -> Normalization {
        let narrow = |values: [f64; 3]| values.map(|value| value as f32);
        Normalization::Channels { mean: narrow(self.mean), deviation: narrow(self.deviation) }
    }
}

impl Dataset {
    /// Number of channels: 3 for coloured images, else 1.
    pub fn channels(&self) -> usize {
        if let [3, _, _] = self.shape[..] { 3 } else { 1 }
    }

    /// Mean and deviation of each channel of the training set.
    pub fn statistics(&self) -> ChannelStatistics {
        ChannelStatistics::of_first(self.training_examples(), &self.train, self.channels())
    }

    /// The same data, normalised so. `standard` uses the training set as it is here: normalise first, then take a part.
    #[must_use]
    pub fn normalized(mut self, method: NormalizationMethod) -> Self {
        let normalization = match method {
            NormalizationMethod::Unit => Normalization::UNIT,
            NormalizationMethod::Standard => self.statistics().normalization(),
            NormalizationMethod::PerImage => Normalization::PerImage,
        };
        self.train.normalization = normalization;
        self.test.normalization = normalization;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset(shape: [usize; 3], bytes: &[u8]) -> Dataset {
        let features = shape.iter().product();
        let examples = Examples {
            bytes: bytes.into(),
            labels: vec![0; bytes.len() / features].into(),
            features,
            normalization: Normalization::UNIT,
        };
        Dataset::new("test", examples.clone(), examples, shape.to_vec(), vec!["0".to_owned()], "test")
    }

    #[test]
    fn each_channel_has_its_own_statistics() {
        let data = dataset([3, 1, 2], &[0, 255, 51, 51, 0, 0, 255, 0, 153, 153, 0, 0]);
        let statistics = data.statistics();
        let near = |found: [f64; 3], wanted: [f64; 3]| {
            assert!(
                found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-12),
                "{found:?}"
            );
        };
        near(statistics.mean, [0.5, 0.4, 0.0]);
        // The last channel is the same everywhere.
        near(statistics.deviation, [0.5, 0.2, 1.0]);
        let standard = data.normalized(NormalizationMethod::Standard).test.normalization;
        assert_eq!(standard, Normalization::Channels { mean: [0.5, 0.4, 0.0], deviation: [0.5, 0.2, 1.0] });
    }

    #[test]
    fn grey_images_have_one_channel() {
        let data = dataset([1, 2, 2], &[0, 0, 255, 255]);
        assert_eq!(data.statistics(), ChannelStatistics { mean: [0.5; 3], deviation: [0.5; 3] });
        assert_eq!(
            data.normalized(NormalizationMethod::PerImage).train.normalization,
            Normalization::PerImage
        );
    }

    #[test]
    fn the_statistics_of_mnist_are_those_everybody_uses() {
        let mnist = crate::load("mnist", &crate::DataOptions::default(), &mut |_| {}).unwrap();
        let statistics = mnist.statistics();
        assert_eq!(format!("{:.4} {:.4}", statistics.mean[0], statistics.deviation[0]), "0.1307 0.3081");
        assert_eq!(mnist.train.normalization, Normalization::UNIT);
    }

    #[test]
    fn names_are_those_of_the_files() {
        for (name, method) in NormalizationMethod::ALL {
            assert_eq!(method.name(), name);
            assert_eq!(serde_json::to_value(method).unwrap(), name);
        }
        assert_eq!(NormalizationMethod::usual(3), NormalizationMethod::Standard);
        assert_eq!(NormalizationMethod::usual(1), NormalizationMethod::Unit);
    }
}

//! Labelled examples on the host.

use std::sync::Arc;

/// How a stored byte becomes a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Normalization {
    /// `(byte / 255 - mean) / deviation`, by the channel of the pixel; grey images use the first entry.
    Channels {
        /// Subtracted after the division by 255.
        mean: [f32; 3],
        /// Divided by at the end.
        deviation: [f32; 3],
    },
    /// Each image by itself: `(x - mean) / max(deviation, 1 / sqrt(n))`, x = byte / 255, mean and (biased) deviation over
    /// all n values of the image.
    PerImage,
}

impl Normalization {
    /// Pixels in [0, 1].
    pub const UNIT: Self = Self::same(0.0, 1.0);

    /// The same mean and deviation for every channel.
    pub const fn same(mean: f32, deviation: f32) -> Self {
        Self::Channels { mean: [mean; 3], deviation: [deviation; 3] }
    }

    /// The number of each of the 256 bytes in a channel; `None` where it depends on the image.
    pub fn table(self, channel: usize) -> Option<[f32; 256]> {
        match self {
            Self::Channels { mean, deviation } => {
                let (mean, deviation) = (mean[channel], deviation[channel]);
                Some(std::array::from_fn(|byte| (byte as f32 / 255.0 - mean) / deviation))
            }
            Self::PerImage => None,
        }
    }
}

/// How a stored image is read in training: shifted, with black (byte 0) where nothing is, and perhaps mirrored.
///
/// Pixel (y, x) of what the network sees is pixel `(y + down, x' + right)` of the stored image, `x' = width - 1 - x` where
/// it is mirrored, else `x' = x`: a crop of the padded image, mirrored afterwards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct View {
    /// Rows.
    pub down: i8,
    /// Columns.
    pub right: i8,
    /// Whether left and right are swapped.
    pub mirrored: bool,
}

/// Labelled examples held in memory: `bytes` is `[example][feature]`, `labels` one class an example.
///
/// Cloning shares the memory.
#[derive(Debug, Clone)]
pub struct Examples {
    /// Stored values, one byte each, example after example.
    pub bytes: Arc<[u8]>,
    /// The class of each example.
    pub labels: Arc<[u16]>,
    /// Values an example.
    pub features: usize,
    /// How bytes become numbers.
    pub normalization: Normalization,
}

impl Examples {
    /// The number of examples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }
}

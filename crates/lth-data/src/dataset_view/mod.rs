//! Parts and changes of a data set, as settings.

mod classes;
mod error;
mod labels;
mod parts;

use lth_model::Seed;
use serde::{Deserialize, Serialize};

pub use error::ViewError;
pub use parts::Half;

use crate::{Dataset, ImageOptions};

/// What each random choice is for: the upper half of the index of its stream; the class is the lower half.
const FRACTION: u64 = 1 << 32;
const RANDOM_LABELS: u64 = 2 << 32;
const PERMUTATION: u64 = 3 << 32;
const HALVES: u64 = 4 << 32;

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Which part of a data set is used, and what is changed in it. Everything is done in the order of the fields, and drawn
/// from [`DatasetView::seed`] alone: all replicates of an experiment see the same data.
///
/// ```
/// use lth_data::{DataOptions, DatasetView, load};
/// let mnist = load("mnist", &DataOptions::default(), &mut |_| {})?;
/// let view = DatasetView { fraction: Some(0.1), random_labels: Some(0.2), ..DatasetView::default() };
/// let part = view.apply(&mnist)?;
/// assert_eq!((part.train.len(), part.test.len()), (5999, 10_000)); // rounded class by class
/// assert_eq!(part.name, "mnist-fraction-0.1-random-labels-0.2");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatasetView {
    /// Image files are scaled to this many pixels on either side when they are read
    /// ([`crate::ImageOptions::size`]); [`DatasetView::apply`] leaves it to the reader.
    #[serde(skip_serializing_if = "is_default")]
    pub image_size: Option<u32>,
    /// They are scaled to this many pixels on the shorter side first, and the middle is cut out
    /// ([`crate::ImageOptions::resize`]).
    #[serde(skip_serializing_if = "is_default")]
    pub resize: Option<u32>,
    /// They are turned as their EXIF data say.
    #[serde(skip_serializing_if = "is_default")]
    pub exif_orientation: bool,
    /// Only these classes, all by name or all by number; they are renumbered in this order, in training and test set. Empty for all.
    #[serde(skip_serializing_if = "is_default")]
    pub classes: Vec<String>,
    /// Only this fraction of the training examples of each class, and at least one.
    #[serde(skip_serializing_if = "is_default")]
    pub fraction: Option<f64>,
    /// The probability with which the label of a training example is drawn anew, uniformly from all classes (Zhang et al.
    /// 2017). The test set keeps its labels.
    #[serde(skip_serializing_if = "is_default")]
    pub random_labels: Option<f64>,
    /// Whether the classes are renumbered at random, in training and test set alike.
    #[serde(skip_serializing_if = "is_default")]
    pub permute_labels: bool,
    /// Fixes what is drawn.
    #[serde(skip_serializing_if = "is_default")]
    pub seed: ViewSeed,
}

/// The seed of a view; 0 unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ViewSeed(pub Seed);

impl Default for ViewSeed {
    fn default() -> Self {
        Self(Seed(0))
    }
}

impl DatasetView {
    /// Whether it leaves a data set as it is.
    pub fn is_whole(&self) -> bool {
        *self == Self { seed: self.seed, ..Self::default() }
    }

    /// How image files are read.
    pub fn image_options(&self) -> ImageOptions {
        ImageOptions { size: self.image_size, resize: self.resize, upright: self.exif_orientation }
    }

    /// Checks what can be checked without the data: sizes, fractions and rates.
    ///
    /// # Errors
    /// [`ViewError::ImageSize`], [`ViewError::Resize`], [`ViewError::Fraction`] and [`ViewError::Rate`].
    pub fn check(&self) -> Result<(), ViewError> {
        let sizes = [("image size", self.image_size), ("resize", self.resize)];
        for (what, pixels) in sizes.into_iter().filter_map(|(what, pixels)| Some((what, pixels?))) {
            if !(1..=ImageOptions::LARGEST).contains(&pixels) {
                return Err(ViewError::ImageSize { what, pixels });
            }
        }
        if let Some(resize) = self.resize.filter(|&resize| self.image_size.is_none_or(|size| resize < size)) {
            return Err(ViewError::Resize { resize, size: self.image_size });
        }
        if let Some(fraction) = self.fraction.filter(|fraction| !(*fraction > 0.0 && *fraction <= 1.0)) {
            return Err(ViewError::Fraction { fraction });
        }
        if let Some(rate) = self.random_labels.filter(|rate| !(0.0..=1.0).contains(rate)) {
            return Err(ViewError::Rate { rate });
        }
        Ok(())
    }

    /// The data set, seen so. Its name says how, its fingerprint is that of what is seen, and its normalisation stays.
    ///
    /// # Errors
    /// When a fraction or rate is out of its range, or a class is not there or named twice.
    pub fn apply(&self, dataset: &Dataset) -> Result<Dataset, ViewError> {
        self.check()?;
        let mut seen = dataset.clone();
        if !self.classes.is_empty() {
            seen = classes::subset(&seen, &self.classes)?;
        }
        let seed = self.seed.0;
        if let Some(fraction) = self.fraction.filter(|fraction| *fraction < 1.0) {
            seen = parts::fraction(&seen, fraction, seed);
        }
        if let Some(rate) = self.random_labels.filter(|rate| *rate > 0.0) {
            seen = labels::randomize(&seen, rate, seed);
        }
        if self.permute_labels {
            seen = labels::permute(&seen, seed);
        }
        seen.name = self.name_of(&seen.name);
        Ok(seen)
    }

    /// The name of a data set that is seen so: `mnist-fraction-0.1`.
    pub fn name_of(&self, dataset: &str) -> String {
        let mut suffix = String::new();
        if let Some(side) = self.image_size {
            suffix += &format!("-size-{side}");
        }
        if let Some(shorter) = self.resize {
            suffix += &format!("-resize-{shorter}");
        }
        if self.exif_orientation {
            suffix += "-exif";
        }
        if !self.classes.is_empty() {
            // Without the marks of a name or number, and without slashes: names become parts of file names.
            let plain =
                |class: &String| class.trim_end_matches('/').trim_start_matches('+').replace('/', "_");
            suffix += &format!("-classes-{}", self.classes.iter().map(plain).collect::<Vec<_>>().join("-"));
        }
        if let Some(fraction) = self.fraction.filter(|fraction| *fraction < 1.0) {
            suffix += &format!("-fraction-{fraction}");
        }
        if let Some(rate) = self.random_labels.filter(|rate| *rate > 0.0) {
            suffix += &format!("-random-labels-{rate}");
        }
        if self.permute_labels {
            suffix += "-permuted";
        }
        if !suffix.is_empty() && !is_default(&self.seed) {
            suffix += &format!("-seed-{}", self.seed.0);
        }
        format!("{dataset}{suffix}")
    }
}

#[cfg(test)]
mod tests;

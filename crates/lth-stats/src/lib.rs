//! What a few repetitions tell: means and intervals, paired differences and their tests, whether a difference exceeds noise.
//!
//! Pure functions of numbers, each with its formula. Values that are not a number, as the accuracy of a training that diverged, are left
//! out and counted. Where a figure is not defined, as the deviation of a single value, there is `None`.

mod band;
mod bootstrap;
mod noise;
mod paired;
mod paired_ratio;
mod quantile;
mod sample;
mod several;
mod wilcoxon;

pub use band::{Band, Interval, NoSuchBand};
pub use noise::{counting_variance, paired_interval, paired_proportions_noise, proportion_noise};
pub use paired::{Paired, Test};
pub use paired_ratio::PairedRatio;
pub use sample::Sample;
pub use several::holm;

/// The confidence of every interval here, two-sided.
pub const CONFIDENCE: f64 = 0.95;

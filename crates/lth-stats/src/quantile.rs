//! Quantiles of distributions and of values.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use crate::CONFIDENCE;

/// Between minus and plus this lies [`CONFIDENCE`] of Student's t distribution.
pub(crate) fn t_quantile(degrees_of_freedom: f64) -> f64 {
    let t = StudentsT::new(0.0, 1.0, degrees_of_freedom).expect("there are two values or more");
    t.inverse_cdf(f64::midpoint(1.0, CONFIDENCE))
}

/// Between minus and plus this lies [`CONFIDENCE`] of the normal distribution.
pub(crate) fn z_quantile() -> f64 {
    Normal::standard().inverse_cdf(f64::midpoint(1.0, CONFIDENCE))
}

/// The probability that Student's t is further from 0 than this.
pub(crate) fn t_two_sided(t: f64, degrees_of_freedom: f64) -> f64 {
    let distribution = StudentsT::new(0.0, 1.0, degrees_of_freedom).expect("there are two values or more");
    2.0 * distribution.sf(t.abs())
}

/// The probability that a normal deviate is further from 0 than this.
pub(crate) fn z_two_sided(z: f64) -> f64 {
    2.0 * Normal::standard().sf(z.abs())
}

/// A quantile of sorted values, between two of them in proportion (NumPy's `linear`, Hyndman and Fan's type 7).
pub(crate) fn quantile(sorted: &[f64], probability: f64) -> f64 {
    let place = probability * (sorted.len() - 1) as f64;
    let (below, part) = (place.floor(), place.fract());
    let (low, high) = (sorted[below as usize], sorted[place.ceil() as usize]);
    if part == 0.0 { low } else { low + (high - low) * part }
}

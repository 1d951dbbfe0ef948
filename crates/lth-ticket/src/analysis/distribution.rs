//! Distributions of weights: moments, quantiles, fixed bins.

/// The probabilities of [`Distribution::quantiles`].
const PROBABILITIES: [f64; 7] = [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0];

/// Moments and quantiles of some weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    /// Weights.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, of the population.
    pub deviation: f64,
    /// Smallest, 5 %, 25 %, median, 75 %, 95 %, largest; between two values, their mixture, as numpy does.
    pub quantiles: [f64; 7],
}

impl Distribution {
    /// Of these values; `None` without any.
    ///
    /// ```
    /// use lth_ticket::Distribution;
    /// let weights = Distribution::of(vec![3.0, 1.0]).unwrap();
    /// assert_eq!((weights.mean, weights.deviation, weights.quantiles[3]), (2.0, 1.0, 2.0));
    /// ```
    pub fn of(mut values: Vec<f32>) -> Option<Self> {
        if values.is_empty() {
            return None;
        }
        values.sort_unstable_by(f32::total_cmp);
        let all = values.len() as f64;
        let mean = values.iter().map(|&value| f64::from(value)).sum::<f64>() / all;
        let variance = values.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>() / all;
        let quantile = |probability: f64| {
            let place = probability * (all - 1.0);
            let below = place.floor() as usize;
            let above = (below + 1).min(values.len() - 1);
            let (low, high) = (f64::from(values[below]), f64::from(values[above]));
            low + (high - low) * (place - below as f64)
        };
        let quantiles = PROBABILITIES.map(quantile);
        Some(Self { count: values.len(), mean, deviation: variance.sqrt(), quantiles })
    }
}

/// How many weights lie in each of equally wide bins.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// Where the first bin begins.
    pub low: f64,
    /// Where the last bin ends.
    pub high: f64,
    /// Weights in each bin. A bin has its lower edge; the last has both; what lies outside is in the nearest bin.
    pub counts: Vec<usize>,
}

impl Histogram {
    /// Of these values in so many bins from `low` to `high`.
    ///
    /// # Panics
    /// When there is no bin, or `high` is not above `low`.
    pub fn of(values: &[f32], low: f64, high: f64, bins: usize) -> Self {
        assert!(bins > 0 && high > low, "{bins} bins from {low} to {high}");
        let mut counts = vec![0; bins];
        for &value in values {
            let place = (f64::from(value) - low) / (high - low) * bins as f64;
            // A cast of what is below zero gives zero.
            counts[(place as usize).min(bins - 1)] += 1;
        }
        Self { low, high, counts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_numpys() {
        let found = Distribution::of(vec![4.0, 1.0, 2.0, 3.0]).unwrap();
        let expected = [1.0, 1.15, 1.75, 2.5, 3.25, 3.85, 4.0];
        for (found, expected) in found.quantiles.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
        assert!((found.deviation - 1.25_f64.sqrt()).abs() < 1e-12);
        assert_eq!(Distribution::of(vec![]), None);
    }

    #[test]
    fn no_value_is_lost_between_bins() {
        let bins = Histogram::of(&[-9.0, -1.0, -0.5, 0.0, 0.49, 0.5, 1.0, 9.0], -1.0, 1.0, 4);
        assert_eq!(bins.counts, [2, 1, 2, 3]);
    }
}

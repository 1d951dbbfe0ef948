//! Some values of one figure, one a repetition.

use crate::{
    band::{Band, Interval},
    bootstrap,
    quantile::{quantile, t_quantile},
};

/// Values of one figure, at least one of which is a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    sorted: Vec<f64>,
    mean: f64,
    missing: usize,
}

impl Sample {
    /// Of these values. `None` when none is a number.
    ///
    /// ```
    /// let accuracy = lth_stats::Sample::of([0.981, 0.983, f64::NAN, 0.979]).unwrap();
    /// assert_eq!((accuracy.count(), accuracy.missing()), (3, 1));
    /// assert_eq!(accuracy.median(), 0.981);
    /// ```
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let (mut sorted, mut missing) = (Vec::new(), 0);
        for value in values {
            if value.is_nan() { missing += 1 } else { sorted.push(value) }
        }
        if sorted.is_empty() {
            return None;
        }
        let mut mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
        sorted.sort_by(f64::total_cmp);
        // Without rounding, so that equal values have no deviation.
        if sorted[0] == sorted[sorted.len() - 1] {
            mean = sorted[0];
        }
        Some(Self { sorted, mean, missing })
    }

    /// How many values there are, n.
    pub fn count(&self) -> usize {
        self.sorted.len()
    }

    /// How many more were no numbers.
    pub fn missing(&self) -> usize {
        self.missing
    }

    /// `sum x / n`
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// The middle value, or the mean of the two in the middle.
    pub fn median(&self) -> f64 {
        quantile(&self.sorted, 0.5)
    }

    /// The least value.
    pub fn min(&self) -> f64 {
        self.sorted[0]
    }

    /// The largest value.
    pub fn max(&self) -> f64 {
        self.sorted[self.sorted.len() - 1]
    }

    /// The value below which this part of the values lies, between two of them in proportion.
    pub fn quantile(&self, probability: f64) -> f64 {
        quantile(&self.sorted, probability.clamp(0.0, 1.0))
    }

    /// `sqrt(sum (x - mean)^2 / (n - 1))`; `None` for a single value.
    pub fn standard_deviation(&self) -> Option<f64> {
        let degrees = self.count().checked_sub(1).filter(|&degrees| degrees > 0)?;
        let squares: f64 = self.sorted.iter().map(|value| (value - self.mean).powi(2)).sum();
        Some((squares / degrees as f64).sqrt())
    }

    /// The standard deviation of the mean, `sd / sqrt n`; `None` for a single value.
    pub fn standard_error(&self) -> Option<f64> {
        Some(self.standard_deviation()? / (self.count() as f64).sqrt())
    }

    /// The interval of the mean, `mean ± t sd / sqrt n` with Student's t of n - 1 degrees of freedom; `None` for a single value.
    pub fn t_interval(&self) -> Option<Interval> {
        let half = self.standard_error()? * t_quantile((self.count() - 1) as f64);
        Some(Interval { low: self.mean - half, high: self.mean + half })
    }

    /// The percentile bootstrap interval of the mean (Efron and Tibshirani 1993, section 13.3): between its quantiles over samples of n
    /// values, drawn with replacement. All of those up to n = 6, and 10,000 random ones under this seed beyond. `None` for a single value.
    ///
    /// For a handful of values it is too narrow; where they are about normally distributed [`Sample::t_interval`] is not.
    pub fn bootstrap_interval(&self, seed: u64) -> Option<Interval> {
        bootstrap::interval_of_mean(&self.sorted, seed)
    }

    /// A band around the mean; `None` for a single value, but for [`Band::MinMax`].
    pub fn band(&self, band: Band) -> Option<Interval> {
        let around = |half: f64| Interval { low: self.mean - half, high: self.mean + half };
        match band {
            Band::MinMax => Some(Interval { low: self.min(), high: self.max() }),
            Band::StandardDeviation => self.standard_deviation().map(around),
            Band::StandardError => self.standard_error().map(around),
            Band::Confidence => self.t_interval(),
        }
    }
}

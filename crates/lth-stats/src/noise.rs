//! Whether a difference exceeds noise: intervals of paired differences and of proportions.

use crate::quantile::{t_quantile, z_quantile};

/// The mean and the half-width of its interval (Student's t, n - 1 degrees of freedom) of differences that
/// are independent and about normally distributed, one a pair. The half-width is `None` for a single difference.
///
/// `least_variance` is what a difference varies by at least, such as [`counting_variance`]: without it, few differences
/// that happen to be equal would have an interval of no width.
pub fn paired_interval(differences: &[f64], least_variance: f64) -> (f64, Option<f64>) {
    let n = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / n;
    if differences.len() < 2 {
        return (mean, None);
    }
    let squares: f64 = differences.iter().map(|value| (value - mean).powi(2)).sum();
    let variance = (squares / (n - 1.0)).max(least_variance);
    (mean, Some(t_quantile(n - 1.0) * (variance / n).sqrt()))
}

/// The half-width of the interval of a proportion p of n examples, `z sqrt(p (1 - p) / n)`.
pub fn proportion_noise(proportion: f64, examples: u64) -> f64 {
    z_quantile() * (proportion * (1.0 - proportion) / examples as f64).sqrt()
}

/// A bound on the half-width of the interval of the difference of two accuracies on the *same* n examples.
///
/// The difference is (b - c) / n, with b examples that only the one classifies correctly and c that only the other does.
/// If neither is better, each of the b + c falls on either side with probability 1/2 (McNemar 1947), so the difference
/// deviates by `sqrt(b + c) / n`. Which examples these are is not known from two accuracies p and q, but there are no
/// more than `b <= n min(p, 1 - q)` and `c <= n min(q, 1 - p)`: the bound is `z sqrt((b + c) / n^2)` with the largest.
pub fn paired_proportions_noise(p: f64, q: f64, examples: u64) -> f64 {
    let discordant = p.min(1.0 - q) + q.min(1.0 - p);
    z_quantile() * (discordant.max(0.0) / examples as f64).sqrt()
}

/// The variance that counting whole examples leaves in the difference of two proportions of n: each is known to 1/n, a
/// uniform error of variance `1 / (12 n^2)`.
pub fn counting_variance(examples: u64) -> f64 {
    1.0 / (6.0 * (examples as f64).powi(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-9 * expected.abs(), "{found} {expected}");
    }

    /// `scipy.stats.t.ppf(0.975, df)` and `norm.ppf(0.975)`.
    #[test]
    fn quantiles_are_those_of_scipy() {
        for (degrees_of_freedom, expected) in [
            (1.0, 12.706_204_736_174_694),
            (2.0, 4.302_652_729_749_462),
            (3.0, 3.182_446_305_283_708),
            (4.0, 2.776_445_105_197_793),
            (9.0, 2.262_157_162_798_205),
            (99.0, 1.984_216_951_586_417),
        ] {
            close(t_quantile(degrees_of_freedom), expected);
        }
        close(z_quantile(), 1.959_963_984_540_054);
    }

    /// `scipy.stats.ttest_rel(ticket, dense).confidence_interval(0.95)`.
    #[test]
    fn paired_intervals_are_those_of_scipy() {
        let dense = [0.9787, 0.9796, 0.9805, 0.9791, 0.9797];
        let ticket = [0.9813, 0.9822, 0.9830, 0.9825, 0.9841];
        let differences: Vec<f64> = ticket.iter().zip(&dense).map(|(ticket, dense)| ticket - dense).collect();
        let (mean, noise) = paired_interval(&differences, 0.0);
        close(mean, 0.0031);
        close(noise.unwrap(), 0.001_008_732_600_706_145_9);
        assert_eq!(paired_interval(&[0.5], 0.0), (0.5, None));
    }

    #[test]
    fn equal_differences_keep_the_noise_of_counting() {
        let (mean, noise) = paired_interval(&[0.01, 0.01], counting_variance(100));
        close(mean, 0.01);
        close(noise.unwrap(), 12.706_204_736_174_694 * (1.0_f64 / 6.0).sqrt() * 0.01 / 2.0_f64.sqrt());
    }

    #[test]
    fn noise_of_proportions_follows_the_binomial_distribution() {
        // `scipy.stats.binom.std(10000, 0.1135) / 10000 * norm.ppf(0.975)`
        close(proportion_noise(0.1135, 10_000), 0.006_217_064_767_684_959);
        assert_eq!(proportion_noise(1.0, 10_000), 0.0);
        // No more than 200 + 200 of 10,000 examples can tell two accuracies of 98 % apart.
        close(paired_proportions_noise(0.98, 0.98, 10_000), z_quantile() * 400.0_f64.sqrt() / 10_000.0);
        close(paired_proportions_noise(0.1, 0.2, 100), z_quantile() * 30.0_f64.sqrt() / 100.0);
        assert_eq!(paired_proportions_noise(1.0, 1.0, 100), 0.0);
    }
}

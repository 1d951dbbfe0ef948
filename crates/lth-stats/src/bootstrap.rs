//! The bootstrap.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use crate::{CONFIDENCE, band::Interval, quantile::quantile};

/// Random samples that are drawn.
const RESAMPLES: usize = 10_000;
/// Up to so many values all n^n samples are looked at instead.
const ALL_UP_TO: usize = 6;

/// The percentile interval of the mean; `None` for a single value.
pub(crate) fn interval_of_mean(values: &[f64], seed: u64) -> Option<Interval> {
    if values.len() < 2 {
        return None;
    }
    let mut means = if values.len() <= ALL_UP_TO { all_means(values) } else { random_means(values, seed) };
    means.sort_by(f64::total_cmp);
    let tail = (1.0 - CONFIDENCE) / 2.0;
    Some(Interval { low: quantile(&means, tail), high: quantile(&means, 1.0 - tail) })
}

/// Of every sample: its number, to the base of n, says which values it has.
fn all_means(values: &[f64]) -> Vec<f64> {
    let n = values.len();
    let mean = |number: usize| {
        let digits = (0..n).scan(number, |rest, _| {
            let digit = *rest % n;
            *rest /= n;
            Some(digit)
        });
        digits.map(|digit| values[digit]).sum::<f64>() / n as f64
    };
    (0..n.pow(n as u32)).map(mean).collect()
}

fn random_means(values: &[f64], seed: u64) -> Vec<f64> {
    let n = values.len();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut draw = || values[((u128::from(random.next_u64()) * n as u128) >> 64) as usize];
    (0..RESAMPLES).map(|_| (0..n).map(|_| draw()).sum::<f64>() / n as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_samples_come_near_all_samples() {
        let values = [0.3, 0.1, 0.45, 0.2, 0.9, 0.35];
        let mut all = all_means(&values);
        let mut random = random_means(&values, 1);
        for means in [&mut all, &mut random] {
            means.sort_by(f64::total_cmp);
        }
        assert_eq!((all.len(), random.len()), (46_656, RESAMPLES));
        for probability in [0.025, 0.5, 0.975] {
            let [exact, near] = [&all, &random].map(|means| quantile(means, probability));
            assert!((exact - near).abs() < 0.01, "{probability}: {exact} {near}");
        }
    }

    #[test]
    fn a_seed_fixes_the_interval() {
        let values: Vec<f64> = (0..20).map(|index| f64::from(index).sqrt().fract()).collect();
        let interval = |seed| interval_of_mean(&values, seed).unwrap();
        assert_eq!(interval(3), interval(3));
        assert_ne!(interval(3), interval(4));
        // Frozen: tables of two runs of a command are the same.
        assert_eq!((interval(0).low, interval(0).high), (0.235_277_617_939_702_17, 0.487_323_269_755_895));
    }
}

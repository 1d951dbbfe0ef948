//! Signed ranks.

use crate::quantile::z_two_sided;

/// Up to so many differences the probability is exact.
const EXACT_UP_TO: usize = 50;

/// Ranks of absolute differences, summed by sign.
pub(crate) struct RankSums {
    pub(crate) positive: f64,
    pub(crate) negative: f64,
    /// Twice each rank: mean ranks of equal differences may be halves.
    doubled: Vec<usize>,
    /// `sum (t^3 - t)` over groups of t equal differences.
    ties: f64,
}

/// `None` where all differences are 0.
pub(crate) fn rank_sums(differences: &[f64]) -> Option<RankSums> {
    let mut values: Vec<f64> = differences.iter().copied().filter(|value| *value != 0.0).collect();
    if values.is_empty() {
        return None;
    }
    values.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let mut sums = RankSums { positive: 0.0, negative: 0.0, doubled: Vec::new(), ties: 0.0 };
    for group in values.chunk_by(|a, b| a.abs() == b.abs()) {
        let (before, size) = (sums.doubled.len(), group.len());
        // The mean of the ranks before + 1 to before + size.
        let doubled = 2 * before + size + 1;
        sums.doubled.resize(before + size, doubled);
        sums.ties += (size.pow(3) - size) as f64;
        for value in group {
            let sum = if *value > 0.0 { &mut sums.positive } else { &mut sums.negative };
            *sum += doubled as f64 / 2.0;
        }
    }
    Some(sums)
}

/// The probability of a sum of positive ranks as far or further from its mean, where each sign is as likely as the other.
pub(crate) fn two_sided(sums: &RankSums) -> f64 {
    let n = sums.doubled.len();
    if n > EXACT_UP_TO {
        let count = n as f64;
        let mean = count * (count + 1.0) / 4.0;
        let variance = (count * (count + 1.0) * (2.0 * count + 1.0) - sums.ties / 2.0) / 24.0;
        return z_two_sided((sums.positive - mean) / variance.sqrt());
    }
    let smaller = (2.0 * sums.positive.min(sums.negative)) as usize;
    (2.0 * distribution(&sums.doubled)[..=smaller].iter().sum::<f64>()).min(1.0)
}

/// The probability of each sum of some of these numbers, where each is in it or not with the same probability.
fn distribution(doubled: &[usize]) -> Vec<f64> {
    let mut probabilities = vec![0.0; doubled.iter().sum::<usize>() + 1];
    probabilities[0] = 1.0;
    let mut largest = 0;
    for &rank in doubled {
        largest += rank;
        for sum in (0..=largest).rev() {
            let with = if sum >= rank { probabilities[sum - rank] } else { 0.0 };
            probabilities[sum] = f64::midpoint(probabilities[sum], with);
        }
    }
    probabilities
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_three_ranks_every_sum_is_counted() {
        let eighths: Vec<f64> = distribution(&[1, 2, 3]).iter().map(|p| p * 8.0).collect();
        assert_eq!(eighths, [1.0, 1.0, 1.0, 2.0, 1.0, 1.0, 1.0]);
    }

    #[test]
    fn equal_differences_share_their_mean_rank() {
        let sums = rank_sums(&[0.0, -1.0, 1.0, 2.0]).unwrap();
        assert_eq!((sums.positive, sums.negative, sums.ties), (4.5, 1.5, 6.0));
        assert!(rank_sums(&[0.0, 0.0]).is_none());
    }
}

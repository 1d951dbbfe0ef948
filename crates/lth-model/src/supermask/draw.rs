//! The arithmetic of masks that every engine follows to the bit.

use crate::{Purpose, RandomStream, Seed};

/// The stream of the masks of a step, after so many updates.
pub fn step_stream(seed: Seed, updates: u64) -> RandomStream {
    RandomStream::new(seed, Purpose::Supermask, updates)
}

/// The stream of a mask that is drawn for an evaluation, the sample counted from 0.
pub fn sample_stream(seed: Seed, updates: u64, sample: u32) -> RandomStream {
    RandomStream::new(seed, Purpose::Supermask, (u64::from(sample) + 1) << 40 | updates)
}

/// `1 / (1 + exp(-x))`, with the same bits on every platform.
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + libm::expf(-x))
}

/// Whether a weight that is kept with this probability is kept by this draw of 32 random bits, of which 24 count, so that 0
/// is never and 1 always.
pub fn is_kept(random: u32, probability: f32) -> bool {
    (random >> 8) as f32 * (1.0 / (1 << 24) as f32) < probability
}

/// A layer's size over what its mask keeps; 1 where it keeps nothing (Zhou et al. 2019, dynamic weight rescaling).
pub fn rescaling(size: usize, live: usize) -> f32 {
    if live == 0 { 1.0 } else { (size as f64 / live as f64) as f32 }
}

/// Finds where the scores of largest magnitude are, round-half-even(density x size) of them and one at least; of equal magnitudes
/// the first.
pub fn largest(scores: &[f32], density: f64, order: &mut Vec<u32>) {
    let count = ((density * scores.len() as f64).round_ties_even() as usize).clamp(1, scores.len());
    order.clear();
    order.extend(0..scores.len() as u32);
    if count < scores.len() {
        let magnitude = |index: u32| scores[index as usize].abs();
        order.select_nth_unstable_by(count, |&a, &b| magnitude(b).total_cmp(&magnitude(a)).then(a.cmp(&b)));
        order.truncate(count);
    }
}

#[cfg(test)]
mod tests {
    use super::sigmoid;

    #[test]
    fn is_a_probability_with_the_known_values() {
        // numpy: 1 / (1 + exp(-x)) in 64 bits.
        for (x, expected) in [(0.0, 0.5), (2.0, 0.880_797_1), (-3.0, 0.047_425_874), (200.0, 1.0)] {
            assert!((sigmoid(x) - expected).abs() < 1e-7, "{x}");
        }
        assert_eq!(sigmoid(-200.0), 0.0);
    }
}

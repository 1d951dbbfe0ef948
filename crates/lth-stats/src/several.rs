//! Many tests at once.

/// Probabilities corrected for being looked at together, in their order (Holm 1979): of the k-th smallest of m `(m - k + 1) p`, but no less
/// than of a smaller one and 1 at most. The chance that any of them is below 0.05 where there is no difference is 0.05 then.
///
/// What is not a number stays so and does not count.
pub fn holm(probabilities: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> =
        (0..probabilities.len()).filter(|&index| !probabilities[index].is_nan()).collect();
    order.sort_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b]));
    let mut corrected = probabilities.to_vec();
    let mut least = 0.0_f64;
    for (place, &index) in order.iter().enumerate() {
        least = least.max(probabilities[index] * (order.len() - place) as f64).min(1.0);
        corrected[index] = least;
    }
    corrected
}

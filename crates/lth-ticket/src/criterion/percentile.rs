//! Where a weight stands among others.

/// For each of these weights the part of them whose magnitude is not above its own, in (0, 1]; equal magnitudes have equal
/// percentiles.
pub(super) fn percentiles(weights: &[f32], live: &[usize]) -> Vec<f32> {
    let magnitude = |place: u32| weights[live[place as usize]].abs();
    let mut order: Vec<u32> = (0..live.len() as u32).collect();
    order.sort_unstable_by(|&a, &b| magnitude(a).total_cmp(&magnitude(b)));
    let mut found = vec![0.0; live.len()];
    let mut end = 0;
    for first in 0..order.len() {
        if first == end {
            let value = magnitude(order[first]);
            end += order[first..].iter().take_while(|&&place| magnitude(place) == value).count().max(1);
        }
        found[order[first] as usize] = (end as f64 / live.len() as f64) as f32;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_is_not_above() {
        let weights = [0.5, -2.0, 9.0, 1.0, -1.0, 0.0];
        assert_eq!(percentiles(&weights, &[0, 1, 3, 4, 5]), [0.4, 1.0, 0.8, 0.8, 0.2]);
        assert!(percentiles(&weights, &[]).is_empty());
    }
}

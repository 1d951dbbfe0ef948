//! The logistic function.

/// `1 / (1 + exp(-x))`, with the same bits on every platform.
pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + libm::expf(-x))
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

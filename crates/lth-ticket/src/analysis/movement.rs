//! How far weights moved in training, and where to.

/// The movement of weights from initial to final values (Zhou et al. 2019).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanMovement {
    /// Weights.
    pub weights: usize,
    /// The mean of `|w_f - w_i|`.
    pub distance: f64,
    /// The mean of `|w_f| - |w_i|`: positive where magnitudes grew.
    pub magnitude_increase: f64,
    /// The fraction whose magnitude shrank.
    pub toward_zero: f64,
    /// The fraction whose magnitude grew; weights that stayed are neither.
    pub away_from_zero: f64,
}

impl MeanMovement {
    /// Of pairs of an initial and a final value; `None` without any.
    ///
    /// ```
    /// use lth_ticket::MeanMovement;
    /// let moved = MeanMovement::of([(1.0, 0.5), (-1.0, -2.5)]).unwrap();
    /// assert_eq!((moved.distance, moved.magnitude_increase, moved.toward_zero), (1.0, 0.5, 0.5));
    /// ```
    pub fn of(pairs: impl IntoIterator<Item = (f32, f32)>) -> Option<Self> {
        let (mut weights, mut distance, mut increase) = (0_usize, 0.0, 0.0);
        let (mut toward, mut away) = (0_usize, 0_usize);
        for (initial, last) in pairs {
            let (initial, last) = (f64::from(initial), f64::from(last));
            weights += 1;
            distance += (last - initial).abs();
            increase += last.abs() - initial.abs();
            toward += usize::from(last.abs() < initial.abs());
            away += usize::from(last.abs() > initial.abs());
        }
        let all = weights as f64;
        (weights > 0).then(|| Self {
            weights,
            distance: distance / all,
            magnitude_increase: increase / all,
            toward_zero: toward as f64 / all,
            away_from_zero: away as f64 / all,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crossing_of_zero_moves_further_than_magnitudes_tell() {
        let moved = MeanMovement::of([(1.0, -1.0), (0.5, 0.5)]).unwrap();
        assert_eq!((moved.weights, moved.distance), (2, 1.0));
        assert_eq!((moved.magnitude_increase, moved.toward_zero, moved.away_from_zero), (0.0, 0.0, 0.0));
        assert_eq!(MeanMovement::of([]), None);
    }
}

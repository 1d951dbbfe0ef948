//! How many weights have the sign that they had before.

/// Weights with the same and with opposite signs in two networks. A weight that is zero in one of them has no sign there and
/// counts as neither.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SignAgreement {
    /// Weights with one sign in both.
    pub same: usize,
    /// Weights with opposite signs.
    pub opposite: usize,
}

impl SignAgreement {
    /// Of pairs of values: a weight before and after training, or in two tickets.
    ///
    /// ```
    /// use lth_ticket::SignAgreement;
    /// let signs = SignAgreement::of([(1.0, 2.0), (-1.0, 1.0), (0.0, 3.0)]);
    /// assert_eq!((signs.same, signs.opposite, signs.fraction()), (1, 1, Some(0.5)));
    /// ```
    pub fn of(pairs: impl IntoIterator<Item = (f32, f32)>) -> Self {
        let mut signs = Self::default();
        for (a, b) in pairs {
            // A product of two tiny values would be zero.
            let [a, b] = [a, b].map(|value| value.partial_cmp(&0.0));
            match (a, b) {
                (Some(a), Some(b)) if a.is_eq() || b.is_eq() => {}
                (Some(a), Some(b)) if a == b => signs.same += 1,
                (Some(_), Some(_)) => signs.opposite += 1,
                _ => {}
            }
        }
        signs
    }

    /// The fraction that agrees; `None` where no weight has two signs.
    pub fn fraction(self) -> Option<f64> {
        let all = self.same + self.opposite;
        (all > 0).then(|| self.same as f64 / all as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiny_values_have_signs_and_zeros_and_nans_have_none() {
        let signs = SignAgreement::of([(1e-40, 1e-40), (-1e-40, 1e-40), (-0.0, -1.0), (f32::NAN, 1.0)]);
        assert_eq!(signs, SignAgreement { same: 1, opposite: 1 });
        assert_eq!(SignAgreement::of([]).fraction(), None);
    }
}

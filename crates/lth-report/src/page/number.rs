//! Numbers as the page has them: six digits, which no figure of a training exceeds.

use serde::{Serialize, Serializer};

/// A number with six digits; what is no number is null.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Short(pub(super) f64);

impl Serialize for Short {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !self.0.is_finite() {
            return serializer.serialize_none();
        }
        let rounded: f64 = format!("{:.5e}", self.0).parse().unwrap_or(self.0);
        // JSON has no difference between 3 and 3.0, and 3 is shorter.
        if rounded.fract() == 0.0 && rounded.abs() < 1e15 {
            serializer.serialize_i64(rounded as i64)
        } else {
            serializer.serialize_f64(rounded)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let text = |value| serde_json::to_string(&Short(value)).unwrap();
        assert_eq!([text(1.0 / 3.0), text(98.0), text(-2e-9)], ["0.333333", "98", "-2e-9"]);
        assert_eq!([text(f64::NAN), text(f64::INFINITY), text(0.0)], ["null", "null", "0"]);
    }
}

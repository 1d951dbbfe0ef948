//! Comparisons with a golden case: all are made, then the case fails with every one that is too far.

use std::fmt::Write as _;

use super::graph_file::Golden;

/// Collects what is too far from PyTorch's results.
pub(super) struct Comparison<'a> {
    golden: &'a Golden,
    /// How many times the difference between PyTorch's own results is allowed.
    slack: f64,
    /// What is always allowed, of 1 or of the largest value.
    floor: f64,
    failures: String,
    made: usize,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(golden: &'a Golden, slack: f64, floor: f64) -> Self {
        Self { golden, slack, floor, failures: String::new(), made: 0 }
    }

    pub(super) fn add(&mut self, name: &str, values: &[f64]) {
        let distance = self.golden.distance(name, values);
        let allowed =
            self.slack * self.golden.difference(name) + self.floor * self.golden.magnitude(name).max(1.0);
        self.made += 1;
        if distance.is_nan() || distance > allowed {
            writeln!(self.failures, "  {name}: max difference {distance:.2e}, allowed {allowed:.2e}")
                .unwrap();
        }
    }

    /// Fails where something was too far; says how many comparisons were made.
    #[track_caller]
    pub(super) fn check(self) -> usize {
        assert!(self.failures.is_empty(), "{}:\n{}", self.golden.name, self.failures);
        self.made
    }
}

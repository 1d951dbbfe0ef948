//! What a training costs, as a function of density.

use lth_model::Density;
use serde::{Deserialize, Serialize};

/// What was measured at one density, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Cost {
    pub(super) density: f64,
    /// One update.
    pub(super) step: f64,
    /// The evaluation of one example.
    pub(super) evaluation: f64,
    /// Pruning a network to this density and loading it.
    pub(super) masking: f64,
}

/// Costs at some densities, and between them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Costs {
    /// By rising density.
    points: Vec<Cost>,
    /// Whether lower densities were left out: what is told of them is too much rather than too little.
    bound: bool,
}

impl Costs {
    pub(super) fn new(mut points: Vec<Cost>, bound: bool) -> Self {
        points.sort_by(|left, right| left.density.total_cmp(&right.density));
        Self { points, bound }
    }

    pub(super) fn is_bound(&self) -> bool {
        self.bound
    }

    /// The cost at a density: on the line between the two neighbours that were measured, or that of the outermost.
    pub(super) fn at(&self, density: Density) -> Cost {
        let density = density.get();
        let above = self.points.partition_point(|point| point.density < density);
        let (Some(low), Some(high)) =
            (self.points.get(above.saturating_sub(1)), self.points.get(above).or(self.points.last()))
        else {
            return Cost { density, step: 0.0, evaluation: 0.0, masking: 0.0 };
        };
        let width = high.density - low.density;
        let place = if width > 0.0 { ((density - low.density) / width).clamp(0.0, 1.0) } else { 0.0 };
        let between = |of: fn(&Cost) -> f64| of(low) + place * (of(high) - of(low));
        Cost {
            density,
            step: between(|cost| cost.step),
            evaluation: between(|cost| cost.evaluation),
            masking: between(|cost| cost.masking),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step_at(points: &[(f64, f64)], density: f64) -> f64 {
        let cost = |&(density, step)| Cost { density, step, evaluation: 0.0, masking: 0.0 };
        Costs::new(points.iter().map(cost).collect(), false).at(Density::new(density).unwrap()).step
    }

    #[test]
    fn costs_lie_on_lines_between_what_was_measured() {
        let points = [(1.0, 10.0), (0.2, 4.0), (0.1, 2.0)];
        for (density, expected) in [(1.0, 10.0), (0.6, 7.0), (0.2, 4.0), (0.15, 3.0), (0.1, 2.0), (0.01, 2.0)]
        {
            assert!((step_at(&points, density) - expected).abs() < 1e-9, "{density}");
        }
        assert!((step_at(&points[1..2], 0.9) - 4.0).abs() < 1e-9, "one point is all there is");
        assert_eq!(step_at(&[], 0.5), 0.0);
    }
}

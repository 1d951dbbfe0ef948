//! Limits of axes that the user asks for.

use super::{PlotError, range::LinearRange};

/// The lower and the upper end of an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AxisLimits {
    low: f64,
    high: f64,
}

impl AxisLimits {
    /// Two finite numbers, the lower first; `None` otherwise.
    ///
    /// ```
    /// use lth_plot::AxisLimits;
    /// assert!(AxisLimits::new(0.95, 1.0).is_some());
    /// assert!(AxisLimits::new(1.0, 0.95).is_none() && AxisLimits::new(0.5, 0.5).is_none());
    /// ```
    pub fn new(low: f64, high: f64) -> Option<Self> {
        (low.is_finite() && high.is_finite() && low < high).then_some(Self { low, high })
    }

    pub(super) fn contains(self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    pub(super) fn ends(self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// The same in percent, as an axis of fractions is drawn.
    pub(super) fn in_percent(self) -> LinearRange {
        LinearRange { low: self.low * 100.0, high: self.high * 100.0, broken: None }
    }
}

/// The parts of the axes that a figure against density is to show; without limits, everything.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct DensityLimits {
    /// Densities, fractions in (0, 1].
    pub density: Option<AxisLimits>,
    /// Accuracies, fractions in [0, 1].
    pub accuracy: Option<AxisLimits>,
}

impl DensityLimits {
    /// Whether a density is to be shown.
    pub(super) fn shows(&self, density: f64) -> bool {
        density.is_finite() && density > 0.0 && self.density.is_none_or(|limits| limits.contains(density))
    }

    /// Refuses limits that leave out all of these densities.
    pub(super) fn check_densities(&self, densities: impl Iterator<Item = f64>) -> Result<(), PlotError> {
        let found: Vec<f64> = densities.filter(|density| density.is_finite() && *density > 0.0).collect();
        refuse_outside("density", self.density, &found)
    }
}

/// Refuses limits outside of which all values lie, all of them fractions.
pub(super) fn refuse_outside(
    axis: &'static str,
    limits: Option<AxisLimits>,
    found: &[f64],
) -> Result<(), PlotError> {
    let Some(limits) = limits else { return Ok(()) };
    if found.is_empty() || found.iter().any(|value| limits.contains(*value)) {
        return Ok(());
    }
    let fold = |pick: fn(f64, f64) -> f64| found.iter().copied().fold(f64::NAN, pick) * 100.0;
    Err(PlotError::Limits {
        axis,
        limits: (limits.low * 100.0, limits.high * 100.0),
        found: (fold(f64::min), fold(f64::max)),
    })
}

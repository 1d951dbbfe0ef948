//! Error barriers against the iteration at which the copies part.

use super::{
    Figure, Heading, PlotError, font, format,
    frame::Axis,
    range::range_from_zero,
    scale::{Scale, Spread, Tick, thin_out},
    stability_figure::{Axes, StabilityCurve, csv, panels},
    theme,
};

/// The axis is never shorter, in percentage points: one example would look like a barrier.
const LEAST: f64 = 0.5;

/// Error barriers of test and training errors against the iteration at which copies part (Frankle et al. 2020, Figures 2 and 4);
/// `stable_below` is the barrier (a fraction) under which a network counts as stable. The axis is logarithmic, with iteration 0
/// at its left end; barriers start at 0, and where some are high the part around the level has a finer scale.
///
/// # Errors
/// When fewer than two iterations have a finite barrier.
pub fn instability_figure(
    heading: &Heading,
    curves: &[StabilityCurve],
    stable_below: f64,
) -> Result<Figure, PlotError> {
    let places = Places::new(curves).ok_or_else(|| PlotError::NoData {
        figure: heading.title.clone(),
        reason: "copies part at one iteration only",
    })?;
    let placed: Vec<StabilityCurve> = curves.iter().map(|curve| places.place(curve)).collect();
    let level = 100.0 * stable_below;
    let axes = Axes {
        labels: ["barrier of test errors (pp)", "barrier of training errors (pp)"],
        x: &|left, right| places.axis(left, right),
        y: &|_, ends| {
            let highest = ends.iter().copied().fold(0.0, f64::max);
            // Far below the level, barriers fill the axis and a note tells the level.
            let with_level = (2.0 * highest >= level).then_some(level);
            let values: Vec<f64> = ends.iter().copied().chain(with_level).collect();
            range_from_zero(&values, LEAST, Some(1.25 * level))
        },
    };
    Ok(panels(heading, &placed, &axes, Some(level), true)?.with_data(csv("iteration", curves)))
}

/// Iterations on an axis that has a place for 0.
struct Places {
    iterations: Vec<f64>,
    /// Where 0 is, in powers of ten.
    zero: f64,
}

impl Places {
    fn new(curves: &[StabilityCurve]) -> Option<Self> {
        let points = curves.iter().flat_map(|curve| curve.test.iter().chain(&curve.train));
        let drawable = points.filter(|point| point.x.is_finite() && point.x >= 0.0 && point.mean.is_finite());
        let mut iterations: Vec<f64> = drawable.map(|point| point.x).collect();
        iterations.sort_by(f64::total_cmp);
        iterations.dedup();
        let (first, last) = (*iterations.iter().find(|place| **place > 0.0)?, *iterations.last()?);
        if iterations.len() < 2 {
            return None;
        }
        let step = ((last / first).log10() / 4.0).clamp(0.3, 1.0);
        Some(Self { iterations, zero: first.log10() - step })
    }

    fn of(&self, iteration: f64) -> f64 {
        if iteration > 0.0 { iteration.log10() } else { self.zero }
    }

    fn place(&self, curve: &StabilityCurve) -> StabilityCurve {
        let mut placed = curve.clone();
        for points in [&mut placed.train, &mut placed.test] {
            points.retain(|point| point.x >= 0.0);
            points.sort_by(|a, b| a.x.total_cmp(&b.x));
            for point in points {
                point.x = self.of(point.x);
            }
        }
        placed
    }

    fn axis(&self, left: f64, right: f64) -> Axis {
        let places: Vec<f64> = self.iterations.iter().map(|&iteration| self.of(iteration)).collect();
        let (low, high) = (places[0], places[places.len() - 1]);
        let pad = 0.03 * (high - low);
        let scale =
            Scale { spread: Spread::Linear, low: low - pad, high: high + pad, start: left, end: right };
        let tick = |(&iteration, value)| Tick { value, label: format::grouped(iteration, 0) };
        let ticks = self.iterations.iter().zip(places).map(tick).collect();
        let ticks = thin_out(ticks, &scale, 12.0, |label| font::width(label, theme::TICK_SIZE, false));
        let label = "iteration at which copies part, log scale but for 0".to_owned();
        Axis { scale, ticks, label }
    }
}

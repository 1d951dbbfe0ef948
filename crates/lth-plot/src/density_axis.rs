//! The x axis of everything over density: logarithmic, 100 % on the left, as in the papers.

use super::{
    DensityLimits, font, format,
    frame::Axis,
    range,
    scale::{Scale, Spread, Tick, thin_out},
    theme,
};

/// The axis of these densities between two positions, with ticks at the rounds' densities.
///
/// `None` when no density is above 0 and within the limits.
pub(super) fn density_axis(
    densities: impl IntoIterator<Item = f64>,
    limits: &DensityLimits,
    left: f64,
    right: f64,
) -> Option<Axis> {
    let mut places: Vec<f64> = densities.into_iter().filter(|x| limits.shows(*x)).collect();
    places.sort_by(|a, b| b.total_cmp(a));
    // Replicates may differ by a weight or two.
    places.dedup_by(|next, previous| *next > *previous * 0.995);
    let whole = range::density_range(&places)?;
    let (low, high) =
        limits.density.map_or(whole, |limits| (limits.ends().0.max(f64::MIN_POSITIVE), limits.ends().1));
    let scale = Scale { spread: Spread::Log, low: high, high: low, start: left, end: right };
    let ticks = places.into_iter().map(|value| Tick { value, label: format::percent(value) }).collect();
    let ticks = thin_out(ticks, &scale, 12.0, |label| font::width(label, theme::TICK_SIZE, false));
    Some(Axis { scale, ticks, label: "weights remaining: density (%), log scale".to_owned() })
}

/// The same axis as sparsity, for above the panel.
pub(super) fn sparsity_axis(density: &Axis) -> Axis {
    let ticks = density
        .ticks
        .iter()
        .map(|tick| Tick { value: tick.value, label: format::sparsity_percent(tick.value) })
        .collect();
    let ticks = thin_out(ticks, &density.scale, 12.0, |label| font::width(label, theme::TICK_SIZE, false));
    Axis { scale: density.scale, ticks, label: "weights pruned: sparsity (%)".to_owned() }
}

//! Colours of densities: the same in every figure, dark for dense to light for sparse.

use super::{
    canvas::{Area, Canvas},
    colour_bar::colour_bar,
    colour_map::viridis,
    font, format,
    scale::{Scale, Spread, Tick, close_ticks, thin_out},
    theme,
};

/// The part of viridis that stands out of white.
const COLOURS: f64 = 0.9;
/// From here on towards dense, texts on the colour are white.
const DARK: f64 = 0.42;

/// Colours of densities on a logarithmic scale.
pub(super) struct DensityColours {
    sparse: f64,
    dense: f64,
}

impl DensityColours {
    /// For densities between these two.
    pub(super) fn new(sparse: f64, dense: f64) -> Self {
        // One density alone still needs a scale around it.
        if sparse < dense {
            Self { sparse, dense }
        } else {
            Self { sparse: sparse / 2.0, dense: dense * 2.0 }
        }
    }

    /// 0 for sparse, 1 for dense.
    fn height(&self, density: f64) -> f64 {
        (density / self.sparse).ln() / (self.dense / self.sparse).ln()
    }

    pub(super) fn of(&self, density: f64) -> String {
        colour_at(self.height(density))
    }

    /// The colour of texts that lie on the colour of this density.
    pub(super) fn text_on(&self, density: f64) -> &'static str {
        if self.height(density) > DARK { theme::BACKGROUND } else { theme::INK }
    }

    /// A bar of the colours between two heights, with ticks at these densities, and a title above it.
    pub(super) fn draw_bar(
        &self,
        canvas: &mut Canvas,
        densities: impl Iterator<Item = f64>,
        bar: Area,
        title: &[&str],
    ) {
        let scale = Scale {
            spread: Spread::Log,
            low: self.sparse,
            high: self.dense,
            start: bar.bottom(),
            end: bar.top,
        };
        let mut ticks: Vec<Tick> =
            densities.map(|value| Tick { value, label: format::percent(value) }).collect();
        ticks.dedup_by(|a, b| a.label == b.label);
        let ticks = thin_out(ticks, &scale, 6.0, |_| theme::TICK_SIZE);
        let ticks: Vec<_> = ticks.into_iter().map(|tick| (self.height(tick.value), tick.label)).collect();
        let title: Vec<String> = title.iter().map(|&line| line.to_owned()).collect();
        colour_bar(canvas, bar, colour_at, &ticks, &title);
    }

    /// Round densities for the ticks of the bar, falling.
    pub(super) fn round_densities(&self) -> Vec<f64> {
        let mut ticks: Vec<f64> = close_ticks(self.sparse * 100.0, self.dense * 100.0, 9)
            .iter()
            .map(|tick| tick.value / 100.0)
            .collect();
        ticks.reverse();
        ticks
    }
}

fn colour_at(height: f64) -> String {
    viridis((1.0 - height) * COLOURS)
}

/// The width of a title above a bar.
pub(super) fn title_width(title: &[&str]) -> f64 {
    title.iter().map(|line| font::width(line, theme::LABEL_SIZE, false)).fold(0.0, f64::max)
}

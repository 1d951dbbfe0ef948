//! Distributions of weights, a panel a layer.

use super::{
    Figure, Heading, PlotError, SeriesStyle,
    canvas::{Anchor, Area, Stroke, TextStyle},
    frame::{Axis, Frame, x_axis_height},
    page::{Page, Sample},
    scale::{Scale, Spread, linear_ticks},
    table::Table,
    theme::{self, series_look},
};

const PANEL_HEIGHT: f64 = 210.0;
const PANEL_GAP: f64 = 18.0;

/// The histograms of one layer, all of the same bins.
#[derive(Debug, Clone, PartialEq)]
pub struct HistogramPanel {
    /// The layer.
    pub title: String,
    /// Where the first bin begins.
    pub low: f64,
    /// Where the last bin ends.
    pub high: f64,
    /// What is drawn over each other.
    pub outlines: Vec<HistogramOutline>,
}

impl HistogramPanel {
    /// Where a bin begins.
    fn edge(&self, outline: &HistogramOutline, bin: usize) -> f64 {
        self.low + (self.high - self.low) / outline.counts.len().max(1) as f64 * bin as f64
    }
}

/// One histogram.
#[derive(Debug, Clone, PartialEq)]
pub struct HistogramOutline {
    /// Its name in the legend; the same in every panel has the same style.
    pub label: String,
    /// How it is drawn.
    pub style: SeriesStyle,
    /// Weights in each bin.
    pub counts: Vec<usize>,
}

impl HistogramOutline {
    /// The share of all its weights in each bin, in percent.
    fn shares(&self) -> Vec<f64> {
        let all = self.counts.iter().sum::<usize>().max(1) as f64;
        self.counts.iter().map(|&count| 100.0 * count as f64 / all).collect()
    }
}

/// Histograms as outlines, a panel a layer, one below the other. Each outline has its own 100 %, so that a few kept weights can be
/// compared with many pruned ones.
///
/// # Errors
/// When there is no weight at all.
///
/// ```
/// use lth_plot::{Heading, HistogramOutline, HistogramPanel, SeriesStyle, histogram_figure};
/// let kept = HistogramOutline { label: "kept".into(), style: SeriesStyle::Solid(0), counts: vec![3, 0, 1] };
/// let panel = HistogramPanel { title: "fc1.weight".into(), low: -0.3, high: 0.3, outlines: vec![kept] };
/// let figure = histogram_figure(&Heading::new("Weights", "a ticket"), &[panel])?;
/// assert!(figure.svg().contains("fc1.weight"));
/// # Ok::<(), lth_plot::PlotError>(())
/// ```
pub fn histogram_figure(heading: &Heading, panels: &[HistogramPanel]) -> Result<Figure, PlotError> {
    let outlines = || panels.iter().flat_map(|panel| &panel.outlines);
    if !outlines().any(|outline| outline.counts.iter().any(|&count| count > 0)) {
        return Err(PlotError::NoData { figure: heading.title.clone(), reason: "no layer has a weight" });
    }
    let mut page = Page::new(heading.look.style.width(), heading);
    let mut legend: Vec<(Sample, String)> = Vec::new();
    for outline in outlines() {
        if !legend.iter().any(|(_, label)| *label == outline.label) {
            let (colour, dashes) = series_look(outline.style);
            let sample = Sample::Line { colour, width: theme::LINE_WIDTH, dashes, dot: None, band: false };
            legend.push((sample, outline.label.clone()));
        }
    }
    page.legend(&legend);

    let y_axes: Vec<Axis> = panels.iter().map(y_axis).collect();
    let left = theme::MARGIN + y_axes.iter().map(Axis::width_as_y).fold(0.0, f64::max);
    for (panel, mut y) in panels.iter().zip(y_axes) {
        let area = Area {
            left,
            top: page.y,
            width: heading.look.style.width() - theme::MARGIN - left,
            height: heading.look.style.height(PANEL_HEIGHT),
        };
        (y.scale.start, y.scale.end) = (area.bottom(), area.top);
        let x = Axis {
            scale: Scale {
                spread: Spread::Linear,
                low: panel.low,
                high: panel.high,
                start: area.left,
                end: area.right(),
            },
            ticks: linear_ticks(panel.low, panel.high, 8),
            label: String::new(),
        };
        let frame = Frame { area, x, y };
        frame.draw_grid(&mut page.canvas);
        for outline in &panel.outlines {
            let (colour, dashes) = series_look(outline.style);
            let stroke = Stroke::new(colour, theme::LINE_WIDTH);
            let line = steps(&frame, panel, outline);
            page.canvas.clipped(area, |canvas| {
                canvas.polyline(&line, dashes.map_or(stroke, |dashes| stroke.dashed(dashes)));
            });
        }
        frame.draw_border(&mut page.canvas);
        frame.draw_y_axis(&mut page.canvas, theme::MARGIN);
        frame.draw_x_axis(&mut page.canvas);
        let style = TextStyle::new(theme::LABEL_SIZE, Anchor::End).bold();
        let corner = (area.right() - 10.0, area.top + 1.4 * theme::LABEL_SIZE);
        page.canvas.text(corner, &panel.title, style);
        page.y = area.bottom() + x_axis_height(false) + PANEL_GAP;
    }
    page.y -= PANEL_GAP;
    page.notes([
        "Below each panel: the weight. Each line has its own 100 %, spread over bins of equal width.",
    ]);
    Ok(page.finish().with_data(csv(panels)))
}

/// Weights in each bin.
fn csv(panels: &[HistogramPanel]) -> String {
    let mut table = Table::new(&[&"layer", &"weights", &"low", &"high", &"count"]);
    for panel in panels {
        for outline in &panel.outlines {
            for (bin, count) in outline.counts.iter().enumerate() {
                let [low, high] = [bin, bin + 1].map(|bin| panel.edge(outline, bin));
                table.row(&[&panel.title, &outline.label, &low, &high, count]);
            }
        }
    }
    table.finish()
}

/// From 0 to a little above the highest bin.
fn y_axis(panel: &HistogramPanel) -> Axis {
    let most = panel.outlines.iter().flat_map(HistogramOutline::shares).fold(0.0, f64::max);
    let high = if most > 0.0 { 1.08 * most } else { 1.0 };
    Axis {
        scale: Scale { spread: Spread::Linear, low: 0.0, high, start: 0.0, end: 1.0 },
        ticks: linear_ticks(0.0, high, 4),
        label: "share (%)".to_owned(),
    }
}

/// Up, along and down for each bin.
fn steps(frame: &Frame, panel: &HistogramPanel, outline: &HistogramOutline) -> Vec<(f64, f64)> {
    let edge = |bin| panel.edge(outline, bin);
    let mut line = vec![frame.at(panel.low, 0.0)];
    for (bin, share) in outline.shares().into_iter().enumerate() {
        line.extend([frame.at(edge(bin), share), frame.at(edge(bin + 1), share)]);
    }
    line.push(frame.at(panel.high, 0.0));
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel(title: &str, counts: [usize; 4]) -> HistogramPanel {
        let outline = HistogramOutline {
            label: "kept, initial".to_owned(),
            style: SeriesStyle::Solid(0),
            counts: counts.to_vec(),
        };
        HistogramPanel { title: title.to_owned(), low: -1.0, high: 1.0, outlines: vec![outline] }
    }

    #[test]
    fn shares_are_of_the_outline_itself() {
        assert_eq!(panel("fc1", [1, 0, 2, 1]).outlines[0].shares(), [25.0, 0.0, 50.0, 25.0]);
        assert_eq!(panel("fc1", [0; 4]).outlines[0].shares(), [0.0; 4]);
    }

    #[test]
    fn layers_have_panels_and_kinds_one_entry_in_the_legend() {
        let heading = Heading::new("Weights", "a ticket");
        let panels = [panel("fc1.weight", [1, 0, 2, 1]), panel("fc2.weight", [0, 9, 9, 0])];
        let figure = histogram_figure(&heading, &panels).unwrap();
        for text in ["fc1.weight", "fc2.weight", "kept, initial"] {
            assert_eq!(figure.svg().matches(&format!(">{text}<")).count(), 1, "{text}");
        }
        assert!(histogram_figure(&heading, &[panel("fc1", [0; 4])]).is_err());
    }
}

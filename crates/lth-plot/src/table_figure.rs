//! Values by name, ours beside published ones.

use super::{
    Figure, Heading, PlotError, Point,
    canvas::{Anchor, Area, Canvas, Stroke, TextStyle},
    font,
    frame::{Axis, Frame, x_axis_height},
    marker::Marker,
    page::{Page, Sample},
    scale::{Scale, Spread, Tick, linear_ticks},
    theme,
};

/// The height of a row.
const ROW: f64 = 34.0;
/// The height of a line of a name that has two.
const LINE: f64 = 1.2 * theme::TICK_SIZE;
const PANEL_GAP: f64 = 20.0;
/// Between names and the panel.
const NAME_GAP: f64 = 12.0;
/// Between the value axis and the data, in lengths of what the data span.
const PAD: f64 = 0.08;
/// The radius of a published value.
const PUBLISHED: f64 = 6.0;

/// A row of a panel.
#[derive(Debug, Clone, PartialEq)]
pub struct TableRow {
    /// Its name; long ones have two lines.
    pub label: String,
    /// Our value over repetitions, its place unused; `None` where there is none.
    pub ours: Option<Point>,
    /// The published one.
    pub published: Option<f64>,
}

/// One panel of [`table_figure`].
#[derive(Debug, Clone, PartialEq)]
pub struct TablePanel {
    /// What its values are, with their unit.
    pub label: String,
    /// The rows, from top to bottom.
    pub rows: Vec<TableRow>,
}

/// The values of a table, a panel a quantity and a row a name: ours as dots with the range over repetitions, published ones as rings.
///
/// # Errors
/// When no panel has a finite value.
///
/// ```
/// use lth_plot::{Heading, Point, TablePanel, TableRow, table_figure};
/// let ours = Some(Point::of_replicates(0.0, [20.1, 21.4]));
/// let rows = vec![TableRow { label: "ticket".into(), ours, published: Some(20.7) }];
/// let figure = table_figure(&Heading::new("Distance", ""), &[TablePanel { label: "distance".into(), rows }])?;
/// assert!(figure.svg().contains("published"));
/// # Ok::<(), lth_plot::PlotError>(())
/// ```
pub fn table_figure(heading: &Heading, panels: &[TablePanel]) -> Result<Figure, PlotError> {
    let width = heading.look.style.width();
    let rows = || panels.iter().flat_map(|panel| &panel.rows);
    let widest = 0.45 * width;
    let names = |row: &TableRow| font::wrap(&row.label, theme::TICK_SIZE, false, widest, 2);
    let lines = rows().flat_map(names).map(|line| font::width(&line, theme::TICK_SIZE, false));
    let left = theme::MARGIN + lines.fold(0.0, f64::max) + NAME_GAP;
    let has_two = rows().any(|row| names(row).len() > 1);
    let row_height = if has_two { ROW.max(2.0 * LINE + 8.0) } else { ROW };
    let right = width - theme::MARGIN - 12.0;
    let mut page = Page::new(width, heading);
    let (ours, theirs) = (theme::palette(0), theme::BACKGROUND);
    let mut legend = Vec::new();
    if rows().any(|row| row.ours.is_some()) {
        let dot = Some(Marker::Circle);
        let line = Sample::Line { colour: ours, width: theme::LINE_WIDTH, dashes: None, dot, band: false };
        legend.push((line, "ours".to_owned()));
    }
    if rows().any(|row| row.published.is_some()) {
        legend.push((Sample::RimmedDot(theirs), "published".to_owned()));
    }
    page.legend(&legend);
    let mut is_drawn = false;
    for panel in panels {
        let Some((low, high)) = range(&panel.rows) else { continue };
        if is_drawn {
            page.y += PANEL_GAP;
        }
        is_drawn = true;
        let area =
            Area { left, top: page.y, width: right - left, height: row_height * panel.rows.len() as f64 };
        let x = Scale { spread: Spread::Linear, low, high, start: area.left, end: area.right() };
        let y = Scale {
            spread: Spread::Linear,
            low: -0.5,
            high: panel.rows.len() as f64 - 0.5,
            start: area.top,
            end: area.bottom(),
        };
        // A name of two lines is more than the text of a tick.
        let tick = |place: usize| Tick { value: place as f64, label: String::new() };
        let frame = Frame {
            area,
            x: Axis { scale: x, ticks: linear_ticks(low, high, 6), label: panel.label.clone() },
            y: Axis { scale: y, ticks: (0..panel.rows.len()).map(tick).collect(), label: String::new() },
        };
        frame.draw_grid(&mut page.canvas);
        frame.draw_border(&mut page.canvas);
        for (place, row) in panel.rows.iter().enumerate() {
            draw_row(&mut page.canvas, &frame, place as f64, row, ours);
            let lines = names(row);
            let middle = frame.y.scale.position(place as f64) + 0.36 * theme::TICK_SIZE;
            let first = middle - 0.5 * LINE * (lines.len() as f64 - 1.0);
            for (index, line) in lines.iter().enumerate() {
                let at = (area.left - NAME_GAP, first + LINE * index as f64);
                page.canvas.text(at, line, TextStyle::new(theme::TICK_SIZE, Anchor::End));
            }
        }
        frame.draw_x_axis(&mut page.canvas);
        page.y = area.bottom() + x_axis_height(true);
    }
    if !is_drawn {
        let reason = "there is no value";
        return Err(PlotError::NoData { figure: heading.title.clone(), reason });
    }
    if rows().filter_map(|row| row.ours).any(|point| point.band().0 < point.band().1) {
        page.notes(["Dots: mean. Lines: minimum to maximum over repetitions."]);
    }
    Ok(page.finish())
}

fn draw_row(canvas: &mut Canvas, frame: &Frame, place: f64, row: &TableRow, colour: &str) {
    if let Some(published) = row.published.filter(|value| value.is_finite()) {
        let at = frame.at(published, place);
        canvas.dot(at, PUBLISHED, theme::INK);
        canvas.dot(at, PUBLISHED - 1.8, theme::BACKGROUND);
    }
    if let Some(point) = row.ours.filter(|point| point.mean.is_finite()) {
        let (low, high) = point.band();
        canvas.line(frame.at(low, place), frame.at(high, place), Stroke::new(colour, theme::LINE_WIDTH));
        canvas.dot(frame.at(point.mean, place), theme::MARKER_RADIUS, colour);
    }
}

/// The ends of the axis: all values with some room.
fn range(rows: &[TableRow]) -> Option<(f64, f64)> {
    let of_row = |row: &TableRow| {
        let band = row.ours.map(|point| [point.band().0, point.band().1]);
        band.into_iter()
            .flatten()
            .chain(row.published)
            .filter(|value| value.is_finite())
            .collect::<Vec<f64>>()
    };
    let values: Vec<f64> = rows.iter().flat_map(of_row).collect();
    let low = values.iter().copied().reduce(f64::min)?;
    let high = values.iter().copied().reduce(f64::max)?;
    let pad = (PAD * (high - low)).max(0.01 * high.abs()).max(1e-9);
    Some((low - pad, high + pad))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(label: &str, ours: &[f64], published: Option<f64>) -> TableRow {
        let ours = (!ours.is_empty()).then(|| Point::of_replicates(0.0, ours.iter().copied()));
        TableRow { label: label.to_owned(), ours, published }
    }

    #[test]
    fn every_row_stands_in_each_panel_with_what_it_has() {
        let rows = vec![row("ticket", &[1.0, 2.0], Some(3.0)), row("random-mask", &[], Some(9.0))];
        let panel = |label: &str| TablePanel { label: label.to_owned(), rows: rows.clone() };
        let heading = Heading::new("Table", "");
        let figure = table_figure(&heading, &[panel("distance"), panel("angle")]).unwrap();
        for (text, times) in
            [("ticket", 2), ("random-mask", 2), ("distance", 1), ("ours", 1), ("published", 1)]
        {
            assert_eq!(figure.svg().matches(&format!(">{text}<")).count(), times, "{text}");
        }
        assert!(figure.svg().contains("minimum to maximum"));
    }

    #[test]
    fn one_value_is_enough_and_none_is_refused() {
        let heading = Heading::new("Table", "");
        let of = |row| [TablePanel { label: "x".to_owned(), rows: vec![row] }];
        let one = table_figure(&heading, &of(row("a", &[5.0], None))).unwrap();
        assert!(!one.svg().contains("published"));
        assert!(table_figure(&heading, &of(row("a", &[f64::NAN], None))).is_err());
    }
}

//! Loss and accuracy during the trainings of many rounds, coloured by density.

use super::{
    AxisLimits, CurveSplit, Figure, Heading, PageStyle, PlotError, TrainingPoint, TrainingRound,
    canvas::{Anchor, Area, Canvas, Stroke, TextStyle},
    cut,
    density_colours::{DensityColours, title_width},
    font,
    frame::{Axis, Frame, x_axis_height},
    page::{Page, Sample, rimmed_dot},
    table::Table,
    theme,
    training_axes::{
        Metric, cut_notes, draw_line, iteration_axis, mark_cut, nearest, present, smoothed, smoothing_window,
    },
    value_axis::{break_note, panel_height},
};

/// Width and height of a panel on a screen, where figures widen with the splits they show.
const PANEL: (f64, f64) = (380.0, 290.0);
/// The height of a panel where all stand below each other.
const LOW_PANEL: f64 = 98.0;
const PANEL_GAP: f64 = 30.0;
const BAR_WIDTH: f64 = 22.0;
/// The title of the colour bar.
const BAR_TITLE: [&str; 2] = ["weights", "remaining (%)"];

/// Panels of loss (log) and accuracy for each split that is asked for (a column each, with axes of its own), one line a round, dark for dense
/// to light for sparse; dots mark early-stop iterations. Lines of many evaluations are running medians, as a note says. Of accuracies
/// those between the limits, fractions, are shown: what leaves them is marked at the edge, and told of in a note.
///
/// # Errors
/// When no round has a density above 0 and a finite value in any of the splits.
pub fn rounds_figure(
    heading: &Heading,
    rounds: &[TrainingRound],
    splits: &[CurveSplit],
    accuracies: Option<AxisLimits>,
) -> Result<Figure, PlotError> {
    let mut rounds: Vec<&TrainingRound> =
        rounds.iter().filter(|round| round.density > 0.0 && round.density.is_finite()).collect();
    rounds.sort_by(|a, b| b.density.total_cmp(&a.density));
    let columns: Vec<Column> =
        present(splits.iter().copied()).into_iter().filter_map(|s| column(&rounds, s, accuracies)).collect();
    let (Some(dense), Some(sparse), false) = (rounds.first(), rounds.last(), columns.is_empty()) else {
        return Err(PlotError::NoData {
            figure: heading.title.clone(),
            reason: "no round with a density above 0 has a finite value in the splits asked for",
        });
    };
    let colours = DensityColours::new(sparse.density, dense.density);
    let last = rounds.iter().flat_map(|round| &round.splits).flat_map(|(_, points)| points);
    let last = last.map(|point| point.iteration).max().unwrap_or(0);

    let layout = Layout::new(heading.look.style, &columns);
    let mut page = Page::new(layout.width, heading);
    if rounds.iter().any(|round| round.early_stop.is_some()) {
        let mark = Sample::RimmedDot(theme::palette(2));
        page.legend(&[(mark, "early-stop iteration: minimum validation loss".to_owned())]);
    }
    let mut bar = None;
    for row in columns.chunks(layout.columns) {
        page.y += theme::LABEL_SIZE * 1.5;
        let (top, mut edge, mut bottom) = (page.y, theme::MARGIN, page.y);
        for column in row {
            let left = edge + column.gutter();
            let x = iteration_axis(last, left, left + layout.panel.0);
            let mut y = top;
            for (index, (metric, axis)) in column.panels.iter().enumerate() {
                let height = layout.height(row, *metric);
                let area = Area { left, top: y, width: layout.panel.0, height };
                let mut axis = axis.clone();
                (axis.scale.start, axis.scale.end) = (area.bottom(), area.top);
                let frame = Frame { area, x: x.clone(), y: axis };
                draw_panel(&mut page.canvas, &frame, *metric, column.split, &rounds, &colours);
                frame.draw_y_axis(&mut page.canvas, edge);
                if index == 0 {
                    let style = TextStyle::new(theme::LABEL_SIZE, Anchor::Middle).bold();
                    page.canvas.text((area.centre_x(), top - 9.0), layout.name(column.split), style);
                }
                if index + 1 == column.panels.len() {
                    frame.draw_x_axis(&mut page.canvas);
                }
                bottom = bottom.max(area.bottom());
                y = area.bottom() + PANEL_GAP;
            }
            edge = left + layout.panel.0 + PANEL_GAP;
        }
        // The bar's title starts level with the panels of the first row.
        bar.get_or_insert((top + theme::LABEL_SIZE * 1.25 * BAR_TITLE.len() as f64 + 16.0, edge, bottom));
        page.y = bottom + x_axis_height(true);
    }
    if let Some((top, left, bottom)) = bar {
        let densities = rounds.iter().map(|round| round.density);
        let bar = Area { left, top, width: BAR_WIDTH, height: bottom - top };
        colours.draw_bar(&mut page.canvas, densities, bar, &BAR_TITLE);
    }
    let evaluations =
        rounds.iter().flat_map(|round| &round.splits).map(|(_, points)| points.len()).max().unwrap_or(0);
    let window = smoothing_window(evaluations);
    let mut notes = Vec::new();
    if columns.iter().any(|column| layout.name(column.split) != theme::split_name(column.split)) {
        notes.push("Training: running mean over its batches.".to_owned());
    }
    if window > 1 {
        notes.push(format!("Lines: running median over {window} evaluations. Dots: the evaluation itself."));
    }
    for column in &columns {
        let broken = column.panels.iter().filter_map(|(_, axis)| break_note(axis));
        notes.extend(broken.map(|note| format!("{}: {note}", capital(theme::split_name(column.split)))));
        let axis = column.panels.iter().find(|(metric, _)| *metric == Metric::Accuracy).map(|(_, axis)| axis);
        let points = || rounds.iter().flat_map(|round| round.points(column.split));
        let values = || points().map(|point| Metric::Accuracy.of(point));
        let name = theme::split_name(column.split);
        notes.extend(axis.into_iter().flat_map(|axis| cut_notes(axis, name, values())));
    }
    page.notes(notes.iter().map(String::as_str));
    Ok(page.finish().with_data(csv(&rounds, &columns)))
}

/// Losses in nats, accuracies and densities as fractions.
fn csv(rounds: &[&TrainingRound], columns: &[Column]) -> String {
    let mut table = Table::new(&[&"round", &"density", &"split", &"iteration", &"loss", &"accuracy"]);
    for round in rounds {
        for split in columns.iter().map(|column| column.split) {
            for TrainingPoint { iteration, loss, accuracy } in round.points(split) {
                table.row(&[&round.round, &round.density, &split.name(), iteration, loss, accuracy]);
            }
        }
    }
    table.finish()
}

/// Where panels lie.
struct Layout {
    /// The width of the page.
    width: f64,
    /// How many columns stand side by side.
    columns: usize,
    /// Width and height of a panel.
    panel: (f64, f64),
}

impl Layout {
    fn new(style: PageStyle, columns: &[Column]) -> Self {
        let a_row = if style == PageStyle::Paper { 1 } else { columns.len() };
        let gutters = columns.chunks(a_row).map(|row| row.iter().map(Column::gutter).sum::<f64>());
        let gutters = gutters.fold(0.0, f64::max) + a_row as f64 * PANEL_GAP;
        let around = theme::MARGIN + gutters + title_width(&BAR_TITLE) + theme::MARGIN;
        if !style.is_paper() {
            let width = around + a_row as f64 * PANEL.0;
            return Self { width, columns: a_row, panel: PANEL };
        }
        let height = if style == PageStyle::Paper { LOW_PANEL } else { PANEL.1 };
        let width = style.width();
        Self { width, columns: a_row, panel: ((width - around) / a_row as f64, height) }
    }

    /// Panels side by side are of one height.
    fn height(&self, row: &[Column], metric: Metric) -> f64 {
        let axes = row.iter().flat_map(|column| &column.panels).filter(|(own, _)| *own == metric);
        axes.map(|(_, axis)| panel_height(axis, self.panel.1)).fold(self.panel.1, f64::max)
    }

    /// What stands above the panels of a split: its name, as far as there is room.
    fn name(&self, split: CurveSplit) -> &'static str {
        let name = theme::split_name(split);
        let fits = font::width(name, theme::LABEL_SIZE, true) <= self.panel.0;
        if fits { name } else { name.split(" (").next().unwrap_or(name) }
    }
}

fn capital(text: &str) -> String {
    text[..1].to_uppercase() + &text[1..]
}

/// The panels of one split.
struct Column {
    split: CurveSplit,
    panels: Vec<(Metric, Axis)>,
}

impl Column {
    /// The space to the left of the panels.
    fn gutter(&self) -> f64 {
        self.panels.iter().map(|(_, axis)| axis.width_as_y()).fold(0.0, f64::max)
    }
}

/// The panels that have something to show; `None` without any.
fn column(rounds: &[&TrainingRound], split: CurveSplit, accuracies: Option<AxisLimits>) -> Option<Column> {
    let axis = |metric: Metric| {
        let points = rounds.iter().flat_map(|round| round.points(split));
        metric.axis(&points.map(|point| metric.of(point)).collect::<Vec<_>>(), accuracies)
    };
    let panels: Vec<_> = Metric::ALL.into_iter().filter_map(|metric| Some((metric, axis(metric)?))).collect();
    (!panels.is_empty()).then_some(Column { split, panels })
}

fn draw_panel(
    canvas: &mut Canvas,
    frame: &Frame,
    metric: Metric,
    split: CurveSplit,
    rounds: &[&TrainingRound],
    colours: &DensityColours,
) {
    frame.draw_grid(canvas);
    canvas.clipped(frame.area, |canvas| {
        for round in rounds {
            let colour = colours.of(round.density);
            let points = round.points(split);
            let line = smoothed(points, smoothing_window(points.len()));
            draw_line(canvas, frame, metric, &line, Stroke::new(&colour, 1.5));
        }
    });
    frame.draw_border(canvas);
    // Not clipped: near to an edge a dot is whole.
    for round in rounds {
        let colour = colours.of(round.density);
        let at = |point: &TrainingPoint| (point.iteration as f64, metric.of(point));
        if metric == Metric::Accuracy {
            mark_cut(canvas, frame, &round.points(split).iter().map(at).collect::<Vec<_>>(), &colour);
        }
        let stop = round.early_stop.and_then(|stop| nearest(round.points(split), stop)).map(at);
        match stop.filter(|(_, value)| value.is_finite()) {
            Some((x, value)) if frame.y.scale.contains(value) => {
                rimmed_dot(canvas, frame.at(x, value), &colour);
            }
            Some(stop) if metric == Metric::Accuracy => cut::arrow_towards(canvas, frame, stop, &colour),
            _ => (),
        }
    }
}

//! Accuracies of several networks as bars, with every seed.

use super::{
    AxisLimits, Figure, Heading, PlotError, Point,
    canvas::{Anchor, Area, Canvas, Stroke, TextStyle},
    cut, font, format,
    frame::{Axis, Frame, x_axis_height},
    limits::refuse_outside,
    page::{Page, Sample},
    range::{RangeRule, linear_range},
    scale::{Scale, Spread, linear_ticks},
    table::Table,
    theme,
};

/// The height of a bar with its space, where names are short.
const ROW: f64 = 46.0;
const BAR: f64 = 26.0;
/// The part of the page that names may take.
const NAMES: f64 = 0.36;
/// At most so many lines of a name.
const NAME_LINES: usize = 4;
const LINE: f64 = 1.2 * theme::LABEL_SIZE;
const GAP: f64 = 10.0;
/// Half the height of the end of a whisker.
const CAP: f64 = 5.0;
const DOT: f64 = 3.0;

/// One bar of [`bars_figure`].
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// What stands beside it.
    pub label: String,
    /// Which of the palette's colours it has.
    pub place: u8,
    /// Test accuracies, fractions, one a seed.
    pub accuracies: Vec<f64>,
}

/// Horizontal bars, one below the other, each with its name beside it: they end at the mean, a whisker is the band that is asked for, dots are
/// the seeds. `dense` is the dense networks' accuracy, a dotted line. Bars begin where the axis does, as a note says, which has the density, too; what
/// leaves limits is marked at the edge, and told of in a note.
///
/// # Errors
/// When no bar has a finite accuracy, or none within the limits.
///
/// ```
/// use lth_plot::{Bar, Heading, bars_figure};
/// let bar = Bar { label: "movement".into(), place: 0, accuracies: vec![0.97, 0.98] };
/// let figure = bars_figure(&Heading::new("Accuracy", "a network"), 0.2, &[bar], Some(0.98), None)?;
/// assert!(figure.svg().contains("movement"));
/// # Ok::<(), lth_plot::PlotError>(())
/// ```
pub fn bars_figure(
    heading: &Heading,
    density: f64,
    bars: &[Bar],
    dense: Option<f64>,
    limits: Option<AxisLimits>,
) -> Result<Figure, PlotError> {
    let points: Vec<Point> = bars
        .iter()
        .map(|bar| Point::with_band(1.0, bar.accuracies.iter().copied(), heading.look.band))
        .collect();
    let accuracies =
        || bars.iter().flat_map(|bar| &bar.accuracies).copied().filter(|value| value.is_finite());
    let ends =
        points.iter().filter(|point| point.is_drawable()).flat_map(|point| [point.band().0, point.band().1]);
    let shown: Vec<f64> = ends.chain(accuracies()).chain(dense).collect();
    refuse_outside("accuracy", limits, &shown)?;
    let values: Vec<f64> = shown.iter().map(|value| 100.0 * value).collect();
    let range =
        limits.map(AxisLimits::in_percent).or_else(|| linear_range(&[], &values, RangeRule::ACCURACY));
    let Some(range) = range.filter(|_| accuracies().next().is_some()) else {
        return Err(PlotError::NoData {
            figure: heading.title.clone(),
            reason: "no network has a finite accuracy",
        });
    };

    let width = heading.look.style.width();
    let names: Vec<Vec<String>> = bars
        .iter()
        .map(|bar| font::wrap(&bar.label, theme::LABEL_SIZE, false, NAMES * width, NAME_LINES))
        .collect();
    let widest = |texts: &mut dyn Iterator<Item = &String>| {
        texts.map(|text| font::width(text, theme::LABEL_SIZE, false)).fold(0.0, f64::max)
    };
    let lines = names.iter().map(Vec::len).max().unwrap_or(1) as f64;
    let row_height = ROW.max(LINE * lines + GAP);
    let means: Vec<String> = points.iter().map(|point| format!("{:.2}", 100.0 * point.mean)).collect();
    let left = theme::MARGIN + widest(&mut names.iter().flatten()) + GAP;
    let right = width - theme::MARGIN - widest(&mut means.iter()) - GAP;

    let mut page = Page::new(width, heading);
    page.legend(&legend(dense));
    let area = Area { left, top: page.y, width: right - left, height: row_height * bars.len() as f64 };
    let scale = Scale { spread: Spread::Linear, low: range.low, high: range.high, start: left, end: right };
    let ticks = linear_ticks(range.low, range.high, ((right - left) / 60.0).max(3.0) as usize);
    let none = Scale { spread: Spread::Linear, low: 0.0, high: 1.0, start: area.bottom(), end: area.top };
    let frame = Frame {
        area,
        x: Axis { scale, ticks, label: "test accuracy (%)".to_owned() },
        y: Axis { scale: none, ticks: Vec::new(), label: String::new() },
    };
    frame.draw_grid(&mut page.canvas);
    let axis = (&frame.x.scale, frame.x.label.as_str());
    let percent = |value: f64| format!("{value:.2} %");
    let mut beyond = Vec::new();
    for (row, ((bar, point), (name, mean))) in
        bars.iter().zip(&points).zip(names.iter().zip(&means)).enumerate()
    {
        let middle = area.top + row_height * (row as f64 + 0.5);
        if point.is_drawable() {
            page.canvas.clipped(area, |canvas| draw_bar(canvas, &frame, bar, point, middle));
            let own = values_of(bar, point);
            let is_left = own.iter().any(|value| *value < range.low);
            let is_right = own.iter().any(|value| *value > range.high);
            for (tip, x, _) in [(left + 2.0, -1.0, is_left), (area.right() - 2.0, 1.0, is_right)]
                .into_iter()
                .filter(|(.., is_beyond)| *is_beyond)
            {
                cut::arrow(&mut page.canvas, (tip, middle), (x, 0.0), theme::palette(usize::from(bar.place)));
            }
            beyond.extend(cut::notes(&bar.label, own, axis, cut::RIGHTWARD, percent));
            let style = TextStyle::new(theme::LABEL_SIZE, Anchor::Start);
            page.canvas.text((right + GAP, middle + theme::LABEL_SIZE * 0.36), mean, style);
        }
        let style = TextStyle::new(theme::LABEL_SIZE, Anchor::End);
        let first = middle - LINE * (name.len() as f64 - 1.0) / 2.0 + theme::LABEL_SIZE * 0.36;
        for (line, text) in name.iter().enumerate() {
            let baseline = first + LINE * line as f64;
            page.canvas.text((left - GAP, baseline), text, style);
        }
    }
    let level = dense.map(|dense| 100.0 * dense);
    beyond.extend(cut::notes("dense", level, axis, cut::RIGHTWARD, percent));
    if let Some(dense) = dense.filter(|dense| scale.contains(100.0 * dense)) {
        let x = scale.position(100.0 * dense);
        let stroke = Stroke::new(theme::INK, theme::LEVEL_WIDTH).dashed(theme::FINE_DASHES);
        page.canvas.line((x, area.top), (x, area.bottom()), stroke);
    }
    frame.draw_border(&mut page.canvas);
    frame.draw_x_axis(&mut page.canvas);
    page.y = area.bottom() + x_axis_height(true);
    let whiskers = heading.look.band_note().replace("Bands", "Whiskers");
    let is_off = |point: &Point| point.is_drawable() && !scale.contains(100.0 * point.mean);
    let begin = format!(
        "Density: {} %. Bars begin at {:.1} %, not at 0, and end at the mean over seeds, the number beside them{}.",
        format::percent(density),
        range.low,
        if points.iter().any(is_off) { ", where that is on the axis" } else { "" }
    );
    let whiskers = if points.iter().any(|p| p.band().0 < p.band().1) { &whiskers } else { "" };
    page.notes([begin.as_str(), whiskers].into_iter().chain(beyond.iter().map(String::as_str)));
    Ok(page.finish().with_data(csv(density, bars, &points, dense)))
}

fn legend(dense: Option<f64>) -> Vec<(Sample, String)> {
    let level = dense.map(|dense| {
        let dashes = Some(theme::FINE_DASHES);
        let sample =
            Sample::Line { colour: theme::INK, width: theme::LEVEL_WIDTH, dashes, dot: None, band: false };
        (sample, format!("dense: {:.2} %", 100.0 * dense))
    });
    [(Sample::Dot(theme::INK), "a seed".to_owned())].into_iter().chain(level).collect()
}

fn draw_bar(canvas: &mut Canvas, frame: &Frame, bar: &Bar, point: &Point, middle: f64) {
    let colour = theme::palette(usize::from(bar.place));
    let x = |accuracy: f64| frame.x.scale.position(100.0 * accuracy);
    let (left, end) = (frame.area.left, x(point.mean));
    let (top, bottom) = (middle - BAR / 2.0, middle + BAR / 2.0);
    let corners = [(left, top), (end, top), (end, bottom), (left, bottom)];
    canvas.polygon(&corners, colour, 0.35);
    canvas.polyline(&corners, Stroke::new(colour, 1.6));
    canvas.line((end, top), (end, bottom), Stroke::new(colour, theme::LINE_WIDTH));
    let (low, high) = (x(point.band().0), x(point.band().1));
    let stroke = Stroke::new(theme::INK, 1.6);
    canvas.line((low, middle), (high, middle), stroke);
    for at in [low, high].into_iter().filter(|_| low < high) {
        canvas.line((at, middle - CAP), (at, middle + CAP), stroke);
    }
    // Seeds of close accuracies lie beside each other.
    let seeds: Vec<f64> = bar.accuracies.iter().copied().filter(|value| value.is_finite()).collect();
    let step = (0.7 * BAR / seeds.len().max(1) as f64).min(2.0 * DOT + 1.0);
    for (place, seed) in seeds.iter().enumerate() {
        let offset = step * (place as f64 - (seeds.len() as f64 - 1.0) / 2.0);
        canvas.dot((x(*seed), middle + offset), DOT, theme::INK);
    }
}

/// All that is drawn of a bar, in percent.
fn values_of(bar: &Bar, point: &Point) -> Vec<f64> {
    let (low, high) = point.band();
    bar.accuracies.iter().copied().chain([low, high]).map(|value| 100.0 * value).collect()
}

/// Accuracies and the density as fractions, a row a seed, with its bar's mean and whisker and the dense networks' accuracy where there is one.
fn csv(density: f64, bars: &[Bar], points: &[Point], dense: Option<f64>) -> String {
    let mut table =
        Table::new(&[&"bar", &"density", &"replicate", &"test_accuracy", &"mean", &"low", &"high", &"dense"]);
    let dense = dense.map_or_else(String::new, |dense| dense.to_string());
    for (bar, Point { mean, min, max, .. }) in bars.iter().zip(points) {
        for (replicate, accuracy) in bar.accuracies.iter().enumerate() {
            table.row(&[&bar.label, &density, &replicate, accuracy, mean, min, max, &dense]);
        }
    }
    table.finish()
}

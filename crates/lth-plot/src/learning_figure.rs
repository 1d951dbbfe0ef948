//! Loss and accuracy over the iterations of trainings of several runs.

use super::{
    AxisLimits, CurveSplit, Figure, Heading, PlotError, Point,
    canvas::{Canvas, Stroke},
    coincidence, format,
    frame::{Axis, Frame},
    limits::refuse_outside,
    page::{Page, Sample},
    panels::{Panels, left_of},
    table::Table,
    theme,
    training_axes::{Metric, cut_notes, iteration_axis, mark_cut, thinned},
};

const PANELS: Panels = Panels { height: 290.0, gap: 26.0 };

/// The trainings of one run: a line of [`learning_figure`].
#[derive(Debug, Clone, PartialEq)]
pub struct LearningCurve {
    /// Its name in the legend.
    pub label: String,
    /// Which of the runs it is: colours and dashes follow.
    pub place: u8,
    /// Losses in nats over replicates; the place of a point is its iteration.
    pub loss: Vec<Point>,
    /// Accuracies, fractions.
    pub accuracy: Vec<Point>,
}

impl LearningCurve {
    fn points(&self, metric: Metric) -> &[Point] {
        match metric {
            Metric::Loss => &self.loss,
            Metric::Accuracy => &self.accuracy,
        }
    }

    fn stroke(&self) -> Stroke<'static> {
        let place = usize::from(self.place);
        Stroke { dashes: theme::run_dashes(place), ..Stroke::new(theme::palette(place), theme::LINE_WIDTH) }
    }
}

/// Two panels, loss (log) and accuracy of one split, a line a run: means with bands over replicates. Runs are told apart by colours and by
/// dashes. Of accuracies those between the limits, fractions, are shown: what leaves them is marked at the edge, and told of in a note, as the
/// density of the runs is.
///
/// # Errors
/// When no run has a finite value, or none has an accuracy within the limits.
pub fn learning_figure(
    heading: &Heading,
    split: CurveSplit,
    density: f64,
    curves: &[LearningCurve],
    accuracies: Option<AxisLimits>,
) -> Result<Figure, PlotError> {
    let drawable = |metric: Metric| {
        move |curve: &LearningCurve| -> Vec<Point> {
            let scale = metric.scale();
            let points = curve.points(metric).iter().filter(|p| p.x.is_finite() && p.mean.is_finite());
            points
                .map(|p| Point { x: p.x, mean: scale * p.mean, min: scale * p.min, max: scale * p.max })
                .collect()
        }
    };
    let (mut metrics, mut axes) = (Vec::new(), Vec::new());
    for metric in Metric::ALL {
        let points = curves.iter().flat_map(drawable(metric));
        let values: Vec<f64> =
            points.flat_map(|point| [point.mean, point.band().0, point.band().1]).collect();
        if metric == Metric::Accuracy {
            let fractions: Vec<f64> = values.iter().map(|value| value / 100.0).collect();
            refuse_outside("accuracy", accuracies, &fractions)?;
        }
        if let Some(axis) = metric.axis(&values, accuracies) {
            axes.push(Axis { label: format!("{} {}", split.name(), axis.label), ..axis });
            metrics.push(metric);
        }
    }
    let last = curves.iter().flat_map(|curve| curve.loss.iter().chain(&curve.accuracy)).map(|point| point.x);
    let last = last.filter(|x| x.is_finite()).fold(0.0, f64::max) as u64;
    if axes.is_empty() {
        let reason = "no run has a finite loss or accuracy of this split";
        return Err(PlotError::NoData { figure: heading.title.clone(), reason });
    }
    let x = iteration_axis(last, left_of(&axes), heading.look.style.width() - theme::MARGIN - 20.0);
    let mut page = Page::new(heading.look.style.width(), heading);
    let has_bands = curves.iter().flat_map(|curve| curve.loss.iter().chain(&curve.accuracy));
    let has_bands = has_bands.into_iter().any(|point| point.band().0 < point.band().1);
    let entry = |curve: &LearningCurve| {
        let Stroke { colour, width, dashes, .. } = curve.stroke();
        (Sample::Line { colour, width, dashes, dot: None, band: has_bands }, curve.label.clone())
    };
    page.legend(&curves.iter().map(entry).collect::<Vec<_>>());
    let labels: Vec<&str> = curves.iter().map(|curve| curve.label.as_str()).collect();
    let mut hidden = Vec::new();
    let mut notes = PANELS.draw(&mut page, &x, axes, |canvas, frame, index| {
        frame.draw_grid(canvas);
        let points: Vec<Vec<Point>> = curves.iter().map(drawable(metrics[index])).collect();
        let line = |points: &Vec<Point>| points.iter().map(|point| frame.at(point.x, point.mean)).collect();
        let covers = coincidence::covers(&points.iter().map(line).collect::<Vec<_>>());
        hidden.extend(coincidence::notes(&frame.y.label, &labels, &covers));
        canvas.clipped(frame.area, |canvas| {
            for ((curve, points), covers) in curves.iter().zip(&points).zip(covers) {
                draw_curve(canvas, frame, points, covers.widen(curve.stroke()));
            }
        });
        frame.draw_border(canvas);
        for (curve, points) in curves.iter().zip(&points).filter(|_| metrics[index] == Metric::Accuracy) {
            let means: Vec<_> = points.iter().map(|point| (point.x, point.mean)).collect();
            mark_cut(canvas, frame, &means, curve.stroke().colour);
            let ends = points.iter().flat_map(|point| [point.band().0, point.band().1]);
            hidden.extend(cut_notes(&frame.y, &curve.label, ends));
        }
    });
    notes.extend(hidden);
    let bands = if has_bands {
        format!(" Lines: mean over replicates. {}", heading.look.band_note())
    } else {
        String::new()
    };
    notes.insert(0, format!("Trainings at a density of {} %.{bands}", format::percent(density)));
    page.notes(notes.iter().map(String::as_str));
    Ok(page.finish().with_data(csv(split, density, curves)))
}

fn draw_curve(canvas: &mut Canvas, frame: &Frame, points: &[Point], stroke: Stroke<'_>) {
    let line = |of: fn(&Point) -> f64| -> Vec<(f64, f64)> {
        let points: Vec<(f64, f64)> = points.iter().map(|point| frame.at(point.x, of(point))).collect();
        thinned(&points, frame.area.width)
    };
    let mut outline = line(|point| point.band().1);
    outline.extend(line(|point| point.band().0).into_iter().rev());
    canvas.polygon(&outline, stroke.colour, theme::BAND_OPACITY);
    canvas.polyline(&line(|point| point.mean), stroke);
}

/// Losses in nats, accuracies and the density as fractions.
fn csv(split: CurveSplit, density: f64, curves: &[LearningCurve]) -> String {
    let mut table =
        Table::new(&[&"curve", &"density", &"split", &"metric", &"iteration", &"mean", &"low", &"high"]);
    for curve in curves {
        for (metric, points) in [("loss", &curve.loss), ("accuracy", &curve.accuracy)] {
            for Point { x, mean, min, max } in points {
                table.row(&[&curve.label, &density, &split.name(), &metric, x, mean, min, max]);
            }
        }
    }
    table.finish()
}

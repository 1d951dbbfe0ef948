//! What figures of trainings share: the axes of loss, accuracy and iteration, and lines over iterations.

use super::{
    AxisLimits, CurveSplit, TrainingPoint,
    canvas::{Canvas, Stroke},
    cut, font, format,
    frame::{Axis, Frame},
    range::{self, RangeRule, linear_range},
    scale::{Scale, Spread, Tick, linear_ticks, log_ticks, thin_out},
    theme,
    value_axis::{log_axis, value_axis},
};

/// What a panel shows of a training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Metric {
    Loss,
    Accuracy,
}

impl Metric {
    pub(super) const ALL: [Self; 2] = [Self::Loss, Self::Accuracy];

    /// The value on the axis: nats, or percent.
    pub(super) fn of(self, point: &TrainingPoint) -> f64 {
        self.scale()
            * match self {
                Self::Loss => point.loss,
                Self::Accuracy => point.accuracy,
            }
    }

    /// What a stored value is multiplied by on the axis.
    pub(super) fn scale(self) -> f64 {
        match self {
            Self::Loss => 1.0,
            Self::Accuracy => 100.0,
        }
    }

    /// The y axis of these values, with positions to be set later, of accuracies between the limits. `None` when no value can be drawn.
    pub(super) fn axis(self, values: &[f64], limits: Option<AxisLimits>) -> Option<Axis> {
        match self {
            Self::Loss => {
                let (low, high) = range::log_range(values)?;
                Some(log_axis((low, high), log_ticks(low, high, 7), "loss (nats)"))
            }
            Self::Accuracy => {
                let rule = RangeRule::ACCURACY;
                let whole = linear_range(&[values.to_vec()], &[], rule)?;
                let range = limits.map_or(whole, AxisLimits::in_percent);
                Some(value_axis(range, rule.possible, "accuracy (%)"))
            }
        }
    }
}

/// The x axis from 0 to the last iteration, with room for markers at both.
pub(super) fn iteration_axis(last: u64, left: f64, right: f64) -> Axis {
    let high = last.max(1) as f64;
    let pad = 0.02 * high;
    let scale = Scale { spread: Spread::Linear, low: -pad, high: high + pad, start: left, end: right };
    let ticks = linear_ticks(0.0, high, ((right - left) / 110.0).max(2.0) as usize);
    let whole = ticks.into_iter().filter(|tick| tick.value.fract() == 0.0);
    let ticks = whole.map(|tick| Tick { label: format::grouped(tick.value, 0), ..tick }).collect();
    let ticks = thin_out(ticks, &scale, 14.0, |label| font::width(label, theme::TICK_SIZE, false));
    Axis { scale, ticks, label: "iteration".to_owned() }
}

/// Whether a value can be drawn; a loss of exactly 0 is, at the lower edge.
fn is_drawable(value: f64) -> bool {
    value.is_finite() && value >= 0.0
}

/// Where the line of a metric goes over iterations: its parts between the gaps where it is not finite.
pub(super) fn positions(frame: &Frame, metric: Metric, points: &[TrainingPoint]) -> Vec<Vec<(f64, f64)>> {
    let at = |point: &TrainingPoint| frame.at(point.iteration as f64, metric.of(point));
    let parts = points.split(|point| !is_drawable(metric.of(point)));
    parts.map(|part| part.iter().map(at).collect()).collect()
}

/// The line of a metric over iterations, with gaps where it is not finite.
pub(super) fn draw_line(
    canvas: &mut Canvas,
    frame: &Frame,
    metric: Metric,
    points: &[TrainingPoint],
    stroke: Stroke<'_>,
) {
    for line in positions(frame, metric, points) {
        if let [alone] = line[..] {
            canvas.dot(alone, theme::MARKER_RADIUS, stroke.colour);
        }
        canvas.polyline(&thinned(&line, frame.area.width), stroke);
    }
}

/// Marks where a line of accuracies in percent first leaves or enters its axis, below and above; a line that is beyond it all the time where it
/// reaches farthest.
pub(super) fn mark_cut(canvas: &mut Canvas, frame: &Frame, points: &[(f64, f64)], colour: &str) {
    let points: Vec<(f64, f64)> = points.iter().copied().filter(|(_, value)| value.is_finite()).collect();
    // A sign that makes beyond greater than the edge on both sides.
    for (edge, sign) in [(frame.y.scale.low, -1.0), (frame.y.scale.high, 1.0)] {
        let beyond = |point: &(f64, f64)| sign * (point.1 - edge);
        let Some(farthest) = points.iter().copied().max_by(|a, b| beyond(a).total_cmp(&beyond(b))) else {
            return;
        };
        if beyond(&farthest) <= 0.0 {
            continue;
        }
        let crossing = points.windows(2).find(|pair| (beyond(&pair[0]) > 0.0) != (beyond(&pair[1]) > 0.0));
        let x = crossing.map_or(farthest.0, |pair| {
            let part = beyond(&pair[0]) / (beyond(&pair[0]) - beyond(&pair[1]));
            pair[0].0 + part * (pair[1].0 - pair[0].0)
        });
        cut::arrow_towards(canvas, frame, (x, farthest.1), colour);
    }
}

/// How far such lines reach beyond their axis, in words.
pub(super) fn cut_notes(axis: &Axis, name: &str, values: impl IntoIterator<Item = f64>) -> Vec<String> {
    cut::notes(name, values, (&axis.scale, &axis.label), cut::UPWARD, |value| format!("{value:.2} %"))
}

/// How many evaluations [`smoothed`] takes together: odd, 1 for trainings of few evaluations.
pub(super) fn smoothing_window(evaluations: usize) -> usize {
    (evaluations / 50) / 2 * 2 + 1
}

/// The running median of loss and of accuracy over `window` evaluations, fewer at the ends; what is not finite stays.
pub(super) fn smoothed(points: &[TrainingPoint], window: usize) -> Vec<TrainingPoint> {
    let median = |index: usize, of: fn(&TrainingPoint) -> f64| {
        let reach = (window / 2).min(index).min(points.len() - 1 - index);
        let mut values: Vec<f64> = points[index - reach..=index + reach].iter().map(of).collect();
        values.retain(|value| value.is_finite());
        values.sort_by(f64::total_cmp);
        let own = of(&points[index]);
        if own.is_finite() { values[values.len() / 2] } else { own }
    };
    (0..points.len())
        .map(|index| TrainingPoint {
            iteration: points[index].iteration,
            loss: median(index, |point| point.loss),
            accuracy: median(index, |point| point.accuracy),
        })
        .collect()
}

/// The point of a training nearest to an iteration.
pub(super) fn nearest(points: &[TrainingPoint], iteration: u64) -> Option<&TrainingPoint> {
    points.iter().min_by_key(|point| point.iteration.abs_diff(iteration))
}

/// The splits among these, in the order of the enum.
pub(super) fn present(splits: impl IntoIterator<Item = CurveSplit>) -> Vec<CurveSplit> {
    let mut splits: Vec<CurveSplit> = splits.into_iter().collect();
    splits.sort_unstable();
    splits.dedup();
    splits
}

/// Where there are many points a column of pixels, its first, lowest, highest and last: the same picture in fewer bytes.
pub(super) fn thinned(line: &[(f64, f64)], width: f64) -> Vec<(f64, f64)> {
    if line.len() as f64 <= width * 4.0 {
        return line.to_vec();
    }
    let mut kept = Vec::new();
    for column in line.chunk_by(|a, b| a.0.floor() == b.0.floor()) {
        let by = |order: fn(&f64, &f64) -> std::cmp::Ordering| {
            (0..column.len()).max_by(|a, b| order(&column[*a].1, &column[*b].1)).unwrap_or(0)
        };
        let mut places = [0, by(f64::total_cmp), by(|a, b| b.total_cmp(a)), column.len() - 1];
        places.sort_unstable();
        let mut last = None;
        for place in places {
            if last.replace(place) != Some(place) {
                kept.push(column[place]);
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinned_lines_keep_their_extremes() {
        let line: Vec<(f64, f64)> = (0..100_000)
            .map(|i| (f64::from(i) / 1000.0, if i == 50_017 { 9.0 } else { f64::from(i % 7) }))
            .collect();
        let thin = thinned(&line, 100.0);
        assert!(thin.len() <= 400 && thin.iter().any(|point| point.1 == 9.0));
        assert_eq!((thin.first(), thin.last()), (line.first(), line.last()));
        assert!(thin.windows(2).all(|pair| pair[0].0 <= pair[1].0));
    }

    #[test]
    fn running_medians_drop_spikes_and_keep_gaps_and_ends() {
        let losses = [5.0, 1.0, 2.0, 90.0, 4.0, f64::NAN, 6.0];
        let point = |(index, loss): (usize, &f64)| TrainingPoint {
            iteration: index as u64,
            loss: *loss,
            accuracy: 0.5,
        };
        let points: Vec<TrainingPoint> = losses.iter().enumerate().map(point).collect();
        let smooth: Vec<f64> = smoothed(&points, 3).iter().map(|point| point.loss).collect();
        assert_eq!(smooth[..4], [5.0, 2.0, 2.0, 4.0]);
        assert!(smooth[5].is_nan() && smooth[6] == 6.0);
        assert_eq!(smoothed(&points[..5], 1), points[..5]);
        assert_eq!([0, 40, 459, 550].map(smoothing_window), [1, 1, 9, 11]);
    }

    #[test]
    fn short_trainings_have_whole_iterations() {
        assert!(iteration_axis(3, 0.0, 600.0).ticks.iter().all(|tick| !tick.label.contains('.')));
        assert_eq!(iteration_axis(0, 0.0, 600.0).ticks.first().map(|tick| tick.label.as_str()), Some("0"));
    }
}

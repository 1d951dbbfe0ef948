//! From the results of a run to the plain data that figures are drawn from.

use std::collections::BTreeMap;

use lth_lab::{RoundResult, RunResults, Timing, Variant};
use lth_model::Seed;
use lth_plot::{
    ControlKind, Curve, CurveSplit, Measure, Point, Series, SeriesStyle, Style, TrainingPoint, TrainingRound,
};
use lth_stats::{Band, Sample};
use lth_ticket::Split;

use super::SHOWN;
use crate::failure::Failure;

/// The dense level, the tickets and each control, a point a round.
pub(crate) fn over_density(results: &RunResults, measure: Measure, band: Band) -> Vec<Curve> {
    let mut curves = Vec::new();
    for variant in results.experiment.variants().filter(|variant| is_first_draw(*variant)) {
        let points: Vec<Point> = (0..results.experiment.rounds)
            .filter_map(|round| point(results, variant, round, measure, band))
            .collect();
        let (label, style) = match variant {
            Variant::Ticket => {
                if let Some(dense) = point(results, variant, 0, measure, band) {
                    curves.push(Curve {
                        label: "dense".to_owned(),
                        style: Style::Dense,
                        points: vec![dense],
                    });
                }
                ("tickets".to_owned(), Style::Ticket)
            }
            Variant::Control(kind) => (kind.to_string(), Style::Control(control(kind.name()))),
        };
        curves.push(Curve { label, style, points });
    }
    curves
}

/// Whether a curve begins with this variant; further draws of a control are points of the same curve.
fn is_first_draw(variant: Variant) -> bool {
    !matches!(variant, Variant::Control(kind) if kind.draw() > 0)
}

/// Whether a variant is the other one, or another draw of the same control.
fn is_draw_of(variant: Variant, first: Variant) -> bool {
    match (variant, first) {
        (Variant::Control(kind), Variant::Control(first)) => kind.name() == first.name(),
        (variant, first) => variant == first,
    }
}

/// The look of a control, by its name.
pub(crate) fn control(name: &str) -> ControlKind {
    match name {
        "random-reinit" => ControlKind::RandomReinit,
        "random-mask" => ControlKind::RandomMask,
        "shuffled-mask" => ControlKind::ShuffledMask,
        _ => {
            let place = lth_lab::ControlKind::all().position(|kind| kind.name() == name);
            ControlKind::Other(place.unwrap_or_default() as u8)
        }
    }
}

fn point(results: &RunResults, variant: Variant, round: u32, measure: Measure, band: Band) -> Option<Point> {
    let found: Vec<&RoundResult> = results
        .rounds
        .iter()
        .filter(|result| is_draw_of(result.record.variant, variant) && result.record.round == round)
        .collect();
    // A control may have another density; it is drawn with the ticket that it is compared with.
    let of_ticket =
        |result: &&RoundResult| result.record.variant == Variant::Ticket && result.record.round == round;
    let density = results.rounds.iter().find(of_ticket).or(found.first().copied())?.density().get();
    found.first()?;
    let value = |result: &RoundResult| match measure {
        Measure::EarlyStopAccuracy => result.test_accuracy(),
        Measure::FinalAccuracy => result.record.end.test_accuracy,
        // Of a training there is none.
        Measure::UntrainedAccuracy => f64::NAN,
        Measure::EarlyStopIteration => {
            result.record.early_stop.as_ref().map_or(f64::NAN, |stop| stop.iteration as f64)
        }
    };
    let values = found.iter().map(|result| (result.record.seed, value(result)));
    Some(Point::with_band(density, repetitions(values, band), band))
}

/// What a band is of: the range is that of all values, every other band that of seeds, whose draws of a control are one value, their mean.
fn repetitions(values: impl Iterator<Item = (Seed, f64)>, band: Band) -> Vec<f64> {
    if band == Band::MinMax {
        return values.map(|(_, value)| value).collect();
    }
    let mut by_seed: BTreeMap<Seed, Vec<f64>> = BTreeMap::new();
    for (seed, value) in values.filter(|(_, value)| value.is_finite()) {
        by_seed.entry(seed).or_default().push(value);
    }
    by_seed.into_values().filter_map(Sample::of).map(|sample| sample.mean()).collect()
}

/// The evaluations of each round of the first replicate.
///
/// # Errors
/// When a file cannot be read back.
pub(crate) fn training(results: &RunResults) -> Result<Vec<TrainingRound>, Failure> {
    results
        .of(SHOWN, Variant::Ticket)
        .map(|result| {
            let history = results.history(result).map_err(Failure::bad_input)?;
            let of = |split| {
                let rows = history.iter().filter(move |row| row.split == split);
                rows.map(|row| TrainingPoint {
                    iteration: row.iteration,
                    loss: row.loss,
                    accuracy: row.accuracy,
                })
                .collect()
            };
            Ok(TrainingRound {
                round: result.record.round as usize,
                density: result.density().get(),
                early_stop: result.record.early_stop.as_ref().map(|stop| stop.iteration),
                splits: vec![
                    (CurveSplit::Train, of(Split::Train)),
                    (CurveSplit::Validation, of(Split::Validation)),
                    (CurveSplit::Test, of(Split::Test)),
                ],
            })
        })
        .collect()
}

/// Whether the CPU time of every training is known: older versions did not measure it.
pub(crate) fn has_cpu_time(results: &RunResults) -> bool {
    results
        .rounds
        .iter()
        .filter_map(|result| result.timing.as_ref())
        .all(|timing| timing.cpu_seconds.is_some())
}

/// Milliseconds a step, the mean over replicates, a point a round: of CPU time, of wall-clock time where that is not known.
pub(crate) fn cost(results: &RunResults) -> Series {
    let cpu = has_cpu_time(results);
    let seconds = |timing: &Timing| {
        if cpu { timing.cpu_seconds_a_step() } else { Some(1.0 / timing.steps_per_second()) }
    };
    let points = (0..results.experiment.rounds).filter_map(|round| {
        let of_round = results
            .rounds
            .iter()
            .filter(|result| result.record.variant == Variant::Ticket && result.record.round == round);
        let (mut density, mut times) = (None, Vec::new());
        for result in of_round {
            density = Some(result.density().get());
            let seconds = result.timing.as_ref().and_then(seconds).filter(|seconds| seconds.is_finite());
            times.extend(seconds.map(|seconds| 1000.0 * seconds));
        }
        Some((density.unwrap_or(1.0), Sample::of(times)?.mean()))
    });
    Series {
        label: "tickets, evaluations included".to_owned(),
        style: SeriesStyle::Solid(0),
        points: points.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_of_a_control_are_no_further_seeds() {
        let draws = [(0, 0.90), (0, 0.92), (1, 0.94), (1, f64::NAN)].map(|(seed, value)| (Seed(seed), value));
        let of = |band| repetitions(draws.into_iter(), band);
        assert_eq!(of(Band::Confidence).len(), 2);
        assert!((of(Band::StandardError)[0] - 0.91).abs() < 1e-12);
        assert_eq!(of(Band::MinMax).len(), 4);
    }

    #[test]
    fn controls_keep_their_look() {
        assert_eq!(control("random-reinit"), ControlKind::RandomReinit);
        assert_eq!(control("something"), control("something"));
    }
}

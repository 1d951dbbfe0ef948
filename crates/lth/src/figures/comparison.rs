//! Several runs at one density: accuracies as bars, and learning curves.

use std::collections::BTreeMap;

use lth_lab::{RoundResult, RunResults, Variant};
use lth_plot::{Bar, CurveSplit, Figure, Heading, LearningCurve, Point, bars_figure, learning_figure};
use lth_stats::{Band, Sample};
use lth_ticket::Split;

use super::{
    Drawing,
    together::{given, of_one_kind, subtitle, title},
};
use crate::{failure::Failure, table::density_percent};

/// Densities this near to each other, in proportion, are the same: replicates may differ by a weight or two.
const SAME: f64 = 0.01;
/// A density that is asked for may be off by so much, in proportion.
const NEAR: f64 = 0.06;

/// Test accuracy of each run's tickets at a density (the smallest that all have, if none is asked for), with every seed.
///
/// # Errors
/// When runs are of different data or lengths, one has no such density, names are neither of runs nor one for each, or limits leave nothing.
pub(crate) fn bars(
    runs: &[RunResults],
    names: &[String],
    density: Option<f64>,
    drawing: &Drawing,
) -> Result<Figure, Failure> {
    let (labels, density, rounds) = compared(runs, names, density)?;
    let accuracies = |results: &RunResults, round: u32| -> Vec<f64> {
        of_round(results, round).map(RoundResult::test_accuracy).collect()
    };
    let bar = |(place, label): (usize, String)| Bar {
        label,
        place: u8::try_from(place).unwrap_or(u8::MAX),
        accuracies: accuracies(&runs[place], rounds[place]),
    };
    let bars: Vec<Bar> = labels.into_iter().enumerate().map(bar).collect();
    // One line for all, where all have the same dense networks.
    let dense: Vec<Vec<f64>> = runs.iter().map(|results| accuracies(results, 0)).collect();
    let dense = dense.first().filter(|first| dense.iter().all(|other| other == *first));
    let dense = dense.and_then(|values| Sample::of(values.iter().copied())).map(|sample| sample.mean());
    let heading = heading(runs, density, drawing);
    bars_figure(&heading, density, &bars, dense, drawing.limits.accuracy).map_err(Failure::from)
}

/// Test loss and accuracy over the trainings of each run's tickets at a density, means over replicates.
///
/// # Errors
/// As [`bars`], or when evaluations cannot be read back.
pub(crate) fn learning_curves(
    runs: &[RunResults],
    names: &[String],
    density: Option<f64>,
    drawing: &Drawing,
) -> Result<Figure, Failure> {
    let (labels, density, rounds) = compared(runs, names, density)?;
    let mut curves = Vec::new();
    for (place, label) in labels.into_iter().enumerate() {
        let (mut losses, mut accuracies) = (BTreeMap::new(), BTreeMap::new());
        for result in of_round(&runs[place], rounds[place]) {
            let history = runs[place].history(result).map_err(Failure::bad_input)?;
            for row in history.iter().filter(|row| row.split == Split::Test) {
                losses.entry(row.iteration).or_insert_with(Vec::new).push(row.loss);
                accuracies.entry(row.iteration).or_insert_with(Vec::new).push(row.accuracy);
            }
        }
        let (loss, accuracy) = (points(losses, drawing.look.band), points(accuracies, drawing.look.band));
        curves.push(LearningCurve { label, place: u8::try_from(place).unwrap_or(u8::MAX), loss, accuracy });
    }
    let heading = heading(runs, density, drawing);
    learning_figure(&heading, CurveSplit::Test, density, &curves, drawing.limits.accuracy)
        .map_err(Failure::from)
}

/// What the runs are called, the density at which they are compared, and the round of each that has it.
fn compared(
    runs: &[RunResults],
    names: &[String],
    density: Option<f64>,
) -> Result<(Vec<String>, f64, Vec<u32>), Failure> {
    of_one_kind(runs)?;
    let labels = given(names, runs)?;
    let (density, rounds) = at_density(runs, density)?;
    Ok((labels, density, rounds))
}

fn points(values: BTreeMap<u64, Vec<f64>>, band: Band) -> Vec<Point> {
    values.into_iter().map(|(iteration, values)| Point::with_band(iteration as f64, values, band)).collect()
}

fn heading(runs: &[RunResults], density: f64, drawing: &Drawing) -> Heading {
    let title = format!("{} at {} % density", title(runs), density_percent(density, 1));
    Heading::new(title, subtitle(runs)).with_look(drawing.look)
}

fn of_round(results: &RunResults, round: u32) -> impl Iterator<Item = &RoundResult> {
    let of =
        move |result: &&RoundResult| result.record.variant == Variant::Ticket && result.record.round == round;
    results.rounds.iter().filter(of)
}

/// The rounds of a run's tickets with their densities.
fn ladder(results: &RunResults) -> BTreeMap<u32, f64> {
    let tickets = results.rounds.iter().filter(|result| result.record.variant == Variant::Ticket);
    tickets.map(|result| (result.record.round, result.density().get())).collect()
}

/// A density that all runs have, and the round of each that has it.
fn at_density(runs: &[RunResults], asked: Option<f64>) -> Result<(f64, Vec<u32>), Failure> {
    let ladders: Vec<BTreeMap<u32, f64>> = runs.iter().map(ladder).collect();
    let distance = |a: f64, b: f64| (a / b).ln().abs();
    let nearest = |ladder: &BTreeMap<u32, f64>, density: f64| {
        ladder
            .iter()
            .map(|(round, own)| (*round, *own))
            .min_by(|a, b| distance(a.1, density).total_cmp(&distance(b.1, density)))
    };
    let within = |ladder: &BTreeMap<u32, f64>, density: f64, most: f64| {
        nearest(ladder, density).filter(|(_, own)| distance(*own, density) <= most)
    };
    let first = ladders.first().into_iter().flatten().map(|(_, density)| *density);
    let shared = first.filter(|density| ladders.iter().all(|own| within(own, *density, SAME).is_some()));
    let wanted = match asked {
        Some(density) => density,
        None => shared.reduce(f64::min).ok_or_else(|| {
            let hint = "choose one that each is near to, for example --density 20";
            Failure::input("the runs have no density in common", hint)
        })?,
    };
    let mut rounds = Vec::new();
    for (results, ladder) in runs.iter().zip(&ladders) {
        let (round, density) = within(ladder, wanted, NEAR).ok_or_else(|| {
            let percents: Vec<String> = ladder.values().map(|own| density_percent(*own, 1)).collect();
            let folder = results.layout.root().display();
            let wanted = density_percent(wanted, 1);
            Failure::input(
                format!("'{folder}' has no finished round near a density of {wanted} %"),
                format!("its densities are {} %", percents.join(", ")),
            )
        })?;
        rounds.push((round, density));
    }
    let shown = rounds.first().map_or(wanted, |(_, density)| *density);
    if let Some((_, other)) = rounds.iter().find(|(_, density)| distance(*density, shown) > SAME) {
        return Err(Failure::input(
            format!(
                "the rounds nearest to {} % differ: {} and {} %",
                density_percent(wanted, 1),
                density_percent(shown, 1),
                density_percent(*other, 1)
            ),
            "choose a density that all runs have, or leave out --density for the smallest that they share",
        ));
    }
    Ok((shown, rounds.into_iter().map(|(round, _)| round).collect()))
}

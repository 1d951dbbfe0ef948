//! The figures of a study of stability, in its folder.

use std::path::Path;

use lth_lab::{
    PairResult, PathPoint, RunResults, STABLE_BELOW, StartPoint, Variant, create_folder, stability_studies,
};
use lth_plot::{Heading, PlotError, Point, StabilityCurve, Style, instability_figure, path_figure};
use lth_stats::Band;

use super::stability_table::{by_network, name};
use crate::{
    failure::Failure,
    figures::{self, Drawing},
    output::{Messages, print},
    table::density_percent,
};

/// Draws the figures of each study that a run has again, and prints where they are.
///
/// # Errors
/// When a study cannot be read back, or a file not be written.
pub(super) fn redraw(results: &RunResults, drawing: &Drawing, messages: &Messages) -> Result<(), Failure> {
    for (folder, pairs) in stability_studies(results).map_err(Failure::bad_input)? {
        draw(&folder, &pairs, results, drawing, messages)?;
        print(&format!("{}\n", folder.join("figures").display()))?;
    }
    Ok(())
}

/// Draws errors along paths, and barriers against where copies part if there are several such places.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn draw(
    study: &Path,
    pairs: &[PairResult],
    results: &RunResults,
    drawing: &Drawing,
    messages: &Messages,
) -> Result<(), Failure> {
    let folder = study.join("figures");
    create_folder(&folder).map_err(Failure::failed_work)?;
    let groups = by_network(pairs);
    let band = drawing.look.band;
    let subtitle = format!(
        "{}, {} a training: copies under other orders of the data",
        results.experiment.title(),
        results.experiment.recipe.length
    );
    let heading = |title: &str| Heading::new(title, subtitle.clone()).with_look(drawing.look);
    let figures = [
        ("error-along-path", path_figure(&heading("Error between two copies"), &paths(&groups, band))),
        (
            "barrier-against-step",
            instability_figure(
                &heading("Error barrier between two copies"),
                &barriers(&groups, band),
                STABLE_BELOW,
            ),
        ),
    ];
    for (file, figure) in figures {
        match figure {
            Ok(figure) => {
                figures::write(&folder, file, &figure, true)?;
                figures::write_beside(&folder.join(file), &figure, drawing)?;
            }
            // Copies that part at one place only have no such figure.
            Err(PlotError::NoData { figure, reason }) => {
                messages.debug(&format!("no figure '{figure}': {reason}"));
            }
            Err(error) => return Err(error.into()),
        }
    }
    messages.info(&format!("figures in {}", folder.display()));
    Ok(())
}

type Group<'a> = (StartPoint, Vec<&'a PairResult>);

/// A curve a network, along the places of its paths.
fn paths(groups: &[Group<'_>], band: Band) -> Vec<StabilityCurve> {
    let later = groups.iter().any(|(start, _)| start.parts_at.is_some());
    let curve = |(start, pairs): &Group<'_>| {
        let points = |of: fn(&PathPoint) -> f64| {
            let places = pairs.first().map_or(0, |pair| pair.path.len());
            let point = |index: usize| {
                let values = pairs.iter().filter_map(|pair| pair.path.get(index).map(of));
                Point::with_band(pairs[0].path[index].alpha, values, band)
            };
            (0..places).map(point).collect()
        };
        let mut label = label(groups, start, pairs);
        if later && start.round == 0 {
            label = format!("{label} from {}", pairs[0].iteration);
        }
        StabilityCurve {
            label,
            round: colour(groups, start),
            style: if start.parts_at.is_some() { Style::Ticket } else { style(start) },
            train: points(|point| point.train_error),
            test: points(|point| point.test_error),
        }
    };
    groups.iter().map(curve).collect()
}

/// A curve a network, over the iterations at which its copies part.
fn barriers(groups: &[Group<'_>], band: Band) -> Vec<StabilityCurve> {
    let mut curves: Vec<StabilityCurve> = Vec::new();
    for (start, pairs) in groups {
        let point = |of: fn(&PairResult) -> f64| {
            Point::with_band(pairs[0].iteration as f64, pairs.iter().map(|pair| of(pair)), band)
        };
        let (train, test) = (point(|pair| pair.train_barrier), point(|pair| pair.test_barrier));
        let label = label(groups, start, pairs);
        if let Some(curve) = curves.iter_mut().find(|curve| curve.label == label) {
            curve.train.push(train);
            curve.test.push(test);
        } else {
            let round = (start.round > 0).then(|| colour(groups, start)).flatten();
            curves.push(StabilityCurve {
                label,
                style: style(start),
                round,
                train: vec![train],
                test: vec![test],
            });
        }
    }
    curves
}

fn label(groups: &[Group<'_>], start: &StartPoint, pairs: &[&PairResult]) -> String {
    let several = groups.iter().any(|(other, _)| other.round > 0 && other.round != start.round);
    match start.round {
        0 => "dense".to_owned(),
        round if several => {
            format!("{}, round {round}, {} %", name(start), density_percent(pairs[0].density.get(), 1))
        }
        _ => format!("{}, {} %", name(start), density_percent(pairs[0].density.get(), 1)),
    }
}

fn style(start: &StartPoint) -> Style {
    match start.variant {
        Variant::Ticket if start.round == 0 => Style::Dense,
        Variant::Ticket => Style::Ticket,
        Variant::Control(kind) => Style::Control(figures::control_style(kind.name())),
    }
}

/// A colour for each round, or for each later place of parting, where there are several; else curves have their own.
fn colour(groups: &[Group<'_>], start: &StartPoint) -> Option<u8> {
    let mut keys: Vec<(u32, Option<u64>)> = groups
        .iter()
        .map(|(start, _)| (start.round, start.parts_at))
        .filter(|key| *key != (0, None))
        .collect();
    keys.dedup();
    let place = keys.iter().position(|key| *key == (start.round, start.parts_at))?;
    (keys.len() > 1).then_some(u8::try_from(place).unwrap_or(u8::MAX))
}

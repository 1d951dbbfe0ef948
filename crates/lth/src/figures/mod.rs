//! The figures of a run: from its results to files in its folder.

mod comparison;
mod curves;
mod first_layer;
mod kept;
mod limits;
mod network;
mod pair;
mod stability_map;
mod together;
mod while_running;

pub(crate) use comparison::{bars, learning_curves};
pub(crate) use curves::control as control_style;
pub(crate) use limits::density_limits;
pub(crate) use network::network;
use pair::with_ending;
pub(crate) use pair::{write_and_print, write_chosen};
pub(crate) use stability_map::stability_map;
pub(crate) use together::together;
pub(crate) use while_running::{FIRST_AFTER, draw_while_running};

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
};

use lth_lab::{RunResults, create_folder, write_file};
use lth_model::{ModelInfo, find_model};
use lth_plot::{
    CurveSplit, DensityLimits, DensityPanel, Figure, Heading, Look, Measure, PlotError, TrainingRound,
    cost_figure, density_figure, layer_density_figure, remaining_figure, rounds_figure, training_figure,
};

use crate::{failure::Failure, output::Messages};

/// Pixels of a PNG for each unit of its SVG: sharp on most screens and in print.
const PNG_SCALE: f64 = 2.0;

/// How the figures of a run are drawn.
#[derive(Debug, Default)]
pub(crate) struct Drawing {
    /// What figures against density show.
    pub(crate) limits: DensityLimits,
    /// What figures that show each round do.
    pub(crate) rounds: Option<Vec<u32>>,
    /// How they look.
    pub(crate) look: Look,
    /// Whether their numbers are written beside them.
    pub(crate) with_data: bool,
    /// Whether they are written as PDF, too.
    pub(crate) with_pdf: bool,
}

impl Drawing {
    /// A run's results as far as figures of single rounds show them.
    fn chosen<'a>(&self, results: &'a RunResults) -> Cow<'a, RunResults> {
        let Some(rounds) = &self.rounds else { return Cow::Borrowed(results) };
        let mut chosen = results.clone();
        chosen.rounds.retain(|result| rounds.contains(&result.record.round));
        Cow::Owned(chosen)
    }
}

/// The replicate of which single trainings are shown.
const SHOWN: u32 = 0;

/// Draws every figure of a run, and says where they are.
///
/// # Errors
/// When a file cannot be written or a result not read back, or when limits leave nothing to draw.
pub(crate) fn draw(results: &RunResults, drawing: &Drawing, messages: &Messages) -> Result<(), Failure> {
    let count = draw_quietly(results, drawing, messages)?;
    messages.info(&format!("{count} figures in {}", results.layout.figures().display()));
    Ok(())
}

/// Draws every figure of a run; returns how many.
///
/// # Errors
/// As [`draw`].
pub(crate) fn draw_quietly(
    results: &RunResults,
    drawing: &Drawing,
    messages: &Messages,
) -> Result<usize, Failure> {
    let model = find_model(&results.experiment.model).map_err(Failure::bad_input)?;
    let folder = results.layout.figures();
    create_folder(&folder).map_err(Failure::failed_work)?;
    let mut written = Vec::new();
    let chosen = drawing.chosen(results);
    let training = curves::training(&chosen)?;
    for (name, figure) in overview(results, (&chosen, &training), &model, drawing, messages)? {
        match figure {
            Ok(figure) => {
                written.extend(write(&folder, name, &figure, true)?);
                write_beside(&folder.join(name), &figure, drawing)?;
            }
            // A run of one round has nothing to put on some axes; that is no failure.
            Err(PlotError::NoData { figure, reason }) => {
                messages.debug(&format!("no figure '{figure}': {reason}"));
            }
            Err(error) => return Err(error.into()),
        }
    }
    let rounds = folder.join("rounds");
    create_folder(&rounds).map_err(Failure::failed_work)?;
    for round in training {
        let heading = Heading::new(format!("Training in round {:02}", round.round), subtitle(results, true))
            .with_look(drawing.look);
        if let Ok(figure) = training_figure(&heading, &round, drawing.limits.accuracy) {
            let name = format!("round-{:02}", round.round);
            written.extend(write(&rounds, &name, &figure, false)?);
            write_beside(&rounds.join(name), &figure, drawing)?;
        }
    }
    Ok(written.len())
}

/// A figure with the name of its file.
pub(crate) type Named = (&'static str, Result<Figure, PlotError>);

/// The figures over all rounds; those that show each of them are of the chosen ones.
fn overview(
    results: &RunResults,
    (chosen, training): (&RunResults, &[TrainingRound]),
    model: &ModelInfo,
    drawing: &Drawing,
    messages: &Messages,
) -> Result<Vec<Named>, Failure> {
    let Drawing { limits, look, .. } = drawing;
    let over_density = |measure| DensityPanel {
        facet: String::new(),
        measure,
        curves: curves::over_density(results, measure, look.band),
    };
    let heading = |title: &str| Heading::new(title, subtitle(results, false)).with_look(*look);
    let first = |title: &str| Heading::new(title, subtitle(results, true)).with_look(*look);
    let mut figures = vec![
        (
            "accuracy-against-density",
            density_figure(
                &heading("Tickets against density"),
                &[over_density(Measure::EarlyStopAccuracy), over_density(Measure::EarlyStopIteration)],
                limits,
            ),
        ),
        (
            "final-accuracy-against-density",
            density_figure(
                &heading("Accuracy at the end of training"),
                &[over_density(Measure::FinalAccuracy)],
                limits,
            ),
        ),
        (
            "training-curves",
            rounds_figure(
                &first("Training, round by round"),
                training,
                &[CurveSplit::Train, CurveSplit::Validation, CurveSplit::Test],
                limits.accuracy,
            ),
        ),
        (
            "step-time-against-density",
            cost_figure(
                &heading("What a step costs"),
                if curves::has_cpu_time(results) { "CPU time a step (ms)" } else { "time a step (ms)" },
                &[curves::cost(results)],
                limits,
            ),
        ),
    ];
    let (rounds, layers) = kept::layers(results);
    let heading = first("Density of each layer");
    figures.push(("layer-density", layer_density_figure(&heading, &rounds, &layers)));
    if let Some(network) = network(results, model)? {
        let (dense, rounds) = kept::weights_and_flops(results, &network);
        let heading = first("Weights and FLOPs remaining");
        figures.push(("weights-and-flops", remaining_figure(&heading, dense, &rounds)));
        figures.extend(first_layer::figure(chosen, &network, drawing.rounds.is_some(), &first)?);
    } else {
        messages.debug(
            "no figures of FLOPs and of the first layer: no size of images gives the ticket's network",
        );
    }
    Ok(figures)
}

fn subtitle(results: &RunResults, first_only: bool) -> String {
    let experiment = &results.experiment;
    let replicates = match experiment.replicates {
        1 => format!("seed {}", experiment.first_seed),
        _ if first_only => format!("seed {} of {} replicates", experiment.first_seed, experiment.replicates),
        n => format!("{n} replicates"),
    };
    // Until then the means of some rounds are of fewer seeds.
    let unfinished = if results.is_complete() { "" } else { ", not finished" };
    format!("{}, {} a round, {replicates}{unfinished}", experiment.title(), experiment.recipe.length)
}

/// Writes what is wanted beside a figure: its numbers as CSV, the figure as PDF.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn write_beside(base: &Path, figure: &Figure, drawing: &Drawing) -> Result<(), Failure> {
    if let Some(data) = figure.data().filter(|_| drawing.with_data) {
        write_file(&with_ending(base, "csv")?, data.as_bytes()).map_err(Failure::failed_work)?;
    }
    if drawing.with_pdf {
        write_file(&with_ending(base, "pdf")?, &figure.pdf()?).map_err(Failure::failed_work)?;
    }
    Ok(())
}

/// Writes a figure as SVG, and as PNG if that is wanted.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn write(folder: &Path, name: &str, figure: &Figure, png: bool) -> Result<Vec<PathBuf>, Failure> {
    let path = folder.join(format!("{name}.svg"));
    write_file(&path, figure.svg().as_bytes()).map_err(Failure::failed_work)?;
    if png {
        let bytes = figure.png(PNG_SCALE)?;
        write_file(&path.with_extension("png"), &bytes).map_err(Failure::failed_work)?;
    }
    Ok(vec![path])
}

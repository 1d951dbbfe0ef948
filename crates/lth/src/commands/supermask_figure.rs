//! The figure of supermasks that criteria find, in the run's folder.

use lth_lab::{HeuristicPoint, HeuristicSettings, RunResults, create_folder};
use lth_plot::{Heading, Point, SeriesStyle, SupermaskCurve, supermask_figure};
use lth_ticket::FrozenWeights;

use crate::{failure::Failure, figures, output::Messages};

/// Colours of the palette, after which criteria are dashed.
const COLOURS: usize = 6;

/// Draws accuracy against density, a panel a kind of weights and a line a criterion.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn draw(
    points: &[HeuristicPoint],
    settings: &HeuristicSettings,
    results: &RunResults,
    chance: f64,
    messages: &Messages,
) -> Result<(), Failure> {
    let folder = results.layout.root().join("supermask").join("figures");
    create_folder(&folder).map_err(Failure::failed_work)?;
    let experiment = &results.experiment;
    let heading = Heading::new(
        "Untrained networks under the masks of trained ones",
        format!(
            "{}, {} replicate{}",
            experiment.title(),
            experiment.replicates,
            if experiment.replicates == 1 { "" } else { "s" }
        ),
    );
    let panels: Vec<(String, Vec<SupermaskCurve>)> = settings
        .weights
        .iter()
        .map(|&weights| (title(weights).to_owned(), curves(points, settings, weights)))
        .collect();
    let figure = supermask_figure(&heading, &panels, chance)?;
    let name = format!("accuracy-without-training{}", settings.dense.suffix());
    figures::write(&folder, &name, &figure, true)?;
    messages.info(&format!("figure in {}", folder.display()));
    Ok(())
}

fn title(weights: FrozenWeights) -> &'static str {
    match weights {
        FrozenWeights::Initial => "initial weights",
        FrozenWeights::SignedConstant => "signed constants",
    }
}

fn curves(
    points: &[HeuristicPoint],
    settings: &HeuristicSettings,
    weights: FrozenWeights,
) -> Vec<SupermaskCurve> {
    let curve = |(place, criterion): (usize, &String)| {
        let own = points.iter().filter(|point| point.criterion == *criterion && point.weights == weights);
        let colour = (place % COLOURS) as u8;
        SupermaskCurve {
            label: criterion.clone(),
            style: if place < COLOURS { SeriesStyle::Solid(colour) } else { SeriesStyle::Dashed(colour) },
            points: own
                .map(|point| Point { x: point.density, mean: point.mean, min: point.min, max: point.max })
                .collect(),
        }
    };
    settings.criteria.iter().enumerate().map(curve).collect()
}

//! The first layer as pictures: filters of a convolution, or input pixels of a fully connected layer.

use lth_lab::{RoundResult, RunResults, Variant};
use lth_model::{Architecture, Parameter, Shape, TensorFile};
use lth_plot::{
    ColourScale, FilterPanel, Filters, Heading, PixelMeasure, PixelRound, filter_figure, pixel_figure,
};
use lth_report::page::kept_by_pixel;

use super::{Named, SHOWN};
use crate::failure::Failure;

/// The density that the middle one of three rounds of filters is nearest to.
const MIDDLE: f64 = 0.2;

/// The figure of the network's first layer; none where it reads something else than an image. Filters are those of all rounds, or of three.
///
/// # Errors
/// When a ticket or trained weights cannot be read back.
pub(crate) fn figure(
    results: &RunResults,
    network: &Architecture,
    all_rounds: bool,
    heading: &dyn Fn(&str) -> Heading,
) -> Result<Option<Named>, Failure> {
    let parameters = network.parameters();
    let Some(first) = parameters.first() else { return Ok(None) };
    let input: &Shape = &network.nodes[0].shape;
    Ok(match (&first.shape[..], &input[..]) {
        (&[count, channels, height, width], _) => {
            let filters = Filters { count, channels, height, width };
            let title = heading(&format!("Filters of the first layer, {}", first.name));
            Some(("filters", filter_figure(&title, filters, &filter_panels(results, first, all_rounds)?)))
        }
        (_, &[_, height, width]) => {
            let title = heading("Kept weights of the first layer, by input pixel");
            let (measure, scale) = (PixelMeasure::KeptWeights, ColourScale::EachRound);
            let rounds = pixels(results, first, height * width)?;
            Some(("first-layer", pixel_figure(&title, (height, width), measure, scale, &rounds)))
        }
        _ => None,
    })
}

/// How many kept weights of the first layer leave each input pixel, an image a round of the first replicate; the channels of
/// a pixel count together.
fn pixels(results: &RunResults, first: &Parameter, pixels: usize) -> Result<Vec<PixelRound>, Failure> {
    let mut rounds = Vec::new();
    for result in results.of(SHOWN, Variant::Ticket) {
        let ticket = ticket(results, result)?;
        if let Some(mask) = ticket.masks.get(&first.name) {
            rounds.push(PixelRound {
                round: result.record.round as usize,
                density: result.density().get(),
                values: kept_by_pixel(mask, pixels).into_iter().map(f64::from).collect(),
            });
        }
    }
    Ok(rounds)
}

/// The filters of all rounds, or of the dense one, a middle one and the last, as they are before training, then as they are after it where
/// trained weights were kept.
fn filter_panels(
    results: &RunResults,
    first: &Parameter,
    all_rounds: bool,
) -> Result<Vec<FilterPanel>, Failure> {
    let rounds: Vec<&RoundResult> = results.of(SHOWN, Variant::Ticket).collect();
    let densities: Vec<f64> = rounds.iter().map(|result| result.density().get()).collect();
    let shown = if all_rounds { (0..rounds.len()).collect() } else { three(&densities) };
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for result in shown.into_iter().map(|index| rounds[index]) {
        let ticket = ticket(results, result)?;
        let Some(mask) = ticket.masks.get(&first.name) else { continue };
        let panel = |file: &TensorFile, moment: &str| {
            Some(FilterPanel {
                round: result.record.round as usize,
                density: result.density().get(),
                moment: moment.to_owned(),
                weights: file.tensors.get(&first.name)?.data().to_vec(),
                kept: (0..mask.len()).map(|index| mask.is_live(index)).collect(),
            })
        };
        before.extend(panel(&ticket, "before training"));
        let path = results.layout.trained(SHOWN, Variant::Ticket, result.record.round);
        if path.is_file() {
            let trained = TensorFile::read(&path).map_err(Failure::bad_input)?;
            after.extend(panel(&trained, "trained"));
        }
    }
    before.append(&mut after);
    Ok(before)
}

/// The first, the last, and of those between the one nearest to [`MIDDLE`] on a logarithmic scale.
fn three(densities: &[f64]) -> Vec<usize> {
    let last = densities.len().saturating_sub(1);
    let distance = |index: &usize| (densities[*index] / MIDDLE).ln().abs();
    let middle = (1..last).min_by(|a, b| distance(a).total_cmp(&distance(b)));
    let mut shown: Vec<usize> = (0..densities.len().min(1)).chain(middle).chain([last]).collect();
    shown.retain(|index| *index < densities.len());
    shown.dedup();
    shown
}

fn ticket(results: &RunResults, result: &RoundResult) -> Result<TensorFile, Failure> {
    results.ticket(SHOWN, Variant::Ticket, result.record.round).map_err(Failure::bad_input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_middle_and_last_rounds_are_shown() {
        let ladder: Vec<f64> = (0..20).map(|round| 0.8f64.powi(round)).collect();
        assert_eq!(three(&ladder), [0, 7, 19]);
        assert_eq!(three(&ladder[..5]), [0, 3, 4]);
        assert_eq!([three(&ladder[..2]), three(&ladder[..1]), three(&[])], [vec![0, 1], vec![0], vec![]]);
    }
}

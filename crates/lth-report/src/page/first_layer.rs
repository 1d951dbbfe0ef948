//! The first layer as pictures: filters of a convolution, or what units of a fully connected layer see of an image.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use lth_lab::{LabError, RoundResult, RunResults, Variant};
use lth_model::{Architecture, Mask, TensorFile};
use serde::Serialize;

use super::{PageContext, number::Short};
use crate::Runs;

/// So many bytes of pictures are in a page.
const MOST_BYTES: usize = 4 << 20;
/// So many filters of a convolution are shown, and so many units of a fully connected layer, whose filters are as large as the image.
const MOST_FILTERS: usize = 64;
const MOST_UNITS: usize = 16;
/// Stands for a pruned weight.
const PRUNED: i8 = i8::MIN;

/// The first layer of a run's first replicate, round after round.
#[derive(Serialize)]
pub(super) struct FirstLayer {
    run: usize,
    layer: String,
    /// Filters that are shown, of so many.
    shown: usize,
    count: usize,
    channels: usize,
    height: usize,
    width: usize,
    rounds: Vec<Pictures>,
}

/// The pictures of a round, in base64.
#[derive(Serialize)]
struct Pictures {
    round: u32,
    density: Short,
    /// Weights before training.
    before: Filters,
    /// Trained weights, where the run keeps them.
    after: Option<Filters>,
    /// Of a fully connected layer: how many kept weights leave each pixel, as little-endian 16-bit numbers.
    pixels: Option<String>,
}

/// Weights as signed bytes, [filter, channel, row, column]; the least byte is a pruned weight.
#[derive(Serialize)]
struct Filters {
    /// The weight that byte 127 stands for.
    scale: Short,
    bytes: String,
}

/// Of as many runs as fit.
pub(super) fn all(
    runs: &Runs,
    context: &PageContext,
    notes: &mut Vec<String>,
) -> Result<Vec<FirstLayer>, LabError> {
    let mut made = Vec::new();
    let mut bytes = 0;
    for (place, run) in runs.all.iter().enumerate() {
        if bytes >= MOST_BYTES {
            notes.push(format!(
                "The first layer is shown of the first {place} of {} runs; `lth report RUN` shows that of one run.",
                runs.all.len()
            ));
            break;
        }
        let Some(layer) = (context.network)(run).as_ref().and_then(|network| empty(place, network)) else {
            continue;
        };
        let layer = filled(layer, run)?;
        bytes += layer.bytes();
        if !layer.rounds.is_empty() {
            made.push(layer);
        }
    }
    Ok(made)
}

/// The first layer of a network that reads images, without its pictures.
fn empty(run: usize, network: &Architecture) -> Option<FirstLayer> {
    let parameters = network.parameters();
    let first = parameters.first()?;
    let (most, [count, channels, height, width]) = match (&first.shape[..], &network.nodes[0].shape[..]) {
        (&[count, channels, height, width], _) => (MOST_FILTERS, [count, channels, height, width]),
        (&[count, _], &[channels, height, width]) => (MOST_UNITS, [count, channels, height, width]),
        _ => return None,
    };
    let layer = first.name.clone();
    let shown = count.min(most);
    Some(FirstLayer { run, layer, shown, count, channels, height, width, rounds: Vec::new() })
}

fn filled(mut layer: FirstLayer, run: &RunResults) -> Result<FirstLayer, LabError> {
    for result in run.of(0, Variant::Ticket) {
        let ticket = run.ticket(0, Variant::Ticket, result.record.round)?;
        let trained = run.layout.trained(0, Variant::Ticket, result.record.round);
        let trained = if trained.is_file() { Some(TensorFile::read(&trained)?) } else { None };
        layer.rounds.extend(layer.pictures(result, &ticket, trained.as_ref()));
    }
    Ok(layer)
}

impl FirstLayer {
    fn pictures(
        &self,
        result: &RoundResult,
        ticket: &TensorFile,
        trained: Option<&TensorFile>,
    ) -> Option<Pictures> {
        let mask = ticket.masks.get(&self.layer)?;
        let filters = |file: &TensorFile| self.filters(file.tensors.get(&self.layer)?.data(), mask);
        let is_connected =
            self.channels * self.height * self.width * self.count == mask.len() && mask.shape().len() == 2;
        Some(Pictures {
            round: result.record.round,
            density: Short(result.density().get()),
            before: filters(ticket)?,
            after: trained.and_then(filters),
            pixels: is_connected.then(|| {
                let counts = kept_by_pixel(mask, self.height * self.width);
                BASE64_STANDARD
                    .encode(counts.iter().flat_map(|count| count.to_le_bytes()).collect::<Vec<_>>())
            }),
        })
    }

    fn filters(&self, weights: &[f32], mask: &Mask) -> Option<Filters> {
        let shown = weights.get(..self.shown * self.channels * self.height * self.width)?;
        let kept = |(index, weight): (usize, &f32)| mask.is_live(index).then_some(weight.abs());
        let scale = shown.iter().enumerate().filter_map(kept).fold(0.0, f32::max);
        let byte = |(index, weight): (usize, &f32)| {
            if !mask.is_live(index) {
                return PRUNED.to_le_bytes()[0];
            }
            // A cast of a number that is none is 0.
            ((127.0 * weight / scale).round() as i8).max(-127).to_le_bytes()[0]
        };
        let bytes: Vec<u8> = shown.iter().enumerate().map(byte).collect();
        Some(Filters { scale: Short(scale.into()), bytes: BASE64_STANDARD.encode(bytes) })
    }

    fn bytes(&self) -> usize {
        let of_filters = |filters: &Filters| filters.bytes.len();
        let of_round = |round: &Pictures| {
            of_filters(&round.before)
                + round.after.as_ref().map_or(0, of_filters)
                + round.pixels.as_ref().map_or(0, String::len)
        };
        self.rounds.iter().map(of_round).sum()
    }
}

/// How many kept weights of a mask [out, channels x pixels] leave each pixel; the channels of a pixel count together.
pub fn kept_by_pixel(mask: &Mask, pixels: usize) -> Vec<u16> {
    let mut counts = vec![0u16; pixels];
    for index in mask.live_indices() {
        let count = &mut counts[index % pixels];
        *count = count.saturating_add(1);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pruned_weights_are_told_from_kept_zeros() {
        let layer = FirstLayer {
            run: 0,
            layer: "fc1.weight".to_owned(),
            shown: 1,
            count: 2,
            channels: 1,
            height: 1,
            width: 4,
            rounds: Vec::new(),
        };
        let mask = Mask::from_flags(vec![2, 4], [true, true, false, true, true, true, true, true]);
        let filters = layer.filters(&[0.0, -0.5, 9.0, 0.25, 1.0, 1.0, 1.0, 1.0], &mask).unwrap();
        assert_eq!(filters.scale, Short(0.5));
        assert_eq!(BASE64_STANDARD.decode(filters.bytes).unwrap(), [0, 0x81, 0x80, 64]);
    }

    #[test]
    fn kept_weights_are_counted_by_pixel() {
        let mask = Mask::from_flags(vec![2, 3], [true, false, true, true, false, false]);
        assert_eq!(kept_by_pixel(&mask, 3), [2, 0, 1]);
        let colours = Mask::from_flags(vec![1, 6], [true, false, true, true, false, false]);
        assert_eq!(kept_by_pixel(&colours, 3), [2, 0, 1]);
    }
}

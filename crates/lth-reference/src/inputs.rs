//! Batches as numbers.

use lth_model::{Batch, EngineError, Examples, Normalization, Shape, View};

use crate::network::places_of;

/// Examples of a data set as numbers, `[channel][example][place]`; the architecture's input has this shape.
///
/// # Errors
/// When an example has another number of values.
pub fn inputs(examples: &Examples, indices: &[u32], shape: &Shape) -> Result<Vec<f64>, EngineError> {
    let features: usize = shape.iter().product();
    if examples.features != features {
        let reason = format!("an example has {} values, the network reads {features}", examples.features);
        return Err(EngineError::Batch { reason });
    }
    Ok(stored(examples, indices, &[], shape))
}

/// The same of a batch that was checked, and its labels.
pub(crate) fn numbers(batch: Batch<'_>, shape: &Shape) -> (Vec<f64>, Vec<u16>) {
    match batch {
        Batch::Stored { data, indices, views } => {
            let examples = data.examples();
            let labels = indices.iter().map(|&index| examples.labels[index as usize]).collect();
            (stored(examples, indices, views, shape), labels)
        }
        Batch::Values { inputs, labels } => (by_channel(inputs, shape), labels.to_vec()),
    }
}

/// Numbers `[example][feature]` as `[channel][example][place]`.
pub fn by_channel(inputs: &[f32], shape: &Shape) -> Vec<f64> {
    let (channels, places) = (shape[0], places_of(shape));
    let examples = inputs.len() / (channels * places);
    let parts =
        (0..channels).flat_map(|channel| (0..examples).map(move |example| example * channels + channel));
    parts.flat_map(|part| &inputs[part * places..][..places]).copied().map(f64::from).collect()
}

fn stored(examples: &Examples, indices: &[u32], views: &[View], shape: &Shape) -> Vec<f64> {
    let (features, places) = (examples.features, places_of(shape));
    let mut values = vec![0.0; features * indices.len()];
    let tables_of = |normalization: Normalization| {
        [0, 1, 2].map(|channel| normalization.table(channel).expect("one of channels"))
    };
    let same = examples.normalization != Normalization::PerImage;
    let common = same.then(|| tables_of(examples.normalization));
    for (example, &index) in indices.iter().enumerate() {
        let bytes = &examples.bytes[index as usize * features..][..features];
        let tables = common.unwrap_or_else(|| tables_of(own_normalization(bytes)));
        let view = views.get(example).copied().unwrap_or_default();
        for (channel, part) in bytes.chunks_exact(places).enumerate() {
            // Features without places are one channel to a data set.
            let table = &tables[if shape.len() == 3 { channel.min(2) } else { 0 }];
            let to = &mut values[(channel * indices.len() + example) * places..][..places];
            for (place, to) in to.iter_mut().enumerate() {
                *to = f64::from(table[usize::from(seen(part, place, view, shape))]);
            }
        }
    }
    values
}

/// The byte of a channel at a place of the image as it is seen; 0 beyond it.
fn seen(channel: &[u8], place: usize, view: View, shape: &Shape) -> u8 {
    let (&[_, height, width], false) = (shape.as_slice(), view == View::default()) else {
        return channel[place];
    };
    let (y, x) = (place / width, place % width);
    let x = if view.mirrored { width - 1 - x } else { x };
    let inside = |at: usize, by: i8, side: usize| at.checked_add_signed(by.into()).filter(|&at| at < side);
    match (inside(y, view.down, height), inside(x, view.right, width)) {
        (Some(y), Some(x)) => channel[y * width + x],
        _ => 0,
    }
}

/// The normalisation of an image by itself.
fn own_normalization(bytes: &[u8]) -> Normalization {
    let count = bytes.len() as f64;
    let numbers = || bytes.iter().map(|&byte| f64::from(byte) / 255.0);
    let mean = numbers().sum::<f64>() / count;
    let variance = numbers().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count;
    let deviation = variance.sqrt().max(1.0 / count.sqrt());
    Normalization::same(mean as f32, deviation as f32)
}

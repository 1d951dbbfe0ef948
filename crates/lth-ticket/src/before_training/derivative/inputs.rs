//! Stored examples as numbers.

use lth_model::{EngineError, Examples, Normalization, Shape};

use super::places_of;

/// Examples of a data set as numbers, `[channel][example][place]`; the architecture's input has this shape.
///
/// # Errors
/// When an example has another number of values.
pub(in super::super) fn inputs(
    examples: &Examples,
    indices: &[u32],
    shape: &Shape,
) -> Result<Vec<f64>, EngineError> {
    let features: usize = shape.iter().product();
    if examples.features != features {
        let reason = format!("an example has {} values, the network reads {features}", examples.features);
        return Err(EngineError::Batch { reason });
    }
    let places = places_of(shape);
    let mut values = vec![0.0; features * indices.len()];
    for (example, &index) in indices.iter().enumerate() {
        let bytes = &examples.bytes[index as usize * features..][..features];
        let normalization = own_normalization(examples.normalization, bytes);
        let tables = [0, 1, 2].map(|channel| normalization.table(channel).expect("one of channels"));
        for (channel, part) in bytes.chunks_exact(places).enumerate() {
            // Features without places are one channel to a data set.
            let table = &tables[if shape.len() == 3 { channel.min(2) } else { 0 }];
            let to = &mut values[(channel * indices.len() + example) * places..][..places];
            to.iter_mut().zip(part).for_each(|(to, &byte)| *to = f64::from(table[usize::from(byte)]));
        }
    }
    Ok(values)
}

/// The normalisation of an image's channels, where it is by the image itself too.
fn own_normalization(normalization: Normalization, bytes: &[u8]) -> Normalization {
    if normalization != Normalization::PerImage {
        return normalization;
    }
    let count = bytes.len() as f64;
    let numbers = || bytes.iter().map(|&byte| f64::from(byte) / 255.0);
    let mean = numbers().sum::<f64>() / count;
    let variance = numbers().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count;
    let deviation = variance.sqrt().max(1.0 / count.sqrt());
    Normalization::same(mean as f32, deviation as f32)
}

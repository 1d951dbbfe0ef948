//! Stored images: how bytes become numbers, and the views of augmentation.

use lth_model::{Architecture, ArchitectureBuilder, Batch, Engine, Examples, Normalization, View, Window};

use super::{
    Failure, Outcome,
    bits::{same_state, same_values},
    case::{Case, DENSITIES, OPTIMIZERS, SHIFTED, chance, examples, pick, stream},
    nets,
    random::between,
    trainings::numbers,
};

const COLOURS: Normalization =
    Normalization::Channels { mean: [0.4914, 0.4822, 0.4465], deviation: [0.247, 0.2435, 0.2616] };

/// Stored bytes and the numbers that they stand for train to the same bits where a byte is divided by 255 and that is all; other
/// normalisations may be rounded in another way, to the same outputs but for rounding.
pub fn stored_bytes_are_the_numbers_they_stand_for(engine: &dyn Engine) -> Outcome {
    for architecture in nets::all() {
        for normalization in [Normalization::UNIT, SHIFTED, COLOURS] {
            for density in DENSITIES {
                let what = format!("{}, density {density}, {normalization:?}", architecture.name);
                let case = Case::new(architecture.clone(), OPTIMIZERS[6], 1).at(density);
                let examples = examples(&architecture, 90, normalization, 3);
                let data = engine.upload(&examples)?;
                let (mut a, mut b) = (case.trainer(engine)?, case.trainer(engine)?);
                for number in 0..3 {
                    let mut stream = stream(number, 9);
                    let size = pick(&mut stream, &[17, 20, 33, 65]);
                    let indices: Vec<u32> = (0..size).map(|_| stream.below(90) as u32).collect();
                    let inputs = numbers(&examples, &architecture.nodes[0].shape, &indices);
                    let labels: Vec<u16> =
                        indices.iter().map(|&index| examples.labels[index as usize]).collect();
                    let stored = Batch::Stored { data: &data, indices: &indices, views: &[] };
                    let values = Batch::Values { inputs: &inputs, labels: &labels };
                    let logits = [a.logits(stored)?, b.logits(values)?];
                    if normalization != Normalization::UNIT {
                        near(&logits, &what)?;
                        continue;
                    }
                    same_values(&logits[0], &logits[1], &what)?;
                    let reports = [a.step(stored, case.rate)?, b.step(values, case.rate)?];
                    ensure!(reports[0] == reports[1], "{what}: {reports:?}");
                }
                same_state(&a.state(), &b.state(), &what)?;
            }
        }
    }
    Ok(())
}

/// A few roundings of the largest apart: numbers that are rounded once more.
fn near([found, expected]: &[Vec<f32>; 2], what: &str) -> Outcome {
    let largest = expected.iter().fold(1.0f32, |largest, logit| largest.max(logit.abs()));
    for (a, b) in found.iter().zip(expected) {
        ensure!((a - b).abs() <= 1e-5 * largest, "{what}: {a} is not {b}");
    }
    Ok(())
}

/// The numbers that the network should see, as the documentation of [`View`] and [`Normalization`] says.
fn seen(
    bytes: &[u8],
    [channels, height, width]: [usize; 3],
    view: View,
    normalization: Normalization,
) -> Vec<f32> {
    let unit: Vec<f64> = bytes.iter().map(|&byte| f64::from(byte) / 255.0).collect();
    let mean = unit.iter().sum::<f64>() / unit.len() as f64;
    let variance = unit.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / unit.len() as f64;
    let deviation = variance.sqrt().max(1.0 / (unit.len() as f64).sqrt());
    let mut numbers = Vec::new();
    for channel in 0..channels {
        for y in 0..height as isize {
            for x in 0..width as isize {
                let x = if view.mirrored { width as isize - 1 - x } else { x };
                let (y, x) = (y + isize::from(view.down), x + isize::from(view.right));
                let inside = (0..height as isize).contains(&y) && (0..width as isize).contains(&x);
                let at = (channel * height) as isize * width as isize + y * width as isize + x;
                let byte = if inside { bytes[at as usize] } else { 0 };
                numbers.push(match normalization {
                    Normalization::Channels { mean, deviation } => {
                        (f32::from(byte) / 255.0 - mean[channel]) / deviation[channel]
                    }
                    Normalization::PerImage => ((f64::from(byte) / 255.0 - mean) / deviation) as f32,
                });
            }
        }
    }
    numbers
}

fn net(shape: [usize; 3]) -> Result<Architecture, Failure> {
    let net = ArchitectureBuilder::new("images", &shape)
        .conv2d("conv", 5, Window::square(3, 1, 1))
        .batch_norm("norm")
        .relu("relu")
        .flatten("flatten")
        .linear("fc", 4);
    net.build().map_err(|error| Failure::new(error.to_string()))
}

/// Images of every size, black ones too, shifted and mirrored, are seen as the documentation says; to the bit but for the
/// normalisation of each image by itself, whose mean and deviation may be rounded before the division.
pub fn views_shift_and_mirror(engine: &dyn Engine) -> Outcome {
    for seed in 0..60 {
        let stream = &mut stream(seed, 10);
        let shape = [pick(stream, &[1, 3]), between(stream, 1, 11), between(stream, 1, 11)];
        let features: usize = shape.iter().product();
        let normalization = pick(stream, &[Normalization::UNIT, COLOURS, Normalization::PerImage]);
        let case = Case::new(net(shape)?, OPTIMIZERS[2], seed);
        let mut examples = examples(&case.architecture, 40, normalization, seed);
        // It has no deviation of its own.
        let mut bytes = examples.bytes.to_vec();
        bytes[..features].fill(0);
        examples = Examples { bytes: bytes.into(), ..examples };
        let data = engine.upload(&examples)?;
        let size = between(stream, 2, 70);
        let indices: Vec<u32> = (0..size).map(|_| stream.below(40) as u32).collect();
        let with_views = chance(stream, 0.7);
        let mut shift = || between(stream, 0, 12) as i8 - 6;
        let mut views: Vec<View> =
            indices.iter().map(|_| View { down: shift(), right: shift(), mirrored: shift() > 0 }).collect();
        views[size / 2] = View::default();
        views.truncate(if with_views { size } else { 0 });

        let mut inputs = Vec::new();
        for (place, &index) in indices.iter().enumerate() {
            let bytes = &examples.bytes[index as usize * features..][..features];
            inputs.extend(seen(bytes, shape, views.get(place).copied().unwrap_or_default(), normalization));
        }
        let labels: Vec<u16> = indices.iter().map(|&index| examples.labels[index as usize]).collect();
        let values = Batch::Values { inputs: &inputs, labels: &labels };
        let stored = Batch::Stored { data: &data, indices: &indices, views: &views };
        let what =
            format!("seed {seed}: {shape:?}, {normalization:?}, {} views of {size} examples", views.len());
        let (mut found, mut expected) = (case.trainer(engine)?, case.trainer(engine)?);
        let logits = [found.logits(stored)?, expected.logits(values)?];
        if normalization == Normalization::PerImage {
            near(&logits, &what)?;
            continue;
        }
        same_values(&logits[0], &logits[1], &what)?;
        let reports = [found.step(stored, case.rate)?, expected.step(values, case.rate)?];
        ensure!(reports[0] == reports[1], "{what}: {reports:?}");
        same_state(&found.state(), &expected.state(), &what)?;
    }
    Ok(())
}

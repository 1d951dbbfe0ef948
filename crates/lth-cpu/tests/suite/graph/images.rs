//! Stored images: how bytes become numbers, and the views of augmentation.

use crate::shared::Network;
use lth_cpu::CpuEngine;
use lth_model::{
    Architecture, Batch, DataSet, Examples, Masks, Normalization, Op, Optimizer, Tensors, View, Window,
};
use proptest::prelude::*;

use crate::graph::{net::Net, plain::Settings, support::*};

const SETTINGS: (Optimizer, f32) = OPTIMIZERS[1];

fn net(shape: [usize; 3]) -> Architecture {
    let mut net = Net::new("images", &shape);
    let conv = net.conv("conv", 0, 5, Window::square(3, 1, 1), true);
    let norm = net.norm("norm", conv);
    let relu = net.push("relu", Op::Relu, &[norm]);
    net.linear("fc", relu, 4, true);
    net.build()
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

fn new_trainer(architecture: &Architecture, weights: &Tensors) -> Network {
    let settings = Settings::new(SETTINGS.0, SETTINGS.1);
    trainer(CpuEngine::new(), architecture, &settings, weights, &Masks::new())
}

/// A third of the bytes are 0, and the first image is all 0: it has no deviation of its own.
fn examples(shape: [usize; 3], count: usize, normalization: Normalization, seed: u64) -> Examples {
    let features = shape.iter().product();
    let mut stream = stream(seed, 5);
    let mut bytes: Vec<u8> = (0..count * features)
        .map(|_| if stream.below(3) == 0 { 0 } else { stream.below(256) as u8 })
        .collect();
    bytes[..features].fill(0);
    let labels: Vec<u16> = (0..count).map(|_| stream.below(4) as u16).collect();
    Examples { bytes: bytes.into(), labels: labels.into(), features, normalization }
}

fn normalization() -> impl Strategy<Value = Normalization> {
    let colours =
        Normalization::Channels { mean: [0.4914, 0.4822, 0.4465], deviation: [0.247, 0.2435, 0.2616] };
    prop_oneof![Just(Normalization::UNIT), Just(colours), Just(Normalization::PerImage)]
}

fn view() -> impl Strategy<Value = View> {
    let any = (-6..=6i8, -6..=6i8, any::<bool>());
    let view = any.prop_map(|(down, right, mirrored)| View { down, right, mirrored });
    prop_oneof![1 => Just(View::default()), 4 => view]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn stored_images_are_the_numbers_they_stand_for(
        channels in prop_oneof![Just(1usize), Just(3)],
        (height, width) in (1..=11usize, 1..=11usize),
        normalization in normalization(),
        views in proptest::collection::vec(view(), 2..=70),
        with_views in any::<bool>(),
        seed in any::<u32>(),
    ) {
        let shape = [channels, height, width];
        let (seed, features) = (u64::from(seed), shape.iter().product::<usize>());
        let examples = examples(shape, 40, normalization, seed);
        let mut stream = stream(seed, 6);
        let indices: Vec<u32> = views.iter().map(|_| stream.below(40) as u32).collect();
        let views = if with_views { views } else { vec![] };

        let mut inputs = Vec::new();
        for (place, &index) in indices.iter().enumerate() {
            let bytes = &examples.bytes[index as usize * features..][..features];
            let view = views.get(place).copied().unwrap_or_default();
            inputs.extend(seen(bytes, shape, view, normalization));
        }
        let labels: Vec<u16> = indices.iter().map(|&index| examples.labels[index as usize]).collect();
        let values = Batch::Values { inputs: &inputs, labels: &labels };
        let stored = Batch::Stored { data: &DataSet::on_host(&examples), indices: &indices, views: &views };

        let architecture = net(shape);
        let weights = weights(&architecture, seed);
        let mut expected = new_trainer(&architecture, &weights);
        let mut found = new_trainer(&architecture, &weights);
        let logits = [found.logits(stored).unwrap(), expected.logits(values).unwrap()];
        if normalization == Normalization::PerImage {
            // The engine rounds mean and deviation before it divides.
            let largest = logits[1].iter().fold(1.0f32, |largest, logit| largest.max(logit.abs()));
            for (a, b) in logits[0].iter().zip(&logits[1]) {
                prop_assert!((a - b).abs() <= 1e-5 * largest, "{a} is not {b}");
            }
            return Ok(());
        }
        prop_assert_eq!(&logits[0], &logits[1]);
        let reports = [found.step(stored, SETTINGS.1).unwrap(), expected.step(values, SETTINGS.1).unwrap()];
        prop_assert_eq!(reports[0], reports[1]);
        prop_assert_eq!(same_bits(&found.weights(), &expected.weights()), Ok(()));
    }
}

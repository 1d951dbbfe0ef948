//! VGG in its form for CIFAR (Liu et al. 2019; Frankle and Carbin 2019): one linear layer after an average pool.

use crate::{Architecture, ArchitectureBuilder, ArchitectureError, ModelOptions, Window};

const SAME: Window = Window::square(3, 1, 1);
const HALVE: Window = Window::square(2, 2, 0);

/// The channels of the five stages.
const STAGES: [usize; 5] = [64, 128, 256, 512, 512];

/// How many convolutions each stage has (Simonyan and Zisserman 2015, configurations A, B, D and E).
fn convolutions(depth: usize) -> [usize; 5] {
    match depth {
        11 => [1, 1, 2, 2, 2],
        13 => [2, 2, 2, 2, 2],
        16 => [2, 2, 3, 3, 3],
        _ => [2, 2, 4, 4, 4],
    }
}

/// 3x3 convolutions with bias, a 2x2 max-pool after each stage but the last, then the mean of each channel.
///
/// Names are torchvision's: `features.N` counts convolutions, batch normalisations, ReLUs and pools; the linear layer is
/// `classifier`.
pub(super) fn build(
    name: &str,
    depth: usize,
    options: ModelOptions,
    input: &[usize],
    classes: usize,
) -> Result<Architecture, ArchitectureError> {
    let mut builder = ArchitectureBuilder::new(name, input);
    let mut place = 0..;
    let mut next = || format!("features.{}", place.next().unwrap_or_default());
    for (stage, (channels, count)) in STAGES.into_iter().zip(convolutions(depth)).enumerate() {
        if stage > 0 {
            builder = builder.max_pool(&next(), HALVE);
        }
        for _ in 0..count {
            builder = builder.conv2d(&next(), options.widen(channels), SAME);
            if options.batch_norm == Some(true) {
                builder = builder.batch_norm(&next());
            }
            builder = builder.relu(&next());
        }
    }
    builder.global_average_pool("avgpool").linear("classifier", classes).build()
}

//! Conv-2, Conv-4 and Conv-6 (Frankle and Carbin 2019): small variants of VGG for CIFAR-10.

use super::chain::Chain;
use crate::{Architecture, ArchitectureError, ModelOptions, Window};

const SAME: Window = Window::square(3, 1, 1);

/// The channels of each pair of convolutions; Conv-N has the first N / 2.
const PAIRS: [usize; 3] = [64, 128, 256];

/// Pairs of 3x3 convolutions with padding, a 2x2 max-pool after each pair, and linear layers of 256 and 256 units.
pub(super) fn build(
    name: &str,
    convolutions: usize,
    options: ModelOptions,
    input: &[usize],
    classes: usize,
) -> Result<Architecture, ArchitectureError> {
    PAIRS[..convolutions / 2]
        .iter()
        .fold(Chain::new(name, input, options), |chain, &channels| {
            chain.convolution(channels, SAME).convolution(channels, SAME).halve()
        })
        .linears(&[256, 256], classes)
}

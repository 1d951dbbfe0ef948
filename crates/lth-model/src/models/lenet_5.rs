//! LeNet-5 as the lottery ticket literature trains it on MNIST.

use super::chain::Chain;
use crate::{Architecture, ArchitectureError, ModelOptions, Window};

const FIVE: Window = Window::square(5, 1, 0);

/// Two 5x5 convolutions of 6 and 16 maps without padding, a 2x2 max-pool after each, and linear layers of 120 and 84 units:
/// 44,190 weights for examples of 1 x 28 x 28 and 10 classes.
pub(super) fn build(
    name: &str,
    options: ModelOptions,
    input: &[usize],
    classes: usize,
) -> Result<Architecture, ArchitectureError> {
    Chain::new(name, input, options)
        .convolution(6, FIVE)
        .halve()
        .convolution(16, FIVE)
        .halve()
        .linears(&[120, 84], classes)
}

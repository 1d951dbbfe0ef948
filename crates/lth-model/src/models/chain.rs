//! What plain convolutional networks have in common: convolutions, each with its batch normalisation, ReLU and pool, then
//! linear layers. Dropout, where the options want it, comes after each pool and each hidden linear layer.

use crate::{Architecture, ArchitectureBuilder, ArchitectureError, ModelOptions, Window};

const HALVE: Window = Window::square(2, 2, 0);

/// Layers `conv1`, `bn1`, `relu1`, `pool1`, ..., `flatten`, `fc1`, ... as they are numbered in PyTorch modules by hand.
pub(super) struct Chain {
    builder: ArchitectureBuilder,
    options: ModelOptions,
    convolutions: usize,
    pools: usize,
    linears: usize,
    dropouts: usize,
}

impl Chain {
    pub(super) fn new(name: &str, input: &[usize], options: ModelOptions) -> Self {
        let builder = ArchitectureBuilder::new(name, input);
        Self { builder, options, convolutions: 0, pools: 0, linears: 0, dropouts: 0 }
    }

    /// A convolution with bias, batch normalisation where the options want it, and ReLU.
    pub(super) fn convolution(mut self, channels: usize, window: Window) -> Self {
        self.convolutions += 1;
        let number = self.convolutions;
        self.builder = self.builder.conv2d(&format!("conv{number}"), self.options.widen(channels), window);
        if self.options.batch_norm == Some(true) {
            self.builder = self.builder.batch_norm(&format!("bn{number}"));
        }
        self.builder = self.builder.relu(&format!("relu{number}"));
        self
    }

    /// A 2x2 max-pool, half of each side, and dropout.
    pub(super) fn halve(mut self) -> Self {
        self.pools += 1;
        self.builder = self.builder.max_pool(&format!("pool{}", self.pools), HALVE);
        self.dropout()
    }

    /// Dropout of single values, if the options want it.
    fn dropout(mut self) -> Self {
        if let Some(rate) = self.options.dropout.filter(|&rate| rate != 0.0) {
            self.dropouts += 1;
            self.builder = self.builder.dropout(&format!("dropout{}", self.dropouts), rate);
        }
        self
    }

    /// Hidden linear layers of these units, each with dropout, then the classes.
    pub(super) fn linears(
        mut self,
        hidden: &[usize],
        classes: usize,
    ) -> Result<Architecture, ArchitectureError> {
        self.builder = self.builder.flatten("flatten");
        for &units in hidden {
            self.linears += 1;
            let number = self.linears;
            self.builder = self
                .builder
                .linear(&format!("fc{number}"), self.options.widen(units))
                .relu(&format!("relu{}", self.convolutions + number));
            self = self.dropout();
        }
        self.builder.linear(&format!("fc{}", self.linears + 1), classes).build()
    }
}

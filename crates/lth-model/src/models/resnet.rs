//! Residual networks of basic blocks (He et al. 2016), with torchvision's names.

use crate::{Architecture, ArchitectureBuilder, ArchitectureError, ModelOptions, Window};

/// What comes before the first block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stem {
    /// A 3x3 convolution, for small pictures.
    Cifar,
    /// A 7x7 convolution of stride 2 and a 3x3 max-pool of stride 2.
    ImageNet,
}

/// Channels and numbers of blocks, stage by stage; each stage but the first begins with stride 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    stem: Stem,
    stages: Vec<(usize, usize)>,
}

impl Layout {
    /// The networks for CIFAR of 6n + 2 layers: 16, 32 and 64 channels, n blocks each.
    pub(super) fn cifar(depth: usize) -> Self {
        let blocks = (depth - 2) / 6;
        Self { stem: Stem::Cifar, stages: vec![(16, blocks), (32, blocks), (64, blocks)] }
    }

    /// The networks for ImageNet of 18 or 34 layers: 64, 128, 256 and 512 channels.
    pub(super) fn imagenet(depth: usize, stem: Stem) -> Self {
        let blocks = if depth == 18 { [2, 2, 2, 2] } else { [3, 4, 6, 3] };
        Self { stem, stages: [64, 128, 256, 512].into_iter().zip(blocks).collect() }
    }
}

/// Stem, stages of basic blocks, the mean of each channel, one linear layer `fc`.
///
/// A block whose input has another shape than its output has a projection on its shortcut: a 1x1 convolution and its batch
/// normalisation, `downsample.0` and `downsample.1` (He et al.'s option B). Convolutions have no bias, unless there is no
/// batch normalisation.
pub(super) fn build(
    name: &str,
    layout: &Layout,
    options: ModelOptions,
    input: &[usize],
    classes: usize,
) -> Result<Architecture, ArchitectureError> {
    let mut net = Residual { builder: ArchitectureBuilder::new(name, input), options };
    let first = options.widen(layout.stages[0].0);
    net = match layout.stem {
        Stem::Cifar => net.convolution("conv1", "bn1", first, Window::square(3, 1, 1)).relu("relu"),
        Stem::ImageNet => {
            net = net.convolution("conv1", "bn1", first, Window::square(7, 2, 3)).relu("relu");
            net.builder = net.builder.max_pool("maxpool", Window::square(3, 2, 1));
            net
        }
    };
    for (stage, &(channels, blocks)) in (1..).zip(&layout.stages) {
        for block in 0..blocks {
            let stride = if stage > 1 && block == 0 { 2 } else { 1 };
            net = net.block(&format!("layer{stage}.{block}"), options.widen(channels), stride);
        }
    }
    net.builder.global_average_pool("avgpool").linear("fc", classes).build()
}

struct Residual {
    builder: ArchitectureBuilder,
    options: ModelOptions,
}

impl Residual {
    fn block(mut self, name: &str, channels: usize, stride: usize) -> Self {
        let input = self.builder.last_name().to_owned();
        let projected = stride != 1 || self.builder.last_shape().first() != Some(&channels);
        let layer = |part: &str| format!("{name}.{part}");
        self = self
            .convolution(&layer("conv1"), &layer("bn1"), channels, Window::square(3, stride, 1))
            .relu(&layer("relu1"))
            .convolution(&layer("conv2"), &layer("bn2"), channels, Window::square(3, 1, 1));
        let end = self.builder.last_name().to_owned();
        let mut shortcut = input;
        if projected {
            self.builder = self.builder.from(&shortcut);
            let (convolution, norm) = (layer("downsample.0"), layer("downsample.1"));
            self = self.convolution(&convolution, &norm, channels, Window::square(1, stride, 0));
            shortcut = self.builder.last_name().to_owned();
        }
        self.builder = self.builder.from(&end).add(&layer("add"), &shortcut);
        self.relu(&layer("relu2"))
    }

    fn convolution(mut self, name: &str, norm: &str, channels: usize, window: Window) -> Self {
        self.builder = if self.options.batch_norm == Some(true) {
            self.builder.conv2d_without_bias(name, channels, window).batch_norm(norm)
        } else {
            self.builder.conv2d(name, channels, window)
        };
        self
    }

    fn relu(mut self, name: &str) -> Self {
        self.builder = self.builder.relu(name);
        self
    }
}

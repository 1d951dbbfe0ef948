//! The families of models, and how one of each is built.

use std::borrow::Cow;

use super::{
    conv,
    custom::Network,
    lenet_5, mlp,
    resnet::{self, Layout, Stem},
    vgg,
};
use crate::{Architecture, ModelError, ModelOptions};

/// What a model is, as data.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Family {
    /// Hidden widths.
    Mlp(Cow<'static, [usize]>),
    LeNet5,
    /// The number of convolutions.
    Conv(usize),
    /// Layers with weights, counted as in the paper.
    Vgg(usize),
    /// For CIFAR: layers with weights.
    ResNetOfCifar(usize),
    /// For ImageNet: layers with weights, and the stem.
    ResNet(usize, Stem),
    /// A network of the user's own.
    Custom(Network),
}

impl Family {
    /// Whether a name of its models may have options after a `+`.
    pub(super) fn has_options(&self) -> bool {
        !matches!(self, Self::Custom(_))
    }

    /// Why its models cannot have one of these options, if they cannot.
    pub(super) fn refuses(&self, options: &ModelOptions) -> Option<&'static str> {
        match self {
            Self::Custom(_) => Some("it has no options, it is what its file says"),
            Self::Mlp(_) if options.batch_norm.is_some() || options.width_factor.is_some() => {
                Some("it has no option but dropout, it is what its name says")
            }
            Self::Vgg(_) | Self::ResNetOfCifar(_) | Self::ResNet(..) if options.dropout.is_some() => {
                Some("it has no place for dropout, LeNets, multilayer perceptrons and Conv have")
            }
            _ => None,
        }
    }

    /// Whether its models have batch normalisation when nothing is said.
    pub(super) fn has_batch_norm(&self) -> bool {
        matches!(self, Self::Vgg(_) | Self::ResNetOfCifar(_) | Self::ResNet(..))
    }

    /// The network; the options say whether there is batch normalisation.
    pub(super) fn build(
        &self,
        name: &str,
        options: ModelOptions,
        input: &[usize],
        classes: usize,
    ) -> Result<Architecture, ModelError> {
        Ok(match self {
            Self::Mlp(widths) => mlp::build(name, input, widths, classes, options.dropout)?,
            Self::LeNet5 => lenet_5::build(name, options, input, classes)?,
            Self::Conv(convolutions) => conv::build(name, *convolutions, options, input, classes)?,
            Self::Vgg(depth) => vgg::build(name, *depth, options, input, classes)?,
            Self::ResNetOfCifar(depth) => {
                resnet::build(name, &Layout::cifar(*depth), options, input, classes)?
            }
            Self::ResNet(depth, stem) => {
                resnet::build(name, &Layout::imagenet(*depth, *stem), options, input, classes)?
            }
            Self::Custom(network) => network.build(input, classes)?,
        })
    }
}

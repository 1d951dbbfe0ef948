//! `models`, and the options of a model.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// List the models, or show the layers of one.
///
/// Each layer is shown with the shape that it gives, its parameters and its cost. Besides the models listed there are
/// mlp-A-B-C of any widths, and networks of your own from TOML files.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    lth models\n  \
    lth models conv-4 --batch-norm on\n  \
    lth models mlp-20-30 --input 3x32x32 --classes 100\n  \
    lth models my-net.toml\n  \
    lth models conv-4 --masks runs/NAME/replicate-0/round-07/ticket.safetensors\n  \
    lth models resnet-20 --save-weights initial.safetensors --seed 1")]
pub(crate) struct ModelsArguments {
    /// A model to show: a name, mlp-A-B-C, or a TOML file
    pub(crate) model: Option<String>,
    /// The shape of an example: 1x28x28 or 784 [default: the model's own]
    #[arg(long, value_name = "SHAPE", requires = "model")]
    pub(crate) input: Option<String>,
    /// The number of classes [default: the model's own]
    #[arg(long, value_name = "N", allow_negative_numbers = true, requires = "model")]
    pub(crate) classes: Option<String>,
    #[command(flatten)]
    pub(crate) options: ModelOptionArguments,
    /// Count the weights that the masks of this safetensors file keep, and their FLOPs; a ticket brings its classes and input
    #[arg(long, value_name = "FILE", requires = "model")]
    pub(crate) masks: Option<PathBuf>,
    /// Write freshly drawn weights (glorot-normal, biases zero) to this safetensors file, under PyTorch's names
    #[arg(long, value_name = "FILE", requires = "model")]
    pub(crate) save_weights: Option<PathBuf>,
    /// The seed of these weights; `train` starts from the same [default: 0]
    #[arg(long, value_name = "N", allow_negative_numbers = true, requires = "save_weights")]
    pub(crate) seed: Option<String>,
}

/// What can be varied about a model.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ModelOptionArguments {
    /// Batch normalisation after each convolution [default: on for VGG and ResNet, off for LeNet-5 and Conv]
    #[arg(
        long,
        value_enum,
        value_name = "on|off",
        hide_possible_values = true,
        help_heading = "Model",
        hide_short_help = true
    )]
    pub(crate) batch_norm: Option<Switch>,
    /// Multiply the channels of every convolution and the units of hidden layers by this [default: 1]
    #[arg(
        long,
        value_name = "FACTOR",
        allow_negative_numbers = true,
        help_heading = "Model",
        hide_short_help = true
    )]
    pub(crate) width_factor: Option<String>,
    /// In training, drop units at this rate after each pool and each hidden linear layer, of LeNet, mlp and Conv [default: 0]
    #[arg(
        long,
        value_name = "RATE",
        allow_negative_numbers = true,
        help_heading = "Model",
        hide_short_help = true
    )]
    pub(crate) dropout: Option<String>,
}

impl ModelOptionArguments {
    /// Whether nothing is asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.batch_norm.is_none() && self.width_factor.is_none() && self.dropout.is_none()
    }
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

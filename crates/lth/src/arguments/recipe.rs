//! How a network is trained.

use clap::Args;

use super::Switch;

/// The training recipe; what is left out has the papers' value for the model.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Training")]
pub(crate) struct RecipeArguments {
    /// Epochs of each training [default: 50 for LeNet; others have the papers' iterations]
    #[arg(
        short = 'e',
        long,
        value_name = "N",
        allow_negative_numbers = true,
        conflicts_with = "length",
        visible_alias = "epochs"
    )]
    pub(crate) number_of_epochs: Option<String>,
    /// Length of each training in epochs, iterations or both: 50ep, 500it, 2ep100it
    #[arg(long, value_name = "STEP")]
    pub(crate) length: Option<String>,
    /// Examples a batch [default: the papers', 60 for LeNet and Conv, 128 for ResNet, 64 for VGG]
    #[arg(short = 'b', long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) batch_size: Option<String>,
    /// Learning rate [default: the papers', 0.0012 for lenet-300-100; with another optimizer than theirs 0.0012, or 0.1 for SGD]
    #[arg(short = 'l', long, value_name = "RATE", allow_negative_numbers = true, visible_alias = "lr")]
    pub(crate) learning_rate: Option<String>,
    /// adam, adamw or sgd; their arithmetic equals PyTorch's [default: adam; sgd for ResNet and VGG]
    #[arg(long, value_name = "NAME", alias = "optim")]
    pub(crate) optimizer: Option<String>,
    /// The seed of everything random; equal seeds give equal bits [default: 0]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) seed: Option<String>,
    /// Momentum of SGD, in [0, 1) [default: 0; 0.9 for ResNet and VGG]
    #[arg(long, value_name = "X", allow_negative_numbers = true, hide_short_help = true)]
    pub(crate) momentum: Option<String>,
    /// Nesterov's momentum, with SGD
    #[arg(long, hide_short_help = true)]
    pub(crate) nesterov: bool,
    /// Weight decay: L2 with Adam and SGD, decoupled with AdamW [default: 0; AdamW: 0.01; ResNet and VGG: 0.0001]
    #[arg(long, value_name = "X", allow_negative_numbers = true, alias = "wd", hide_short_help = true)]
    pub(crate) weight_decay: Option<String>,
    /// Fraction of the target that is spread over all classes [default: 0]
    #[arg(long, value_name = "X", allow_negative_numbers = true, hide_short_help = true)]
    pub(crate) label_smoothing: Option<String>,
    /// Shorten gradients to this Euclidean norm, all parameters together [default: none]
    #[arg(long, value_name = "NORM", allow_negative_numbers = true, aliases = ["grad-clip", "clip-grad-norm"], hide_short_help = true)]
    pub(crate) gradient_clip: Option<String>,
    /// How the learning rate changes: constant, milestones:20000it,25000it,0.1, cosine, linear, exponential:0.95,1ep,
    /// one-cycle or triangular [default: constant; drops for ResNet and VGG]
    ///
    /// milestones: multiply by the last number at each of the steps. cosine and linear: down to 0, or to the fraction that
    /// follows, as in cosine:0.01. exponential: multiply once in each step. one-cycle and triangular: up to the rate at 30 %
    /// of the training (one-cycle:0.3) and down again. `lth plot --schedule MODEL DATASET` shows it.
    #[arg(long, value_name = "SCHEDULE", aliases = ["lr-schedule", "scheduler"], hide_short_help = true, help_heading = "Learning-rate schedule")]
    pub(crate) schedule: Option<String>,
    /// Raise the rate linearly from 0 over this step, before the schedule; 0it for none [default: none; VGG and ResNet have one]
    #[arg(long, value_name = "STEP", hide_short_help = true, help_heading = "Learning-rate schedule")]
    pub(crate) warmup: Option<String>,
    /// How weights are drawn, for example kaiming-normal-fan-in [default: glorot-normal]
    #[arg(long, value_name = "SCHEME", hide_short_help = true, help_heading = "Initialisation")]
    pub(crate) init: Option<String>,
    /// How biases are drawn: zero or pytorch [default: zero]
    #[arg(long, value_name = "SCHEME", hide_short_help = true, help_heading = "Initialisation")]
    pub(crate) bias_init: Option<String>,
    /// Training examples held out for validation, chosen by the seed [default: 5000]; a folder of images with train, val
    /// and test has its own, val
    #[arg(
        long,
        value_name = "N",
        allow_negative_numbers = true,
        alias = "validation-size",
        hide_short_help = true,
        help_heading = "Evaluation"
    )]
    pub(crate) validation: Option<String>,
    /// Iterations between evaluations of validation and test set [default: 100]
    #[arg(
        long,
        value_name = "N",
        allow_negative_numbers = true,
        hide_short_help = true,
        help_heading = "Evaluation"
    )]
    pub(crate) evaluate_every: Option<String>,
    /// Bytes of images to numbers: unit (0 to 1), standard (each channel's mean 0, deviation 1) or per-image
    /// [default: unit for grey images, standard for coloured ones]
    #[arg(long, value_name = "METHOD", hide_short_help = true, help_heading = "Images")]
    pub(crate) normalization: Option<String>,
    /// Crop training images at random after padding them by this many pixels [default: 0; 4 for ResNet and VGG on photographs]
    #[arg(
        long,
        value_name = "PIXELS",
        allow_negative_numbers = true,
        hide_short_help = true,
        help_heading = "Images"
    )]
    pub(crate) crop_padding: Option<String>,
    /// Mirror half of the training images [default: off; on for ResNet and VGG on photographs]
    #[arg(
        long,
        value_enum,
        value_name = "on|off",
        hide_possible_values = true,
        hide_short_help = true,
        help_heading = "Images"
    )]
    pub(crate) flip: Option<Switch>,
}

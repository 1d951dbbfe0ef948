//! How a network is trained.

use clap::Args;

/// The training recipe; what is left out has the papers' value for the model.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Training")]
pub(crate) struct RecipeArguments {
    /// Epochs of each training [default: 50 for lenet-300-100]
    #[arg(short = 'e', long, value_name = "N", allow_negative_numbers = true, conflicts_with = "length")]
    pub(crate) number_of_epochs: Option<String>,
    /// Length of each training in epochs, iterations or both: 50ep, 500it, 2ep100it
    #[arg(long, value_name = "STEP")]
    pub(crate) length: Option<String>,
    /// Examples a batch [default: 60]
    #[arg(short = 'b', long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) batch_size: Option<String>,
    /// Learning rate [default: 0.0012 for Adam and AdamW, 0.1 for SGD]
    #[arg(short = 'l', long, value_name = "RATE", allow_negative_numbers = true)]
    pub(crate) learning_rate: Option<String>,
    /// adam, adamw or sgd; their arithmetic equals PyTorch's [default: adam]
    #[arg(long, value_name = "NAME")]
    pub(crate) optimizer: Option<String>,
    /// Momentum of SGD, in [0, 1) [default: 0]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub(crate) momentum: Option<String>,
    /// Nesterov's momentum, with SGD
    #[arg(long)]
    pub(crate) nesterov: bool,
    /// Weight decay: L2 with Adam and SGD, decoupled with AdamW [default: 0; AdamW: 0.01]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub(crate) weight_decay: Option<String>,
    /// How weights are drawn, for example kaiming-normal-fan-in [default: glorot-normal]
    #[arg(long, value_name = "SCHEME")]
    pub(crate) init: Option<String>,
    /// How biases are drawn: zero or pytorch [default: zero]
    #[arg(long, value_name = "SCHEME")]
    pub(crate) bias_init: Option<String>,
    /// Training examples held out for validation, chosen by the seed [default: 5000]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) validation: Option<String>,
    /// Iterations between evaluations of validation and test set [default: 100]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) evaluate_every: Option<String>,
    /// The seed of everything random; equal seeds give equal bits [default: 0]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) seed: Option<String>,
}

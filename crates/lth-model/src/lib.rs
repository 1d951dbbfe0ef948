//! What every room of `lth` shares.
//!
//! Architectures are data ([`Architecture`]), weights are [`Tensors`] under PyTorch's names, masks are packed
//! to bits ([`Mask`]), a place in training is a [`Step`], and randomness is a value ([`RandomStream`]) derived from
//! a seed, a purpose and an index. Engines implement [`Engine`] and [`Trainer`]; nothing above this crate knows
//! which engine runs.

mod architecture;
mod architecture_builder;
mod architecture_check;
mod architecture_report;
mod cpu_time;
mod engine;
mod epoch_order;
mod error;
mod fingerprint;
mod fit;
mod flops;
mod fraction;
mod grouped;
mod init;
mod mask;
mod models;
mod orthogonal;
mod parameters;
mod random;
mod recipe;
mod shape_inference;
mod shortcut;
mod step;
mod suggest;
pub mod supermask;
mod tensor;
mod tensor_file;
mod training_memory;
mod views;

pub use architecture::{Architecture, Node, NodeId, Op, Shape, Window};
pub use architecture_builder::ArchitectureBuilder;
pub use architecture_check::ArchitectureError;
pub use architecture_report::MaskedReport;
pub use cpu_time::thread_cpu_time;
pub use engine::{
    Batch, DataSet, Engine, EngineError, Evaluation, EvaluationSet, Examples, Gradients, Learns,
    Normalization, Normalizing, OneNetwork, OptimizerState, Placement, Program, Pruned, Scores, Start,
    StepReport, Stretch, Trainer, TrainerState, Update, View,
};
pub use epoch_order::epoch_order;
pub use error::{Hint, ParseError};
pub use fit::{ExpectedTensors, check_shape};
pub use fraction::{Density, Rate};
pub use grouped::{density_decimals, density_percent, grouped};
pub use init::{BiasInit, FanMode, InitScheme, initialize};
pub use mask::{Mask, Masks};
pub use models::{
    MODELS, ModelError, ModelInfo, ModelOptions, UnknownModel, build_model, find_model, lenet_300_100, mlp,
    mlp_with_dropout,
};
pub use parameters::{Parameter, ParameterKind, RunningStatistic};
pub use random::{Purpose, RandomStream, Seed};
pub use recipe::{Augmentation, Optimizer, Recipe, Schedule};
pub use step::Step;
pub use suggest::nearest_name;
pub use tensor::{Tensor, Tensors};
pub use tensor_file::{ForeignFormat, GivenFile, OtherTensor, TensorFault, TensorFile, TensorFileError};
pub use views::views;

//! What an engine must do. Nothing above this crate knows which engine runs.
//!
//! An [`Engine`] holds data sets and makes trainers; a [`Trainer`] has one or several networks of one [`Program`], which
//! differ in weights, masks, seed and data.
//!
//! **Random numbers.** What a trainer draws, it draws from a [`crate::RandomStream`] of (seed of the network, purpose, index), and a
//! number's place in the stream is fixed: engines with another order of loops seek it ([`crate::RandomStream::at`]). The
//! dropout factor of input `f` of example `e` in the n-th dropout layer is number `before(n) + f * examples + e` of the
//! stream (seed, [`crate::Purpose::Dropout`], updates made so far), `before(n)` being the numbers of all dropout layers before
//! in the order of the architecture; it is 0 where the number is below the rate and `1 / (1 - rate)` elsewhere.

mod batch;
mod check;
mod data_set;
mod error;
mod examples;
mod one_network;
mod program;
mod report;
mod start;

use std::time::Duration;

use crate::{Masks, Tensors};

pub use batch::{Batch, Stretch, Update};
pub use data_set::{DataSet, EvaluationSet};
pub use error::EngineError;
pub use examples::{Examples, Normalization, View};
pub use one_network::OneNetwork;
pub use program::{Learns, Normalizing, Placement, Program, Scores};
pub use report::{Evaluation, StepReport};
pub use start::{OptimizerState, Pruned, Start, TrainerState};

/// Which gradients are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gradients {
    /// Of kept weights; pruned weights get zero.
    Live,
    /// Of all weights, as if pruned ones were live weights of value zero.
    All,
}

/// Holds data sets and makes trainers.
pub trait Engine: Send + Sync {
    /// The engine's name, with what it runs on: `cpu (avx512)`.
    fn name(&self) -> String;

    /// The name of its arithmetic: engines of one name train the same network to the same bits.
    fn numerics(&self) -> &'static str;

    /// Whether this engine can compute this program, found without weights and in no time: what it accepts here,
    /// [`Engine::trainer`] does not refuse but for weights and masks.
    ///
    /// # Errors
    /// Names what the engine lacks.
    fn supports(&self, program: &Program<'_>) -> Result<(), EngineError>;

    /// How trainings of this program are best laid out.
    fn placement(&self, program: &Program<'_>) -> Placement;

    /// Brings examples to where the engine computes, once for all trainers.
    ///
    /// # Errors
    /// When there is no memory for them.
    fn upload(&self, examples: &Examples) -> Result<DataSet, EngineError>;

    /// Prepares examples for repeated evaluation by any trainer. What an engine lays out it may lay out at the first evaluation.
    ///
    /// # Errors
    /// When an index is beyond the data.
    fn evaluation_set(&self, data: &DataSet, indices: &[u32]) -> Result<EvaluationSet, EngineError>;

    /// A trainer with a network for each start.
    ///
    /// # Errors
    /// When weights, masks or memory do not fit the architecture, or the program has something the engine lacks.
    fn trainer(&self, program: &Program<'_>, starts: &[Start<'_>]) -> Result<Box<dyn Trainer>, EngineError>;
}

/// Networks of one program in training, numbered as their starts were.
///
/// # Panics
/// Methods panic when a network does not exist or was retired.
pub trait Trainer: Send {
    /// Updates of some of the networks; all get the same number of updates. `reports` becomes one report an update, those of
    /// the first stretch first, each of the forward pass before the update.
    ///
    /// # Errors
    /// When a batch does not fit, before the update of that batch.
    fn run(&mut self, stretches: &[Stretch<'_>], reports: &mut Vec<StepReport>) -> Result<(), EngineError>;

    /// Loss and accuracy of networks over sets, without dropout, in the order of the pairs; `None` when `stop`, which is asked every few
    /// examples, says so.
    ///
    /// # Errors
    /// When the examples do not fit the networks.
    fn evaluate(
        &mut self,
        sets: &[(usize, &EvaluationSet)],
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Vec<Evaluation>>, EngineError>;

    /// A network's outputs for a batch, without dropout: `[example][class]`.
    ///
    /// # Errors
    /// When the batch does not fit.
    fn logits(&mut self, network: usize, batch: Batch<'_>) -> Result<Vec<f32>, EngineError>;

    /// The gradient of a network's mean loss of a batch, by parameter name, without an update and without dropout, batch
    /// normalisation by the batch; into tensors that may be those of an earlier call, which are written over. The report is of the
    /// forward pass.
    ///
    /// # Errors
    /// When the batch does not fit.
    fn gradients(
        &mut self,
        network: usize,
        batch: Batch<'_>,
        which: Gradients,
        into: &mut Tensors,
    ) -> Result<StepReport, EngineError>;

    /// Other masks: kept weights stay as they are with their memory, pruned ones go with theirs, new ones start from zero
    /// without memory.
    ///
    /// # Errors
    /// When masks do not fit, or pruned weights are frozen at values.
    fn remask(&mut self, network: usize, masks: &Masks) -> Result<(), EngineError>;

    /// Sets the running statistics of every batch normalisation of a network to those of these examples under the present weights:
    /// the average over batches of their means and unbiased variances, each batch normalised by its own, as in training.
    /// Nothing else changes; a network without batch normalisation is left as it is. A last batch of one value a channel,
    /// which has no variance, is left out. `false`, with the statistics as they were, when `stop`, which is asked before each
    /// batch, says so.
    ///
    /// # Errors
    /// When the examples do not fit.
    fn reestimate_batch_norm(
        &mut self,
        network: usize,
        data: &DataSet,
        indices: &[u32],
        batch_size: usize,
        stop: &dyn Fn() -> bool,
    ) -> Result<bool, EngineError>;

    /// All that a network needs to go on to the same bits; pruned weights are exact zeros, or the values that they are frozen at.
    fn read(&self, network: usize) -> TrainerState;

    /// A network begins from another start. A dense network without memory is written over in place, fast enough for every step.
    ///
    /// # Errors
    /// When something does not fit the architecture.
    fn write(&mut self, network: usize, start: &Start<'_>) -> Result<(), EngineError>;

    /// A network is not needed again; its memory may be given back.
    fn retire(&mut self, network: usize);

    /// The CPU time so far of threads that the trainer has beside the one that calls it, waiting for work included.
    fn worker_cpu_time(&self) -> Duration {
        Duration::ZERO
    }
}

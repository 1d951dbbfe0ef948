//! The CPU engine: one run, one core, and a pruned weight costs nothing.
//!
//! Activations are laid out with the batch innermost, so that every weight, dense or sparse, is one broadcast times
//! contiguous vectors, and unstructured sparsity vectorises as well as none. Layers below the crossover density are
//! stored in a sparse format with optimiser state for kept weights only.
//!
//! ```
//! use lth_model::{Augmentation, Batch, BiasInit, Engine, InitScheme, Masks, Optimizer, Purpose, Recipe, Schedule, Seed, Step};
//! let architecture = lth_model::mlp("small", &[4], &[8], 3);
//! let recipe = Recipe {
//!     batch_size: 2, length: Step::from_epochs(1), learning_rate: 0.1, optimizer: Optimizer::SGD,
//!     schedule: Schedule::Constant, label_smoothing: 0.0, gradient_clip: None,
//!     augmentation: Augmentation::default(), init: InitScheme::GlorotNormal, bias_init: BiasInit::Zero,
//! };
//! let weights = lth_model::initialize(&architecture, recipe.init, recipe.bias_init, Seed(0), Purpose::Init, 0);
//! let mut trainer = lth_cpu::CpuEngine::new().trainer(&architecture, &recipe, &weights, &Masks::new(), Seed(0))?;
//! let batch = Batch::Values { inputs: &[0.1, 0.9, 0.3, 0.0, 0.7, 0.2, 0.0, 0.5], labels: &[0, 2] };
//! let report = trainer.step(batch, recipe.learning_rate)?;
//! assert_eq!(report.examples, 2);
//! # Ok::<(), lth_model::EngineError>(())
//! ```

mod batch;
mod batch_major;
mod buffer;
mod conv;
mod dropout;
mod evaluation;
mod found;
mod graph;
mod kernels;
mod lanes;
mod linear;
mod linear_parts;
mod names;
mod network;
mod optimizer;
mod panels;
#[doc(hidden)]
pub mod reference;
mod score;
mod shared;
mod simd;
mod sparse;
mod stored;
#[cfg(test)]
mod tests;
mod threads;
mod trainer;
mod weights;

use lth_model::{Architecture, Engine, EngineError, Masks, Recipe, Seed, Tensors, Trainer};

pub use simd::Isa;

/// Trains on the CPU with the best vector instructions that the machine has.
#[derive(Debug, Clone, Copy)]
pub struct CpuEngine {
    isa: Isa,
    /// Where it is not the one that belongs to the kind of layer.
    crossover: Option<f64>,
    threads: usize,
}

impl CpuEngine {
    /// An engine with the best instructions of this machine.
    pub fn new() -> Self {
        Self::with_instructions(Isa::detect())
    }

    /// An engine with chosen instructions; the results have the same bits.
    pub fn with_instructions(isa: Isa) -> Self {
        Self { isa, crossover: None, threads: 1 }
    }

    /// The same engine with another crossover: layers of a lower density are computed sparse. For measurements; weights
    /// after training depend on it in their last bits.
    #[must_use]
    pub fn with_crossover(self, crossover: f64) -> Self {
        Self { crossover: Some(crossover), ..self }
    }

    /// The same engine with this many threads inside of a step, for single large networks; the results have the same bits.
    /// Chains of linear layers use one.
    #[must_use]
    pub fn with_threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }
}

impl Default for CpuEngine {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine for CpuEngine {
    fn name(&self) -> String {
        format!("cpu ({})", self.isa)
    }

    fn supports(&self, architecture: &Architecture, _recipe: &Recipe) -> Result<(), EngineError> {
        network::check_counts(architecture)?;
        if network::is_chain(architecture) { Ok(()) } else { graph::check(architecture) }
    }

    fn trainer(
        &self,
        architecture: &Architecture,
        recipe: &Recipe,
        weights: &Tensors,
        masks: &Masks,
        seed: Seed,
    ) -> Result<Box<dyn Trainer>, EngineError> {
        if network::is_chain(architecture) {
            Ok(Box::new(trainer::CpuTrainer::new(*self, architecture, recipe, weights, masks, seed)?))
        } else {
            Ok(Box::new(graph::trainer::GraphTrainer::new(
                *self,
                architecture,
                recipe,
                weights,
                masks,
                seed,
            )?))
        }
    }
}

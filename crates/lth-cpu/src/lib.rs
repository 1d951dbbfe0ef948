//! The CPU engine: one run, one core, and a pruned weight costs nothing.
//!
//! Activations are laid out with the batch innermost, so that every weight, dense or sparse, is one broadcast times
//! contiguous vectors, and unstructured sparsity vectorises as well as none. Layers below the crossover density are
//! stored in a sparse format with optimiser state for kept weights only.
//!
//! ```
//! use lth_model::{Batch, BiasInit, Engine, InitScheme, Masks, OneNetwork, Optimizer, Program, Purpose, Seed, Start};
//! let architecture = lth_model::mlp("small", &[4], &[8], 3);
//! let weights =
//!     lth_model::initialize(&architecture, InitScheme::GlorotNormal, BiasInit::Zero, Seed(0), Purpose::Init, 0);
//! let program = Program { learns: lth_model::Learns::Weights, ..Program::evaluation(&architecture, 2) };
//! let engine = lth_cpu::CpuEngine::new();
//! let mut network = OneNetwork::new(&engine, &program, &Start::new(&weights, &Masks::new(), Seed(0)))?;
//! let batch = Batch::Values { inputs: &[0.1, 0.9, 0.3, 0.0, 0.7, 0.2, 0.0, 0.5], labels: &[0, 2] };
//! let report = network.step(batch, 0.1)?;
//! assert_eq!(report.examples, 2);
//! # Ok::<(), lth_model::EngineError>(())
//! ```

mod kernels;
mod layers;
mod layout;
#[doc(hidden)]
pub mod measure;
mod network;
mod parameters;
mod simd;
#[cfg(test)]
mod tests;
mod threads;
mod trainer;

use std::thread::available_parallelism;

use lth_model::{DataSet, Engine, EngineError, EvaluationSet, Examples, Placement, Program, Start, Trainer};

pub use network::traffic::{Traffic, traffic};
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
    /// In the engine's errors.
    pub(crate) const NAME: &'static str = "cpu";

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
    /// Networks without convolutions use one.
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

    fn numerics(&self) -> &'static str {
        "cpu-1"
    }

    fn supports(&self, program: &Program<'_>) -> Result<(), EngineError> {
        network::limits::check_counts(program.architecture)?;
        program.check_scores(Self::NAME)?;
        network::check(program.architecture)
    }

    fn placement(&self, _program: &Program<'_>) -> Placement {
        let cores = available_parallelism().map_or(1, usize::from);
        Placement { trainers: (cores / self.threads.max(1)).max(1), networks: 1, updates: 1 }
    }

    fn upload(&self, examples: &Examples) -> Result<DataSet, EngineError> {
        Ok(DataSet::on_host(examples))
    }

    fn evaluation_set(&self, data: &DataSet, indices: &[u32]) -> Result<EvaluationSet, EngineError> {
        data.check_indices(indices)?;
        Ok(EvaluationSet::held(data, indices, network::evaluation::Prepared::default()))
    }

    fn trainer(&self, program: &Program<'_>, starts: &[Start<'_>]) -> Result<Box<dyn Trainer>, EngineError> {
        self.supports(program)?;
        Ok(Box::new(trainer::CpuTrainer::new(*self, program, starts)?))
    }
}

//! The engine against the reference, against PyTorch and against itself.

mod allocations;
mod bits;
mod conformance;
mod golden;
mod limits;

/// The instruction sets of this machine but the best, which is the engine's own choice.
fn other_instruction_sets() -> impl Iterator<Item = lth_cpu::Isa> {
    let best = lth_cpu::Isa::detect().name();
    lth_cpu::Isa::available().into_iter().filter(move |isa| isa.name() != best)
}

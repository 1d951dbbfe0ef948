//! The engine that trains.

use std::env;

use lth_cpu::{CpuEngine, Isa};

use crate::failure::Failure;

/// The variable that chooses instructions.
const INSTRUCTIONS: &str = "LTH_INSTRUCTIONS";

/// An engine with the best vector instructions of the machine, or with those that the environment variable `LTH_INSTRUCTIONS`
/// names (`avx512`, `avx2`, `neon` or `plain`). Results have the same bits.
///
/// # Errors
/// When the machine has no instructions of that name.
pub(crate) fn engine() -> Result<CpuEngine, Failure> {
    let Some(name) = env::var_os(INSTRUCTIONS).filter(|name| !name.is_empty()) else {
        return Ok(CpuEngine::new());
    };
    let name = name.to_string_lossy();
    let isa = Isa::by_name(&name).ok_or_else(|| {
        let available: Vec<&str> = Isa::available().into_iter().map(Isa::name).collect();
        Failure::input(
            format!("{INSTRUCTIONS} is \"{name}\", which this machine does not have"),
            format!("use one of {}, or unset it for the fastest", available.join(", ")),
        )
    })?;
    Ok(CpuEngine::with_instructions(isa))
}

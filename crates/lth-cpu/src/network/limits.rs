//! What is too large for the indices of this engine.

use lth_model::{Architecture, EngineError};

/// Refuses a layer with more weights than the 32 bits of an index count, filling included.
pub(crate) fn check_counts(architecture: &Architecture) -> Result<(), EngineError> {
    let most = (u32::MAX - (1 << 16)) as usize;
    match architecture.parameters().iter().find(|parameter| parameter.shape.iter().product::<usize>() > most)
    {
        None => Ok(()),
        Some(parameter) => {
            let count: usize = parameter.shape.iter().product();
            let what = format!("{} of {count} values: at most {most}", parameter.name);
            Err(EngineError::Unsupported { engine: "cpu", what })
        }
    }
}

/// Refuses a linear layer whose inputs or outputs do not fit into the 16 bits of an index, filling included.
pub(crate) fn check_width(layer: &str, units: usize) -> Result<(), EngineError> {
    let most = usize::from(u16::MAX) - 16;
    if units <= most {
        return Ok(());
    }
    Err(EngineError::TooWide { engine: "cpu", layer: layer.to_owned(), units, most })
}

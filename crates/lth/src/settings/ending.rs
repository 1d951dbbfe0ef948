//! The names of files that weights are written to.

use std::path::Path;

use crate::failure::Failure;

/// The only format that is written.
const SAFETENSORS: &str = "safetensors";

/// Refuses a name that promises another format; one without an ending promises none.
///
/// # Errors
/// Names the ending, and the one that is supported.
pub(crate) fn check_ending(path: &Path) -> Result<(), Failure> {
    let Some(ending) = path.extension() else { return Ok(()) };
    if ending.eq_ignore_ascii_case(SAFETENSORS) {
        return Ok(());
    }
    let other = path.with_extension(SAFETENSORS);
    Err(Failure::input(
        format!("'{}': weights are not written as .{}", path.display(), ending.display()),
        format!(
            "weights are written as .safetensors, which PyTorch, NumPy and JAX read: {}",
            other.display()
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_endings_are_refused_and_none_is_not() {
        for name in ["w.safetensors", "a.b/w.SafeTensors", "w", "a.b/w"] {
            check_ending(Path::new(name)).unwrap();
        }
        for name in ["w.onnx", "w.pth", "w.npz", "w.safetensors.bak"] {
            let failure = check_ending(Path::new(name)).unwrap_err();
            let (message, hint) = failure.words().unwrap();
            assert!(message.contains(name) && hint.unwrap().contains(".safetensors"), "{message}");
        }
    }
}

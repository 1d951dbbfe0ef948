//! Files of tensors that are named on the command line.

use std::path::Path;

use lth_model::{Architecture, GivenFile};

use crate::{failure::Failure, output::Messages};

/// Reads a file, of ours or of another program, and says what was read otherwise than it is written. Names are those of the
/// architecture, where one is known.
///
/// # Errors
/// When it cannot be read or is no safetensors file; its values are judged by what is asked of it.
pub(crate) fn given(
    path: &Path,
    architecture: Option<&Architecture>,
    messages: &Messages,
) -> Result<GivenFile, Failure> {
    let file = GivenFile::read(path, architecture).map_err(Failure::bad_input)?;
    for note in file.notes() {
        messages.info(note);
    }
    Ok(file)
}

/// As [`given`]; a file of zeros and ones alone, none of them a mask by its name, is read as masks.
///
/// # Errors
/// As [`given`].
pub(crate) fn given_with_masks(path: &Path, messages: &Messages) -> Result<GivenFile, Failure> {
    let file = GivenFile::read(path, None).map_err(Failure::bad_input)?.with_masks_told_by_values();
    for note in file.notes() {
        messages.info(note);
    }
    Ok(file)
}

//! One process at a time sums up.

use std::{
    fs::File,
    io::{self, ErrorKind},
    path::Path,
};

use crate::{LabError, atomic::create_folder};

/// Holds off other processes from files of runs in an output folder that are made of what is there by then: of two that sum up a run
/// at once, the later one has seen all that the earlier one has. Released when it is dropped, or the process ends. File systems without
/// locks have no such order.
#[derive(Debug)]
pub(crate) struct Writer {
    _file: File,
}

impl Writer {
    /// Waits until no other process has it.
    ///
    /// # Errors
    /// When the output folder cannot be written.
    pub(crate) fn of(output: &Path) -> Result<Self, LabError> {
        let folder = output.join(".lth");
        create_folder(&folder)?;
        let path = folder.join("writer.lock");
        let failed = |source: io::Error| LabError::Write { path: path.clone(), source };
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match file.lock() {
            Err(error) if error.kind() != ErrorKind::Unsupported => Err(failed(error)),
            _ => Ok(Self { _file: file }),
        }
    }
}

//! Work that one process at a time does.

use std::{fs, path::Path};

use super::Workbench;
use crate::{Acquired, StageError, atomic::create_folder, tasks::Ended};

impl Workbench<'_> {
    /// Does a task, unless another process does it. `folder` is where its output is made.
    ///
    /// # Errors
    /// When the lease cannot be taken, and those of `work`.
    pub(crate) fn leased(
        &self,
        id: &str,
        folder: &Path,
        work: impl FnOnce() -> Result<Ended, StageError>,
    ) -> Result<Ended, StageError> {
        let folder = folder.strip_prefix(self.leases.output()).unwrap_or(folder);
        match self.leases.acquire(id, folder)? {
            Acquired::Busy(holder) => Ok(Ended::Busy(holder)),
            Acquired::Held(_lease) => work(),
        }
    }

    /// The same for a task that is known by the file or folder that it makes; what that lies in is there then.
    ///
    /// # Errors
    /// As [`Workbench::leased`], and when a folder cannot be made.
    pub(crate) fn leased_place(
        &self,
        place: &Path,
        work: impl FnOnce() -> Result<Ended, StageError>,
    ) -> Result<Ended, StageError> {
        let folder = place.parent().unwrap_or(place);
        create_folder(folder)?;
        // However the paths were given, processes agree on what lies between.
        let [output, whole] =
            [self.leases.output(), folder].map(|path| fs::canonicalize(path).unwrap_or(path.to_owned()));
        let place = whole.strip_prefix(&output).unwrap_or(&whole).join(place.file_name().unwrap_or_default());
        let id = blake3::hash(place.as_os_str().as_encoded_bytes()).to_hex();
        self.leased(&id[..32], place.parent().unwrap_or(&place), work)
    }
}

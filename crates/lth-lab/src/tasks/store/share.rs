//! One file in the folders of several runs.

use std::{
    fs,
    io::{self, ErrorKind},
    path::Path,
};

use crate::atomic::{sync_folder, unfinished, unfinished_name};

/// Lets a file share its storage with another that has the same bytes, where the file system can do that: as a copy that is stored once,
/// else as a further name of the same file. That is safe, since files are replaced by renaming others over them and never changed.
/// Returns whether it does now; where it does not, or the bytes differ, nothing is changed.
///
/// # Errors
/// When one of them cannot be read.
pub fn share(from: &Path, own: &Path) -> io::Result<bool> {
    if fs::metadata(from)?.len() != fs::metadata(own)?.len() || fs::read(from)? != fs::read(own)? {
        return Ok(false);
    }
    let folder = own.parent().unwrap_or(Path::new("."));
    if let Ok(clone) = unfinished().make_in(folder, |clone| reflink_copy::reflink(from, clone)) {
        fs::File::open(&clone)?.sync_all()?;
        clone.persist(own)?;
    } else {
        let name = own.file_name().unwrap_or_default().to_string_lossy();
        let link = tempfile::TempPath::try_from_path(folder.join(unfinished_name(&name)))?;
        match fs::hard_link(from, &link) {
            // Between two names of one file, renaming does nothing; the link is removed when it is dropped.
            Ok(()) => fs::rename(&link, own)?,
            // Another file system, one without links, a file of another user, or a process that does the same.
            Err(error) if error.kind() != ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    sync_folder(folder)?;
    Ok(true)
}

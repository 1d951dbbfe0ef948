//! One output in the folders of several runs.

use std::{
    fs,
    io::{self, ErrorKind},
    path::Path,
};

use crate::{
    LabError,
    atomic::{create_folder, sync_folder, temporary_file, unfinished},
};

/// Makes files of one folder appear in another, in this order: as copies that share their storage where the file system can do that,
/// else as further names of the same files, else as copies. A record comes last, so that the output is whole when it is there.
///
/// Each appears whole, or not; one that is there already stays. Further names are safe, since files are replaced by renaming others
/// over them and never changed. Returns whether all of them are there; they are not when the first folder vanished.
///
/// # Errors
/// When the second folder cannot be written.
pub fn share(from: &Path, to: &Path, names: &[&str]) -> Result<bool, LabError> {
    create_folder(to)?;
    for name in names {
        let (from, target) = (from.join(name), to.join(name));
        if target.exists() {
            continue;
        }
        match share_file(&from, &target, to) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(_) if !from.is_file() => return Ok(false),
            Err(source) => return Err(LabError::Write { path: target, source }),
        }
    }
    sync_folder(to).map_err(|source| LabError::Write { path: to.to_owned(), source })?;
    Ok(true)
}

fn share_file(from: &Path, target: &Path, folder: &Path) -> io::Result<()> {
    if let Ok(clone) = unfinished().make_in(folder, |clone| reflink_copy::reflink(from, clone)) {
        fs::File::open(&clone)?.sync_all()?;
        return Ok(clone.persist_noclobber(target).map(drop)?);
    }
    match fs::hard_link(from, target) {
        Ok(()) => return Ok(()),
        Err(error) if matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::NotFound) => {
            return Err(error);
        }
        // Another file system, one without links, or a file of another user.
        Err(_) => {}
    }
    let mut copy = temporary_file(folder)?;
    io::copy(&mut fs::File::open(from)?, &mut copy)?;
    copy.as_file().sync_all()?;
    copy.persist_noclobber(target)?;
    Ok(())
}

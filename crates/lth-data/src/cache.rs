//! Files that were fetched, kept for the next time: `CACHE/mnist/train-images-idx3-ubyte.gz`.

use std::{
    fs::{self, File, TryLockError},
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use etcetera::{BaseStrategy, choose_base_strategy};
use md5::{Digest, Md5};

use crate::{Checksum, DataError, DatasetInfo, PublishedFile, TransferProblem, format::Gunzip};

/// The cache folder of this user by the platform's custom (`~/.cache/lth` on Linux, or in `$XDG_CACHE_HOME`); in the
/// folder for temporary files when the user has no home.
pub fn default_cache() -> PathBuf {
    choose_base_strategy().map_or_else(|_| std::env::temp_dir(), |strategy| strategy.cache_dir()).join("lth")
}

/// The file by which processes keep out of each other's way.
const LOCK: &str = ".lock";

/// Takes away what a fetch that brought nothing left of a folder that was not there before it.
pub(crate) fn forget(folder: &Path, root: &Path) {
    let empty = |folder: &Path| folder.read_dir().is_ok_and(|mut entries| entries.next().is_none());
    let locked_only = folder
        .read_dir()
        .is_ok_and(|mut entries| entries.all(|entry| entry.is_ok_and(|entry| entry.file_name() == LOCK)));
    if locked_only {
        let _ = fs::remove_file(folder.join(LOCK));
    }
    let folders = folder.ancestors().take_while(|place| place.starts_with(root));
    for place in folders.take_while(|place| empty(place)) {
        let _ = fs::remove_dir(place);
    }
}

/// The folder of one data set.
pub(crate) fn folder(info: &DatasetInfo, cache: &Path) -> PathBuf {
    cache.join(info.cache_folder())
}

/// A file's place in a data set's folder.
pub(crate) fn place(folder: &Path, file: &PublishedFile) -> PathBuf {
    folder.join(file.name)
}

/// Whether all files are there.
pub(crate) fn is_complete(info: &DatasetInfo, cache: &Path) -> bool {
    let folder = folder(info, cache);
    info.format.files().iter().all(|file| place(&folder, file).is_file())
}

/// Checks a file's MD5 sum, or that of what is inside of a .gz file.
///
/// Where the sum of the contents is known, that of the .gz file would refuse mirrors that packed the same contents again.
pub(crate) fn verify(path: &Path, file: &PublishedFile) -> Result<(), TransferProblem> {
    let open = File::open(path).map_err(TransferProblem::Damaged)?;
    let open = BufReader::with_capacity(1 << 16, open);
    let (expected, found) = match file.checksum {
        Checksum::File(expected) => (expected, md5(open)),
        // Nothing is as long as this when it is what was published: that bounds what a hostile file can unpack to.
        Checksum::Contents(expected) => (expected, md5(Gunzip::new(open).take(file.limit))),
    };
    let found = found.map_err(TransferProblem::Damaged)?;
    if found == expected { Ok(()) } else { Err(TransferProblem::Checksum { expected, found }) }
}

/// The MD5 sum of all that can be read, in hexadecimal.
pub(crate) fn md5(mut source: impl Read) -> io::Result<String> {
    let mut sum = Md5::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => sum.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let sum = sum.finalize().iter().fold(0, |sum: u128, &byte| sum << 8 | u128::from(byte));
    Ok(format!("{sum:032x}"))
}

/// Creates a data set's folder and keeps other processes from fetching into it at the same time; waits for one that
/// does. The lock ends with the returned file.
pub(crate) fn lock(folder: &Path) -> Result<File, DataError> {
    let failed = |action, path: &Path| {
        let path = path.to_owned();
        move |source| DataError::Cache { action, path, source }
    };
    fs::create_dir_all(folder).map_err(failed("create", folder))?;
    let path = folder.join(LOCK);
    let lock = File::create(&path).map_err(failed("create", &path))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => lock.lock().map_err(failed("lock", &path))?,
        // Some network file systems have no locks; two processes there disturb each other, which the sums find out.
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
        Err(TryLockError::Error(error)) => return Err(failed("lock", &path)(error)),
    }
    Ok(lock)
}

/// Makes a complete file appear under its name, with its bytes on the disk first.
pub(crate) fn publish(partial: &Path, target: &Path) -> Result<(), DataError> {
    let failed = |source| DataError::Cache { action: "write", path: target.to_owned(), source };
    File::options().write(true).open(partial).and_then(|file| file.sync_all()).map_err(failed)?;
    fs::rename(partial, target).map_err(failed)?;
    if cfg!(unix)
        && let Some(folder) = target.parent()
    {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    }
    Ok(())
}

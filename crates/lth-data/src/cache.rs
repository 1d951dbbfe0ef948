//! Files that were fetched, kept for the next time: `CACHE/mnist/train-images-idx3-ubyte.gz`.

use std::{
    fs::{self, File, TryLockError},
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use etcetera::{BaseStrategy, choose_base_strategy};
use flate2::bufread::MultiGzDecoder;
use md5::{Digest, Md5};

use crate::{DataError, DatasetInfo, FileInfo, TransferProblem};

/// The cache folder of this user by the platform's custom (`~/.cache/lth` on Linux, or in `$XDG_CACHE_HOME`); in the
/// folder for temporary files when the user has no home.
pub fn default_cache() -> PathBuf {
    choose_base_strategy().map_or_else(|_| std::env::temp_dir(), |strategy| strategy.cache_dir()).join("lth")
}

/// The folder of one data set.
pub(crate) fn folder(info: &DatasetInfo, cache: &Path) -> PathBuf {
    cache.join(info.name)
}

/// A file's place in a data set's folder.
pub(crate) fn place(folder: &Path, file: &FileInfo) -> PathBuf {
    folder.join(format!("{}.gz", file.name))
}

/// Whether all four files are there.
pub(crate) fn is_complete(info: &DatasetInfo, cache: &Path) -> bool {
    let folder = folder(info, cache);
    info.files.all().iter().all(|file| place(&folder, file).is_file())
}

/// Checks the MD5 sum of what is inside of a .gz file.
///
/// The published sums of .gz files would refuse mirrors that packed the same contents again.
pub(crate) fn verify(packed: &Path, file: &FileInfo) -> Result<(), TransferProblem> {
    let open = File::open(packed).map_err(TransferProblem::Damaged)?;
    // One byte too many is enough to see that a file is too long, and bounds what a hostile file can unpack to.
    let mut unpacked = MultiGzDecoder::new(BufReader::with_capacity(1 << 16, open)).take(file.length + 1);
    let mut sum = Md5::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match unpacked.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => sum.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(TransferProblem::Damaged(error)),
        }
    }
    let sum = sum.finalize().iter().fold(0, |sum: u128, &byte| sum << 8 | u128::from(byte));
    let found = format!("{sum:032x}");
    if found == file.md5 { Ok(()) } else { Err(TransferProblem::Checksum { expected: file.md5, found }) }
}

/// Creates a data set's folder and keeps other processes from fetching into it at the same time; waits for one that
/// does. The lock ends with the returned file.
pub(crate) fn lock(folder: &Path) -> Result<File, DataError> {
    let failed = |action, path: &Path| {
        let path = path.to_owned();
        move |source| DataError::Cache { action, path, source }
    };
    fs::create_dir_all(folder).map_err(failed("create", folder))?;
    let path = folder.join("lock");
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

//! SVHN's two .mat files in a folder.

use std::path::Path;

use super::{check_archive, missing};
use crate::{DataError, IdxProblem, PublishedFile, dataset::Half, format::read_svhn, memory::read_file};

/// The most that a file unpacks to: 73,257 images and their labels, as 8-bit or wider numbers.
const UNPACKED: u64 = 256 << 20;

/// Reads training and test set.
pub(super) fn read(files: &[PublishedFile; 2], folder: &Path) -> Result<(Half, Half), DataError> {
    for file in files {
        if !folder.join(file.name).is_file() {
            return Err(missing(folder, &[file.name.to_owned()]));
        }
    }
    let half = |file: &PublishedFile| {
        check_archive(folder, file)?;
        let path = folder.join(file.name);
        let bytes = read_file(&path, u64::MAX).map_err(|error| DataError::File {
            path: path.clone(),
            problem: IdxProblem::Unreadable(error),
        })?;
        read_svhn(&bytes, UNPACKED).map_err(|problem| DataError::Mat { path, problem })
    };
    Ok((half(&files[0])?, half(&files[1])?))
}

//! Data sets in folders, in the form in which they are published.

mod cifar;
mod idx;
mod images;
mod place;
mod svhn;

use std::{fs, io, path::Path};

pub(crate) use images::{ImageArchive, load_images};
pub(crate) use place::{find_place, python_version, usual_place};

use crate::{
    ArchiveProblem, Checksum, DataError, DatasetInfo, Format, PublishedFile, cache, dataset::Half,
    format::read_emnist,
};

/// Reads training and test set from a folder; not for data sets of image files.
pub(crate) fn read_folder(info: &DatasetInfo, folder: &Path) -> Result<(Half, Half), DataError> {
    check_folder(folder)?;
    match &info.format {
        Format::Idx(files) => idx::read(info, files, folder),
        &Format::Emnist { split, first_label, archive } => {
            check_archive(folder, &archive)?;
            let halves = read_emnist(folder, split, info.classes, first_label)?;
            halves.ok_or_else(|| missing(folder, &[archive.name.to_owned(), format!("emnist-{split}-*")]))
        }
        &Format::Cifar { archive, folder: below, train, test, labels } => cifar::read(
            &cifar::Batches { archive, below, train, test, labels, classes: info.classes },
            folder,
        ),
        Format::Svhn(files) => svhn::read(files, folder),
        Format::ClassFolders { .. } | Format::TinyImagenet { .. } => {
            unreachable!("image files are loaded by load_images")
        }
    }
}

fn missing(folder: &Path, names: &[String]) -> DataError {
    DataError::FileMissing { folder: folder.to_owned(), names: names.to_vec() }
}

/// A file that is there must be the published one, when it can be told.
fn check_archive(folder: &Path, file: &PublishedFile) -> Result<(), DataError> {
    let path = folder.join(file.name);
    let Checksum::File(expected) = file.checksum else { return Ok(()) };
    if !path.is_file() {
        return Ok(());
    }
    let sum = fs::File::open(&path).and_then(|open| cache::md5(io::BufReader::with_capacity(1 << 16, open)));
    let problem = match sum {
        Ok(found) if found == expected => return Ok(()),
        Ok(found) => ArchiveProblem::Checksum { expected, found },
        Err(error) => ArchiveProblem::Unreadable(error),
    };
    Err(DataError::Archive { path, problem })
}

pub(crate) fn check_folder(path: &Path) -> Result<(), DataError> {
    let path = path.to_owned();
    match fs::metadata(&path) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(DataError::FolderIsFile { path }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(DataError::FolderMissing { path }),
        Err(source) => Err(DataError::FolderUnreadable { path, source }),
    }
}

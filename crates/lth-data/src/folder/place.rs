//! Where in a folder of data sets the files of one lie.

use std::path::{Path, PathBuf};

use super::{cifar, idx};
use crate::{DatasetInfo, Format};

/// The folder that holds any of the data set's files: where torchvision puts them below this root, the root itself, or the
/// folder of the data set's name in it.
pub(crate) fn find_place(info: &DatasetInfo, root: &Path) -> Option<PathBuf> {
    let places = [usual_place(info, root), root.to_owned(), root.join(info.name)];
    places.into_iter().find(|place| holds(info, place))
}

/// Where torchvision puts the data set's files below this root.
pub(crate) fn usual_place(info: &DatasetInfo, root: &Path) -> PathBuf {
    // Joining nothing would add a slash.
    if info.torchvision.is_empty() { root.to_owned() } else { root.join(info.torchvision) }
}

/// Whether any of the data set's files is there, as published or unpacked.
fn holds(info: &DatasetInfo, place: &Path) -> bool {
    let published = info.format.files().iter().any(|file| place.join(file.name).is_file());
    published
        || match &info.format {
            Format::Idx(files) => idx::holds(info, files, place),
            Format::Emnist { split, .. } => {
                let start = format!("emnist-{split}-");
                ["", "gzip", "raw"].iter().any(|below| has_file_called(&place.join(below), &start))
            }
            Format::Cifar { folder, train, test, .. } => ["", folder]
                .iter()
                .any(|below| train.iter().chain([test]).any(|file| place.join(below).join(file).is_file())),
            Format::Svhn(_) => false,
            Format::ClassFolders { folder, .. } | Format::TinyImagenet { folder, .. } => {
                ["", folder].iter().any(|below| place.join(below).join("train").is_dir())
            }
        }
}

fn has_file_called(folder: &Path, start: &str) -> bool {
    let Ok(entries) = folder.read_dir() else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with(start))
}

/// The Python version of a data set, which is not read, in a folder: its batches or its archive.
pub(crate) fn python_version(info: &DatasetInfo, root: &Path) -> Option<PathBuf> {
    if let Format::Cifar { folder, .. } = info.format { cifar::python_version(folder, root) } else { None }
}

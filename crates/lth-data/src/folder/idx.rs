//! The four IDX files in a folder.

use std::path::{Path, PathBuf};

use crate::{
    DataError, DatasetInfo, PublishedFile,
    dataset::Half,
    format::{read_images, read_labels},
};

/// Reads training and test set from a folder of IDX files, plain or .gz.
///
/// The files may also lie in the folder's `raw` or where torchvision puts them below its root (`MNIST/raw`).
pub(super) fn read(
    info: &DatasetInfo,
    files: &[PublishedFile; 4],
    folder: &Path,
) -> Result<(Half, Half), DataError> {
    let folder = find_files(info, files, folder);
    // All four are looked for before any is read: a missing file is said at once.
    let [train_images, train_labels, test_images, test_labels] =
        files.map(|file| find_file(&folder, file.name));
    let (train_images, train_labels) = (train_images?, train_labels?);
    let (test_images, test_labels) = (test_images?, test_labels?);
    Ok((read_half(info, train_images, train_labels)?, read_half(info, test_images, test_labels)?))
}

/// Whether any of the four files is there, plain or .gz.
pub(super) fn holds(info: &DatasetInfo, files: &[PublishedFile; 4], folder: &Path) -> bool {
    let folder = find_files(info, files, folder);
    files.iter().any(|file| find_file(&folder, file.name).is_ok())
}

/// The folder itself or the first below it that has any of the files.
fn find_files(info: &DatasetInfo, files: &[PublishedFile; 4], folder: &Path) -> PathBuf {
    ["", "raw", info.torchvision]
        .into_iter()
        .map(|below| if below.is_empty() { folder.to_owned() } else { folder.join(below) })
        .find(|candidate| files.iter().any(|file| find_file(candidate, file.name).is_ok()))
        .unwrap_or_else(|| folder.to_owned())
}

/// The names under which a file is found: as published, unpacked, and both with a dot before `idx` as some copies have.
fn names(name: &str) -> Vec<String> {
    let name = name.trim_end_matches(".gz");
    let dotted = name.replacen("-idx", ".idx", 1);
    vec![name.to_owned(), format!("{name}.gz"), dotted.clone(), format!("{dotted}.gz")]
}

fn find_file(folder: &Path, name: &str) -> Result<PathBuf, DataError> {
    let names = names(name);
    match names.iter().map(|name| folder.join(name)).find(|path| path.is_file()) {
        Some(path) => Ok(path),
        None => Err(DataError::FileMissing { folder: folder.to_owned(), names }),
    }
}

fn read_half(info: &DatasetInfo, images_path: PathBuf, labels_path: PathBuf) -> Result<Half, DataError> {
    let [_, rows, columns] = info.shape;
    let images = read_images(&images_path, rows as u32, columns as u32)?;
    let labels = read_labels(&labels_path, info.classes)?;
    let image_count = images.len() / (rows * columns);
    if image_count == labels.len() {
        Ok(Half { images, labels })
    } else {
        Err(DataError::CountMismatch {
            images: images_path,
            image_count,
            labels: labels_path,
            label_count: labels.len(),
        })
    }
}

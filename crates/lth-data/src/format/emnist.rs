//! EMNIST: IDX files whose images lie on their side, within `gzip.zip`.

use std::path::{Path, PathBuf};

use super::{
    ArchiveProblem, IdxProblem,
    archive::read_archive,
    idx::{images_of, labels_of},
};
use crate::{DataError, dataset::Half, memory::read_file};

/// No file of the archive is larger than this, unpacked once (they are still gzip), and all together.
const LIMIT: u64 = 1 << 30;

/// The path of one of the four files in the archive.
fn inside(split: &str, half: &str, what: &str) -> String {
    format!("gzip/{}.gz", name(split, half, what))
}

/// `emnist-letters-train-images-idx3-ubyte`.
fn name(split: &str, half: &str, what: &str) -> String {
    format!("emnist-{split}-{half}-{what}-ubyte")
}

/// Finds a file by half (`train`) and contents (`images-idx3`): its name for people and its bytes.
type Find<'a> = dyn FnMut(&str, &str) -> Result<(PathBuf, Vec<u8>), DataError> + 'a;

/// Both halves of a split from the files that `find` gives, each with its name.
fn halves(classes: usize, first_label: u8, find: &mut Find<'_>) -> Result<(Half, Half), DataError> {
    let mut half = |half: &str| {
        let (images_path, bytes) = find(half, "images-idx3")?;
        let at = |path: &Path| {
            let path = path.to_owned();
            move |problem| DataError::File { path, problem }
        };
        let mut images = images_of(&bytes, 28, 28).map_err(at(&images_path))?;
        let (labels_path, bytes) = find(half, "labels-idx1")?;
        let mut labels = labels_of(&bytes, classes + usize::from(first_label)).map_err(at(&labels_path))?;
        if let Some(example) = labels.iter().position(|&label| label < first_label) {
            let problem = IdxProblem::LabelOutOfRange { example, label: labels[example], classes };
            return Err(at(&labels_path)(problem));
        }
        for label in &mut labels {
            *label -= first_label;
        }
        if images.len() != labels.len() * 784 {
            return Err(DataError::CountMismatch {
                images: images_path,
                image_count: images.len() / 784,
                labels: labels_path,
                label_count: labels.len(),
            });
        }
        images.chunks_exact_mut(784).for_each(stand_up);
        Ok(Half { images, labels })
    };
    Ok((half("train")?, half("test")?))
}

/// Swaps rows and columns of a 28 x 28 image.
fn stand_up(image: &mut [u8]) {
    for y in 0..28 {
        for x in 0..y {
            image.swap(28 * y + x, 28 * x + y);
        }
    }
}

/// A split from a folder: `gzip.zip`, or its files as they are or unpacked, there, in `gzip` or in `raw`; `None` when none
/// of it is there.
pub(crate) fn read_emnist(
    folder: &Path,
    split: &str,
    classes: usize,
    first_label: u8,
) -> Result<Option<(Half, Half)>, DataError> {
    let plain = |below: &str, half: &str, what: &str| {
        let name = name(split, half, what);
        [folder.join(below).join(&name), folder.join(below).join(format!("{name}.gz"))]
            .into_iter()
            .find(|path| path.is_file())
    };
    let below = ["", "gzip", "raw", "EMNIST/raw"].into_iter().find(|below| {
        ["train", "test"].iter().all(|half| {
            plain(below, half, "images-idx3").is_some() && plain(below, half, "labels-idx1").is_some()
        })
    });
    if let Some(below) = below {
        return halves(classes, first_label, &mut |half, what| {
            let path = plain(below, half, what).unwrap_or_else(|| folder.join(name(split, half, what)));
            match read_file(&path, u64::MAX) {
                Ok(bytes) => Ok((path, bytes)),
                Err(error) => Err(DataError::File { path, problem: IdxProblem::Unreadable(error) }),
            }
        })
        .map(Some);
    }
    let archive = folder.join("gzip.zip");
    if !archive.is_file() {
        return Ok(None);
    }
    let start = format!("gzip/emnist-{split}-");
    let problem = |problem| DataError::Archive { path: archive.clone(), problem };
    let entries = read_archive(&archive, LIMIT, &|path| path.starts_with(&start)).map_err(problem)?;
    halves(classes, first_label, &mut |half, what| {
        let wanted = inside(split, half, what);
        let entry = entries.iter().find(|entry| entry.path == wanted);
        let entry = entry.ok_or_else(|| problem(ArchiveProblem::Missing(wanted.clone())))?;
        Ok((archive.join(&wanted), entry.bytes.clone()))
    })
    .map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_stand_up() {
        let mut image: Vec<u8> = (0..784u32).map(|at| (at % 251) as u8).collect();
        let lying = image.clone();
        stand_up(&mut image);
        assert!((0..28).all(|y| (0..28).all(|x| image[28 * y + x] == lying[28 * x + y])));
    }
}

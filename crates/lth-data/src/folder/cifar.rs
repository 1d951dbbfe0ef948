//! CIFAR's binary batches in a folder, or in their archive there.

use std::path::{Path, PathBuf};

use super::{check_archive, missing};
use crate::{
    ArchiveProblem, DataError, IdxProblem, PublishedFile,
    dataset::Half,
    format::{read_archive, read_cifar},
    memory::read_file,
};

/// The most that an archive unpacks to.
const UNPACKED: u64 = 256 << 20;

/// Which files to read.
pub(super) struct Batches {
    pub(super) archive: PublishedFile,
    pub(super) below: &'static str,
    pub(super) train: &'static [&'static str],
    pub(super) test: &'static str,
    pub(super) labels: usize,
    pub(super) classes: usize,
}

/// Reads the batches from the folder itself, from the one that unpacking makes in it, or from the archive in it.
pub(super) fn read(batches: &Batches, folder: &Path) -> Result<(Half, Half), DataError> {
    for place in [folder.to_owned(), folder.join(batches.below)] {
        if place.join(batches.test).is_file() {
            return halves(
                batches,
                &mut |name| {
                    let path = place.join(name);
                    match read_file(&path, u64::MAX) {
                        Ok(bytes) => Ok(bytes),
                        Err(_) if !path.exists() => Err(missing(&place, &[name.to_owned()])),
                        Err(error) => Err(DataError::File { path, problem: IdxProblem::Unreadable(error) }),
                    }
                },
                &place,
            );
        }
    }
    let path = folder.join(batches.archive.name);
    if let Some(path) = python_version(batches.below, folder).filter(|_| !path.is_file()) {
        return Err(DataError::PythonVersion { path, archive: batches.archive.name });
    }
    if !path.is_file() {
        let names = [batches.test.to_owned(), format!("{}/{}", batches.below, batches.test)];
        return Err(missing(folder, &[&names[..], &[batches.archive.name.to_owned()]].concat()));
    }
    check_archive(folder, &batches.archive)?;
    let problem = |problem| DataError::Archive { path: path.clone(), problem };
    let entries = read_archive(&path, UNPACKED, &|path| path.starts_with(batches.below)).map_err(problem)?;
    let find = |name: &str| {
        let wanted = format!("{}/{name}", batches.below);
        let entry = entries.iter().find(|entry| entry.path == wanted);
        entry.map(|entry| entry.bytes.clone()).ok_or_else(|| problem(ArchiveProblem::Missing(wanted)))
    };
    halves(batches, &mut { find }, &path.join(batches.below))
}

/// The Python version of the data set with this folder of binary batches: what is there of it.
pub(super) fn python_version(binary: &str, folder: &Path) -> Option<PathBuf> {
    // `cifar-10-batches-bin` and `cifar-100-binary`.
    let (name, batches) = match binary {
        "cifar-10-batches-bin" => ("cifar-10", "cifar-10-batches-py"),
        _ => ("cifar-100", "cifar-100-python"),
    };
    let archive = folder.join(format!("{name}-python.tar.gz"));
    let unpacked = [folder.join(batches), folder.to_owned()];
    let is_unpacked =
        |place: &PathBuf| ["batches.meta", "meta"].iter().any(|file| place.join(file).is_file());
    unpacked.into_iter().find(is_unpacked).or_else(|| archive.is_file().then_some(archive))
}

fn halves(
    batches: &Batches,
    find: &mut dyn FnMut(&str) -> Result<Vec<u8>, DataError>,
    place: &Path,
) -> Result<(Half, Half), DataError> {
    let mut half = |names: &[&str]| {
        let mut half = Half { images: Vec::new(), labels: Vec::new() };
        for name in names {
            read_cifar(&find(name)?, batches.labels, batches.classes, &mut half)
                .map_err(|problem| DataError::Cifar { path: place.join(name), problem })?;
        }
        Ok::<Half, DataError>(half)
    };
    Ok((half(batches.train)?, half(&[batches.test])?))
}

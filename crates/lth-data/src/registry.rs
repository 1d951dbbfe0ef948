//! The data sets that have a name: what each is, and in which form it is published.

use lth_model::nearest_name;

pub use crate::published::DATASETS;
use crate::{ChannelStatistics, DataError};

/// What a file is checked against when it was fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checksum {
    /// MD5 sum of the file as it is published, in hexadecimal.
    File(&'static str),
    /// MD5 sum of what is in the .gz file: mirrors may have packed it anew.
    Contents(&'static str),
}

impl Checksum {
    /// The sum itself.
    pub fn md5(self) -> &'static str {
        match self {
            Self::File(sum) | Self::Contents(sum) => sum,
        }
    }
}

/// A file as mirrors have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishedFile {
    /// Its name, with all endings: `cifar-10-binary.tar.gz`.
    pub name: &'static str,
    /// More bytes than this are not taken from a mirror.
    pub limit: u64,
    /// What it is checked against.
    pub checksum: Checksum,
}

/// How the files of a data set are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Four IDX files: training images and labels, test images and labels, each published as `NAME.gz`.
    Idx([PublishedFile; 4]),
    /// IDX files named `emnist-SPLIT-...` in one zip archive, images on their side.
    Emnist {
        /// The archive.
        archive: PublishedFile,
        /// `letters`.
        split: &'static str,
        /// The smallest label in the files.
        first_label: u8,
    },
    /// CIFAR's binary batches in one archive.
    Cifar {
        /// The archive.
        archive: PublishedFile,
        /// The folder in the archive.
        folder: &'static str,
        /// The batches of the training set.
        train: &'static [&'static str],
        /// The batch of the test set.
        test: &'static str,
        /// Labels a record; the last one counts.
        labels: usize,
    },
    /// SVHN's .mat files: training set, test set.
    Svhn([PublishedFile; 2]),
    /// Image files in one archive, `train/CLASS/...` and `test/CLASS/...`.
    ClassFolders {
        /// The archive.
        archive: PublishedFile,
        /// The folder in which people unpack it.
        folder: &'static str,
        /// The most that it unpacks to, in bytes.
        unpacked: u64,
    },
    /// Tiny ImageNet's archive: its validation set is the test set.
    TinyImagenet {
        /// The archive.
        archive: PublishedFile,
        /// The folder in the archive.
        folder: &'static str,
        /// The most that it unpacks to, in bytes.
        unpacked: u64,
    },
}

impl Format {
    /// The files to fetch, in this order.
    pub fn files(&self) -> &[PublishedFile] {
        match self {
            Self::Idx(files) => files,
            Self::Svhn(files) => files,
            Self::Emnist { archive, .. }
            | Self::Cifar { archive, .. }
            | Self::ClassFolders { archive, .. }
            | Self::TinyImagenet { archive, .. } => std::slice::from_ref(archive),
        }
    }
}

impl Format {
    /// The folder that unpacking its archive makes.
    pub(crate) fn unpacked(&self) -> Option<&'static str> {
        match self {
            Self::Cifar { folder, .. }
            | Self::ClassFolders { folder, .. }
            | Self::TinyImagenet { folder, .. } => Some(folder),
            Self::Idx(_) | Self::Emnist { .. } | Self::Svhn(_) => None,
        }
    }
}

/// A data set with a name: what it is and where it comes from.
#[derive(Debug, Clone, Copy)]
pub struct DatasetInfo {
    /// The name on the command line.
    pub name: &'static str,
    /// Other names that are understood.
    pub aliases: &'static [&'static str],
    /// One line for `lth datasets`.
    pub description: &'static str,
    /// Authors and licence.
    pub licence: &'static str,
    /// The page that describes it.
    pub homepage: &'static str,
    /// Training and test examples.
    pub examples: [usize; 2],
    /// The shape of one example.
    pub shape: [usize; 3],
    /// Number of classes.
    pub classes: usize,
    /// The name of each class; none where the files have them.
    pub class_names: &'static [&'static str],
    /// Its files.
    pub format: Format,
    /// Mean and deviation of the training set's channels as they are known: for people, and to see whether data in a folder
    /// are these. Normalisation computes its own ([`crate::Dataset::normalized`]).
    pub statistics: ChannelStatistics,
    /// [`crate::fingerprint`] of the published contents, where it is known.
    pub fingerprint: Option<&'static str>,
    /// Whether it is embedded in the program.
    pub embedded: bool,
    /// Folders where a distribution's package puts the files.
    pub system_folders: &'static [&'static str],
    /// The distribution's package, for the hint.
    pub package: Option<&'static str>,
    /// The official mirrors: folders at which the files lie.
    pub mirrors: &'static [&'static str],
    /// Where torchvision keeps the files under its root folder; empty for the root itself.
    pub torchvision: &'static str,
}

impl DatasetInfo {
    /// The folder of its fetched files in the cache; EMNIST's splits share one.
    pub(crate) fn cache_folder(&self) -> &'static str {
        if matches!(self.format, Format::Emnist { .. }) { "emnist" } else { self.name }
    }
}

/// The data set of this name or alias; case does not matter.
///
/// # Errors
/// [`DataError::UnknownDataset`] when there is none; the hint names the nearest.
///
/// ```
/// use lth_data::find_dataset;
/// use lth_model::Hint;
/// assert_eq!(find_dataset("FashionMNIST")?.name, "fashion-mnist");
/// let error = find_dataset("mnits").unwrap_err();
/// assert_eq!(error.to_string(), "there is no data set 'mnits'");
/// assert_eq!(error.hint().unwrap(), "did you mean 'mnist'? `lth datasets` lists all");
/// # Ok::<(), lth_data::DataError>(())
/// ```
pub fn find_dataset(name: &str) -> Result<&'static DatasetInfo, DataError> {
    let wanted = name.to_lowercase();
    DATASETS.iter().find(|info| info.name == wanted || info.aliases.contains(&wanted.as_str())).ok_or_else(
        || DataError::UnknownDataset {
            name: name.to_owned(),
            nearest: nearest_name(name, DATASETS.iter().map(|info| info.name)),
        },
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_data_set_is_found_by_each_of_its_names() {
        let mut seen = Vec::new();
        for info in DATASETS {
            for &name in [info.name].iter().chain(info.aliases) {
                assert_eq!(find_dataset(name).unwrap().name, info.name);
                assert_eq!(find_dataset(&name.to_uppercase()).unwrap().name, info.name);
                assert!(!seen.contains(&name), "{name} is used twice");
                seen.push(name);
            }
        }
    }

    #[test]
    fn sums_are_of_the_right_form_and_differ() {
        let files: BTreeSet<(&str, &str)> = DATASETS
            .iter()
            .flat_map(|info| info.format.files())
            .map(|file| (file.checksum.md5(), file.name))
            .collect();
        let sums: BTreeSet<&str> = files.iter().map(|&(sum, _)| sum).collect();
        for sum in &sums {
            assert!(sum.len() == 32 && sum.bytes().all(|byte| byte.is_ascii_hexdigit()), "{sum}");
        }
        // Only EMNIST's archive belongs to more than one data set.
        assert_eq!((sums.len(), files.len()), (3 * 4 + 1 + 2 + 2 + 2, 3 * 4 + 1 + 2 + 2 + 2));
    }

    #[test]
    fn classes_have_names_that_differ() {
        for info in DATASETS.iter().filter(|info| !info.class_names.is_empty()) {
            assert_eq!(info.class_names.len(), info.classes, "{}", info.name);
            assert_eq!(info.class_names.iter().collect::<BTreeSet<_>>().len(), info.classes, "{}", info.name);
        }
    }

    #[test]
    fn the_embedded_files_are_those_of_the_registry() {
        let mnist = find_dataset("mnist").unwrap();
        for (info, file) in mnist.format.files().iter().zip(lth_mnist::File::ALL) {
            assert_eq!(info.name, format!("{}.gz", file.name()));
            assert_eq!(info.checksum, Checksum::Contents(file.md5()));
            assert!(info.limit > file.unpacked_len() as u64);
        }
    }

    #[test]
    fn unknown_names_are_refused() {
        for name in ["", "mnist ", "cifar-1", "imagenet"] {
            assert!(matches!(find_dataset(name), Err(DataError::UnknownDataset { .. })), "{name}");
        }
    }
}

//! The data sets that have a name.

use lth_model::nearest_name;

use crate::DataError;

/// One published file of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileInfo {
    /// Its name, without `.gz`.
    pub name: &'static str,
    /// Length of the unpacked file, in bytes.
    pub length: u64,
    /// MD5 sum of the unpacked file, in hexadecimal.
    pub md5: &'static str,
}

/// The four IDX files of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatasetFiles {
    /// Training images.
    pub train_images: FileInfo,
    /// Training labels.
    pub train_labels: FileInfo,
    /// Test images.
    pub test_images: FileInfo,
    /// Test labels.
    pub test_labels: FileInfo,
}

impl DatasetFiles {
    /// The four in the order in which they are fetched.
    pub fn all(&self) -> [&FileInfo; 4] {
        [&self.train_images, &self.train_labels, &self.test_images, &self.test_labels]
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
    /// The shape of one example.
    pub shape: [usize; 3],
    /// Number of classes.
    pub classes: usize,
    /// The name of each class.
    pub class_names: &'static [&'static str],
    /// Its files.
    pub files: DatasetFiles,
    /// [`crate::fingerprint`] of the published contents, where it is known.
    pub fingerprint: Option<&'static str>,
    /// Whether it is embedded in the program.
    pub embedded: bool,
    /// Folders where a distribution's package puts the files.
    pub system_folders: &'static [&'static str],
    /// The distribution's package, for the hint.
    pub package: Option<&'static str>,
    /// The official mirrors: folders at which the files lie as `NAME.gz`.
    pub mirrors: &'static [&'static str],
    /// Where torchvision keeps the files under its root folder.
    pub torchvision: &'static str,
}

/// Every named data set.
pub const DATASETS: &[DatasetInfo] = &[MNIST, FASHION_MNIST];

const DIGITS: &[&str] = &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

const MNIST: DatasetInfo = DatasetInfo {
    name: "mnist",
    aliases: &[],
    description: "handwritten digits, 28 x 28 grey, 60,000 + 10,000 examples, 10 classes (LeCun et al. 1998); embedded",
    licence: "Y. LeCun and C. Cortes, CC BY-SA 3.0",
    homepage: "http://yann.lecun.com/exdb/mnist/",
    shape: [1, 28, 28],
    classes: 10,
    class_names: DIGITS,
    files: mnist_like([
        "6bbc9ace898e44ae57da46a324031adb",
        "a25bea736e30d166cdddb491f175f624",
        "2646ac647ad5339dbf082846283269ea",
        "27ae3e4e09519cfbb04c329615203637",
    ]),
    fingerprint: Some("bb645aac667cd9a001e6637a2edba44c6bdf624641d43d4c36565e1f1c719e42"),
    embedded: true,
    system_folders: &[],
    package: None,
    mirrors: &[
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ],
    torchvision: "MNIST/raw",
};

// The publisher gives MD5 sums of the .gz files only. The sums here are of the files inside: with the original gzip
// header put back, the files of Debian's package have the published sums.
const FASHION_MNIST: DatasetInfo = DatasetInfo {
    name: "fashion-mnist",
    aliases: &["fashionmnist", "fashion_mnist", "fmnist"],
    description: "pictures of clothing, 28 x 28 grey, 60,000 + 10,000 examples, 10 classes (Xiao et al. 2017)",
    licence: "Zalando SE, MIT",
    homepage: "https://github.com/zalandoresearch/fashion-mnist",
    shape: [1, 28, 28],
    classes: 10,
    class_names: &[
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ],
    files: mnist_like([
        "f4a8712d7a061bf5bd6d2ca38dc4d50a",
        "9018921c3c673c538a1fc5bad174d6f9",
        "8181f5470baa50b63fa0f6fddb340f0a",
        "15d484375f8d13e6eb1aabb0c3f46965",
    ]),
    fingerprint: Some("8e576140566843cd4d504b0601d2921120526f84598acb9747c51b32b551a3e1"),
    embedded: false,
    system_folders: &["/usr/share/datasets/fashion-mnist"],
    package: Some("dataset-fashion-mnist"),
    mirrors: &["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"],
    torchvision: "FashionMNIST/raw",
};

/// Files with MNIST's names and lengths, and these MD5 sums.
const fn mnist_like(md5: [&'static str; 4]) -> DatasetFiles {
    DatasetFiles {
        train_images: FileInfo { name: "train-images-idx3-ubyte", length: 16 + 60_000 * 784, md5: md5[0] },
        train_labels: FileInfo { name: "train-labels-idx1-ubyte", length: 8 + 60_000, md5: md5[1] },
        test_images: FileInfo { name: "t10k-images-idx3-ubyte", length: 16 + 10_000 * 784, md5: md5[2] },
        test_labels: FileInfo { name: "t10k-labels-idx1-ubyte", length: 8 + 10_000, md5: md5[3] },
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
        let mut sums: Vec<&str> =
            DATASETS.iter().flat_map(|info| info.files.all().map(|file| file.md5)).collect();
        for sum in &sums {
            assert!(sum.len() == 32 && sum.bytes().all(|byte| byte.is_ascii_hexdigit()), "{sum}");
        }
        sums.sort_unstable();
        sums.dedup();
        assert_eq!(sums.len(), 4 * DATASETS.len());
    }

    #[test]
    fn the_embedded_files_are_those_of_the_registry() {
        let mnist = find_dataset("mnist").unwrap();
        for (info, file) in mnist.files.all().into_iter().zip(lth_mnist::File::ALL) {
            assert_eq!((info.name, info.md5), (file.name(), file.md5()));
            assert_eq!(info.length, file.unpacked_len() as u64);
        }
    }

    #[test]
    fn unknown_names_are_refused() {
        for name in ["", "mnist ", "cifar-10", "imagenet"] {
            assert!(matches!(find_dataset(name), Err(DataError::UnknownDataset { .. })), "{name}");
        }
    }
}

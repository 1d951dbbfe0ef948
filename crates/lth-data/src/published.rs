//! The registry's entries.

use crate::{
    ChannelStatistics,
    class_names::{CIFAR_100_CLASSES, CLOTHES, DIGITS, DIGITS_AND_LETTERS, LETTERS, TEN_THINGS},
    registry::{Checksum, DatasetInfo, Format, PublishedFile},
};

/// Every named data set.
pub const DATASETS: &[DatasetInfo] = &[
    MNIST,
    FASHION_MNIST,
    KMNIST,
    EMNIST_LETTERS,
    EMNIST_BALANCED,
    EMNIST_DIGITS,
    CIFAR_10,
    CIFAR_100,
    SVHN,
    CINIC_10,
    TINY_IMAGENET,
];

const MNIST: DatasetInfo = DatasetInfo {
    name: "mnist",
    aliases: &[],
    description: "handwritten digits, 28 x 28 grey, 60,000 + 10,000 examples, 10 classes (LeCun et al. 1998); embedded",
    examples: [60_000, 10_000],
    licence: "Y. LeCun and C. Cortes, CC BY-SA 3.0",
    homepage: "http://yann.lecun.com/exdb/mnist/",
    shape: [1, 28, 28],
    classes: 10,
    class_names: DIGITS,
    format: mnist_like([
        Checksum::Contents("6bbc9ace898e44ae57da46a324031adb"),
        Checksum::Contents("a25bea736e30d166cdddb491f175f624"),
        Checksum::Contents("2646ac647ad5339dbf082846283269ea"),
        Checksum::Contents("27ae3e4e09519cfbb04c329615203637"),
    ]),
    statistics: grey(0.1307, 0.3081),
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
    examples: [60_000, 10_000],
    licence: "Zalando SE, MIT",
    homepage: "https://github.com/zalandoresearch/fashion-mnist",
    shape: [1, 28, 28],
    classes: 10,
    class_names: CLOTHES,
    format: mnist_like([
        Checksum::Contents("f4a8712d7a061bf5bd6d2ca38dc4d50a"),
        Checksum::Contents("9018921c3c673c538a1fc5bad174d6f9"),
        Checksum::Contents("8181f5470baa50b63fa0f6fddb340f0a"),
        Checksum::Contents("15d484375f8d13e6eb1aabb0c3f46965"),
    ]),
    statistics: grey(0.2860, 0.3530),
    fingerprint: Some("8e576140566843cd4d504b0601d2921120526f84598acb9747c51b32b551a3e1"),
    embedded: false,
    system_folders: &["/usr/share/datasets/fashion-mnist"],
    package: Some("dataset-fashion-mnist"),
    mirrors: &["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"],
    torchvision: "FashionMNIST/raw",
};

// Sums of this and all that follow: those of torchvision, or of the data sets' own pages.
const KMNIST: DatasetInfo = DatasetInfo {
    name: "kmnist",
    aliases: &["kuzushiji-mnist"],
    description: "handwritten Japanese characters, 28 x 28 grey, 60,000 + 10,000 examples, 10 classes (Clanuwat et al. 2018)",
    examples: [60_000, 10_000],
    licence: "KMNIST Dataset (created by CODH), CC BY-SA 4.0",
    homepage: "http://codh.rois.ac.jp/kmnist/",
    shape: [1, 28, 28],
    classes: 10,
    class_names: &["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"],
    format: mnist_like([
        Checksum::File("bdb82020997e1d708af4cf47b453dcf7"),
        Checksum::File("e144d726b3acfaa3e44228e80efcd344"),
        Checksum::File("5c965bf0a639b31b8f53240b1b52f4d7"),
        Checksum::File("7320c461ea6c1c855c0b718fb2a4b134"),
    ]),
    statistics: grey(0.1918, 0.3483),
    fingerprint: None,
    embedded: false,
    system_folders: &[],
    package: None,
    mirrors: &["http://codh.rois.ac.jp/kmnist/dataset/kmnist/"],
    torchvision: "KMNIST/raw",
};

/// The archive of all of EMNIST's splits.
const EMNIST_ARCHIVE: PublishedFile = PublishedFile {
    name: "gzip.zip",
    limit: 600_000_000,
    checksum: Checksum::File("58c8d27c78d21e728a6bc7b3cc06412e"),
};

const EMNIST_LETTERS: DatasetInfo = DatasetInfo {
    name: "emnist-letters",
    aliases: &[],
    description: "handwritten letters, upper and lower case as one, 28 x 28 grey, 124,800 + 20,800 examples, 26 classes (Cohen et al. 2017)",
    examples: [124_800, 20_800],
    licence: "NIST, public domain",
    homepage: "https://www.nist.gov/itl/products-and-services/emnist-dataset",
    shape: [1, 28, 28],
    classes: 26,
    class_names: LETTERS,
    format: Format::Emnist { archive: EMNIST_ARCHIVE, split: "letters", first_label: 1 },
    statistics: grey(0.1722, 0.3309),
    fingerprint: None,
    embedded: false,
    system_folders: &[],
    package: None,
    mirrors: &["https://biometrics.nist.gov/cs_links/EMNIST/"],
    torchvision: "EMNIST/raw",
};

const EMNIST_BALANCED: DatasetInfo = DatasetInfo {
    name: "emnist-balanced",
    aliases: &[],
    description: "handwritten digits and letters, 28 x 28 grey, 112,800 + 18,800 examples, 47 classes (Cohen et al. 2017)",
    examples: [112_800, 18_800],
    licence: "NIST, public domain",
    homepage: "https://www.nist.gov/itl/products-and-services/emnist-dataset",
    shape: [1, 28, 28],
    classes: 47,
    class_names: DIGITS_AND_LETTERS,
    format: Format::Emnist { archive: EMNIST_ARCHIVE, split: "balanced", first_label: 0 },
    statistics: grey(0.1751, 0.3332),
    fingerprint: None,
    embedded: false,
    system_folders: &[],
    package: None,
    mirrors: &["https://biometrics.nist.gov/cs_links/EMNIST/"],
    torchvision: "EMNIST/raw",
};

const EMNIST_DIGITS: DatasetInfo = DatasetInfo {
    name: "emnist-digits",
    aliases: &[],
    description: "handwritten digits, 28 x 28 grey, 240,000 + 40,000 examples, 10 classes (Cohen et al. 2017)",
    examples: [240_000, 40_000],
    licence: "NIST, public domain",
    homepage: "https://www.nist.gov/itl/products-and-services/emnist-dataset",
    shape: [1, 28, 28],
    classes: 10,
    class_names: DIGITS,
    format: Format::Emnist { archive: EMNIST_ARCHIVE, split: "digits", first_label: 0 },
    statistics: grey(0.1733, 0.3317),
    fingerprint: None,
    embedded: false,
    system_folders: &[],
    package: None,
    mirrors: &["https://biometrics.nist.gov/cs_links/EMNIST/"],
    torchvision: "EMNIST/raw",
};

const CIFAR_10: DatasetInfo = DatasetInfo {
    name: "cifar-10",
    aliases: &["cifar10"],
    description: "photographs of things, 32 x 32 colour, 50,000 + 10,000 examples, 10 classes (Krizhevsky 2009)",
    examples: [50_000, 10_000],
    licence: "A. Krizhevsky, no licence stated",
    homepage: "https://www.cs.toronto.edu/~kriz/cifar.html",
    shape: [3, 32, 32],
    classes: 10,
    class_names: TEN_THINGS,
    format: Format::Cifar {
        archive: PublishedFile {
            name: "cifar-10-binary.tar.gz",
            limit: 180_000_000,
            checksum: Checksum::File("c32a1d4ab5d03f1284b67883e8d87530"),
        },
        folder: "cifar-10-batches-bin",
        train: &[
            "data_batch_1.bin",
            "data_batch_2.bin",
            "data_batch_3.bin",
            "data_batch_4.bin",
            "data_batch_5.bin",
        ],
        test: "test_batch.bin",
        labels: 1,
    },
    statistics: ChannelStatistics { mean: [0.4914, 0.4822, 0.4465], deviation: [0.2470, 0.2435, 0.2616] },
    fingerprint: None,
    embedded: false,
    system_folders: &[],
    package: None,
    mirrors: &["https://www.cs.toronto.edu/~kriz/"],
    torchvision: "",
};

const CIFAR_100: DatasetInfo = DatasetInfo {
    name: "cifar-100",
    aliases: &["cifar100"],
    description: "photographs of things, 32 x 32 colour, 50,000 + 10,000 examples, 100 classes (Krizhevsky 2009)",
    examples: [50_000, 10_000],
    licence: "A. Krizhevsky, no licence stated",
    homepage: "https://www.cs.toronto.edu/~kriz/cifar.html",
    shape: [3, 32, 32],
    classes: 100,
    class_names: CIFAR_100_CLASSES,
    format: Format::Cifar {
        archive: PublishedFile {
            name: "cifar-100-binary.tar.gz",
            limit: 180_000_000,
            checksum: Checksum::File("03b5dce01913d631647c71ecec9e9cb8"),
        },
        folder: "cifar-100-binary",
        train: &["train.bin"],
        test: "test.bin",
        labels: 2,
    },
    statistics: ChannelStatistics { mean: [0.5071, 0.4865, 0.4409], deviation: [0.2673, 0.2564, 0.2762] },
    fingerprint: None,
    embedded: false,
    system_folders: &[],
    package: None,
    mirrors: &["https://www.cs.toronto.edu/~kriz/"],
    torchvision: "",
};

const SVHN: DatasetInfo = DatasetInfo {
    name: "svhn",
    aliases: &[],
    description: "house numbers, 32 x 32 colour, 73,257 + 26,032 examples, 10 classes (Netzer et al. 2011)",
    examples: [73_257, 26_032],
    licence: "Stanford, for non-commercial use",
    homepage: "http://ufldl.stanford.edu/housenumbers/",
    shape: [3, 32, 32],
    classes: 10,
    class_names: DIGITS,
    format: Format::Svhn([
        PublishedFile {
            name: "train_32x32.mat",
            limit: 200_000_000,
            checksum: Checksum::File("e26dedcc434d2e4c54c9b2d4a06d8373"),
        },
        PublishedFile {
            name: "test_32x32.mat",
            limit: 80_000_000,
            checksum: Checksum::File("eb5a983be6a315427106f1b164d9cef3"),
        },
    ]),
    statistics: ChannelStatistics { mean: [0.4377, 0.4438, 0.4728], deviation: [0.1980, 0.2010, 0.1970] },
    fingerprint: None,
    embedded: false,
    system_folders: &[],
    package: None,
    mirrors: &["http://ufldl.stanford.edu/housenumbers/"],
    torchvision: "",
};

const CINIC_10: DatasetInfo = DatasetInfo {
    name: "cinic-10",
    aliases: &["cinic10"],
    description: "CIFAR-10's classes from CIFAR-10 and ImageNet, 32 x 32 colour, 90,000 + 90,000 examples (Darlow et al. 2018)",
    examples: [90_000, 90_000],
    licence: "L. Darlow et al., CC BY 4.0",
    homepage: "https://datashare.ed.ac.uk/handle/10283/3192",
    shape: [3, 32, 32],
    classes: 10,
    class_names: TEN_THINGS,
    format: Format::ClassFolders {
        archive: PublishedFile {
            name: "CINIC-10.tar.gz",
            limit: 700_000_000,
            checksum: Checksum::File("6ee4d0c996905fe93221de577967a372"),
        },
        folder: "CINIC-10",
        unpacked: 2 << 30,
    },
    statistics: ChannelStatistics { mean: [0.4789, 0.4723, 0.4305], deviation: [0.2421, 0.2383, 0.2587] },
    fingerprint: None,
    embedded: false,
    system_folders: &[],
    package: None,
    mirrors: &["https://datashare.ed.ac.uk/bitstream/handle/10283/3192/"],
    torchvision: "",
};

const TINY_IMAGENET: DatasetInfo = DatasetInfo {
    name: "tiny-imagenet",
    aliases: &["tiny-imagenet-200", "tinyimagenet"],
    description: "a part of ImageNet, 64 x 64 colour, 100,000 + 10,000 examples, 200 classes (Stanford's CS231n)",
    examples: [100_000, 10_000],
    licence: "ImageNet's terms of access",
    homepage: "http://cs231n.stanford.edu/",
    shape: [3, 64, 64],
    classes: 200,
    class_names: &[],
    format: Format::TinyImagenet {
        archive: PublishedFile {
            name: "tiny-imagenet-200.zip",
            limit: 260_000_000,
            checksum: Checksum::File("90528d7ca1a48142e341f4ef8d21d0de"),
        },
        folder: "tiny-imagenet-200",
        unpacked: 1 << 30,
    },
    statistics: ChannelStatistics { mean: [0.4802, 0.4481, 0.3975], deviation: [0.2770, 0.2691, 0.2821] },
    fingerprint: None,
    embedded: false,
    system_folders: &[],
    package: None,
    mirrors: &["http://cs231n.stanford.edu/"],
    torchvision: "",
};

/// Files with MNIST's names and lengths.
const fn mnist_like(checksums: [Checksum; 4]) -> Format {
    const SLACK: u64 = 1 << 20;
    let [train_images, train_labels, test_images, test_labels] = checksums;
    Format::Idx([
        PublishedFile {
            name: "train-images-idx3-ubyte.gz",
            limit: 60_000 * 784 + SLACK,
            checksum: train_images,
        },
        PublishedFile { name: "train-labels-idx1-ubyte.gz", limit: 60_000 + SLACK, checksum: train_labels },
        PublishedFile {
            name: "t10k-images-idx3-ubyte.gz",
            limit: 10_000 * 784 + SLACK,
            checksum: test_images,
        },
        PublishedFile { name: "t10k-labels-idx1-ubyte.gz", limit: 10_000 + SLACK, checksum: test_labels },
    ])
}

/// Of grey images.
const fn grey(mean: f64, deviation: f64) -> ChannelStatistics {
    ChannelStatistics { mean: [mean; 3], deviation: [deviation; 3] }
}

//! A small data set and its files, for tests.

#![allow(dead_code, unreachable_pub, reason = "shared by test programs that each use a part")]

pub mod fetch;
pub mod image_folder;
pub mod server;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use flate2::{Compression, write::GzEncoder};
use lth_data::{ChannelStatistics, Checksum, DatasetInfo, Format, PublishedFile, fingerprint};
use lth_model::{Examples, Normalization};
use md5::{Digest, Md5};

/// The four unpacked files: training images and labels, test images and labels.
pub type Files = [(&'static str, Vec<u8>); 4];

pub const NAMES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];

/// An IDX file of images with this header and these many pixels.
pub fn images(count: u32, rows: u32, columns: u32) -> Vec<u8> {
    let pixels = (0..count * rows * columns).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8);
    [0x0803, count, rows, columns].into_iter().flat_map(u32::to_be_bytes).chain(pixels).collect()
}

/// An IDX file of these labels.
pub fn labels(labels: &[u8]) -> Vec<u8> {
    [0x0801, labels.len() as u32]
        .into_iter()
        .flat_map(u32::to_be_bytes)
        .chain(labels.iter().copied())
        .collect()
}

/// A sound data set of 40 + 20 examples.
pub fn sound() -> Files {
    let classes: Vec<u8> = (0..40).map(|index| index % 10).collect();
    let contents = [images(40, 28, 28), labels(&classes), images(20, 28, 28), labels(&classes[..20])];
    let mut contents = contents.into_iter();
    NAMES.map(|name| (name, contents.next().unwrap()))
}

/// Writes the files, plain.
pub fn write(folder: &Path, files: &Files) {
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).unwrap();
    }
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn md5(bytes: &[u8]) -> String {
    let sum = Md5::digest(bytes).iter().fold(0, |sum: u128, &byte| sum << 8 | u128::from(byte));
    format!("{sum:032x}")
}

/// A registry entry for these files.
pub fn info(files: &Files) -> DatasetInfo {
    let published = files.each_ref().map(|(name, bytes)| PublishedFile {
        name: Box::leak(format!("{name}.gz").into_boxed_str()),
        limit: bytes.len() as u64 + (1 << 20),
        checksum: Checksum::Contents(Box::leak(md5(bytes).into_boxed_str())),
    });
    let half = |images: &[u8], labels: &[u8]| Examples {
        bytes: Arc::from(&images[16..]),
        labels: labels[8..].iter().map(|&label| u16::from(label)).collect(),
        features: 784,
        normalization: Normalization::UNIT,
    };
    let (train, test) = (half(&files[0].1, &files[1].1), half(&files[2].1, &files[3].1));
    DatasetInfo {
        name: "small",
        aliases: &[],
        description: "made for tests",
        licence: "MIT",
        homepage: "",
        examples: [0, 0],
        shape: [1, 28, 28],
        classes: 10,
        class_names: &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
        format: Format::Idx(published),
        statistics: ChannelStatistics { mean: [0.5; 3], deviation: [0.3; 3] },
        fingerprint: Some(Box::leak(fingerprint(&train, &test).into_boxed_str())),
        embedded: false,
        system_folders: &[],
        package: None,
        mirrors: &[],
        torchvision: "Small/raw",
    }
}

/// Every file below a folder, by its path from there, sorted.
pub fn listing(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).into_iter().flatten().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

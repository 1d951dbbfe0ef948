//! What is embedded is MNIST, bit for bit.

use lth_mnist::{CLASSES, File, SIDE};
use md5::{Digest, Md5};

#[test]
fn unpacked_files_have_the_published_md5_sums() {
    for file in File::ALL {
        let sum = Md5::digest(file.unpack().unwrap());
        let sum = sum.iter().fold(0, |sum: u128, &byte| sum << 8 | u128::from(byte));
        assert_eq!(format!("{sum:032x}"), file.md5(), "{}", file.name());
    }
}

#[test]
fn the_embedded_files_are_under_10_megabytes() {
    let total: usize = File::ALL.iter().map(|file| file.packed().len()).sum();
    assert!(total < 9_900_000, "{total} bytes leave no room for the code in a crate of 10,000,000 bytes");
}

#[test]
fn load_gives_images_and_labels_without_headers() {
    let mnist = lth_mnist::load().unwrap();
    assert_eq!(mnist.train_images.len(), 60_000 * SIDE * SIDE);
    assert_eq!(mnist.train_labels.len(), 60_000);
    assert_eq!(mnist.test_images.len(), 10_000 * SIDE * SIDE);
    assert_eq!(mnist.test_labels.len(), 10_000);
    assert_eq!(mnist.train_labels[..10], [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    assert_eq!(mnist.test_labels[..10], [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);

    // The counts of the ten digits in the training set, as every description of MNIST gives them.
    let mut counts = [0; CLASSES];
    for &label in &mnist.train_labels {
        counts[usize::from(label)] += 1;
    }
    assert_eq!(counts, [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);

    // Mean of all training pixels: the 0.1307 of the usual normalisation.
    let sum: u64 = mnist.train_images.iter().map(|&pixel| u64::from(pixel)).sum();
    let mean = sum as f64 / 255.0 / mnist.train_images.len() as f64;
    assert!((mean - 0.1307).abs() < 5e-5, "{mean}");
}

//! CIFAR's binary batches: records of one or two labels (coarse, fine) and 3072 bytes, red, green and blue plane.

use thiserror::Error;

use crate::dataset::Half;

/// Bytes of an image, 3 x 32 x 32.
const IMAGE: usize = 3072;

/// What is wrong with a batch. Reads as the end of a sentence that begins with the file's name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CifarProblem {
    /// A record is cut, or the file has another format.
    #[error("is no CIFAR batch: its {length} bytes are not records of {record} bytes")]
    Length {
        /// Bytes of the file.
        length: usize,
        /// Bytes of a record.
        record: usize,
    },
    /// A label that is no class.
    #[error("is no CIFAR batch: label {label} of example {example} is not one of the classes 0 to {}", classes - 1)]
    Label {
        /// The example, from 0.
        example: usize,
        /// Its label.
        label: u8,
        /// Number of classes.
        classes: usize,
    },
}

/// Adds a batch's examples; `labels` is how many labels a record has, the last one counts.
pub(crate) fn read_cifar(
    bytes: &[u8],
    labels: usize,
    classes: usize,
    half: &mut Half,
) -> Result<(), CifarProblem> {
    let record = labels + IMAGE;
    if bytes.is_empty() || !bytes.len().is_multiple_of(record) {
        return Err(CifarProblem::Length { length: bytes.len(), record });
    }
    for (example, record) in bytes.chunks_exact(record).enumerate() {
        let (labels, image) = record.split_at(labels);
        let label = labels.last().copied().unwrap_or_default();
        if usize::from(label) >= classes {
            return Err(CifarProblem::Label { example, label, classes });
        }
        half.labels.push(label);
        half.images.extend_from_slice(image);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_label_counts() {
        let mut half = Half { images: Vec::new(), labels: Vec::new() };
        let mut bytes = vec![9, 99];
        bytes.extend((0..IMAGE).map(|at| (at / 1024) as u8));
        read_cifar(&bytes, 2, 100, &mut half).unwrap();
        read_cifar(&bytes[1..], 1, 100, &mut half).unwrap();
        assert_eq!(half.labels, [99, 99]);
        assert_eq!((half.images[1023], half.images[1024], half.images[IMAGE + 3071]), (0, 1, 2));
    }

    #[test]
    fn cut_records_and_strange_labels_are_refused() {
        let mut half = Half { images: Vec::new(), labels: Vec::new() };
        let bytes = vec![7; 2 * 3073];
        for length in [0, 1, 3073 + 5, 2 * 3073 - 1] {
            let problem = read_cifar(&bytes[..length], 1, 10, &mut half).unwrap_err();
            assert_eq!(problem, CifarProblem::Length { length, record: 3073 });
        }
        let mut wrong = bytes;
        wrong[3073] = 10;
        let problem = read_cifar(&wrong, 1, 10, &mut half).unwrap_err();
        assert_eq!(problem, CifarProblem::Label { example: 1, label: 10, classes: 10 });
    }
}

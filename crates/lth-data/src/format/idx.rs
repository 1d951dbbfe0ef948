//! Files in MNIST's IDX format, plain or gzip.
//!
//! A header of big-endian 32-bit numbers (magic, count, and for images rows and columns), then one byte a value.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use thiserror::Error;

use super::gunzip::{self, Gunzip, TrailingGarbage};
use crate::{DataError, memory};

/// Unsigned bytes in 3 dimensions.
const IMAGES_MAGIC: u32 = 0x0803;
/// Unsigned bytes in 1 dimension.
const LABELS_MAGIC: u32 = 0x0801;

/// What is wrong with an IDX file. Reads as the end of a sentence that begins with the file's name.
#[derive(Debug, Error)]
pub enum IdxProblem {
    /// The system does not give its bytes.
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    /// It has no bytes.
    #[error("is empty")]
    Empty,
    /// The gzip wrapper is broken.
    #[error("is a damaged gzip file: {0}")]
    Gzip(io::Error),
    /// Something follows the gzip data.
    #[error("is not a gzip file alone: {TrailingGarbage}")]
    AfterGzip,
    /// It is another kind of file.
    #[error("is not an IDX file of {what}: it starts with {found:#010x} instead of {expected:#010x}")]
    WrongMagic {
        /// `images` or `labels`.
        what: &'static str,
        /// The magic number of such files.
        expected: u32,
        /// What is there.
        found: u32,
    },
    /// It ends too early.
    #[error("is cut short: it has {found} of {expected} bytes")]
    Truncated {
        /// Bytes that the header announces (or that a header has), unpacked.
        expected: u64,
        /// Bytes there are, unpacked.
        found: u64,
    },
    /// Something follows the last value.
    #[error("is too long: it has more than the {expected} bytes that its header announces")]
    TooLong {
        /// Bytes that the header announces, unpacked.
        expected: u64,
    },
    /// More than fits into memory.
    #[error("is too large: its header announces {announced}, of which {limit} fit into memory")]
    TooLarge {
        /// What the header announces, in words.
        announced: String,
        /// What fits, in words.
        limit: String,
    },
    /// Images of another size than the data set's.
    #[error("holds images of {} x {} pixels instead of {} x {}", found.0, found.1, expected.0, expected.1)]
    ImageSize {
        /// Rows and columns of the data set.
        expected: (u32, u32),
        /// Rows and columns in the file.
        found: (u32, u32),
    },
    /// It is sound but has no example.
    #[error("holds no example")]
    NoExamples,
    /// A label that is no class of the data set.
    #[error("is wrong: label {label} of example {example} is not one of the classes 0 to {}", classes - 1)]
    LabelOutOfRange {
        /// The example, from 0.
        example: usize,
        /// Its label.
        label: u8,
        /// Number of classes.
        classes: usize,
    },
}

impl IdxProblem {
    /// What to do about it.
    pub(crate) fn advice(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "check the file's permissions and the disk",
            Self::Empty | Self::Truncated { .. } | Self::Gzip(_) => {
                "the file was probably not fetched completely; fetch it again"
            }
            Self::WrongMagic { .. } => {
                "the file is of another format, or images and labels are swapped; fetch it again"
            }
            Self::AfterGzip => {
                "unpack it (`gzip -dc FILE.gz > FILE` leaves out what follows) and remove the .gz, or fetch it again"
            }
            Self::TooLarge { .. } => "use a part of it, or a machine with more memory",
            Self::TooLong { .. } => "the file is not what its header says; fetch it again",
            Self::ImageSize { .. } | Self::LabelOutOfRange { .. } => {
                "the file belongs to another data set; `lth datasets` lists what each must hold"
            }
            Self::NoExamples => "the file must hold at least one example",
        }
    }
}

/// Reads images of `rows` x `columns` pixels: `[example][row][column]`.
pub(crate) fn read_images(path: &Path, rows: u32, columns: u32) -> Result<Vec<u8>, DataError> {
    read(path, |file| parse_images(file, rows, columns))
}

/// Reads labels, each below `classes`.
pub(crate) fn read_labels(path: &Path, classes: usize) -> Result<Vec<u8>, DataError> {
    read(path, |file| parse_labels(file, classes))
}

/// The images in a file's bytes, plain or gzip.
pub(super) fn images_of(bytes: &[u8], rows: u32, columns: u32) -> Result<Vec<u8>, IdxProblem> {
    unpack(bytes, |file| parse_images(file, rows, columns))
}

/// The labels in a file's bytes, plain or gzip.
pub(super) fn labels_of(bytes: &[u8], classes: usize) -> Result<Vec<u8>, IdxProblem> {
    unpack(bytes, |file| parse_labels(file, classes))
}

fn parse_images(file: &mut dyn Read, rows: u32, columns: u32) -> Result<Vec<u8>, IdxProblem> {
    let header = header::<4>(file, IMAGES_MAGIC, "images")?;
    let [_, count, found_rows, found_columns] = header;
    if (found_rows, found_columns) != (rows, columns) {
        return Err(IdxProblem::ImageSize { expected: (rows, columns), found: (found_rows, found_columns) });
    }
    values(file, 16, u64::from(count) * u64::from(rows) * u64::from(columns))
}

fn parse_labels(file: &mut dyn Read, classes: usize) -> Result<Vec<u8>, IdxProblem> {
    let [_, count] = header::<2>(file, LABELS_MAGIC, "labels")?;
    let labels = values(file, 8, u64::from(count))?;
    match labels.iter().position(|&label| usize::from(label) >= classes) {
        Some(example) => Err(IdxProblem::LabelOutOfRange { example, label: labels[example], classes }),
        None => Ok(labels),
    }
}

/// Opens and parses a file.
fn read(
    path: &Path,
    parse: impl FnOnce(&mut dyn Read) -> Result<Vec<u8>, IdxProblem>,
) -> Result<Vec<u8>, DataError> {
    let open = || File::open(path).map_err(IdxProblem::Unreadable);
    open()
        .and_then(|file| unpack(BufReader::with_capacity(1 << 16, file), parse))
        .map_err(|problem| DataError::File { path: path.to_owned(), problem })
}

/// Looks whether a file is gzip by its first bytes (names lie: browsers unpack .gz files), and parses it.
fn unpack(
    mut file: impl BufRead,
    parse: impl FnOnce(&mut dyn Read) -> Result<Vec<u8>, IdxProblem>,
) -> Result<Vec<u8>, IdxProblem> {
    let start = file.fill_buf().map_err(IdxProblem::Unreadable)?;
    if start.is_empty() {
        Err(IdxProblem::Empty)
    } else if start.starts_with(&gunzip::MAGIC) {
        parse(&mut Gunzip::new(file))
    } else {
        parse(&mut file)
    }
}

/// The `N` numbers of a header; the first must be the magic number.
fn header<const N: usize>(
    file: &mut dyn Read,
    magic: u32,
    what: &'static str,
) -> Result<[u32; N], IdxProblem> {
    let length = 4 * N as u64;
    let mut bytes = Vec::with_capacity(4 * N);
    file.take(length).read_to_end(&mut bytes).map_err(unpacking)?;
    let mut numbers = [0; N];
    for (number, chunk) in numbers.iter_mut().zip(bytes.chunks_exact(4)) {
        *number = chunk.iter().fold(0, |number, &byte| number << 8 | u32::from(byte));
    }
    // A file of another kind is called so even when it is shorter than a header.
    if bytes.len() >= 4 && numbers[0] != magic {
        return Err(IdxProblem::WrongMagic { what, expected: magic, found: numbers[0] });
    }
    if (bytes.len() as u64) < length {
        return Err(IdxProblem::Truncated { expected: length, found: bytes.len() as u64 });
    }
    Ok(numbers)
}

/// Exactly the announced values. Memory grows with what the file has, not with what its header claims.
fn values(file: &mut dyn Read, header: u64, announced: u64) -> Result<Vec<u8>, IdxProblem> {
    if announced == 0 {
        return Err(IdxProblem::NoExamples);
    }
    let mut values = Vec::new();
    // A growing buffer may for a moment take three times what it holds. One byte more than announced shows that a file is
    // too long without reading all of it.
    let limit = memory::free() / 3;
    file.take(limit.min(announced) + 1).read_to_end(&mut values).map_err(unpacking)?;
    if values.len() as u64 > limit {
        return Err(IdxProblem::TooLarge {
            announced: memory::in_words(announced),
            limit: memory::in_words(limit),
        });
    }
    let (expected, found) = (header + announced, header + values.len() as u64);
    match found.cmp(&expected) {
        std::cmp::Ordering::Less => Err(IdxProblem::Truncated { expected, found }),
        std::cmp::Ordering::Equal => Ok(values),
        std::cmp::Ordering::Greater => Err(IdxProblem::TooLong { expected }),
    }
}

/// The gzip decoder reports damage as errors of these kinds; all others are the system's.
fn unpacking(error: io::Error) -> IdxProblem {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    match error.kind() {
        _ if TrailingGarbage::is(&error) => IdxProblem::AfterGzip,
        InvalidData | InvalidInput | UnexpectedEof => IdxProblem::Gzip(error),
        _ => IdxProblem::Unreadable(error),
    }
}

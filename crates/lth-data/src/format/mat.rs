//! Numeric arrays in MATLAB's level 5 files (.mat, version 5 to 7; not 7.3, which is HDF5).
//!
//! A header of 128 bytes, then elements: type and length (32 bits each, or both in the first 32 bits when the contents
//! have at most 4 bytes), contents, padding to 8 bytes. An array (type 14) holds flags, dimensions, a name and its values
//! as elements; it may be wrapped in zlib (type 15).

use std::io::Read;

use flate2::bufread::ZlibDecoder;
use thiserror::Error;

const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;

/// What is wrong with a .mat file. Reads as the end of a sentence that begins with the file's name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MatProblem {
    /// It is another kind of file.
    #[error("is not a MATLAB file of level 5, little-endian")]
    OtherFormat,
    /// It ends too early.
    #[error("is cut short")]
    Truncated,
    /// What is packed in it cannot be unpacked.
    #[error("is damaged: {0}")]
    Damaged(String),
    /// It unpacks to too much.
    #[error("unpacks to more than {0} bytes")]
    TooLarge(u64),
    /// An array is absent.
    #[error("has no array '{0}'")]
    Missing(&'static str),
    /// An array is not as it must be.
    #[error("is not the expected data set: array '{name}' {reason}")]
    Array {
        /// Its name.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

/// An array of whole numbers 0 to 255.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Array {
    pub(super) dimensions: Vec<usize>,
    /// The first dimension runs fastest.
    pub(super) values: Vec<u8>,
}

/// An element's type and contents, and what follows it.
fn element(bytes: &[u8]) -> Result<(u32, &[u8], &[u8]), MatProblem> {
    let number = |at: usize| -> Result<u32, MatProblem> {
        let bytes = bytes.get(at..at + 4).ok_or(MatProblem::Truncated)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    };
    let first = number(0)?;
    let (kind, start, length) = if first >> 16 != 0 {
        (first & 0xffff, 4, (first >> 16) as usize)
    } else {
        (first, 8, number(4)? as usize)
    };
    let end = length.checked_add(start).ok_or(MatProblem::Truncated)?;
    let contents = bytes.get(start..end).ok_or(MatProblem::Truncated)?;
    // Packed elements are not padded; the last one's padding may be absent.
    let next = if kind == COMPRESSED { end } else { end.next_multiple_of(8) };
    Ok((kind, contents, bytes.get(next..).unwrap_or_default()))
}

/// Reads these arrays; `limit` bounds what they unpack to together.
pub(super) fn read_arrays<const N: usize>(
    bytes: &[u8],
    names: [&'static str; N],
    limit: u64,
) -> Result<[Array; N], MatProblem> {
    if bytes.len() < 128 || bytes[124..128] != [0, 1, b'I', b'M'] {
        return Err(MatProblem::OtherFormat);
    }
    let mut found: [Option<Array>; N] = std::array::from_fn(|_| None);
    let mut left = limit;
    let mut rest = &bytes[128..];
    while !rest.is_empty() {
        let (kind, contents, next) = element(rest)?;
        rest = next;
        let mut unpacked = Vec::new();
        let contents = match kind {
            MATRIX => contents,
            COMPRESSED => {
                let mut decoder = ZlibDecoder::new(contents).take(left + 1);
                decoder.read_to_end(&mut unpacked).map_err(|error| MatProblem::Damaged(error.to_string()))?;
                left = left.checked_sub(unpacked.len() as u64).ok_or(MatProblem::TooLarge(limit))?;
                let (kind, contents, _) = element(&unpacked)?;
                if kind != MATRIX {
                    continue;
                }
                contents
            }
            _ => continue,
        };
        let (_, _flags, contents) = element(contents)?;
        let (_, dimensions, contents) = element(contents)?;
        let (_, name, contents) = element(contents)?;
        if let Some(place) = names.iter().position(|known| known.as_bytes() == name) {
            found[place] = Some(array(names[place], dimensions, contents)?);
        }
    }
    let mut names = names.into_iter();
    let mut missing = None;
    let arrays = found.map(|array| {
        let name = names.next().unwrap_or_default();
        array.unwrap_or_else(|| {
            missing.get_or_insert(name);
            Array { dimensions: Vec::new(), values: Vec::new() }
        })
    });
    missing.map_or(Ok(arrays), |name| Err(MatProblem::Missing(name)))
}

fn array(name: &'static str, dimensions: &[u8], contents: &[u8]) -> Result<Array, MatProblem> {
    let wrong = |reason: &str| MatProblem::Array { name, reason: reason.to_owned() };
    let dimensions: Vec<usize> = dimensions
        .chunks_exact(4)
        .map(|bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize)
        .collect();
    let (kind, values, _) = element(contents)?;
    let values = match kind {
        1 | 2 => Some(values.to_vec()),
        3 | 4 => whole(values, |b: [u8; 2]| f64::from(u16::from_le_bytes(b))),
        5 | 6 => whole(values, |b: [u8; 4]| f64::from(u32::from_le_bytes(b))),
        7 => whole(values, |b: [u8; 4]| f64::from(f32::from_le_bytes(b))),
        9 => whole(values, |b: [u8; 8]| f64::from_le_bytes(b)),
        _ => None,
    };
    let values = values.ok_or_else(|| wrong("does not hold whole numbers from 0 to 255"))?;
    let count = dimensions.iter().try_fold(1usize, |product, &length| product.checked_mul(length));
    if count == Some(values.len()) { Ok(Array { dimensions, values }) } else { Err(wrong("is cut short")) }
}

/// Numbers of `N` bytes, if all are whole and 0 to 255.
fn whole<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f64) -> Option<Vec<u8>> {
    let (numbers, []) = bytes.as_chunks::<N>() else { return None };
    let narrow = |&bytes: &[u8; N]| {
        let value = number(bytes);
        (value.fract() == 0.0 && (0.0..=255.0).contains(&value)).then_some(value as u8)
    };
    numbers.iter().map(narrow).collect()
}

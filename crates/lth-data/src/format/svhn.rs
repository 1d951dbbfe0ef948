//! SVHN's cropped digits: a .mat file with `X`, [32, 32, 3, N] in MATLAB's order, and `y`, 1 to 10, where 10 is the digit 0.

use super::mat::{MatProblem, read_arrays};
use crate::dataset::Half;

const SIDE: usize = 32;

/// Reads one of SVHN's files, of at most `limit` bytes unpacked.
pub(crate) fn read_svhn(bytes: &[u8], limit: u64) -> Result<Half, MatProblem> {
    let [images, labels] = read_arrays(bytes, ["X", "y"], limit)?;
    let wrong = |name, reason| Err(MatProblem::Array { name, reason });
    let [SIDE, SIDE, 3, count] = images.dimensions[..] else {
        return wrong("X", format!("has the shape {:?} instead of [32, 32, 3, N]", images.dimensions));
    };
    if labels.values.len() != count || count == 0 {
        return wrong("y", format!("has {} labels for {count} images", labels.values.len()));
    }
    if let Some(example) = labels.values.iter().position(|label| !(1..=10).contains(label)) {
        let label = labels.values[example];
        return wrong("y", format!("has the label {label} at example {example}, not one of 1 to 10"));
    }
    let mut rows = vec![0; images.values.len()];
    // Columns become rows, plane by plane.
    for (from, to) in images.values.chunks_exact(SIDE * SIDE).zip(rows.chunks_exact_mut(SIDE * SIDE)) {
        for (x, column) in from.chunks_exact(SIDE).enumerate() {
            for (y, &value) in column.iter().enumerate() {
                to[SIDE * y + x] = value;
            }
        }
    }
    Ok(Half { images: rows, labels: labels.values.iter().map(|label| label % 10).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three examples written by SciPy, see fixtures/make.py: pixel (y, x) of channel c of example n is
    /// `(7 n + 80 c + 2 y + x) mod 256`; labels 10, 1, 9.
    const SMALL: &[u8] = include_bytes!("../../tests/fixtures/svhn-small.mat");

    #[test]
    fn the_file_of_scipy_is_read() {
        let half = read_svhn(SMALL, 20_000).unwrap();
        assert_eq!(half.labels, [0, 1, 9]);
        for (n, example) in half.images.chunks_exact(3072).enumerate() {
            for (c, plane) in example.chunks_exact(1024).enumerate() {
                for (at, &value) in plane.iter().enumerate() {
                    assert_eq!(usize::from(value), (7 * n + 80 * c + 2 * (at / 32) + at % 32) % 256);
                }
            }
        }
    }

    #[test]
    fn damaged_files_are_refused() {
        assert_eq!(read_svhn(b"MATLAB", 20_000), Err(MatProblem::OtherFormat));
        assert_eq!(read_svhn(&SMALL[..128], 20_000), Err(MatProblem::Missing("X")));
        for length in [130, 300, SMALL.len() - 1] {
            let problem = read_svhn(&SMALL[..length], 20_000).unwrap_err();
            assert!(matches!(problem, MatProblem::Truncated | MatProblem::Damaged(_)), "{length}: {problem}");
        }
        assert_eq!(read_svhn(SMALL, 5_000), Err(MatProblem::TooLarge(5_000)));
        let mut flipped = SMALL.to_vec();
        flipped[200] ^= 0x10;
        assert!(read_svhn(&flipped, 20_000).is_err());
    }
}

//! Random orthogonal matrices.

use crate::RandomStream;

/// A matrix [rows, columns], row-major, whose shorter side is orthonormal, uniform among all such (Haar).
///
/// The Q of the QR decomposition of a normal matrix, with the signs that make R's diagonal positive (Mezzadri 2007).
/// Gram-Schmidt gives exactly those signs; it is done twice, after which the vectors are orthogonal to rounding. Plain
/// loops instead of a library's decomposition: the bits must be the same on every platform.
pub(crate) fn orthogonal(rows: usize, columns: usize, stream: &mut RandomStream) -> Vec<f64> {
    let (count, length) = (rows.min(columns), rows.max(columns));
    let mut vectors: Vec<Vec<f64>> = Vec::with_capacity(count);
    while vectors.len() < count {
        let mut vector: Vec<f64> = (0..length).map(|_| stream.normal()).collect();
        let before = norm(&vector);
        for _ in 0..2 {
            for done in &vectors {
                let along = dot(done, &vector);
                vector.iter_mut().zip(done).for_each(|(value, unit)| *value -= along * unit);
            }
        }
        let after = norm(&vector);
        // A vector inside the span of the others leaves only rounding; the chance is nil, the harm would be great.
        if after > 1e-10 * before {
            for value in &mut vector {
                *value /= after;
            }
            vectors.push(vector);
        }
    }
    if rows <= columns {
        return vectors.concat();
    }
    (0..rows).flat_map(|row| vectors.iter().map(move |vector| vector[row])).collect()
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

fn norm(vector: &[f64]) -> f64 {
    dot(vector, vector).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Purpose, Seed};

    #[test]
    fn the_shorter_side_is_orthonormal() {
        for (rows, columns) in [(1, 1), (5, 5), (7, 30), (30, 7), (1, 9), (9, 1)] {
            let mut stream = RandomStream::new(Seed(3), Purpose::Init, 0);
            let matrix = orthogonal(rows, columns, &mut stream);
            assert_eq!(matrix.len(), rows * columns);
            let at = |row: usize, column: usize| matrix[row * columns + column];
            let (short, long) = (rows.min(columns), rows.max(columns));
            let vector = |i: usize| -> Vec<f64> {
                (0..long).map(|j| if rows <= columns { at(i, j) } else { at(j, i) }).collect()
            };
            for i in 0..short {
                for j in 0..short {
                    let expected = f64::from(u8::from(i == j));
                    assert!(
                        (dot(&vector(i), &vector(j)) - expected).abs() < 1e-12,
                        "{rows}x{columns}: {i}, {j}"
                    );
                }
            }
        }
    }

    #[test]
    fn signs_are_random() {
        let positive = (0..200)
            .filter(|&index| orthogonal(1, 1, &mut RandomStream::new(Seed(0), Purpose::Init, index))[0] > 0.0)
            .count();
        assert!((70..130).contains(&positive), "{positive} of 200");
    }
}

//! From stored bytes to numbers.

#![allow(unsafe_code)]

use lth_model::Normalization;

use crate::simd::{Kernel, LANES, Simd};

/// The arithmetic of [`Normalization`] with the divisions folded into multiplications: `byte / 255` is exact to the last
/// bit, the rest is `(unit - mean) * (1 / deviation)`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    mean: f32,
    inverse: f32,
}

impl Scale {
    /// Absent where channels differ or every image has its own.
    pub(crate) fn new(normalization: Normalization) -> Option<Self> {
        let Normalization::Channels { mean, deviation } = normalization else { return None };
        let same = mean == [mean[0]; 3] && deviation == [deviation[0]; 3];
        same.then(|| Self { mean: mean[0], inverse: 1.0 / deviation[0] })
    }

    /// Whether byte 0 becomes the number 0, so that inputs that are 0 throughout may be skipped.
    pub(crate) fn keeps_zero(self) -> bool {
        self.mean == 0.0
    }

    /// 16 bytes, already as floats, normalised.
    #[inline(always)]
    pub(crate) fn apply<S: Simd>(self, s: S, bytes: S::V) -> S::V {
        // One residual correction makes the product with the rounded 1 / 255 the correctly rounded quotient.
        let inverse = s.splat(1.0 / 255.0);
        let q = s.mul(bytes, inverse);
        let unit = s.fma(s.fnma(q, s.splat(255.0), bytes), inverse, q);
        s.mul(s.sub(unit, s.splat(self.mean)), s.splat(self.inverse))
    }
}

/// The bytes of up to 64 examples into a slab, and into `[vector][row][16]` if asked for.
pub(crate) struct Gather<'a> {
    /// `[16 * vectors][width]`, zero beyond the batch.
    pub(crate) bytes: &'a [u8],
    /// A multiple of 16.
    pub(crate) width: usize,
    /// How many of the lanes are examples; the others become zero.
    pub(crate) examples: usize,
    pub(crate) vectors: usize,
    /// `[feature][lane]`, `width` rows.
    pub(crate) slab: &'a mut [f32],
    /// The batch-major blocks, the slab's first row and the rows of the whole batch.
    pub(crate) blocks: Option<(&'a mut [f32], usize, usize)>,
    pub(crate) scale: Scale,
}

impl Kernel for Gather<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let lanes = self.vectors * LANES;
        assert!(self.width.is_multiple_of(LANES) && self.bytes.len() >= lanes * self.width);
        assert!(self.slab.len() >= self.width * lanes && self.examples <= lanes);
        let slab = self.slab.as_mut_ptr();
        let blocks = self.blocks.map(|(blocks, first, rows)| {
            assert!(blocks.len() >= self.width * rows && first + lanes <= rows);
            (blocks.as_mut_ptr(), first, rows)
        });
        for block in 0..self.width / LANES {
            for vector in 0..self.vectors {
                let present = self.examples.saturating_sub(vector * LANES).min(LANES);
                let mut from = [s.splat(0.0); LANES];
                // SAFETY: examples, features and lanes are inside of what is checked above.
                unsafe {
                    for (i, row) in from.iter_mut().enumerate().take(present) {
                        let at = (vector * LANES + i) * self.width + block * LANES;
                        *row = self.scale.apply(s, s.load_bytes(self.bytes.as_ptr().add(at)));
                    }
                    if let Some((blocks, first, rows)) = blocks {
                        for (i, &row) in from.iter().enumerate() {
                            s.store(blocks.add((block * rows + first + vector * LANES + i) * LANES), row);
                        }
                    }
                    for (i, column) in s.transpose(from).into_iter().enumerate() {
                        s.store(slab.add((block * LANES + i) * lanes + vector * LANES), column);
                    }
                }
            }
        }
    }
}

/// Converts the rows of a byte slab that are listed, `[feature][lane]` to `[feature][lane]`.
///
/// `from` holds only the listed rows, one after the other; `to` is a full slab.
pub(crate) struct Unpack<'a> {
    pub(crate) from: &'a [u8],
    pub(crate) features: &'a [u16],
    pub(crate) vectors: usize,
    pub(crate) to: &'a mut [f32],
    pub(crate) scale: Scale,
}

impl Kernel for Unpack<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let lanes = self.vectors * LANES;
        let last = self.features.iter().copied().max().map_or(0, usize::from);
        assert!(self.from.len() >= self.features.len() * lanes && self.to.len() >= (last + 1) * lanes);
        for (place, &feature) in self.features.iter().enumerate() {
            for vector in 0..self.vectors {
                // SAFETY: both rows are inside, checked above.
                unsafe {
                    let bytes = s.load_bytes(self.from.as_ptr().add(place * lanes + vector * LANES));
                    let to = self.to.as_mut_ptr().add(usize::from(feature) * lanes + vector * LANES);
                    s.store(to, self.scale.apply(s, bytes));
                }
            }
        }
    }
}

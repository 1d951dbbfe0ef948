//! How a batch is spread over slabs.

use crate::simd::LANES;

/// The shape of a batch in slabs: up to 4 vectors of 16 lanes a slab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lanes {
    pub(crate) examples: usize,
    /// Vectors in a slab's row.
    pub(crate) vectors: usize,
    pub(crate) slabs: usize,
}

impl Lanes {
    /// The shape for this many examples, at least one.
    pub(crate) fn of(examples: usize) -> Self {
        let vectors = examples.div_ceil(LANES).clamp(1, 4);
        Self { examples, vectors, slabs: examples.div_ceil(vectors * LANES).max(1) }
    }

    /// As [`Self::of`], with one vector a slab.
    pub(crate) fn narrow(examples: usize) -> Self {
        Self { examples, vectors: 1, slabs: examples.div_ceil(LANES).max(1) }
    }

    /// Lanes of a slab.
    pub(crate) fn width(self) -> usize {
        self.vectors * LANES
    }

    /// A bit for each lane of a slab of one vector that is an example.
    pub(crate) fn bits(self, slab: usize) -> u16 {
        ((1_u32 << self.range(slab).len().min(LANES)) - 1) as u16
    }

    /// The examples of a slab.
    pub(crate) fn range(self, slab: usize) -> std::ops::Range<usize> {
        (slab * self.width()).min(self.examples)..((slab + 1) * self.width()).min(self.examples)
    }
}

/// Rows of a slab buffer for this many features: one scratch row more, in whole vectors.
pub(crate) fn slab_rows(features: usize) -> usize {
    (features + 1).next_multiple_of(LANES)
}

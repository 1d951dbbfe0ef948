//! Where the results of a pass go: slabs, or pooled slabs that stand for a map.

use super::{
    moments::{Moments, SUMS},
    place::End,
    pooled::PooledSink,
};
use crate::layout::shared::Shared;

/// Slabs that a pass writes.
#[derive(Clone, Copy)]
pub(crate) enum Target<'a> {
    /// Of `[row][y][x][16]`.
    Slabs {
        slabs: Shared<'a>,
        /// Floats from a slab to the next.
        stride: usize,
        count: usize,
        end: End<'a>,
        /// Sums of the first strip; those of others follow.
        moments: Option<Moments<'a>>,
    },
    /// The maxima of 2x2 windows.
    Pooled(PooledSink<'a>),
}

impl Target<'_> {
    /// As a strip sees it whose number this is.
    pub(crate) fn of_strip(self, strip: usize, rows: usize) -> Self {
        match self {
            Self::Slabs { slabs, stride, count, end, moments: Some(Moments { sums, of }) } => {
                let moments = Some(Moments { sums: sums.from(strip * rows * SUMS), of });
                Self::Slabs { slabs, stride, count, end, moments }
            }
            _ => self,
        }
    }
}

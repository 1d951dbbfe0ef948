//! What a pass reads and where its results go: slabs, or pooled slabs that stand for a map.

use super::sweep::{StripAt, Sweep};
use crate::{
    kernels::conv::{
        moments::{Moments, SUMS},
        pack::{Pack, Read},
        place::End,
        pooled::{PackPooled, PooledSink, PooledSource},
    },
    shared::Shared,
    threads::Machine,
};

/// Slabs that a pass reads.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    /// Of `[channel][y][x][16]`, and what is made of them.
    Slabs(&'a [f32], Read<'a>),
    /// A gradient before a pool, made of the one behind it.
    Pooled(PooledSource<'a>),
}

impl Source<'_> {
    /// Copies what a strip reads of every channel, for this many slabs with so many floats from one to the next.
    pub(crate) fn pack(
        self,
        machine: Machine<'_>,
        (sweep, at): (&Sweep, StripAt),
        channels: usize,
        (stride, count): (usize, usize),
        patch: &mut [f32],
    ) {
        match self {
            Self::Slabs(slabs, read) => {
                machine.isa.run(Pack { sweep, at, channels, slabs, stride, count, read, patch });
            }
            Self::Pooled(source) => {
                machine.isa.run(PackPooled { sweep, at, channels, source, stride, count, patch });
            }
        }
    }
}

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

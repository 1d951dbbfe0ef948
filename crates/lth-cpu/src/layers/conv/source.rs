//! What a pass reads and where its results go: slabs, or pooled slabs that stand for a map.

use crate::{
    kernels::conv::{
        pack::{Pack, Read},
        pooled::{PackPooled, PooledSource},
    },
    layout::sweep::{StripAt, Sweep},
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

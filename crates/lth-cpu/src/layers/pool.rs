//! Pools over all channels and slabs.

use lth_model::Window;

use crate::{
    kernels::pool::{Pool, PoolGradient, Pooling},
    layout::{
        lanes::{Lanes, slab_rows},
        place::Place,
        shared::Shared,
    },
    threads::Machine,
};

/// A pool from one place to another.
#[derive(Clone, Copy)]
pub(crate) struct Pools {
    pooling: Pooling,
    channels: usize,
    lanes: Lanes,
    /// Floats from a slab to the next, before and after.
    strides: (usize, usize),
}

impl Pools {
    pub(crate) fn new(window: Window, mean: bool, from: &Place, to: &Place, lanes: Lanes) -> Self {
        let out_map = to.map();
        let pooling = Pooling { window, in_map: from.map(), out_map, vectors: lanes.vectors, mean };
        let stride = |place: &Place| slab_rows(place.features()) * lanes.width();
        Self { pooling, channels: from.shape[0], lanes, strides: (stride(from), stride(to)) }
    }

    /// Where channel `task % channels` of slab `task / channels` begins, before and after.
    fn starts(self, task: usize) -> (usize, usize) {
        let (slab, channel) = (task / self.channels, task % self.channels);
        let (before, after) = self.pooling.channel();
        (slab * self.strides.0 + channel * before, slab * self.strides.1 + channel * after)
    }

    pub(crate) fn forward(self, machine: Machine<'_>, x: &[f32], y: &mut [f32]) {
        let y = Shared::new(y);
        machine.threads.run(self.lanes.slabs * self.channels, |_, task| {
            let (from, to) = self.starts(task);
            machine.isa.run(Pool { pooling: self.pooling, x: &x[from..], y: y.from(to) });
        });
    }

    pub(crate) fn backward(
        self,
        machine: Machine<'_>,
        (x, y, dy): (&[f32], &[f32], &[f32]),
        (dx, add, gated): (&mut [f32], bool, bool),
    ) {
        let dx = Shared::new(dx);
        machine.threads.run(self.lanes.slabs * self.channels, |_, task| {
            let (from, to) = self.starts(task);
            machine.isa.run(PoolGradient {
                pooling: self.pooling,
                x: &x[from..],
                y: &y[to..],
                dy: &dy[to..],
                dx: dx.from(from),
                add,
                gated,
            });
        });
    }
}

//! Some strips whose patches, of input and gradient, are in memory together: what the weight gradient goes through.

use crate::{
    kernels::conv::bias::LaneSums,
    layers::conv::{layer::Conv, source::Source},
    layout::{buffer::Buffer, lanes::Lanes, shared::Shared, sweep::Sweep},
    simd::LANES,
    threads::Machine,
};

/// Floats of patches that are in memory at a time, unless a strip has more: a second-level cache.
const PATCHES: usize = 512 * 1024;

/// Buffers that a layer keeps between steps.
#[derive(Default)]
pub(crate) struct Patches {
    x: Buffer,
    dy: Buffer,
    /// Where each tile of the group is in the patches of the first channel, and of the first output.
    tiles: Vec<(usize, usize)>,
}

/// What is gone through: where strips are in the input and in the gradient, and slabs of both with their strides.
#[derive(Clone, Copy)]
pub(crate) struct Maps<'a> {
    pub(crate) sweep: &'a Sweep,
    pub(crate) places: &'a Sweep,
    pub(crate) x: Source<'a>,
    pub(crate) dy: Source<'a>,
    pub(crate) strides: (usize, usize),
    pub(crate) lanes: Lanes,
    pub(crate) channels: usize,
    pub(crate) outputs: usize,
}

/// The strips that are in memory now.
pub(crate) struct Group<'a> {
    maps: Maps<'a>,
    patches: Patches,
    /// Strips of the whole batch, and at a time.
    all: usize,
    most: usize,
    /// Strips before this group, and of it.
    pub(crate) done: usize,
    pub(crate) strips: usize,
}

impl<'a> Group<'a> {
    /// Before the first group, of this many strips or more.
    pub(crate) fn new(maps: Maps<'a>, patches: Patches, least: usize) -> Self {
        let all = maps.sweep.strips(maps.lanes.slabs);
        let mut group = Self { maps, patches, all, most: 1, done: 0, strips: 0 };
        let (x, dy) = group.strides();
        group.most = (PATCHES / (x + dy)).max(least).clamp(1, all);
        group.patches.x.at_least(group.most * x);
        group.patches.dy.at_least(group.most * dy);
        group
    }

    /// The buffers, for the next step.
    pub(crate) fn into_patches(self) -> Patches {
        self.patches
    }

    /// Floats from a strip's patch to the next, of the input and of the gradient.
    pub(crate) fn strides(&self) -> (usize, usize) {
        let Maps { sweep, places, channels, outputs, .. } = self.maps;
        (channels * sweep.channel(), outputs * places.channel())
    }

    /// Patches of the input, strip after strip.
    pub(crate) fn x(&self) -> &[f32] {
        &self.patches.x
    }

    /// Patches of the gradient, strip after strip.
    pub(crate) fn dy(&self) -> &[f32] {
        &self.patches.dy
    }

    /// Where each tile is in the patches of the first channel, and of the first output.
    pub(crate) fn tiles(&self) -> &[(usize, usize)] {
        &self.patches.tiles
    }

    /// Brings the next strips into memory; false when there are none left.
    pub(crate) fn load(&mut self, machine: Machine<'_>) -> bool {
        let Maps { sweep, places, x, dy, strides, lanes, channels, outputs } = self.maps;
        let (patch, dy_patch) = self.strides();
        self.done += self.strips;
        self.strips = self.most.min(self.all - self.done);
        self.patches.tiles.clear();
        for strip in 0..self.strips {
            let at = sweep.strip_at(self.done + strip);
            let inside = sweep.tiles(at).zip(places.tiles(at));
            let center = places.center();
            let tile = |from: usize, to: usize| (strip * patch + from, strip * dy_patch + center + to);
            self.patches.tiles.extend(inside.map(|(from, to)| tile(from.offset, to.offset)));
        }
        let (xs, dys) = (Shared::new(&mut self.patches.x), Shared::new(&mut self.patches.dy));
        let first = self.done;
        machine.threads.run(2 * self.strips, |_, task| {
            let strip = task / 2;
            let (sweep, channels, source, stride, to, len) = if task % 2 == 0 {
                (sweep, channels, x, strides.0, xs, patch)
            } else {
                (places, outputs, dy, strides.1, dys, dy_patch)
            };
            // SAFETY: each task has its own part.
            #[allow(unsafe_code)]
            let patch = unsafe { to.part(strip * len, len) };
            let at = sweep.strip_at(first + strip);
            source.pack(machine, (sweep, at), channels, (stride, lanes.slabs), patch);
        });
        self.strips > 0
    }

    /// Adds the sums of dy by lane, `[output][16]`.
    pub(crate) fn sum_bias(&self, machine: Machine<'_>, bias: Shared<'_>) {
        let places = self.maps.places;
        machine.threads.run(self.maps.outputs, |_, output| {
            // SAFETY: each task has its own output.
            #[allow(unsafe_code)]
            let sums = unsafe { bias.part(output * LANES, LANES) };
            machine.isa.run(LaneSums {
                dy: &self.patches.dy[output * places.channel()..],
                tiles: &self.patches.tiles,
                pitch: places.pitch(),
                sums,
                add: self.done > 0,
            });
        });
    }

    /// What is gone through.
    pub(crate) fn maps(&self) -> Maps<'a> {
        self.maps
    }
}

impl Conv {
    /// Everything that the weight gradient reads.
    pub(crate) fn maps<'a>(&'a self, lanes: Lanes, plan: usize, x: Source<'a>, dy: Source<'a>) -> Maps<'a> {
        let [sweep, places] = self.sweeps(plan);
        let (channels, outputs) = (self.inputs(), self.outputs());
        let dy = self.before_pool(dy);
        Maps { sweep, places, x, dy, strides: self.slabs(lanes), lanes, channels, outputs }
    }
}

//! A convolution and what is done with it.

use lth_model::{Mask, Tensor, Window};

use super::{
    sparse::Entries,
    sweep::{Load, StripAt, Sweep, TILE, TILE_ROW, TILE_ROWS, TileAt},
    weights::{Format, Weights},
};
use crate::{
    buffer::Buffer,
    kernels::{
        apply::Apply,
        conv::{
            dense::DenseTile,
            gradient::GradientBlock,
            pack::Pack,
            place::{End, Place},
            sparse::SparseTile,
            sparse_gradient::SparseGradientTile,
        },
        update::UpdateRule,
    },
    lanes::{Lanes, slab_rows},
    shared::Shared,
    simd::{Isa, LANES},
    stored::{Given, Part, Stored},
    threads::{Scratch, Threads},
};

/// What computes.
#[derive(Clone, Copy)]
pub(crate) struct Machine<'a> {
    pub(crate) isa: Isa,
    pub(crate) threads: &'a Threads,
}

/// A convolution.
pub(crate) struct Conv {
    window: Window,
    in_map: [usize; 2],
    out_map: [usize; 2],
    pub(crate) weights: Weights,
    pub(crate) bias: Option<Stored>,
    /// Sums of dy by lane, `[output][16]`; then the gradient.
    bias_gradient: Buffer,
    /// One for each size of batch that was met.
    plans: Vec<Plan>,
    /// Patches of inputs and of gradients.
    patches: Buffer,
    dys: Buffer,
}

/// How a convolution goes over a batch of so many slabs, four standing for more.
struct Plan {
    slabs: usize,
    forward: Pass,
    backward: Vec<Pass>,
    /// The strips of the forward pass, of the gradient of the output.
    places: Sweep,
    /// Of every slot, for the gradient of kept weights.
    offsets: Vec<u32>,
}

struct Pass {
    sweep: Sweep,
    /// The kept weights of a pruned layer, and the version of the weights they were copied from.
    entries: Option<(Entries, u64)>,
}

/// Floats of patches that the weight gradient holds at a time: half of a second-level cache.
const PATCHES: usize = 256 * 1024;

impl Conv {
    pub(crate) fn new(
        window: Window,
        (in_map, out_map): ([usize; 2], [usize; 2]),
        weight: &Given<'_>,
        mask: Option<&Mask>,
        bias: Option<&Given<'_>>,
        crossover: f64,
    ) -> Self {
        let outputs = weight.value.shape()[0];
        let load = Load { channels: weight.value.shape()[1], slabs: 4 };
        let len = outputs.next_multiple_of(LANES);
        let bias = bias.map(|bias| bias.store(len, |tensor, to| to[..outputs].copy_from_slice(tensor.data())));
        let weights = Weights::new(weight, mask, &Sweep::forward(window, in_map, out_map, load), crossover);
        let bias_gradient = Buffer::zeros(len * LANES);
        let (patches, dys) = (Buffer::default(), Buffer::default());
        Self { window, in_map, out_map, weights, bias, bias_gradient, plans: Vec::new(), patches, dys }
    }

    pub(crate) fn inputs(&self) -> usize {
        self.weights.blocks.inputs
    }

    pub(crate) fn outputs(&self) -> usize {
        self.weights.blocks.outputs
    }

    fn slabs(&self, lanes: Lanes) -> (usize, usize) {
        let stride = |channels: usize, map: [usize; 2]| slab_rows(channels * map[0] * map[1]) * lanes.width();
        (stride(self.inputs(), self.in_map), stride(self.outputs(), self.out_map))
    }

    /// `y = W * x + b`, then ReLU if asked for, of all slabs.
    pub(crate) fn forward(&mut self, machine: Machine<'_>, lanes: Lanes, x: &[f32], y: &mut [f32], relu: bool) {
        let (from, to) = self.slabs(lanes);
        let plan = self.plan(lanes.slabs);
        let pass = &self.plans[plan].forward;
        let bias = self.bias.as_ref().map(|bias| &*bias.w);
        let y = Shared::new(y);
        let end = End::Forward { bias, relu };
        self.sweep(machine, lanes, pass, true, (x, from), |(strip, at), rows, tile| {
            let (sweep, count) = (&pass.sweep, lanes.slabs);
            machine.isa.run(Place { sweep, strip, at, tile, rows, slabs: y, stride: to, count, end });
        });
    }

    /// `dx = W^T * dy` of all slabs, added to `dx` if asked for, 0 where `gate` is not positive.
    pub(crate) fn backward(
        &mut self,
        machine: Machine<'_>,
        lanes: Lanes,
        dy: &[f32],
        dx: &mut [f32],
        add: bool,
        gate: Option<&[f32]>,
    ) {
        let (to, from) = self.slabs(lanes);
        let plan = self.plan(lanes.slabs);
        let dx = Shared::new(dx);
        for pass in &self.plans[plan].backward {
            if add && pass.sweep.taps.is_empty() {
                continue;
            }
            let end = End::Backward { add, gate };
            self.sweep(machine, lanes, pass, false, (dy, from), |(strip, at), rows, tile| {
                let (sweep, count) = (&pass.sweep, lanes.slabs);
                machine.isa.run(Place { sweep, strip, at, tile, rows, slabs: dx, stride: to, count, end });
            });
        }
    }

    /// All tiles of a pass; `place` gets each when it is made.
    fn sweep(
        &self,
        machine: Machine<'_>,
        lanes: Lanes,
        pass: &Pass,
        forward: bool,
        (slabs, stride): (&[f32], usize),
        place: impl Fn((StripAt, TileAt), usize, &[f32]) + Sync,
    ) {
        let sweep = &pass.sweep;
        let (rows, channels) =
            if forward { (self.outputs(), self.inputs()) } else { (self.inputs(), self.outputs()) };
        let channels = if sweep.taps.is_empty() { 0 } else { channels };
        machine.threads.run(sweep.strips(lanes.slabs), |scratch, task| {
            let strip = sweep.strip_at(task);
            let patch = Scratch::reserve(&mut scratch.patch, channels * sweep.channel());
            let tile = Scratch::reserve(&mut scratch.tile, rows.next_multiple_of(4) * TILE * LANES);
            machine.isa.run(Pack { sweep, at: strip, channels, slabs, stride, count: lanes.slabs, patch });
            for at in sweep.tiles(strip) {
                let patch = patch.get(at.offset..).unwrap_or(&[]);
                if let Some((entries, _)) = &pass.entries {
                    tile.fill(0.0);
                    machine.isa.run(SparseTile {
                        segments: &entries.segments,
                        entries: &entries.entries,
                        patch,
                        pitch: sweep.pitch(),
                        tile,
                        rows,
                        end: entries.end,
                    });
                } else {
                    machine.isa.run(DenseTile {
                        weights: &self.weights.stored.w,
                        blocks: self.weights.blocks,
                        forward,
                        taps: &sweep.taps,
                        patch,
                        channel: sweep.channel(),
                        pitch: sweep.pitch(),
                        tile,
                    });
                }
                place((strip, at), rows, tile);
            }
        });
    }

    /// The gradients of kept weights and biases over the whole batch, into `weights.gradient` and the bias's.
    pub(crate) fn gradient(&mut self, machine: Machine<'_>, lanes: Lanes, x: &[f32], dy: &[f32]) {
        let plan = self.plan(lanes.slabs);
        let mut gradient = std::mem::take(&mut self.weights.gradient);
        match &self.weights.format {
            Format::Dense => self.dense_gradient(machine, lanes, plan, x, dy, &mut gradient),
            Format::Sparse(_) => self.sparse_gradient(machine, lanes, plan, x, dy, &mut gradient),
        }
        self.weights.gradient = gradient;
        if self.bias.is_some() {
            self.finish_bias();
        }
    }

    /// The gradient of all weights, pruned or not, as a tensor; that of the bias as in [`Self::gradient`].
    pub(crate) fn gradient_of_all(&mut self, machine: Machine<'_>, lanes: Lanes, x: &[f32], dy: &[f32]) -> Tensor {
        let plan = self.plan(lanes.slabs);
        let blocks = self.weights.blocks;
        let mut gradient = Buffer::zeros(blocks.len());
        self.dense_gradient(machine, lanes, plan, x, dy, &mut gradient);
        if self.bias.is_some() {
            self.finish_bias();
        }
        let shape = self.shape();
        let values = (0..shape.iter().product()).map(|index| gradient[blocks.index(index)]).collect();
        Tensor::new(shape, values)
    }

    fn dense_gradient(
        &mut self,
        machine: Machine<'_>,
        lanes: Lanes,
        plan: usize,
        x: &[f32],
        dy: &[f32],
        gradient: &mut [f32],
    ) {
        let mut group = Group::take(self, lanes, plan);
        let blocks = self.weights.blocks;
        let (sweep, places) = (&self.plans[plan].forward.sweep, &self.plans[plan].places);
        let gradient = Shared::new(gradient);
        let bias = self.bias.is_some().then(|| Shared::new(&mut self.bias_gradient));
        while group.load(machine, lanes, (sweep, places), (x, dy)) {
            machine.threads.run(blocks.outputs.div_ceil(4), |_, block| {
                machine.isa.run(GradientBlock {
                    blocks,
                    block,
                    taps: &sweep.taps,
                    patches: &group.patches,
                    tiles: &group.tiles,
                    channel: sweep.channel(),
                    pitch: sweep.pitch(),
                    dy: &group.dys,
                    dy_channel: places.channel(),
                    dy_pitch: places.pitch(),
                    gradient,
                    bias,
                    add: group.done > 0,
                });
            });
        }
        (self.patches, self.dys) = (group.patches, group.dys);
    }

    fn sparse_gradient(
        &mut self,
        machine: Machine<'_>,
        lanes: Lanes,
        plan: usize,
        x: &[f32],
        dy: &[f32],
        gradient: &mut [f32],
    ) {
        let mut group = Group::take(self, lanes, plan);
        let Format::Sparse(slots) = &self.weights.format else { return };
        let plan = &self.plans[plan];
        let (sweep, places) = (&plan.forward.sweep, &plan.places);
        let end = plan.offsets.iter().max().map_or(0, |&last| last as usize + 1);
        let outputs = self.weights.blocks.outputs;
        let gradient = Shared::new(gradient);
        let bias = self.bias.is_some().then(|| Shared::new(&mut self.bias_gradient));
        while group.load(machine, lanes, (sweep, places), (x, dy)) {
            let bias_tasks = usize::from(bias.is_some());
            machine.threads.run(slots.shares.len() + bias_tasks, |_, task| {
                let Some(share) = slots.shares.get(task) else {
                    if let Some(bias) = bias {
                        group.sum_bias(outputs, places, bias);
                    }
                    return;
                };
                for (number, &(patch, dy)) in group.tiles.iter().enumerate() {
                    machine.isa.run(SparseGradientTile {
                        segments: &slots.segments[share.clone()],
                        offsets: &plan.offsets,
                        end,
                        patch: &group.patches[patch..],
                        pitch: sweep.pitch(),
                        dy: &group.dys[dy..],
                        dy_channel: places.channel(),
                        dy_pitch: places.pitch(),
                        outputs,
                        gradient,
                        add: group.done > 0 || number > 0,
                    });
                }
            });
        }
        (self.patches, self.dys) = (group.patches, group.dys);
    }

    /// Sums over lanes: the first floats of the bias gradient.
    fn finish_bias(&mut self) {
        for output in 0..self.outputs() {
            let sums = &self.bias_gradient[output * LANES..(output + 1) * LANES];
            // Halves first, as everywhere.
            let mut sums: [f32; LANES] = sums.try_into().expect("16 lanes");
            for half in [8, 4, 2, 1] {
                for lane in 0..half {
                    sums[lane] += sums[lane + half];
                }
            }
            self.bias_gradient[output] = sums[0];
        }
        let outputs = self.outputs();
        self.bias_gradient[outputs..outputs.next_multiple_of(LANES)].fill(0.0);
    }

    /// The update from the gradients that were made last.
    pub(crate) fn update<R: UpdateRule>(&mut self, machine: Machine<'_>, rule: R) {
        let Weights { stored, kept, gradient, version, .. } = &mut self.weights;
        machine.isa.run(Apply { parameters: stored.parameters(), gradient, kept: Some(kept), rule });
        *version += 1;
        if let Some(bias) = &mut self.bias {
            let gradient = &self.bias_gradient[..bias.w.len()];
            machine.isa.run(Apply { parameters: bias.parameters(), gradient, kept: None, rule });
        }
    }

    /// The gradients that were made last, of kept weights and of the bias, as tensors.
    pub(crate) fn gradients(&self) -> (Tensor, Option<Tensor>) {
        let bias = self.bias.as_ref().map(|_| {
            Tensor::new(vec![self.outputs()], self.bias_gradient[..self.outputs()].to_vec())
        });
        (self.weights.unpacked(self.shape(), &self.weights.gradient), bias)
    }

    fn shape(&self) -> Vec<usize> {
        let [height, width] = self.window.kernel;
        vec![self.outputs(), self.inputs(), height, width]
    }

    /// The weight tensor, or a moment of it; pruned weights are zero.
    pub(crate) fn weight(&self, part: Part) -> Tensor {
        self.weights.tensor(self.shape(), part)
    }

    /// The bias tensor, or a moment of it.
    pub(crate) fn bias(&self, part: Part) -> Option<Tensor> {
        let outputs = self.outputs();
        self.bias.as_ref().map(|bias| Tensor::new(vec![outputs], bias.part(part)[..outputs].to_vec()))
    }

    /// The plan for a batch of this many slabs, with the weights as they are now.
    fn plan(&mut self, slabs: usize) -> usize {
        let slabs = slabs.min(4);
        let found = self.plans.iter().position(|plan| plan.slabs == slabs);
        let index = found.unwrap_or_else(|| {
            self.plans.push(Plan::new(self, slabs));
            self.plans.len() - 1
        });
        let Plan { forward, backward, .. } = &mut self.plans[index];
        for pass in std::iter::once(forward).chain(backward) {
            if let Some((entries, version)) = &mut pass.entries
                && *version != self.weights.version
            {
                entries.refresh(&self.weights.stored.w);
                *version = self.weights.version;
            }
        }
        index
    }
}

impl Plan {
    fn new(conv: &Conv, slabs: usize) -> Self {
        let pass = |sweep: Sweep, forward: bool| {
            let entries = match &conv.weights.format {
                Format::Dense => None,
                Format::Sparse(slots) => Some((Entries::new(slots, conv.weights.blocks, &sweep, forward), 0)),
            };
            Pass { sweep, entries }
        };
        let (inputs, outputs) =
            (Load { channels: conv.inputs(), slabs }, Load { channels: conv.outputs(), slabs });
        let forward = Sweep::forward(conv.window, conv.in_map, conv.out_map, inputs);
        let backward = Sweep::backward(conv.window, conv.in_map, conv.out_map, outputs);
        let offsets = match &conv.weights.format {
            Format::Dense => Vec::new(),
            Format::Sparse(slots) => slots.offsets(conv.weights.blocks, &forward),
        };
        Self {
            slabs,
            places: forward.places(outputs),
            offsets,
            forward: pass(forward, true),
            backward: backward.into_iter().map(|sweep| pass(sweep, false)).collect(),
        }
    }
}

/// Some strips whose patches, of input and gradient, are in memory together.
struct Group {
    patches: Buffer,
    dys: Buffer,
    /// Floats a strip of each.
    patch: usize,
    dy: usize,
    channels: usize,
    outputs: usize,
    strides: (usize, usize),
    /// Strips of the whole batch, strips at a time, strips before this group, strips of this group.
    all: usize,
    most: usize,
    done: usize,
    strips: usize,
    /// Where each tile of the group is in the patches of the first channel, and of the first output.
    tiles: Vec<(usize, usize)>,
}

impl Group {
    /// Before the first group, with the layer's buffers.
    fn take(conv: &mut Conv, lanes: Lanes, plan: usize) -> Self {
        let Plan { forward, places, .. } = &conv.plans[plan];
        let patch = conv.inputs() * forward.sweep.channel();
        let dy = conv.outputs() * places.channel();
        let all = forward.sweep.strips(lanes.slabs);
        let most = (PATCHES / (patch + dy)).clamp(1, all);
        let mut group = Self {
            patches: std::mem::take(&mut conv.patches),
            dys: std::mem::take(&mut conv.dys),
            patch,
            dy,
            channels: conv.weights.blocks.inputs,
            outputs: conv.weights.blocks.outputs,
            strides: conv.slabs(lanes),
            all,
            most,
            done: 0,
            strips: 0,
            tiles: Vec::new(),
        };
        Scratch::reserve(&mut group.patches, most * patch);
        Scratch::reserve(&mut group.dys, most * dy);
        group
    }

    /// Brings the next strips into memory; false when there are none left.
    fn load(
        &mut self,
        machine: Machine<'_>,
        lanes: Lanes,
        (sweep, places): (&Sweep, &Sweep),
        (x, dy): (&[f32], &[f32]),
    ) -> bool {
        self.done += self.strips;
        self.strips = self.most.min(self.all - self.done);
        self.tiles.clear();
        for strip in 0..self.strips {
            let inside = sweep.tiles(sweep.strip_at(self.done + strip)).zip(places.tiles(places.strip_at(self.done + strip)));
            let (patch, dy) = (strip * self.patch, strip * self.dy);
            self.tiles.extend(inside.map(|(from, to)| (patch + from.offset, dy + to.offset)));
        }
        let (patches, dys) = (Shared::new(&mut self.patches), Shared::new(&mut self.dys));
        machine.threads.run(2 * self.strips, |_, task| {
            let (strip, of_input) = (task / 2, task % 2 == 0);
            let (sweep, channels, slabs, stride, patches, len) = if of_input {
                (sweep, self.channels, x, self.strides.0, patches, self.patch)
            } else {
                (places, self.outputs, dy, self.strides.1, dys, self.dy)
            };
            // SAFETY: each task has its own part.
            #[allow(unsafe_code)]
            let patch = unsafe { patches.part(strip * len, len) };
            let at = sweep.strip_at(self.done + strip);
            machine.isa.run(Pack { sweep, at, channels, slabs, stride, count: lanes.slabs, patch });
        });
        self.strips > 0
    }

    /// The sums of dy by lane, without a kernel of their own: these are few.
    fn sum_bias(&self, outputs: usize, places: &Sweep, bias: Shared<'_>) {
        for output in 0..outputs {
            // SAFETY: one task makes all of them.
            #[allow(unsafe_code)]
            let sums = unsafe { bias.part(output * LANES, LANES) };
            if self.done == 0 {
                sums.fill(0.0);
            }
            for &(_, dy) in &self.tiles {
                let mut part = [0.0_f32; LANES];
                for row in 0..TILE_ROWS {
                    let dy = &self.dys[dy + output * places.channel() + row * places.pitch()..];
                    for vector in dy[..TILE_ROW * LANES].chunks_exact(LANES) {
                        part.iter_mut().zip(vector).for_each(|(part, &value)| *part += value);
                    }
                }
                sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
            }
        }
    }
}

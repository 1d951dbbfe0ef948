//! The gradients of a convolution's weights and bias.

use crate::{
    kernels::conv::{gradient::GradientBlock, sparse_gradient::SparseGradientTiles, target::Target},
    layers::conv::{
        group::{Group, Maps},
        layer::Conv,
        pass::Dx,
        source::Source,
        weights::Format,
    },
    layout::{buffer::Buffer, entries::SUMMED_TILES, lanes::Lanes, shared::Shared},
    simd::LANES,
    threads::Machine,
};

impl Conv {
    /// The gradients of kept weights and biases over the whole batch, into `weights.gradient` and the bias's; that of the input,
    /// where it is wanted.
    pub(crate) fn back(
        &mut self,
        machine: Machine<'_>,
        lanes: Lanes,
        (x, dy): (Source<'_>, Source<'_>),
        mut dx: Option<Dx<'_>>,
    ) {
        let plan = self.plan(lanes.slabs);
        if !self.plans[plan].joint
            && let Some(dx) = dx.take()
        {
            self.backward(machine, lanes, dy, dx);
        }
        let mut gradient = std::mem::take(&mut self.weights.gradient);
        let sparse = matches!(self.weights.format, Format::Sparse(_));
        self.gradient_into(machine, lanes, (x, dy), (sparse, dx), &mut gradient);
        self.weights.gradient = gradient;
    }

    /// The gradient of all weights, pruned or not, into `to`, `[output][input][kernel]`; [`Self::back`] has been called.
    pub(crate) fn gradient_of_all(
        &mut self,
        machine: Machine<'_>,
        lanes: Lanes,
        (x, dy): (Source<'_>, Source<'_>),
        to: &mut [f32],
    ) {
        if matches!(self.weights.format, Format::Dense) {
            return self.weights.unpack(&self.weights.gradient, to);
        }
        let blocks = self.weights.blocks;
        let mut gradient = Buffer::zeros(blocks.len());
        self.gradient_into(machine, lanes, (x, dy), (false, None), &mut gradient);
        blocks.gather(&gradient, to);
    }

    fn gradient_into(
        &mut self,
        machine: Machine<'_>,
        lanes: Lanes,
        (x, dy): (Source<'_>, Source<'_>),
        (sparse, dx): (bool, Option<Dx<'_>>),
        gradient: &mut [f32],
    ) {
        let plan = self.plan(lanes.slabs);
        let mut sums = std::mem::take(&mut self.sums[1]);
        let patches = std::mem::take(&mut self.patches);
        let mut bias_gradient = std::mem::take(&mut self.bias_gradient);
        let mut winograd = self.winograd.take();
        let bias = self.bias.is_some().then(|| Shared::new(&mut bias_gradient));
        // The order of sums of kept weights does not depend on how many strips are in memory.
        let least = if sparse { machine.threads.workers() } else { 1 };
        let mut group = Group::new(self.maps(lanes, plan, x, dy), patches, least);
        let target = dx.map(|dx| self.target(lanes, dx, &mut sums, &self.plans[plan].backward));
        match (&mut winograd, sparse) {
            (Some(winograd), _) => winograd.gradient(machine, &mut group, bias, gradient),
            (None, true) => self.sparse_gradient(machine, plan, &mut group, (bias, target), gradient),
            (None, false) => self.dense_gradient(machine, &mut group, bias, gradient),
        }
        self.patches = group.into_patches();
        self.sums[1] = sums;
        self.winograd = winograd;
        self.bias_gradient = bias_gradient;
        if self.bias.is_some() {
            self.finish_bias();
        }
    }

    fn dense_gradient(
        &self,
        machine: Machine<'_>,
        group: &mut Group<'_>,
        bias: Option<Shared<'_>>,
        gradient: &mut [f32],
    ) {
        let blocks = self.weights.blocks;
        let Maps { sweep, places, .. } = group.maps();
        let gradient = Shared::new(gradient);
        while group.load(machine) {
            machine.threads.run(blocks.outputs.div_ceil(4), |_, block| {
                machine.isa.run(GradientBlock {
                    blocks,
                    block,
                    taps: &sweep.taps,
                    patches: group.x(),
                    tiles: group.tiles(),
                    channel: sweep.channel(),
                    pitch: sweep.pitch(),
                    dy: group.dy(),
                    dy_channel: places.channel(),
                    dy_pitch: places.pitch(),
                    gradient,
                    bias,
                    add: group.done > 0,
                });
            });
        }
    }

    fn sparse_gradient(
        &self,
        machine: Machine<'_>,
        plan: usize,
        group: &mut Group<'_>,
        (bias, target): (Option<Shared<'_>>, Option<Target<'_>>),
        gradient: &mut [f32],
    ) {
        let Format::Sparse(slots) = &self.weights.format else { return };
        let Maps { sweep, places, outputs, .. } = group.maps();
        let offsets = &self.plans[plan].offsets;
        let end = offsets.iter().max().map_or(0, |&last| last as usize + 1);
        let gradient = Shared::new(gradient);
        let (patch, dy_patch) = group.strides();
        while group.load(machine) {
            if let Some(bias) = bias {
                group.sum_bias(machine, bias);
            }
            machine.threads.run(slots.shares.len(), |_, task| {
                let share = &slots.shares[task];
                // Never of two strips: sums shall not depend on how many strips are in memory.
                let of_strips = group.tiles().chunk_by(|one, next| one.0 / patch == next.0 / patch);
                for (number, tiles) in of_strips.flat_map(|tiles| tiles.chunks(SUMMED_TILES)).enumerate() {
                    machine.isa.run(SparseGradientTiles {
                        segments: &slots.segments[share.clone()],
                        offsets,
                        end,
                        tiles,
                        patch: group.x(),
                        pitch: sweep.pitch(),
                        dy: group.dy(),
                        dy_channel: places.channel(),
                        dy_pitch: places.pitch(),
                        outputs,
                        gradient,
                        add: group.done > 0 || number > 0,
                    });
                }
            });
            let Some(target) = target else { continue };
            let (pass, rows) = (&self.plans[plan].backward[0], self.inputs());
            machine.threads.run(group.strips, |scratch, strip| {
                let number = group.done + strip;
                let at = places.strip_at(number);
                let patch = &group.dy()[strip * dy_patch..][..dy_patch];
                self.strip(
                    machine,
                    scratch,
                    (pass, false),
                    (at, 0, rows),
                    patch,
                    target.of_strip(number, rows),
                );
            });
        }
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
}

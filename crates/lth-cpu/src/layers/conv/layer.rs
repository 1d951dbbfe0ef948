//! A convolution and what is done with it.

use lth_model::{Mask, Tensor, Window};

use crate::{
    layers::conv::{
        group::Patches,
        sums::Sums,
        weights::{Format, Weights},
        winograd::Winograd,
    },
    layout::{
        buffer::Buffer,
        entries::Entries,
        lanes::{Lanes, slab_rows},
        sweep::{Load, Sweep},
    },
    parameters::stored::{Given, Part, Stored},
    simd::LANES,
};

/// What a convolution does to a map.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) window: Window,
    pub(crate) in_map: [usize; 2],
    pub(crate) out_map: [usize; 2],
    /// Whether what comes out is the maximum of 2x2 windows of the map, which has even sides.
    pub(crate) pool: bool,
}

/// A convolution.
pub(crate) struct Conv {
    pub(super) shape: Shape,
    /// Of the last forward pass with a pool: where the maxima were.
    pub(super) codes: Buffer,
    /// Of the last pass forward, and backward, where they were wanted.
    pub(crate) sums: [Sums; 2],
    pub(crate) weights: Weights,
    pub(crate) bias: Option<Stored>,
    /// Sums of dy by lane, `[output][16]`; then the gradient.
    pub(super) bias_gradient: Buffer,
    /// One for each size of batch that was met.
    pub(super) plans: Vec<Plan>,
    pub(super) patches: Patches,
    pub(super) winograd: Option<Winograd>,
}

/// How a convolution goes over a batch of so many slabs, four standing for more.
pub(super) struct Plan {
    slabs: usize,
    pub(super) forward: Pass,
    pub(super) backward: Vec<Pass>,
    /// How the weight gradient goes over the input, and over the gradient of the output.
    maps: [Sweep; 2],
    /// Whether that is how the data gradient goes over the gradient of the output as well, so that both are made in one go.
    pub(super) joint: bool,
    /// Of every slot, for the gradient of kept weights.
    pub(super) offsets: Vec<u32>,
}

pub(super) struct Pass {
    pub(super) sweep: Sweep,
    /// The kept weights of a pruned layer, and the version of the weights they were copied from.
    pub(super) entries: Option<(Entries, u64)>,
}

/// Density from which on a convolution is stored and computed dense, by minimal filtering. A constant, measured by
/// `cargo bench -p lth-cpu --bench conv` with `--uniform` and `--crossover`: a measurement at start would let noise decide
/// the order of sums.
const CROSSOVER: f64 = 0.45;

/// The same where a dense convolution is computed tap by tap.
const DIRECT_CROSSOVER: f64 = 0.65;

/// Channels on both sides from which on a dense 3x3 convolution is made by minimal filtering.
const WINOGRAD_CHANNELS: usize = 32;

/// Floats of a strip's patch that stay in a second-level cache beside weights and results.
const STRIP_FLOATS: usize = 160 * 1024;

/// The same of a sparse pass, whose weights need less of it.
const SPARSE_STRIP_FLOATS: usize = 240 * 1024;

/// The same of both patches, of the input and of the gradient of the output.
const JOINT_STRIP_FLOATS: usize = 320 * 1024;

/// Whether a convolution is made by minimal filtering while it is dense.
fn is_filtered(window: Window, out_map: [usize; 2], channels: [usize; 2]) -> bool {
    (window.kernel, window.stride) == ([3, 3], [1, 1])
        && channels[0].min(channels[1]) >= WINOGRAD_CHANNELS
        && out_map[0].min(out_map[1]) >= 4
}

fn crossover_of(filtered: bool) -> f64 {
    if filtered { CROSSOVER } else { DIRECT_CROSSOVER }
}

/// Whether kept weights alone are stored and visited, where nobody asks for another crossover.
pub(crate) fn is_sparse(
    window: Window,
    out_map: [usize; 2],
    channels: [usize; 2],
    mask: Option<&Mask>,
) -> bool {
    let crossover = crossover_of(is_filtered(window, out_map, channels));
    mask.is_some_and(|mask| mask.density().get() < crossover)
}

impl Conv {
    pub(crate) fn new(
        shape: Shape,
        weight: &Given<'_>,
        mask: Option<&Mask>,
        bias: Option<&Given<'_>>,
        crossover: Option<f64>,
    ) -> Self {
        let (outputs, inputs) = (weight.value.shape()[0], weight.value.shape()[1]);
        let Shape { window, in_map, out_map, .. } = shape;
        let load = Load { channels: inputs, slabs: 4, floats: SPARSE_STRIP_FLOATS };
        let filtered = is_filtered(window, out_map, [inputs, outputs]);
        let crossover = crossover.unwrap_or(crossover_of(filtered));
        let len = outputs.next_multiple_of(LANES);
        let bias =
            bias.map(|bias| bias.store(len, |tensor, to| to[..outputs].copy_from_slice(tensor.data())));
        let weights = Weights::new(weight, mask, &Sweep::forward(window, in_map, out_map, load), crossover);
        let bias_gradient = Buffer::zeros(len * LANES);
        let dense = matches!(weights.format, Format::Dense);
        let winograd = (dense && filtered).then(|| Winograd::new(weights.blocks));
        let (plans, patches) = (Vec::new(), Patches::default());
        let (codes, sums) = (Buffer::default(), Default::default());
        Self { shape, codes, sums, weights, bias, bias_gradient, plans, patches, winograd }
    }

    pub(crate) fn inputs(&self) -> usize {
        self.weights.blocks.inputs
    }

    pub(crate) fn outputs(&self) -> usize {
        self.weights.blocks.outputs
    }

    /// Floats from a slab to the next, of inputs and of outputs.
    pub(crate) fn slabs(&self, lanes: Lanes) -> (usize, usize) {
        let stride = |channels: usize, map: [usize; 2]| slab_rows(channels * map[0] * map[1]) * lanes.width();
        let Shape { in_map, out_map, pool, .. } = self.shape;
        let out_map = if pool { out_map.map(|side| side / 2) } else { out_map };
        (stride(self.inputs(), in_map), stride(self.outputs(), out_map))
    }

    /// How the weight gradient goes over the input, and over the gradient of the output.
    pub(crate) fn sweeps(&self, plan: usize) -> [&Sweep; 2] {
        self.plans[plan].maps.each_ref()
    }

    /// The gradient of the bias that was made last, if there is a bias.
    pub(crate) fn bias_gradient(&self) -> Option<&[f32]> {
        self.bias.as_ref().map(|_| &self.bias_gradient[..self.outputs()])
    }

    /// Puts other values in the place of weights and bias, without memory of the optimiser; false where weights are pruned.
    pub(crate) fn replace(&mut self, weight: &Tensor, bias: Option<&Tensor>) -> bool {
        if !self.weights.replace(weight) {
            return false;
        }
        if let (Some(stored), Some(bias)) = (&mut self.bias, bias) {
            stored.replace(|w| w[..bias.len()].copy_from_slice(bias.data()));
        }
        true
    }

    fn weight_shape(&self) -> Vec<usize> {
        let [height, width] = self.shape.window.kernel;
        vec![self.outputs(), self.inputs(), height, width]
    }

    /// The weight tensor, or a moment of it; pruned weights are zero.
    pub(crate) fn weight(&self, part: Part) -> Tensor {
        self.weights.tensor(self.weight_shape(), part)
    }

    /// The bias tensor, or a moment of it.
    pub(crate) fn bias(&self, part: Part) -> Option<Tensor> {
        let outputs = self.outputs();
        self.bias.as_ref().map(|bias| Tensor::new(vec![outputs], bias.part(part)[..outputs].to_vec()))
    }

    /// The plan for a batch of this many slabs, with the weights as they are now.
    pub(super) fn plan(&mut self, slabs: usize) -> usize {
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
        let sparse = matches!(conv.weights.format, Format::Sparse(_));
        let floats = if sparse { SPARSE_STRIP_FLOATS } else { STRIP_FLOATS };
        let channels = [conv.inputs(), conv.outputs()];
        let [inputs, outputs] = channels.map(|channels| Load { channels, slabs, floats });
        let Shape { window, in_map, out_map, .. } = conv.shape;
        let forward = Sweep::forward(window, in_map, out_map, inputs);
        let mut backward = Sweep::backward(window, in_map, out_map, outputs);
        let joint = sparse && window.stride == [1, 1] && in_map == out_map;
        let maps = if joint {
            let both = Load { channels: channels[0] + channels[1], slabs, floats: JOINT_STRIP_FLOATS };
            let x = Sweep::forward(window, in_map, out_map, both);
            backward = backward.into_iter().map(|sweep| sweep.like(&x)).collect();
            [x, backward[0].clone()]
        } else {
            [forward.clone(), forward.places(outputs)]
        };
        let offsets = match &conv.weights.format {
            Format::Dense => Vec::new(),
            Format::Sparse(slots) => slots.offsets(conv.weights.blocks, &maps[0]),
        };
        Self {
            slabs,
            maps,
            joint,
            offsets,
            forward: pass(forward, true),
            backward: backward.into_iter().map(|sweep| pass(sweep, false)).collect(),
        }
    }
}

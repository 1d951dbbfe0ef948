//! A dense 3x3 convolution of stride 1 by Winograd's minimal filtering.

use super::{
    group::Group,
    layer::Machine,
    sweep::Sweep,
    weights::{Blocks, Weights},
};
use crate::{
    buffer::Buffer,
    kernels::conv::{
        place::End,
        winograd::{Pieces, PlaceOutput, Products, QUAD, TransformInput},
        winograd_gradient::{GatherGradient, GradientProducts, TransformChannel, TransformWeights},
    },
    shared::Shared,
    simd::LANES,
    threads::Scratch,
};

/// Floats of transformed pieces and their products that are in memory at a time.
const BLOCK_FLOATS: usize = 192 * 1024;

/// Transformed weights and what their gradient needs.
pub(crate) struct Winograd {
    /// Of the transformed weights: 16 places.
    blocks: Blocks,
    /// In the order of the rows of each direction: forward, backward.
    weights: [Buffer; 2],
    /// The version of the weights that were transformed.
    version: u64,
    gradient: Buffer,
    x: Buffer,
    dy: Buffer,
}

/// Slabs that a pass writes, with the strip that a task has of them.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) slabs: Shared<'a>,
    /// Floats from a slab to the next.
    pub(crate) stride: usize,
    pub(crate) count: usize,
    pub(crate) end: End<'a>,
}

impl Winograd {
    pub(crate) fn new(blocks: Blocks) -> Self {
        let blocks = Blocks { kernel: 16, ..blocks };
        let [forward, backward, gradient, x, dy] = std::array::from_fn(|_| Buffer::default());
        Self { blocks, weights: [forward, backward], version: 0, gradient, x, dy }
    }

    /// Transforms the weights, if they have changed.
    pub(crate) fn refresh(&mut self, machine: Machine<'_>, weights: &Weights) {
        if self.version == weights.version {
            return;
        }
        self.version = weights.version;
        let Blocks { inputs, outputs, .. } = self.blocks;
        let [forward, backward] =
            self.weights.each_mut().map(|buffer| Shared::new(Scratch::reserve(buffer, self.blocks.len())));
        machine.threads.run(outputs.div_ceil(4), |_, block| {
            let weights = &weights.stored.w;
            machine.isa.run(TransformWeights { weights, inputs, outputs, block, forward, backward });
        });
    }

    /// One strip, forward or backward to the data.
    pub(crate) fn strip(
        &self,
        machine: Machine<'_>,
        sweep: &Sweep,
        forward: bool,
        strip: super::sweep::StripAt,
        (patch, transformed, outputs): (&[f32], &mut Buffer, &mut Buffer),
        target: Target<'_>,
    ) {
        let Blocks { inputs, outputs: all, .. } = self.blocks;
        let (rows, channels) = if forward { (all, inputs) } else { (inputs, all) };
        let pieces = Pieces::new(sweep);
        let padded = rows.next_multiple_of(4);
        let fitting = BLOCK_FLOATS / (4 * (channels + padded) * LANES) / QUAD * QUAD;
        let vectors = fitting.clamp(QUAD, pieces.vectors().next_multiple_of(QUAD));
        let input = Scratch::reserve(transformed, 4 * vectors * channels * LANES);
        let output = Scratch::reserve(outputs, padded * 4 * vectors * LANES);
        for first in (0..pieces.vectors()).step_by(vectors) {
            for row in 0..4 {
                let channel = sweep.channel();
                machine.isa.run(TransformInput {
                    pieces,
                    row,
                    first,
                    vectors,
                    channels,
                    channel,
                    patch,
                    to: input,
                });
                let (weights, blocks) = (&*self.weights[usize::from(!forward)], self.blocks);
                machine.isa.run(Products { weights, blocks, forward, row, vectors, input, output });
            }
            let Target { slabs, stride, count, end } = target;
            machine.isa.run(PlaceOutput {
                sweep,
                strip,
                pieces,
                first,
                vectors,
                output,
                rows,
                slabs,
                stride,
                count,
                end,
            });
        }
    }

    /// Goes through all groups; afterwards the gradient of the weights is in `gradient`.
    pub(crate) fn gradient(
        &mut self,
        machine: Machine<'_>,
        group: &mut Group<'_>,
        bias: Option<Shared<'_>>,
        gradient: &mut [f32],
    ) {
        let Blocks { inputs, outputs, .. } = self.blocks;
        let maps = group.maps();
        let (of_x, of_dy) = (Pieces::new(maps.sweep), Pieces::new(maps.places));
        let most = group.most() * of_x.vectors();
        Scratch::reserve(&mut self.x, 4 * inputs * most * LANES);
        Scratch::reserve(&mut self.dy, 4 * outputs * most * LANES);
        Scratch::reserve(&mut self.gradient, self.blocks.len());
        while group.load(machine) {
            let vectors = group.strips * of_x.vectors();
            let (x_stride, dy_stride) = group.strides();
            for row in 0..4 {
                let (x, dy) = (Shared::new(&mut self.x), Shared::new(&mut self.dy));
                machine.threads.run(inputs + outputs, |_, task| {
                    let of_input = task < inputs;
                    let (index, pieces, patches, stride, channel, channels, to) = if of_input {
                        (task, of_x, group.x(), x_stride, maps.sweep.channel(), inputs, x)
                    } else {
                        (task - inputs, of_dy, group.dy(), dy_stride, maps.places.channel(), outputs, dy)
                    };
                    for strip in 0..group.strips {
                        machine.isa.run(TransformChannel {
                            pieces,
                            row,
                            of_input,
                            patch: &patches[strip * stride + index * channel..][..channel],
                            to: to.from((index * vectors + strip * pieces.vectors()) * LANES),
                            place_stride: channels * vectors * LANES,
                        });
                    }
                });
                let places = self.blocks.len() / 4;
                let to = Shared::new(&mut self.gradient).from(row * places);
                let (x, dy) = (&*self.x, &*self.dy);
                let add = group.done > 0;
                machine.threads.run(outputs.div_ceil(4), |_, block| {
                    let gradient = to;
                    machine.isa.run(GradientProducts {
                        inputs,
                        outputs,
                        block,
                        x,
                        dy,
                        vectors,
                        gradient,
                        add,
                    });
                });
            }
            if let Some(bias) = bias {
                group.sum_bias(machine, bias);
            }
        }
        let gradient = &mut gradient[..self.blocks.len() / 16 * 9];
        machine.isa.run(GatherGradient { gradient: &self.gradient, to: gradient });
    }
}

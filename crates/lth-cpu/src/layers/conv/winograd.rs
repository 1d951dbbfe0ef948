//! A dense 3x3 convolution of stride 1 by Winograd's minimal filtering.

use crate::{
    kernels::conv::{
        target::Target,
        winograd::{Pieces, Products, QUAD, TransformInput},
        winograd_gradient::{GatherGradient, GradientProducts, TransformChannel, TransformWeights},
        winograd_place::PlaceOutput,
    },
    layers::conv::{group::Group, weights::Weights},
    layout::{blocks::Blocks, buffer::Buffer, shared::Shared, sweep::Sweep},
    simd::LANES,
    threads::Machine,
};

/// Floats of transformed pieces and their products that are in memory at a time.
const BLOCK_FLOATS: usize = 192 * 1024;

/// Blocks of weights whose gradients are gathered as one task.
const GATHERED: usize = 1024;

/// Transformed weights and what their gradient needs.
pub(crate) struct Winograd {
    /// Of the transformed weights: 16 places.
    blocks: Blocks,
    /// In the order of the rows of each direction: forward, backward.
    weights: [Buffer; 2],
    /// The version of the weights that were transformed.
    version: u64,
    gradient: Buffer,
}

impl Winograd {
    pub(crate) fn new(blocks: Blocks) -> Self {
        let blocks = Blocks { kernel: 16, ..blocks };
        Self {
            blocks,
            weights: [Buffer::default(), Buffer::default()],
            version: 0,
            gradient: Buffer::default(),
        }
    }

    /// Transforms the weights, if they have changed.
    pub(crate) fn refresh(&mut self, machine: Machine<'_>, weights: &Weights) {
        if self.version == weights.version {
            return;
        }
        self.version = weights.version;
        let Blocks { inputs, outputs, .. } = self.blocks;
        let [forward, backward] =
            self.weights.each_mut().map(|buffer| Shared::new(buffer.at_least(self.blocks.len())));
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
        strip: crate::layout::sweep::StripAt,
        (patch, transformed, outputs): (&[f32], &mut Buffer, &mut Buffer),
        target: Target<'_>,
    ) {
        let Blocks { inputs, outputs: all, .. } = self.blocks;
        let (rows, channels) = if forward { (all, inputs) } else { (inputs, all) };
        let pieces = Pieces::new(sweep);
        let padded = rows.next_multiple_of(4);
        let fitting = BLOCK_FLOATS / (4 * (channels + padded) * LANES) / QUAD * QUAD;
        let vectors = fitting.clamp(QUAD, pieces.vectors().next_multiple_of(QUAD));
        let input = transformed.at_least(4 * vectors * channels * LANES);
        let output = outputs.at_least(padded * 4 * vectors * LANES);
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
            machine.isa.run(PlaceOutput { sweep, strip, pieces, first, vectors, output, rows, target });
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
        self.gradient.at_least(self.blocks.len());
        let places = self.blocks.len() / 4;
        while group.load(machine) {
            let vectors = group.strips * of_x.vectors();
            let (strips, add, loaded) = (group.strips, group.done > 0, &*group);
            let gradient = Shared::new(&mut self.gradient);
            // A row of places is a task: what it transforms, it alone reads.
            machine.threads.run(4, |scratch, row| {
                let transform = |of_input: bool, to: &mut Buffer| {
                    let (x_stride, dy_stride) = loaded.strides();
                    let (pieces, patches, stride, channel, channels) = if of_input {
                        (of_x, loaded.x(), x_stride, maps.sweep.channel(), inputs)
                    } else {
                        (of_dy, loaded.dy(), dy_stride, maps.places.channel(), outputs)
                    };
                    let to = Shared::new(to.at_least(4 * channels * vectors * LANES));
                    for index in 0..channels {
                        for strip in 0..strips {
                            machine.isa.run(TransformChannel {
                                pieces,
                                row,
                                of_input,
                                patch: &patches[strip * stride + index * channel..][..channel],
                                to: to.from((index * vectors + strip * pieces.vectors()) * LANES),
                                place_stride: channels * vectors * LANES,
                            });
                        }
                    }
                };
                transform(true, &mut scratch.transformed);
                transform(false, &mut scratch.patch);
                let (x, dy) = (&*scratch.transformed, &*scratch.patch);
                let gradient = gradient.from(row * places);
                for block in 0..outputs.div_ceil(4) {
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
                }
            });
            if let Some(bias) = bias {
                group.sum_bias(machine, bias);
            }
        }
        let blocks = self.blocks.len() / (16 * LANES);
        let to = Shared::new(gradient);
        machine.threads.run(blocks.div_ceil(GATHERED), |_, task| {
            let first = task * GATHERED;
            let count = GATHERED.min(blocks - first);
            // SAFETY: each task has its own blocks.
            #[allow(unsafe_code)]
            let to = unsafe { to.part(first * 9 * LANES, count * 9 * LANES) };
            machine.isa.run(GatherGradient { gradient: &self.gradient, blocks, first, to });
        });
    }
}

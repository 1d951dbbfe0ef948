//! Forward through a convolution, and back to its input.

use super::{
    layer::{Conv, Pass},
    source::{Source, Target},
    sweep::TILE,
};
use crate::{
    kernels::conv::{
        dense::DenseTile,
        place::{End, Place},
        pooled::{PlacePooled, PooledSink, PooledSource, codes_len},
        sparse::SparseTile,
    },
    lanes::Lanes,
    shared::Shared,
    simd::LANES,
    threads::Machine,
};

/// Tasks into which a dense pass is cut at least for several workers, where it has so many rows.
const TASKS: usize = 8;

impl Conv {
    /// `y = W * x + b`, then ReLU if asked for, then the pool if there is one, of all slabs.
    pub(crate) fn forward(
        &mut self,
        machine: Machine<'_>,
        lanes: Lanes,
        x: &[f32],
        y: &mut [f32],
        relu: bool,
    ) {
        let (from, to) = self.slabs(lanes);
        let plan = self.plan(lanes.slabs);
        if let Some(winograd) = &mut self.winograd {
            winograd.refresh(machine, &self.weights);
        }
        let pass = &self.plans[plan].forward;
        let bias = self.bias.as_ref().map(|bias| &*bias.w);
        let (slabs, count) = (Shared::new(y), lanes.slabs);
        let mut codes = std::mem::take(&mut self.codes);
        let target = if self.shape.pool {
            let codes = Shared::new(codes.at_least(codes_len(to * count)));
            let map = self.shape.out_map;
            Target::Pooled(PooledSink { slabs, codes, stride: to, count, map, bias, relu })
        } else {
            Target::Slabs { slabs, stride: to, count, end: End::Forward { bias, relu } }
        };
        self.sweep(machine, lanes, pass, true, (Source::Slabs(x), from), target);
        self.codes = codes;
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
        if let Some(winograd) = &mut self.winograd {
            winograd.refresh(machine, &self.weights);
        }
        let dx = Shared::new(dx);
        for pass in &self.plans[plan].backward {
            if add && pass.sweep.taps.is_empty() {
                continue;
            }
            let end = End::Backward { add, gate };
            let target = Target::Slabs { slabs: dx, stride: to, count: lanes.slabs, end };
            self.sweep(machine, lanes, pass, false, (self.gradient_source(dy), from), target);
        }
    }

    /// The gradient of the map, of which `dy` is what its readers made.
    pub(super) fn gradient_source<'a>(&'a self, dy: &'a [f32]) -> Source<'a> {
        if self.shape.pool {
            Source::Pooled(PooledSource { slabs: dy, codes: &self.codes })
        } else {
            Source::Slabs(dy)
        }
    }

    /// All strips of a pass.
    fn sweep(
        &self,
        machine: Machine<'_>,
        lanes: Lanes,
        pass: &Pass,
        forward: bool,
        (source, stride): (Source<'_>, usize),
        target: Target<'_>,
    ) {
        let sweep = &pass.sweep;
        let (rows, channels) =
            if forward { (self.outputs(), self.inputs()) } else { (self.inputs(), self.outputs()) };
        let channels = if sweep.taps.is_empty() { 0 } else { channels };
        // Small maps have few strips: for several workers their rows are cut, and each part has a copy of the patch.
        let strips = sweep.strips(lanes.slabs);
        let cut = pass.entries.is_none() && self.winograd.is_none() && machine.threads.workers() > 1;
        let part = if cut { rows.div_ceil(TASKS.div_ceil(strips)).next_multiple_of(4) } else { rows };
        let parts = rows.div_ceil(part);
        machine.threads.run(strips * parts, |scratch, task| {
            let strip = sweep.strip_at(task / parts);
            let first = task % parts * part;
            let rows = part.min(rows - first);
            let patch = scratch.patch.at_least(channels * sweep.channel());
            source.pack(machine, (sweep, strip), channels, (stride, lanes.slabs), patch);
            if let Some(winograd) = &self.winograd {
                let buffers = (&*patch, &mut scratch.transformed, &mut scratch.tile);
                return winograd.strip(machine, sweep, forward, strip, buffers, target);
            }
            let tile = scratch.tile.at_least(rows.next_multiple_of(4) * TILE * LANES);
            for at in sweep.tiles(strip) {
                let patch = patch.get(at.offset..).unwrap_or(&[]);
                if let Some((entries, _)) = &pass.entries {
                    machine.isa.run(SparseTile {
                        segments: &entries.segments,
                        empty: &entries.empty,
                        entries: &entries.list,
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
                        first,
                        rows,
                        taps: &sweep.taps,
                        patch,
                        channel: sweep.channel(),
                        pitch: sweep.pitch(),
                        tile,
                    });
                }
                match target {
                    Target::Slabs { slabs, stride, count, end } => {
                        machine.isa.run(Place {
                            sweep,
                            strip,
                            at,
                            tile,
                            first,
                            rows,
                            slabs,
                            stride,
                            count,
                            end,
                        });
                    }
                    Target::Pooled(sink) => {
                        machine.isa.run(PlacePooled { sweep, strip, at, tile, first, rows, sink });
                    }
                }
            }
        });
    }
}

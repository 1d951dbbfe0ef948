//! Forward through a convolution, and back to its input.

use crate::{
    kernels::conv::{
        dense::DenseTile,
        moments::{Behind, Summed},
        place::{End, Normed, Place},
        pooled::{PlacePooled, PooledSink, PooledSource, codes_len},
        sparse::SparseTile,
        target::Target,
    },
    layers::conv::{
        layer::{Conv, Pass},
        source::Source,
        sums::Sums,
    },
    layout::{
        lanes::Lanes,
        shared::Shared,
        sweep::{StripAt, TILE},
    },
    simd::LANES,
    threads::{Machine, Scratch},
};

/// Tasks into which a dense pass is cut at least for several workers, where it has so many rows.
const TASKS: usize = 8;

/// What is done with results as they are written.
#[derive(Clone, Copy, Default)]
pub(crate) struct Written<'a> {
    pub(crate) relu: bool,
    /// A normalisation before the ReLU.
    pub(crate) norm: Option<Normed<'a>>,
    /// Whether they are summed for a normalisation.
    pub(crate) measured: bool,
}

/// The gradient of the input that a pass back writes.
pub(crate) struct Dx<'a> {
    pub(crate) to: &'a mut [f32],
    /// Whether it is added to what is there.
    pub(crate) add: bool,
    /// What must be positive, else the gradient is 0.
    pub(crate) gate: Option<&'a [f32]>,
    /// The normalisation that made the input; what is written is summed for it.
    pub(crate) behind: Option<Behind<'a>>,
}

impl Conv {
    /// `y = W * x + b` and what is done with it as it is written, then the pool if there is one, of all slabs.
    pub(crate) fn forward(
        &mut self,
        machine: Machine<'_>,
        lanes: Lanes,
        x: Source<'_>,
        y: &mut [f32],
        Written { relu, norm, measured }: Written<'_>,
    ) {
        let (from, to) = self.slabs(lanes);
        let plan = self.plan(lanes.slabs);
        if let Some(winograd) = &mut self.winograd {
            winograd.refresh(machine, &self.weights);
        }
        let (mut codes, mut sums) = (std::mem::take(&mut self.codes), std::mem::take(&mut self.sums[0]));
        let pass = &self.plans[plan].forward;
        let bias = self.bias.as_ref().map(|bias| &*bias.w);
        let (slabs, count) = (Shared::new(y), lanes.slabs);
        let target = if self.shape.pool {
            let codes = Shared::new(codes.at_least(codes_len(to * count)));
            let map = self.shape.out_map;
            Target::Pooled(PooledSink { slabs, codes, stride: to, count, map, bias, relu })
        } else {
            let sweep = std::iter::once(&pass.sweep);
            let moments = measured.then(|| sums.begin(sweep, self.outputs(), lanes, Summed::Values(lanes)));
            Target::Slabs { slabs, stride: to, count, end: End::Forward { bias, norm, relu }, moments }
        };
        self.sweep(machine, lanes, pass, true, (x, from), target);
        (self.codes, self.sums[0]) = (codes, sums);
    }

    /// `dx = W^T * dy` of all slabs.
    pub(super) fn backward(&mut self, machine: Machine<'_>, lanes: Lanes, dy: Source<'_>, dx: Dx<'_>) {
        let plan = self.plan(lanes.slabs);
        if let Some(winograd) = &mut self.winograd {
            winograd.refresh(machine, &self.weights);
        }
        let mut sums = std::mem::take(&mut self.sums[1]);
        let (passes, rows, from) = (&self.plans[plan].backward, self.inputs(), self.slabs(lanes).1);
        let only_adds = dx.add && dx.behind.is_none();
        let target = self.target(lanes, dx, &mut sums, passes);
        let mut strips = 0;
        for pass in passes {
            // What is there already may still need its gate, or its sums.
            if only_adds && pass.sweep.taps.is_empty() {
                continue;
            }
            let target = target.of_strip(strips, rows);
            self.sweep(machine, lanes, pass, false, (self.before_pool(dy), from), target);
            strips += pass.sweep.strips(lanes.slabs);
        }
        self.sums[1] = sums;
    }

    /// Where these passes back write.
    pub(super) fn target<'a>(
        &self,
        lanes: Lanes,
        Dx { to, add, gate, behind }: Dx<'a>,
        sums: &'a mut Sums,
        passes: &'a [Pass],
    ) -> Target<'a> {
        let sweeps = passes.iter().map(|pass| &pass.sweep);
        let moments =
            behind.map(|behind| sums.begin(sweeps, self.inputs(), lanes, Summed::Gradients(behind)));
        let (slabs, stride) = (Shared::new(to), self.slabs(lanes).0);
        Target::Slabs { slabs, stride, count: lanes.slabs, end: End::Backward { add, gate }, moments }
    }

    /// The gradient of the map, of which `dy` is what its readers made.
    pub(super) fn before_pool<'a>(&'a self, dy: Source<'a>) -> Source<'a> {
        match dy {
            Source::Slabs(slabs, _) if self.shape.pool => {
                Source::Pooled(PooledSource { slabs, codes: &self.codes })
            }
            _ => dy,
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
            let target = target.of_strip(task / parts, rows);
            let strip = sweep.strip_at(task / parts);
            let first = task % parts * part;
            let rows = part.min(rows - first);
            let mut patch = std::mem::take(&mut scratch.patch);
            let read = patch.at_least(channels * sweep.channel());
            source.pack(machine, (sweep, strip), channels, (stride, lanes.slabs), read);
            self.strip(machine, scratch, (pass, forward), (strip, first, rows), read, target);
            scratch.patch = patch;
        });
    }

    /// Some rows of a strip, from its patch.
    pub(super) fn strip(
        &self,
        machine: Machine<'_>,
        scratch: &mut Scratch,
        (pass, forward): (&Pass, bool),
        (strip, first, rows): (StripAt, usize, usize),
        patch: &[f32],
        target: Target<'_>,
    ) {
        let sweep = &pass.sweep;
        {
            if let Some(winograd) = &self.winograd {
                let buffers = (patch, &mut scratch.transformed, &mut scratch.tile);
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
                    Target::Slabs { slabs, stride, count, end, moments } => {
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
                            moments,
                        });
                    }
                    Target::Pooled(sink) => {
                        machine.isa.run(PlacePooled { sweep, strip, at, tile, first, rows, sink });
                    }
                }
            }
        }
    }
}

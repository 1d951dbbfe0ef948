//! From the outputs of minimal filtering to the slabs.

#![allow(unsafe_code)]

use crate::{
    kernels::conv::{target::Target, winograd::Pieces},
    layout::sweep::{StripAt, Sweep},
    simd::{Kernel, LANES, Simd},
};

/// Writes outputs to their places in the slabs; what lies beyond the grid or the batch is left out.
pub(crate) struct PlaceOutput<'a> {
    pub(crate) sweep: &'a Sweep,
    pub(crate) strip: StripAt,
    pub(crate) pieces: Pieces,
    pub(crate) first: usize,
    pub(crate) vectors: usize,
    /// As [`Products::output`](super::winograd::Products).
    pub(crate) output: &'a [f32],
    pub(crate) rows: usize,
    /// No other task may touch the places of this strip.
    pub(crate) target: Target<'a>,
}

impl Kernel for PlaceOutput<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        match self.target {
            Target::Slabs { end, .. } if end.is_normed() => self.write::<S, true>(s),
            _ => self.write::<S, false>(s),
        }
    }
}

impl PlaceOutput<'_> {
    #[inline(always)]
    fn write<S: Simd, const NORMED: bool>(self, s: S) {
        let Self { sweep, strip, pieces, rows, vectors, target, .. } = self;
        let [height, width] = sweep.out_map;
        let map = height * width * LANES;
        assert!(sweep.out_step == [1, 1] && self.output.len() >= rows * 4 * vectors * LANES);
        match target {
            Target::Slabs { slabs, stride, count, end, moments } => {
                let last = (count - 1) * stride + rows * map;
                assert!(strip.slab < count && stride >= rows * map && stride.is_multiple_of(LANES));
                assert!(slabs.is_aligned() && slabs.len() >= last);
                end.check(rows, last);
                if let Some(moments) = moments {
                    moments.check(rows, last);
                }
            }
            Target::Pooled(sink) => {
                assert!(sweep.out_map == sink.map);
                sink.check(rows);
            }
        }
        let moments = match target {
            Target::Slabs { moments, .. } => moments,
            Target::Pooled(_) => None,
        };
        for row in 0..rows {
            // SAFETY: rows and vectors are inside of what is checked above; so are places, where they are inside of the map
            // and the batch.
            unsafe {
                let mut running = None;
                if let Some(moments) = moments {
                    running = Some(moments.begin(s, row, self.first == 0));
                }
                for vector in 0..vectors.min(pieces.vectors() - self.first) {
                    let (y, x, slab) = pieces.place(self.first + vector);
                    let (y, x, slab) = (strip.y + 2 * y, strip.x + 2 * x, strip.slab + slab);
                    let from = self.output.as_ptr().add((row * 4 * vectors + vector) * LANES);
                    let next = vectors * LANES;
                    match target {
                        Target::Pooled(sink) => {
                            let window = [
                                s.load(from),
                                s.load(from.add(next)),
                                s.load(from.add(2 * next)),
                                s.load(from.add(3 * next)),
                            ];
                            sink.store(s, row, slab, [y, x], window);
                        }
                        Target::Slabs { slabs, stride, count, end, .. } if slab < count => {
                            for place in 0..4 {
                                let (y, x) = (y + place / 2, x + place % 2);
                                if y < height && x < width {
                                    let to = slab * stride + row * map + (y * width + x) * LANES;
                                    let value = s.load(from.add(place * next));
                                    let mut value = end.value::<S, NORMED>(s, slabs, row, to, value);
                                    if let (Some(moments), Some(running)) = (moments, &mut running) {
                                        value = moments.add(s, running, (slab, to), value);
                                    }
                                    s.stream(slabs.as_mut_ptr().add(to), value);
                                }
                            }
                        }
                        Target::Slabs { .. } => {}
                    }
                }
                if let (Some(moments), Some(running)) = (moments, running) {
                    moments.end(s, row, running);
                }
            }
        }
        s.publish();
    }
}

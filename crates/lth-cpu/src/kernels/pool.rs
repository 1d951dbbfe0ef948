//! Pooling of one channel of one slab.

#![allow(unsafe_code)]

use lth_model::Window;

use crate::{
    layout::shared::Shared,
    simd::{Kernel, LANES, Simd},
};

/// A channel's map, a window over it, and the map that the window leaves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pooling {
    pub(crate) window: Window,
    pub(crate) in_map: [usize; 2],
    pub(crate) out_map: [usize; 2],
    pub(crate) vectors: usize,
    /// Whether the mean is meant, padding counted as zeros; else the maximum, which padding never is.
    pub(crate) mean: bool,
}

impl Pooling {
    /// Floats of a channel before and after.
    pub(crate) fn channel(self) -> (usize, usize) {
        let floats = |map: [usize; 2]| map[0] * map[1] * self.vectors * LANES;
        (floats(self.in_map), floats(self.out_map))
    }

    /// The factor of a mean.
    fn factor(self) -> f32 {
        1.0 / (self.window.kernel[0] * self.window.kernel[1]) as f32
    }

    /// Whether each pixel is in exactly one window.
    fn is_tiling(self) -> bool {
        let Window { kernel, stride, padding } = self.window;
        let whole = |axis: usize| self.out_map[axis] * kernel[axis] == self.in_map[axis];
        kernel == stride && padding == [0, 0] && whole(0) && whole(1)
    }

    /// The rows and columns of the input that place (y, x) sees.
    #[inline(always)]
    fn reach(self, place: [usize; 2]) -> [std::ops::Range<usize>; 2] {
        [0, 1].map(|axis| {
            let first = place[axis] * self.window.stride[axis];
            let padding = self.window.padding[axis];
            first.saturating_sub(padding)
                ..(first + self.window.kernel[axis]).saturating_sub(padding).min(self.in_map[axis])
        })
    }
}

/// `y[place] = maximum or mean of the window`.
pub(crate) struct Pool<'a> {
    pub(crate) pooling: Pooling,
    pub(crate) x: &'a [f32],
    /// No other task may touch it.
    pub(crate) y: Shared<'a>,
}

impl Kernel for Pool<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let pooling = self.pooling;
        let (before, after) = pooling.channel();
        assert!(self.x.len() >= before && self.y.len() >= after && self.y.is_aligned());
        let factor = s.splat(pooling.factor());
        for y in 0..pooling.out_map[0] {
            for x in 0..pooling.out_map[1] {
                let [rows, columns] = pooling.reach([y, x]);
                for vector in 0..pooling.vectors {
                    let start = if pooling.mean { 0.0 } else { f32::NEG_INFINITY };
                    let mut value = s.splat(start);
                    for row in rows.clone() {
                        for column in columns.clone() {
                            let at = ((row * pooling.in_map[1] + column) * pooling.vectors + vector) * LANES;
                            // SAFETY: pixels are inside of the map, whose length is checked above.
                            let x = unsafe { s.load(self.x.as_ptr().add(at)) };
                            value = if pooling.mean { s.add(value, x) } else { s.max(value, x) };
                        }
                    }
                    let at = ((y * pooling.out_map[1] + x) * pooling.vectors + vector) * LANES;
                    // SAFETY: as above.
                    unsafe {
                        s.stream(
                            self.y.as_mut_ptr().add(at),
                            if pooling.mean { s.mul(value, factor) } else { value },
                        );
                    }
                }
            }
        }
        s.publish();
    }
}

/// The gradient of the input: `dy` goes to the first maximum of each window, or in equal parts to all of it.
pub(crate) struct PoolGradient<'a> {
    pub(crate) pooling: Pooling,
    pub(crate) x: &'a [f32],
    pub(crate) y: &'a [f32],
    pub(crate) dy: &'a [f32],
    /// No other task may touch it.
    pub(crate) dx: Shared<'a>,
    /// Whether to add to what is there.
    pub(crate) add: bool,
    /// Whether the input comes from a ReLU: where it is not positive the gradient is zero.
    pub(crate) gated: bool,
}

impl Kernel for PoolGradient<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let pooling = self.pooling;
        let (before, after) = pooling.channel();
        assert!(self.x.len() >= before && self.dx.len() >= before && self.dx.is_aligned());
        assert!(self.y.len() >= after && self.dy.len() >= after);
        let (zero, one, factor) = (s.splat(0.0), s.splat(1.0), s.splat(pooling.factor()));
        // SAFETY: pixels are inside of the maps, whose lengths are checked above.
        unsafe {
            // Windows that neither overlap nor leave anything out write every pixel once.
            let tiled = pooling.is_tiling();
            if !self.add && !tiled {
                for at in (0..before).step_by(LANES) {
                    s.store(self.dx.as_mut_ptr().add(at), zero);
                }
            }
            for y in 0..pooling.out_map[0] {
                for x in 0..pooling.out_map[1] {
                    let [rows, columns] = pooling.reach([y, x]);
                    for vector in 0..pooling.vectors {
                        let at = ((y * pooling.out_map[1] + x) * pooling.vectors + vector) * LANES;
                        let dy = s.load(self.dy.as_ptr().add(at));
                        let top = s.load(self.y.as_ptr().add(at));
                        // 1 as long as no maximum was found.
                        let mut open = one;
                        for row in rows.clone() {
                            for column in columns.clone() {
                                let at =
                                    ((row * pooling.in_map[1] + column) * pooling.vectors + vector) * LANES;
                                let x = s.load(self.x.as_ptr().add(at));
                                let part = if pooling.mean {
                                    s.mul(dy, factor)
                                } else {
                                    let below = s.gate(s.sub(top, x), one);
                                    let first = s.mul(s.sub(one, below), open);
                                    open = s.mul(open, below);
                                    s.mul(first, dy)
                                };
                                let part = if self.gated { s.gate(x, part) } else { part };
                                let to = self.dx.as_mut_ptr().add(at);
                                if tiled && !self.add {
                                    s.stream(to, part);
                                } else {
                                    s.store(to, s.add(s.load(to), part));
                                }
                            }
                        }
                    }
                }
            }
        }
        s.publish();
    }
}

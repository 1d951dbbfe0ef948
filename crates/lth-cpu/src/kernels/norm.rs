//! Batch normalisation of one channel.

#![allow(unsafe_code)]

use crate::{
    lanes::Lanes,
    shared::Shared,
    simd::{Kernel, LANES, Simd},
};

/// Where a channel is in the slabs of a map.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Channel {
    pub(crate) lanes: Lanes,
    /// Floats from a slab to the next.
    pub(crate) stride: usize,
    /// Floats from the start of a slab to the channel.
    pub(crate) first: usize,
    /// Pixels of the map.
    pub(crate) pixels: usize,
}

/// Vectors whose sum is made at once: a sum of sums keeps rounding errors small.
const RUN: usize = 64;

impl Channel {
    fn end(self) -> usize {
        (self.lanes.slabs - 1) * self.stride + self.first + self.pixels * self.lanes.width()
    }

    /// Calls `each` with the place of every vector and a bit for each of its lanes that is an example.
    #[inline(always)]
    fn each(self, mut each: impl FnMut(usize, u16)) {
        for slab in 0..self.lanes.slabs {
            let examples = self.lanes.range(slab).len();
            for pixel in 0..self.pixels {
                for vector in 0..self.lanes.vectors {
                    let at = slab * self.stride + self.first + (pixel * self.lanes.vectors + vector) * LANES;
                    let present = examples.saturating_sub(vector * LANES).min(LANES);
                    each(at, ((1_u32 << present) - 1) as u16);
                }
            }
        }
    }
}

/// The sum over examples and pixels of `(x - center)^power`, power 1 or 2.
pub(crate) struct CenteredSum<'a> {
    pub(crate) channel: Channel,
    pub(crate) x: &'a [f32],
    pub(crate) center: f32,
    pub(crate) squared: bool,
}

impl Kernel for CenteredSum<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> f64 {
        assert!(self.x.len() >= self.channel.end());
        let (zero, center) = (s.splat(0.0), s.splat(self.center));
        let mut sums = Sums::new(s);
        self.channel.each(|at, bits| {
            // SAFETY: the channel's end is checked above.
            let d = s.sub(unsafe { s.load(self.x.as_ptr().add(at)) }, center);
            let d = s.select(bits, d, zero);
            sums.add(s, if self.squared { s.mul(d, d) } else { d });
        });
        sums.total(s)
    }
}

/// Sums of sums.
struct Sums<V> {
    run: [V; 4],
    all: V,
    count: usize,
}

impl<V: Copy> Sums<V> {
    #[inline(always)]
    fn new<S: Simd<V = V>>(s: S) -> Self {
        Self { run: [s.splat(0.0); 4], all: s.splat(0.0), count: 0 }
    }

    #[inline(always)]
    fn add<S: Simd<V = V>>(&mut self, s: S, value: V) {
        let place = &mut self.run[self.count % 4];
        *place = s.add(*place, value);
        self.count += 1;
        if self.count == RUN {
            self.flush(s);
        }
    }

    #[inline(always)]
    fn flush<S: Simd<V = V>>(&mut self, s: S) {
        let run = s.add(s.add(self.run[0], self.run[1]), s.add(self.run[2], self.run[3]));
        self.all = s.add(self.all, run);
        self.run = [s.splat(0.0); 4];
        self.count = 0;
    }

    #[inline(always)]
    fn total<S: Simd<V = V>>(mut self, s: S) -> f64 {
        self.flush(s);
        let mut lanes = [0.0_f32; LANES];
        // SAFETY: the array has 16 floats.
        unsafe { s.store(lanes.as_mut_ptr(), self.all) };
        lanes.iter().map(|&lane| f64::from(lane)).sum()
    }
}

/// `y = x * scale + shift (+ other)`, then ReLU if asked for.
pub(crate) struct Normalize<'a> {
    pub(crate) channel: Channel,
    pub(crate) x: &'a [f32],
    pub(crate) scale: f32,
    pub(crate) shift: f32,
    pub(crate) other: Option<&'a [f32]>,
    pub(crate) relu: bool,
    /// No other task may touch this channel.
    pub(crate) y: Shared<'a>,
}

impl Kernel for Normalize<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let end = self.channel.end();
        assert!(self.x.len() >= end && self.y.len() >= end);
        assert!(self.other.is_none_or(|other| other.len() >= end));
        let (scale, shift, zero) = (s.splat(self.scale), s.splat(self.shift), s.splat(0.0));
        self.channel.each(|at, _| {
            // SAFETY: the channel's end is checked above.
            unsafe {
                let mut y = s.fma(s.load(self.x.as_ptr().add(at)), scale, shift);
                if let Some(other) = self.other {
                    y = s.add(y, s.load(other.as_ptr().add(at)));
                }
                s.store(self.y.as_mut_ptr().add(at), if self.relu { s.max(zero, y) } else { y });
            }
        });
    }
}

/// `(sum of g, sum of g (x - mean))`, g being dy, 0 where `gate` is not positive.
pub(crate) struct GradientSums<'a> {
    pub(crate) channel: Channel,
    pub(crate) x: &'a [f32],
    pub(crate) mean: f32,
    pub(crate) dy: &'a [f32],
    pub(crate) gate: Option<&'a [f32]>,
}

impl Kernel for GradientSums<'_> {
    type Output = (f64, f64);

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> (f64, f64) {
        let end = self.channel.end();
        assert!(self.x.len() >= end && self.dy.len() >= end);
        assert!(self.gate.is_none_or(|gate| gate.len() >= end));
        let mean = s.splat(self.mean);
        let (mut plain, mut weighted) = (Sums::new(s), Sums::new(s));
        self.channel.each(|at, _| {
            // SAFETY: the channel's end is checked above.
            unsafe {
                let g = gated(s, self.dy, self.gate, at);
                plain.add(s, g);
                weighted.add(s, s.mul(g, s.sub(s.load(self.x.as_ptr().add(at)), mean)));
            }
        });
        (plain.total(s), weighted.total(s))
    }
}

/// `dx = scale (g - constant - slope (x - mean))`, zero beyond the batch; g also goes to the other input of a sum.
pub(crate) struct NormGradient<'a> {
    pub(crate) channel: Channel,
    pub(crate) x: &'a [f32],
    pub(crate) mean: f32,
    pub(crate) scale: f32,
    pub(crate) constant: f32,
    pub(crate) slope: f32,
    pub(crate) dy: &'a [f32],
    pub(crate) gate: Option<&'a [f32]>,
    /// The gradient of the input, and whether to add; no other task may touch this channel.
    pub(crate) dx: Option<(Shared<'a>, bool)>,
    /// The same of the other input.
    pub(crate) other: Option<(Shared<'a>, bool)>,
}

impl Kernel for NormGradient<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let end = self.channel.end();
        assert!(self.x.len() >= end && self.dy.len() >= end);
        assert!(self.gate.is_none_or(|gate| gate.len() >= end));
        for (to, _) in [self.dx, self.other].into_iter().flatten() {
            assert!(to.len() >= end);
        }
        let (mean, scale, zero) = (s.splat(self.mean), s.splat(self.scale), s.splat(0.0));
        let (constant, slope) = (s.splat(self.constant), s.splat(self.slope));
        self.channel.each(|at, bits| {
            // SAFETY: the channel's end is checked above.
            unsafe {
                let g = gated(s, self.dy, self.gate, at);
                if let Some(dx) = self.dx {
                    let centered = s.sub(s.load(self.x.as_ptr().add(at)), mean);
                    let d = s.mul(scale, s.fnma(slope, centered, s.sub(g, constant)));
                    put(s, dx, at, s.select(bits, d, zero));
                }
                if let Some(other) = self.other {
                    put(s, other, at, g);
                }
            }
        });
    }
}

/// # Safety
/// 16 floats must be there at `at`.
#[inline(always)]
unsafe fn gated<S: Simd>(s: S, dy: &[f32], gate: Option<&[f32]>, at: usize) -> S::V {
    // SAFETY: the caller's promise.
    unsafe {
        let g = s.load(dy.as_ptr().add(at));
        gate.map_or(g, |gate| s.gate(s.load(gate.as_ptr().add(at)), g))
    }
}

/// # Safety
/// 16 floats must be there at `at`, and no other task may touch them.
#[inline(always)]
unsafe fn put<S: Simd>(s: S, (to, add): (Shared<'_>, bool), at: usize, value: S::V) {
    // SAFETY: the caller's promise.
    unsafe {
        let to = to.as_mut_ptr().add(at);
        s.store(to, if add { s.add(s.load(to), value) } else { value });
    }
}

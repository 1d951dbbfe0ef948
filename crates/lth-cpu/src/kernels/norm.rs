//! Batch normalisation of one channel.

#![allow(unsafe_code)]

use crate::{
    layout::{lanes::Lanes, shared::Shared},
    simd::{Kernel, LANES, Simd},
};

/// What a batch normalisation does to a channel.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Factors {
    pub(crate) mean: f32,
    /// `y = x * scale + shift`
    pub(crate) scale: f32,
    pub(crate) shift: f32,
    /// `dx = scale (dy - constant - slope (x - mean))`
    pub(crate) constant: f32,
    pub(crate) slope: f32,
}

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
const BATCH: usize = 64;

/// Neighbouring vectors of a channel that hold the same examples.
#[derive(Clone, Copy)]
struct Run {
    at: usize,
    vectors: usize,
    /// A bit for each lane that is an example.
    bits: u16,
}

impl Channel {
    fn end(self) -> usize {
        (self.lanes.slabs - 1) * self.stride + self.first + self.pixels * self.lanes.width()
    }

    /// Whether its vectors may be streamed into these slabs.
    fn is_aligned(self, slabs: Shared<'_>) -> bool {
        slabs.is_aligned() && self.first.is_multiple_of(LANES) && self.stride.is_multiple_of(LANES)
    }

    /// All of the channel: a whole slab at a time, or vector by vector where a wide slab is not full.
    fn runs(self) -> impl Iterator<Item = Run> {
        let Lanes { vectors, .. } = self.lanes;
        (0..self.lanes.slabs).flat_map(move |slab| {
            let examples = self.lanes.range(slab).len();
            let start = slab * self.stride + self.first;
            let whole = vectors == 1 || examples == self.lanes.width();
            let (count, length) = if whole { (1, self.pixels * vectors) } else { (self.pixels * vectors, 1) };
            (0..count).map(move |index| {
                let present = examples.saturating_sub(index % vectors * LANES).min(LANES);
                Run { at: start + index * LANES, vectors: length, bits: ((1_u32 << present) - 1) as u16 }
            })
        })
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
        let mut all = zero;
        for run in self.channel.runs() {
            for first in (0..run.vectors).step_by(BATCH) {
                let mut sums = [zero; 4];
                for vector in first..run.vectors.min(first + BATCH) {
                    // SAFETY: the channel's end is checked above.
                    let x = unsafe { s.load(self.x.as_ptr().add(run.at + vector * LANES)) };
                    let d = s.select(run.bits, s.sub(x, center), zero);
                    let place = vector % 4;
                    sums[place] = if self.squared { s.fma(d, d, sums[place]) } else { s.add(sums[place], d) };
                }
                all = s.add(all, s.add(s.add(sums[0], sums[1]), s.add(sums[2], sums[3])));
            }
        }
        total(s, all)
    }
}

/// The sum of the lanes.
#[inline(always)]
fn total<S: Simd>(s: S, sum: S::V) -> f64 {
    let mut lanes = [0.0_f32; LANES];
    // SAFETY: the array has 16 floats.
    unsafe { s.store(lanes.as_mut_ptr(), sum) };
    lanes.iter().map(|&lane| f64::from(lane)).sum()
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
        assert!(self.x.len() >= end && self.y.len() >= end && self.channel.is_aligned(self.y));
        assert!(self.other.is_none_or(|other| other.len() >= end));
        let (scale, shift, zero) = (s.splat(self.scale), s.splat(self.shift), s.splat(0.0));
        for run in self.channel.runs() {
            for at in (run.at..run.at + run.vectors * LANES).step_by(LANES) {
                // SAFETY: the channel's end is checked above.
                unsafe {
                    let mut y = s.fma(s.load(self.x.as_ptr().add(at)), scale, shift);
                    if let Some(other) = self.other {
                        y = s.add(y, s.load(other.as_ptr().add(at)));
                    }
                    s.stream(self.y.as_mut_ptr().add(at), if self.relu { s.max(zero, y) } else { y });
                }
            }
        }
        s.publish();
    }
}

/// What a normalisation's output was gated by.
#[derive(Clone, Copy)]
pub(crate) enum Gate<'a> {
    /// No ReLU.
    Open,
    /// A ReLU of `x * scale + shift`.
    Own { scale: f32, shift: f32 },
    /// A ReLU with this output.
    Output(&'a [f32]),
}

impl Gate<'_> {
    fn check(&self, end: usize) {
        assert!(!matches!(self, Self::Output(y) if y.len() < end));
    }

    /// The gradient behind the ReLU.
    ///
    /// # Safety
    /// 16 floats must be there at `at`.
    #[inline(always)]
    unsafe fn apply<S: Simd>(&self, s: S, g: S::V, x: S::V, at: usize) -> S::V {
        match *self {
            Self::Open => g,
            Self::Own { scale, shift } => s.gate(s.fma(x, s.splat(scale), s.splat(shift)), g),
            // SAFETY: the caller's promise.
            Self::Output(y) => s.gate(unsafe { s.load(y.as_ptr().add(at)) }, g),
        }
    }
}

/// `(sum of g, sum of g (x - mean))`, g being dy behind the gate.
pub(crate) struct GradientSums<'a> {
    pub(crate) channel: Channel,
    pub(crate) x: &'a [f32],
    pub(crate) mean: f32,
    pub(crate) dy: &'a [f32],
    pub(crate) gate: Gate<'a>,
}

impl Kernel for GradientSums<'_> {
    type Output = (f64, f64);

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> (f64, f64) {
        let end = self.channel.end();
        assert!(self.x.len() >= end && self.dy.len() >= end);
        self.gate.check(end);
        let (mean, zero) = (s.splat(self.mean), s.splat(0.0));
        let (mut plain, mut weighted) = (zero, zero);
        for run in self.channel.runs() {
            for first in (0..run.vectors).step_by(BATCH) {
                let (mut plains, mut weighteds) = ([zero; 4], [zero; 4]);
                for vector in first..run.vectors.min(first + BATCH) {
                    let (at, place) = (run.at + vector * LANES, vector % 4);
                    // SAFETY: the channel's end is checked above.
                    unsafe {
                        let x = s.load(self.x.as_ptr().add(at));
                        let g = self.gate.apply(s, s.load(self.dy.as_ptr().add(at)), x, at);
                        plains[place] = s.add(plains[place], g);
                        weighteds[place] = s.fma(g, s.sub(x, mean), weighteds[place]);
                    }
                }
                plain = s.add(plain, s.add(s.add(plains[0], plains[1]), s.add(plains[2], plains[3])));
                let sum = s.add(s.add(weighteds[0], weighteds[1]), s.add(weighteds[2], weighteds[3]));
                weighted = s.add(weighted, sum);
            }
        }
        (total(s, plain), total(s, weighted))
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
    pub(crate) gate: Gate<'a>,
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
        self.gate.check(end);
        for (to, _) in [self.dx, self.other].into_iter().flatten() {
            assert!(to.len() >= end && self.channel.is_aligned(to));
        }
        let (mean, scale, zero) = (s.splat(self.mean), s.splat(self.scale), s.splat(0.0));
        let (constant, slope) = (s.splat(self.constant), s.splat(self.slope));
        for run in self.channel.runs() {
            for at in (run.at..run.at + run.vectors * LANES).step_by(LANES) {
                // SAFETY: the channel's end is checked above.
                unsafe {
                    let x = s.load(self.x.as_ptr().add(at));
                    let g = self.gate.apply(s, s.load(self.dy.as_ptr().add(at)), x, at);
                    if let Some(dx) = self.dx {
                        let d = s.mul(scale, s.fnma(slope, s.sub(x, mean), s.sub(g, constant)));
                        put(s, dx, at, s.select(run.bits, d, zero));
                    }
                    if let Some(other) = self.other {
                        put(s, other, at, g);
                    }
                }
            }
        }
        s.publish();
    }
}

/// # Safety
/// 16 floats must be there at `at`, a multiple of 16, and no other task may touch them.
#[inline(always)]
unsafe fn put<S: Simd>(s: S, (to, add): (Shared<'_>, bool), at: usize, value: S::V) {
    // SAFETY: the caller's promise.
    unsafe {
        let to = to.as_mut_ptr().add(at);
        if add { s.store(to, s.add(s.load(to), value)) } else { s.stream(to, value) }
    }
}

//! The sums that a batch normalisation needs, made as a convolution writes its results: the map is not read again for them.

#![allow(unsafe_code)]

use crate::{
    kernels::norm::Factors,
    layout::{lanes::Lanes, shared::Shared},
    simd::{LANES, Simd},
};

/// Floats of the sums of a row in one strip.
pub(crate) const SUMS: usize = 3 * LANES;

/// What is summed, lane by lane, over one strip.
#[derive(Clone, Copy)]
pub(crate) struct Moments<'a> {
    /// `[row][3][16]`; no other task may touch the rows of this one.
    pub(crate) sums: Shared<'a>,
    pub(crate) of: Summed<'a>,
}

/// Of what.
#[derive(Clone, Copy)]
pub(crate) enum Summed<'a> {
    /// Of results: their first value c, the sums of y - c and of (y - c)^2, so that nothing cancels.
    Values(Lanes),
    /// Of gradients g behind a normalisation: the sums of g and of g (x - mean).
    Gradients(Behind<'a>),
}

/// A normalisation whose output's gradient is written.
#[derive(Clone, Copy)]
pub(crate) struct Behind<'a> {
    /// What was normalised, in slabs as those that are written.
    pub(crate) x: &'a [f32],
    pub(crate) factors: &'a [Factors],
    /// Whether its output goes through a ReLU without having been added to anything: the gradient is zero where it was closed.
    pub(crate) relu: bool,
}

/// The sums of a row.
#[derive(Clone, Copy)]
pub(crate) struct Running<V> {
    fresh: bool,
    vectors: [V; 3],
    mean: V,
    scale: V,
    shift: V,
}

impl Moments<'_> {
    /// Panics unless there is all that it reads and writes, for this many rows that end at this float of the slabs.
    pub(crate) fn check(&self, rows: usize, end: usize) {
        assert!(self.sums.len() >= rows * SUMS);
        if let Summed::Gradients(behind) = self.of {
            assert!(behind.factors.len() >= rows && behind.x.len() >= end);
        }
    }

    /// The sums of a row so far; none of a fresh strip.
    ///
    /// # Safety
    /// [`Self::check`] was called with more rows.
    #[inline(always)]
    pub(crate) unsafe fn begin<S: Simd>(&self, s: S, row: usize, fresh: bool) -> Running<S::V> {
        let zero = s.splat(0.0);
        let mut running = Running { fresh, vectors: [zero; 3], mean: zero, scale: zero, shift: zero };
        // SAFETY: the caller's promise.
        unsafe {
            if !fresh {
                let from = self.sums.as_mut_ptr().add(row * SUMS);
                for v in 0..3 {
                    running.vectors[v] = s.load(from.add(v * LANES));
                }
            }
            if let Summed::Gradients(behind) = self.of {
                let factors = behind.factors.get_unchecked(row);
                running.mean = s.splat(factors.mean);
                running.scale = s.splat(factors.scale);
                running.shift = s.splat(factors.shift);
            }
        }
        running
    }

    /// Adds what is stored at `to` of the slabs, in this slab; returns it as it is to be stored.
    ///
    /// # Safety
    /// [`Self::check`] holds for a larger end.
    #[inline(always)]
    pub(crate) unsafe fn add<S: Simd>(
        &self,
        s: S,
        running: &mut Running<S::V>,
        (slab, to): (usize, usize),
        value: S::V,
    ) -> S::V {
        let [first, sum, product] = &mut running.vectors;
        match self.of {
            Summed::Values(lanes) => {
                if std::mem::replace(&mut running.fresh, false) {
                    *first = value;
                }
                let difference = s.select(lanes.bits(slab), s.sub(value, *first), s.splat(0.0));
                *sum = s.add(*sum, difference);
                *product = s.fma(difference, difference, *product);
                value
            }
            Summed::Gradients(behind) => {
                // SAFETY: the caller's promise.
                let x = unsafe { s.load(behind.x.as_ptr().add(to)) };
                let open = s.fma(x, running.scale, running.shift);
                let value = if behind.relu { s.gate(open, value) } else { value };
                *sum = s.add(*sum, value);
                *product = s.fma(value, s.sub(x, running.mean), *product);
                value
            }
        }
    }

    /// Keeps the sums of a row.
    ///
    /// # Safety
    /// [`Self::check`] was called with more rows.
    #[inline(always)]
    pub(crate) unsafe fn end<S: Simd>(&self, s: S, row: usize, running: Running<S::V>) {
        // SAFETY: the caller's promise.
        unsafe {
            let to = self.sums.as_mut_ptr().add(row * SUMS);
            for v in 0..3 {
                s.store(to.add(v * LANES), running.vectors[v]);
            }
        }
    }
}

//! Dense products with a slab: the forward pass and the data gradient of a linear layer.

#![allow(unsafe_code)]

use crate::{
    panels::{PANEL, Panels, VECTOR},
    simd::{Kernel, LANES, Simd},
};

/// `y[r] = start[r] + sum over k in terms of weight(r, k) * x[k]`, row by row of the slab, terms in order.
///
/// Forward: rows are outputs, terms inputs. Data gradient: rows are inputs, terms outputs.
pub(crate) struct Matmul<'a> {
    /// The weights, in panels.
    pub(crate) weights: &'a [f32],
    pub(crate) panels: Panels,
    /// Whether rows are outputs.
    pub(crate) forward: bool,
    /// The first row that is made, a multiple of 20 forward and of 16 backward, and how many.
    pub(crate) first: usize,
    pub(crate) rows: usize,
    /// Which terms are not zero throughout `x`; ascending.
    pub(crate) terms: &'a [u16],
    /// Slab that is read.
    pub(crate) x: &'a [f32],
    /// Slab that is written, from the first row on.
    pub(crate) y: &'a mut [f32],
    /// What each row starts from, from the first on; zero if absent.
    pub(crate) start: Option<&'a [f32]>,
    /// Vectors in a row of a slab, 1 to 4.
    pub(crate) vectors: usize,
    pub(crate) end: End<'a>,
}

/// Rows of a slab, 64 lanes wide, that stay in a first-level cache of 48 KB beside what else is there.
const BLOCK_TERMS: usize = 132;

/// What happens to a row before it is stored.
#[derive(Clone, Copy)]
pub(crate) enum End<'a> {
    /// Nothing.
    Plain,
    /// `max(y, 0)`.
    Relu,
    /// 0 where this slab is not positive: the gradient of a ReLU whose output this is.
    Gate(&'a [f32]),
}

impl Kernel for Matmul<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        let width = self.vectors * LANES;
        let last = self.terms.iter().copied().max().map_or(0, usize::from);
        assert!((1..=4).contains(&self.vectors));
        assert!(self.terms.is_empty() || self.x.len() >= (last + 1) * width);
        assert!(self.y.len() >= self.rows * width);
        assert!(self.start.is_none_or(|start| start.len() >= self.rows));
        let (rows, terms) = if self.forward {
            (self.panels.outputs(), self.panels.width())
        } else {
            (self.panels.width(), self.panels.outputs())
        };
        assert!(self.first + self.rows <= rows && (self.terms.is_empty() || last < terms));
        assert!(self.first.is_multiple_of(if self.forward { PANEL } else { VECTOR }));
        assert!(self.weights.len() >= self.panels.len());
        if let End::Gate(gate) = self.end {
            assert!(gate.len() >= self.rows * width);
        }
        if S::TILE_VECTORS >= 4 {
            // SAFETY: lengths are checked above.
            unsafe {
                match self.vectors {
                    1 => self.columns::<S, 1>(s, 0),
                    2 => self.columns::<S, 2>(s, 0),
                    3 => self.columns::<S, 3>(s, 0),
                    _ => self.columns::<S, 4>(s, 0),
                }
            }
        } else {
            for vector in 0..self.vectors {
                // SAFETY: lengths are checked above.
                unsafe { self.columns::<S, 1>(s, vector) }
            }
        }
    }
}

impl Matmul<'_> {
    #[inline(always)]
    unsafe fn columns<S: Simd, const V: usize>(&mut self, s: S, first: usize) {
        // SAFETY: rows and vectors are inside of what `run` checked; a tile of 5 outputs never leaves its panel of 20,
        // nor a tile of 4 inputs its vector of 16.
        unsafe {
            if self.forward {
                self.strip::<S, 5, V, true>(s, first);
            } else {
                self.strip::<S, 4, V, false>(s, first);
            }
        }
    }

    /// All rows, R at a time, for a block of terms after the other: so many that their rows of the slab stay in the
    /// first-level cache while all rows of the result go by.
    #[inline(always)]
    unsafe fn strip<S: Simd, const R: usize, const V: usize, const FORWARD: bool>(
        &mut self,
        s: S,
        first: usize,
    ) {
        let blocks = self.terms.len().div_ceil(BLOCK_TERMS).max(1);
        let size = self.terms.len().div_ceil(blocks).max(1);
        for block in 0..blocks {
            let terms =
                &self.terms[(block * size).min(self.terms.len())..((block + 1) * size).min(self.terms.len())];
            let part = Part { terms, first, starts: block == 0, ends: block + 1 == blocks };
            let mut row = 0;
            // SAFETY: as above.
            unsafe {
                while row + R <= self.rows {
                    self.tile::<S, R, V, FORWARD>(s, row, part);
                    row += R;
                }
                match self.rows - row {
                    1 => self.tile::<S, 1, V, FORWARD>(s, row, part),
                    2 => self.tile::<S, 2, V, FORWARD>(s, row, part),
                    3 => self.tile::<S, 3, V, FORWARD>(s, row, part),
                    4 => self.tile::<S, 4, V, FORWARD>(s, row, part),
                    _ => {}
                }
            }
        }
    }

    /// R rows times V vectors of accumulators.
    #[inline(always)]
    unsafe fn tile<S: Simd, const R: usize, const V: usize, const FORWARD: bool>(
        &mut self,
        s: S,
        row: usize,
        part: Part<'_>,
    ) {
        let width = self.vectors * LANES;
        // SAFETY: `run` checked the lengths for all rows, terms and vectors.
        unsafe {
            let y = self.y.as_mut_ptr().add(row * width + part.first * LANES);
            let mut sums = [[s.splat(0.0); V]; R];
            for r in 0..R {
                for v in 0..V {
                    sums[r][v] = match self.start {
                        _ if !part.starts => s.load(y.add(r * width + v * LANES)),
                        Some(start) => s.splat(*start.get_unchecked(row + r)),
                        None => s.splat(0.0),
                    };
                }
            }
            let first = self.first + row;
            let (base, row_stride) =
                if FORWARD { (self.panels.index(first, 0), LANES) } else { (self.panels.index(0, first), 1) };
            let w = self.weights.as_ptr().add(base);
            let x = self.x.as_ptr().add(part.first * LANES);
            for &term in part.terms {
                let term = usize::from(term);
                let x = x.add(term * width);
                let w =
                    w.add(if FORWARD { Panels::input_offset(term) } else { self.panels.output_offset(term) });
                let mut xs = [s.splat(0.0); V];
                for v in 0..V {
                    xs[v] = s.load(x.add(v * LANES));
                }
                for r in 0..R {
                    let w = s.splat(*w.add(r * row_stride));
                    for v in 0..V {
                        sums[r][v] = s.fma(w, xs[v], sums[r][v]);
                    }
                }
            }
            for r in 0..R {
                for v in 0..V {
                    let (sum, at) = (sums[r][v], r * width + v * LANES);
                    let value = match self.end {
                        End::Gate(gate) if part.ends => {
                            s.gate(s.load(gate.as_ptr().add(row * width + part.first * LANES + at)), sum)
                        }
                        // Zero first: NaN passes through.
                        End::Relu if part.ends => s.max(s.splat(0.0), sum),
                        _ => sum,
                    };
                    s.store(y.add(at), value);
                }
            }
        }
    }
}

/// What a tile computes of its sums.
#[derive(Clone, Copy)]
struct Part<'a> {
    /// A block of the terms.
    terms: &'a [u16],
    /// The first vector of lanes.
    first: usize,
    /// Whether sums start here, or go on from the slab.
    starts: bool,
    /// Whether they end here.
    ends: bool,
}

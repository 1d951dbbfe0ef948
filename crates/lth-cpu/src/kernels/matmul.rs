//! Dense products with a slab: the forward pass and the data gradient of a linear layer.

#![allow(unsafe_code)]

use crate::{
    layout::panels::{PANEL, Panels, VECTOR},
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

/// Terms whose rows of a slab, 64 lanes wide, stay in a first-level cache of 32 KB beside what else is there, while all rows of
/// the result go by.
const BLOCK_TERMS: usize = 98;

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

impl End<'_> {
    /// What is stored for 16 sums, those from `at` on.
    ///
    /// # Safety
    /// A gate must have 16 floats there.
    #[inline(always)]
    pub(crate) unsafe fn of<S: Simd>(self, s: S, sums: S::V, at: usize) -> S::V {
        match self {
            End::Plain => sums,
            // Zero first: NaN passes through.
            End::Relu => s.max(s.splat(0.0), sums),
            // SAFETY: the caller's promise.
            End::Gate(gate) => unsafe { s.gate(s.load(gate.as_ptr().add(at)), sums) },
        }
    }
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
        let mut block = Block { weights: [0; BLOCK_TERMS], x: [0; BLOCK_TERMS] };
        // SAFETY: lengths are checked above.
        unsafe {
            match (S::TILE_VECTORS >= 4, self.vectors) {
                (true, 2) => self.blocks::<S, 2>(s, &mut block),
                (true, 3) => self.blocks::<S, 3>(s, &mut block),
                (true, 4) => self.blocks::<S, 4>(s, &mut block),
                _ => self.blocks::<S, 1>(s, &mut block),
            }
        }
    }
}

impl Matmul<'_> {
    /// All rows, for a block of terms after the other.
    #[inline(always)]
    unsafe fn blocks<S: Simd, const V: usize>(&mut self, s: S, block: &mut Block) {
        let terms = self.terms;
        let blocks = terms.len().div_ceil(BLOCK_TERMS).max(1);
        let size = terms.len().div_ceil(blocks).max(1);
        for number in 0..blocks {
            let terms = &terms[(number * size).min(terms.len())..((number + 1) * size).min(terms.len())];
            let part = Part { count: terms.len(), starts: number == 0, ends: number + 1 == blocks };
            self.find(terms, block);
            // SAFETY: terms, rows and vectors are inside of what `run` checked; a tile of 5 outputs never leaves its panel
            // of 20, nor do those of 6, 5 and 5 inputs their vector of 16.
            unsafe {
                if self.forward {
                    let mut row = 0;
                    while row + 5 <= self.rows {
                        self.tile::<S, 5, V, true>(s, row, part, block);
                        row += 5;
                    }
                    self.rest::<S, V, true>(s, row, part, block);
                } else {
                    let whole = self.rows / VECTOR * VECTOR;
                    for row in (0..whole).step_by(VECTOR) {
                        self.tile::<S, 6, V, false>(s, row, part, block);
                        self.tile::<S, 5, V, false>(s, row + 6, part, block);
                        self.tile::<S, 5, V, false>(s, row + 11, part, block);
                    }
                    self.rest::<S, V, false>(s, whole, part, block);
                }
            }
        }
    }

    /// Finds where the weights of a block of terms and their rows of the slab are.
    fn find(&self, terms: &[u16], block: &mut Block) {
        let width = self.vectors * LANES;
        for (place, &term) in terms.iter().enumerate() {
            let term = usize::from(term);
            let at = if self.forward { Panels::input_offset(term) } else { self.panels.output_offset(term) };
            block.weights[place] = at as u32;
            block.x[place] = (term * width) as u32;
        }
    }

    /// The rows from this one on, fewer than make up a tile of outputs or a vector of inputs.
    #[inline(always)]
    unsafe fn rest<S: Simd, const V: usize, const FORWARD: bool>(
        &mut self,
        s: S,
        mut row: usize,
        part: Part,
        block: &Block,
    ) {
        while row < self.rows {
            // SAFETY: the caller's promise.
            unsafe {
                match self.rows - row {
                    1 => self.tile::<S, 1, V, FORWARD>(s, row, part, block),
                    2 => self.tile::<S, 2, V, FORWARD>(s, row, part, block),
                    3 => self.tile::<S, 3, V, FORWARD>(s, row, part, block),
                    _ => self.tile::<S, 4, V, FORWARD>(s, row, part, block),
                }
            }
            row += (self.rows - row).min(4);
        }
    }

    /// R rows, all vectors of lanes, V at a time: the weights are in cache from the second time on.
    #[inline(always)]
    unsafe fn tile<S: Simd, const R: usize, const V: usize, const FORWARD: bool>(
        &mut self,
        s: S,
        row: usize,
        part: Part,
        block: &Block,
    ) {
        for first in (0..self.vectors).step_by(V) {
            // SAFETY: the caller's promise.
            unsafe { self.sums::<S, R, V, FORWARD>(s, row, first, part, block) }
        }
    }

    /// R rows times V vectors of accumulators.
    #[inline(always)]
    unsafe fn sums<S: Simd, const R: usize, const V: usize, const FORWARD: bool>(
        &mut self,
        s: S,
        row: usize,
        vector: usize,
        part: Part,
        block: &Block,
    ) {
        let width = self.vectors * LANES;
        // SAFETY: `run` checked the lengths for all rows, terms and vectors, and `find` filled the block; offsets fit into 32 bits, since layers with
        // more weights are refused.
        unsafe {
            let y = self.y.as_mut_ptr();
            let mut sums = [[s.splat(0.0); V]; R];
            for r in 0..R {
                for v in 0..V {
                    sums[r][v] = match self.start {
                        _ if !part.starts => s.load(y.add((row + r) * width + (vector + v) * LANES)),
                        Some(start) => s.splat(*start.get_unchecked(row + r)),
                        None => s.splat(0.0),
                    };
                }
            }
            let first = self.first + row;
            let (base, row_stride) =
                if FORWARD { (self.panels.index(first, 0), LANES) } else { (self.panels.index(0, first), 1) };
            let w = self.weights.as_ptr().add(base);
            let x = self.x.as_ptr().add(vector * LANES);
            for place in 0..part.count {
                let x = x.add(*block.x.get_unchecked(place) as usize);
                let w = w.add(*block.weights.get_unchecked(place) as usize);
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
            // An end for each loop: sums stay in registers only if their loops are short enough to be unrolled.
            let at = row * width + vector * LANES;
            match self.end {
                End::Relu if part.ends => store(s, &sums, y, (at, width), End::Relu),
                End::Gate(gate) if part.ends => store(s, &sums, y, (at, width), End::Gate(gate)),
                _ => store(s, &sums, y, (at, width), End::Plain),
            }
        }
    }
}

/// Stores a tile with its end; rows of the slab are `width` apart.
///
/// # Safety
/// The tile must be inside of `y`, and of the gate.
#[inline(always)]
unsafe fn store<S: Simd, const R: usize, const V: usize>(
    s: S,
    sums: &[[S::V; V]; R],
    y: *mut f32,
    (at, width): (usize, usize),
    end: End<'_>,
) {
    for r in 0..R {
        for v in 0..V {
            let at = at + r * width + v * LANES;
            // SAFETY: the caller's promise.
            unsafe { s.store(y.add(at), end.of(s, sums[r][v], at)) };
        }
    }
}

/// What a tile computes of its sums.
#[derive(Clone, Copy)]
struct Part {
    /// Terms of the block.
    count: usize,
    /// Whether sums start here, or go on from the slab.
    starts: bool,
    /// Whether they end here.
    ends: bool,
}

/// A block of terms as every tile reads it.
struct Block {
    /// How far the weights of each term are from those of the first.
    weights: [u32; BLOCK_TERMS],
    /// How far the row of each term is from that of the first.
    x: [u32; BLOCK_TERMS],
}

//! Dense products with a slab: the forward pass and the data gradient of a linear layer.

#![allow(unsafe_code)]

use crate::simd::{Kernel, LANES, Simd};

/// `y[r] = start[r] + sum over k in terms of w[r * row_stride + k * term_stride] * x[k]`, row by row of the slab, terms in order.
///
/// Forward: rows are outputs, terms inputs. Data gradient: rows are inputs, terms outputs (strides exchanged).
pub(crate) struct Matmul<'a> {
    /// The weights, read with the strides.
    pub(crate) weights: &'a [f32],
    pub(crate) row_stride: usize,
    pub(crate) term_stride: usize,
    /// Rows of the result.
    pub(crate) rows: usize,
    /// Which terms are not zero throughout `x`; ascending.
    pub(crate) terms: &'a [u16],
    /// Slab that is read.
    pub(crate) x: &'a [f32],
    /// Slab that is written.
    pub(crate) y: &'a mut [f32],
    /// What each row starts from; zero if absent.
    pub(crate) start: Option<&'a [f32]>,
    /// Vectors in a row of a slab, 1 to 4.
    pub(crate) vectors: usize,
    pub(crate) end: End<'a>,
}

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
        assert!(
            self.rows == 0
                || self.terms.is_empty()
                || self.weights.len() > (self.rows - 1) * self.row_stride + last * self.term_stride
        );
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
        let mut row = 0;
        // SAFETY: rows and vectors are inside of what `run` checked.
        unsafe {
            while row + 6 <= self.rows {
                self.tile::<S, 6, V>(s, row, first);
                row += 6;
            }
            match self.rows - row {
                1 => self.tile::<S, 1, V>(s, row, first),
                2 => self.tile::<S, 2, V>(s, row, first),
                3 => self.tile::<S, 3, V>(s, row, first),
                4 => self.tile::<S, 4, V>(s, row, first),
                5 => self.tile::<S, 5, V>(s, row, first),
                _ => {}
            }
        }
    }

    /// R rows times V vectors of accumulators.
    #[inline(always)]
    unsafe fn tile<S: Simd, const R: usize, const V: usize>(&mut self, s: S, row: usize, first: usize) {
        let width = self.vectors * LANES;
        // SAFETY: `run` checked the lengths for all rows, terms and vectors.
        unsafe {
            let mut sums = [[s.splat(0.0); V]; R];
            if let Some(start) = self.start {
                for r in 0..R {
                    sums[r] = [s.splat(*start.get_unchecked(row + r)); V];
                }
            }
            let w = self.weights.as_ptr().add(row * self.row_stride);
            let x = self.x.as_ptr().add(first * LANES);
            for &term in self.terms {
                let term = usize::from(term);
                let x = x.add(term * width);
                let w = w.add(term * self.term_stride);
                let mut xs = [s.splat(0.0); V];
                for v in 0..V {
                    xs[v] = s.load(x.add(v * LANES));
                }
                for r in 0..R {
                    let w = s.splat(*w.add(r * self.row_stride));
                    for v in 0..V {
                        sums[r][v] = s.fma(w, xs[v], sums[r][v]);
                    }
                }
            }
            for r in 0..R {
                let at = (row + r) * width + first * LANES;
                for v in 0..V {
                    let sum = sums[r][v];
                    let value = match self.end {
                        End::Plain => sum,
                        // Zero first: NaN passes through.
                        End::Relu => s.max(s.splat(0.0), sum),
                        End::Gate(gate) => s.gate(s.load(gate.as_ptr().add(at + v * LANES)), sum),
                    };
                    s.store(self.y.as_mut_ptr().add(at + v * LANES), value);
                }
            }
        }
    }
}

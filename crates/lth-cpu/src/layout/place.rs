//! Where activations are kept between stages.

use crate::layout::lanes::{Lanes, slab_rows};

/// The number of a place.
pub(crate) type PlaceId = usize;

/// Where activations are kept between stages.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// Of one example: `[channels, height, width]` or `[features]`.
    pub(crate) shape: Vec<usize>,
    /// Whether it comes out of a ReLU whose gradient those who read it make: zero where the value is not positive.
    pub(crate) gated: bool,
    /// Whether a parameter lies before it, so that its gradient is needed.
    pub(crate) differentiated: bool,
    /// Whether slabs have several vectors, for linear layers; else one.
    pub(crate) wide: bool,
}

impl Place {
    pub(crate) fn features(&self) -> usize {
        self.shape.iter().product()
    }

    /// How a batch of this many examples is spread over its slabs.
    pub(crate) fn lanes(&self, examples: usize) -> Lanes {
        if self.wide { Lanes::of(examples) } else { Lanes::narrow(examples) }
    }

    /// Floats from a slab to the next, and of all slabs.
    pub(crate) fn slabs(&self, examples: usize) -> (usize, usize) {
        let lanes = self.lanes(examples);
        let stride = slab_rows(self.features()) * lanes.width();
        (stride, stride * lanes.slabs)
    }

    pub(crate) fn map(&self) -> [usize; 2] {
        match *self.shape {
            [_, height, width] => [height, width],
            _ => [1, 1],
        }
    }
}

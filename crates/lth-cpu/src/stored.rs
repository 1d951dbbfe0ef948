//! A parameter's value and moments.

use lth_model::Tensor;

use crate::{buffer::Buffer, kernels::update::Parameters};

/// The value of one tensor with its moments, in whatever order its owner keeps them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stored {
    pub(crate) w: Buffer,
    first: Buffer,
    second: Buffer,
}

/// Which of a parameter's three tensors is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Value,
    First,
    Second,
}

impl Stored {
    /// Zeros without moments, for a gradient.
    pub(crate) fn gradient(len: usize) -> Self {
        Self { w: Buffer::zeros(len), ..Self::default() }
    }

    pub(crate) fn parameters(&mut self) -> Parameters<'_> {
        Parameters { w: &mut self.w, first: &mut self.first, second: &mut self.second }
    }

    pub(crate) fn part(&self, part: Part) -> &[f32] {
        match part {
            Part::Value => &self.w,
            Part::First => &self.first,
            Part::Second => &self.second,
        }
    }
}

/// A tensor's value and moments as they come from outside.
pub(crate) struct Given<'a> {
    pub(crate) value: &'a Tensor,
    pub(crate) moments: [Option<&'a Tensor>; 2],
    /// How many moments the optimiser keeps.
    pub(crate) kept_moments: usize,
}

impl Given<'_> {
    /// Stores what `place` makes of each tensor; missing moments are zero.
    pub(crate) fn store(&self, len: usize, place: impl Fn(&Tensor, &mut [f32])) -> Stored {
        let fill = |tensor: Option<&Tensor>| {
            let mut buffer = Buffer::zeros(len);
            if let Some(tensor) = tensor {
                place(tensor, &mut buffer);
            }
            buffer
        };
        let moment = |index: usize| {
            if index < self.kept_moments { fill(self.moments[index]) } else { Buffer::default() }
        };
        Stored { w: fill(Some(self.value)), first: moment(0), second: moment(1) }
    }
}

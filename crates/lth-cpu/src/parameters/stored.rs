//! A parameter's value and moments.

use lth_model::{Mask, Pruned, Tensor};

use crate::{kernels::update::Parameters, layout::buffer::Buffer};

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

    /// Lets `write` set the values; moments are zero then.
    pub(crate) fn replace(&mut self, write: impl FnOnce(&mut [f32])) {
        write(&mut self.w);
        self.first.fill(0.0);
        self.second.fill(0.0);
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
    /// What pruned weights are.
    pub(crate) pruned: Pruned,
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

    /// Whether a pruned weight is other than zero, so that products are those of all weights.
    pub(crate) fn has_frozen(&self, mask: &Mask) -> bool {
        self.frozen(mask).next().is_some()
    }

    /// Sets pruned weights where they are other than zero; `at` says where a weight is stored. Updates leave them as they are.
    pub(crate) fn freeze(&self, stored: &mut Stored, mask: Option<&Mask>, at: impl Fn(usize) -> usize) {
        for (index, value) in mask.into_iter().flat_map(|mask| self.frozen(mask)) {
            stored.w[at(index)] = value;
        }
    }

    fn frozen<'m>(&'m self, mask: &'m Mask) -> impl Iterator<Item = (usize, f32)> + 'm {
        let values = if self.pruned == Pruned::Frozen { self.value.data() } else { &[] };
        let pruned = values.iter().copied().enumerate().filter(|&(index, _)| !mask.is_live(index));
        pruned.filter(|&(_, value)| value != 0.0)
    }
}

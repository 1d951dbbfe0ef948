//! The weights of a convolution: in blocks, or only the kept ones.

use lth_model::{Mask, Tensor};

use crate::{
    layout::blocks::Blocks,
    layout::{buffer::Buffer, entries::Slots, sweep::Sweep},
    parameters::stored::{Given, Part, Stored},
};

/// The weights of a convolution, their moments and their gradient.
pub(crate) struct Weights {
    pub(crate) blocks: Blocks,
    pub(crate) format: Format,
    pub(crate) stored: Stored,
    /// For each 16 of `stored`, which are kept weights.
    pub(crate) kept: Vec<u16>,
    /// In the order of `stored`.
    pub(crate) gradient: Buffer,
    /// Counts the changes of `stored`, so that copies know when they are old.
    pub(crate) version: u64,
    /// Whether a weight is pruned.
    masked: bool,
}

/// How weights are stored.
pub(crate) enum Format {
    Dense,
    Sparse(Slots),
}

impl Weights {
    /// Sparse below the crossover density; `sweep` is a typical forward pass.
    pub(crate) fn new(given: &Given<'_>, mask: Option<&Mask>, sweep: &Sweep, crossover: f64) -> Self {
        let shape = given.value.shape();
        let blocks = Blocks { outputs: shape[0], inputs: shape[1], kernel: shape[2] * shape[3] };
        let sparse = mask.filter(|mask| mask.density().get() < crossover && !given.has_frozen(mask));
        let (format, stored, kept) = if let Some(mask) = sparse {
            let slots = Slots::new(mask, blocks, sweep);
            let stored = given.store(slots.origin.len(), |tensor, to| {
                for (value, &origin) in to.iter_mut().zip(&slots.origin) {
                    *value = if origin == u32::MAX { 0.0 } else { tensor.data()[origin as usize] };
                }
            });
            let kept = slots.kept.clone();
            (Format::Sparse(slots), stored, kept)
        } else {
            let live = |index: usize| mask.is_none_or(|mask| mask.is_live(index));
            let mut stored = given.store(blocks.len(), |tensor, to| {
                for (index, &value) in tensor.data().iter().enumerate().filter(|(index, _)| live(*index)) {
                    to[blocks.index(index)] = value;
                }
            });
            given.freeze(&mut stored, mask, |index| blocks.index(index));
            let mut kept = vec![0; blocks.len() / 16];
            for at in (0..blocks.weights()).filter(|index| live(*index)).map(|index| blocks.index(index)) {
                kept[at / 16] |= 1 << (at % 16);
            }
            (Format::Dense, stored, kept)
        };
        let gradient = Buffer::zeros(stored.w.len());
        let masked = mask.is_some_and(|mask| mask.live() < mask.len());
        Self { blocks, format, stored, kept, gradient, version: 1, masked }
    }

    /// Puts other values in the place of all weights, without memory of the optimiser; false where weights are pruned.
    pub(crate) fn replace(&mut self, weight: &Tensor) -> bool {
        if self.masked || matches!(self.format, Format::Sparse(_)) {
            return false;
        }
        self.stored.replace(|w| self.blocks.scatter(weight.data(), w));
        self.version += 1;
        true
    }

    /// The weight tensor, or a moment of it; pruned weights are zero.
    pub(crate) fn tensor(&self, shape: Vec<usize>, part: Part) -> Tensor {
        let mut tensor = Tensor::zeros(shape);
        self.unpack(self.stored.part(part), tensor.data_mut());
        tensor
    }

    /// Writes what is in the order of `stored` as `[output][input][kernel]`; pruned weights get zero.
    pub(crate) fn unpack(&self, values: &[f32], to: &mut [f32]) {
        match &self.format {
            Format::Dense => self.blocks.gather(values, to),
            Format::Sparse(slots) => {
                to.fill(0.0);
                for (&value, &origin) in values.iter().zip(&slots.origin) {
                    if origin != u32::MAX {
                        to[origin as usize] = value;
                    }
                }
            }
        }
    }
}

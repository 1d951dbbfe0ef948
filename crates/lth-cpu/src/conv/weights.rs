//! The weights of a convolution: in blocks, or only the kept ones.

use lth_model::{Mask, Tensor};

use super::{sparse::Slots, sweep::Sweep};
use crate::{
    buffer::Buffer,
    stored::{Given, Part, Stored},
};

/// The dense format: blocks of 4 outputs and 4 inputs, `[output / 4][input / 4][kernel place][16]`, in which lane 4 u + t
/// is input u and output t of the block: four neighbours are the weights of one input to four outputs, and every fourth
/// those of four inputs to one output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Blocks {
    pub(crate) outputs: usize,
    pub(crate) inputs: usize,
    /// Places of the kernel.
    pub(crate) kernel: usize,
}

impl Blocks {
    /// Floats of all blocks, filling included.
    pub(crate) fn len(self) -> usize {
        self.outputs.div_ceil(4) * self.inputs.div_ceil(4) * self.kernel * 16
    }

    /// Output, input and kernel place of an index in `[output][input][kernel]`.
    pub(crate) fn place(self, index: usize) -> (usize, usize, usize) {
        (index / (self.inputs * self.kernel), index / self.kernel % self.inputs, index % self.kernel)
    }

    /// Where the weight of an index in `[output][input][kernel]` is.
    pub(crate) fn index(self, index: usize) -> usize {
        let (output, input, kernel) = self.place(index);
        let block = (output / 4 * self.inputs.div_ceil(4) + input / 4) * self.kernel + kernel;
        block * 16 + input % 4 * 4 + output % 4
    }

    /// Floats from four rows to the next, and from four channels to the next; forward rows are outputs.
    pub(crate) fn steps(self, forward: bool) -> (usize, usize) {
        let (outputs, inputs) = (self.inputs.div_ceil(4) * self.kernel * 16, self.kernel * 16);
        if forward { (outputs, inputs) } else { (inputs, outputs) }
    }

    fn weights(self) -> usize {
        self.outputs * self.inputs * self.kernel
    }
}

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
        let sparse = mask.filter(|mask| mask.density().get() < crossover && !given.has_frozen(Some(mask)));
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
        Self { blocks, format, stored, kept, gradient, version: 1 }
    }

    /// The weight tensor, or a moment of it; pruned weights are zero.
    pub(crate) fn tensor(&self, shape: Vec<usize>, part: Part) -> Tensor {
        self.unpacked(shape, self.stored.part(part))
    }

    /// What is in the order of `stored`, as a tensor.
    pub(crate) fn unpacked(&self, shape: Vec<usize>, values: &[f32]) -> Tensor {
        let mut tensor = Tensor::zeros(shape);
        match &self.format {
            Format::Dense => {
                for (index, value) in tensor.data_mut().iter_mut().enumerate() {
                    *value = values[self.blocks.index(index)];
                }
            }
            Format::Sparse(slots) => {
                for (&value, &origin) in values.iter().zip(&slots.origin) {
                    if origin != u32::MAX {
                        tensor.data_mut()[origin as usize] = value;
                    }
                }
            }
        }
        tensor
    }
}

//! Dense weights of a convolution in blocks.

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

    pub(crate) fn weights(self) -> usize {
        self.outputs * self.inputs * self.kernel
    }

    /// Calls `each` with every index in `[output][input][kernel]`, ascending, and where its weight is.
    pub(crate) fn each(self, mut each: impl FnMut(usize, usize)) {
        let mut index = 0;
        for output in 0..self.outputs {
            for input in 0..self.inputs {
                let block = (output / 4 * self.inputs.div_ceil(4) + input / 4) * self.kernel;
                for kernel in 0..self.kernel {
                    each(index, (block + kernel) * 16 + input % 4 * 4 + output % 4);
                    index += 1;
                }
            }
        }
    }

    /// Writes `[output][input][kernel]` into blocks; filling stays as it is.
    pub(crate) fn scatter(self, weights: &[f32], blocks: &mut [f32]) {
        self.each(|index, at| blocks[at] = weights[index]);
    }

    /// Reads `[output][input][kernel]` from blocks.
    pub(crate) fn gather(self, blocks: &[f32], weights: &mut [f32]) {
        self.each(|index, at| weights[index] = blocks[at]);
    }
}

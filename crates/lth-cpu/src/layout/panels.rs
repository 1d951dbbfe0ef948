//! The dense format: panels of 20 outputs, in which 16 inputs of one output are neighbours, then the 20 outputs.

// Indices are computed inside of kernels.
#![allow(clippy::inline_always)]

/// Outputs in a panel.
pub(crate) const PANEL: usize = 20;

/// Inputs that are neighbours.
pub(crate) const VECTOR: usize = 16;

/// Where the weights of a dense `[outputs][inputs]` matrix are.
///
/// A tile of 20 outputs times 16 inputs is 1,280 contiguous bytes, and tiles follow each other in the order in which the
/// update goes through them: three sequential streams (weights, two moments) that hardware prefetches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Panels {
    outputs: usize,
    width: usize,
}

impl Panels {
    pub(crate) fn new(outputs: usize, inputs: usize) -> Self {
        Self { outputs, width: inputs.next_multiple_of(VECTOR) }
    }

    pub(crate) fn outputs(self) -> usize {
        self.outputs
    }

    /// Inputs in whole vectors.
    pub(crate) fn width(self) -> usize {
        self.width
    }

    /// Some of the panels.
    pub(crate) fn part(self, first: usize, count: usize) -> Self {
        Self { outputs: (self.outputs - first * PANEL).min(count * PANEL), ..self }
    }

    /// Panels.
    pub(crate) fn count(self) -> usize {
        self.outputs.div_ceil(PANEL)
    }

    /// Floats of all panels, filling included.
    pub(crate) fn len(self) -> usize {
        self.count() * PANEL * self.width
    }

    /// Writes a matrix `[outputs][inputs]` into panels; filling stays as it is.
    pub(crate) fn scatter(self, inputs: usize, matrix: &[f32], panels: &mut [f32]) {
        for (output, row) in matrix.chunks_exact(inputs).enumerate() {
            for (block, values) in row.chunks(VECTOR).enumerate() {
                let at = self.output_offset(output) + block * VECTOR * PANEL;
                panels[at..at + values.len()].copy_from_slice(values);
            }
        }
    }

    /// Reads the matrix `[outputs][inputs]` from panels.
    pub(crate) fn gather(self, inputs: usize, panels: &[f32], matrix: &mut [f32]) {
        for (output, row) in matrix.chunks_exact_mut(inputs).enumerate() {
            for (block, values) in row.chunks_mut(VECTOR).enumerate() {
                let at = self.output_offset(output) + block * VECTOR * PANEL;
                values.copy_from_slice(&panels[at..at + values.len()]);
            }
        }
    }

    /// Where a weight is.
    #[inline(always)]
    pub(crate) fn index(self, output: usize, input: usize) -> usize {
        self.output_offset(output) + Self::input_offset(input)
    }

    /// The part of [`Self::index`] that comes from the output.
    #[inline(always)]
    pub(crate) fn output_offset(self, output: usize) -> usize {
        output / PANEL * PANEL * self.width + output % PANEL * VECTOR
    }

    /// The part of [`Self::index`] that comes from the input.
    #[inline(always)]
    pub(crate) fn input_offset(input: usize) -> usize {
        input / VECTOR * (VECTOR * PANEL) + input % VECTOR
    }
}

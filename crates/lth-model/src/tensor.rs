//! Named tensors.

use indexmap::IndexMap;

/// A dense tensor of 32-bit floats, row-major, shaped as PyTorch shapes it (`[out, in]` for a linear weight).
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    data: Vec<f32>,
}

impl Tensor {
    /// The values as files and hashes have them: 4 bytes each, the lowest first.
    pub fn le_bytes(&self) -> Vec<u8> {
        self.data.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    /// A tensor of this shape over these values.
    ///
    /// # Panics
    /// When the number of values does not fit the shape; that is a programming error, files are checked on reading.
    pub fn new(shape: Vec<usize>, data: Vec<f32>) -> Self {
        assert_eq!(
            shape.iter().product::<usize>(),
            data.len(),
            "shape {shape:?} needs another number of values"
        );
        Self { shape, data }
    }

    /// All zeros.
    pub fn zeros(shape: Vec<usize>) -> Self {
        let data = vec![0.0; shape.iter().product()];
        Self { shape, data }
    }

    /// The dimensions.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The values, row-major.
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// The values, row-major, to change.
    pub fn data_mut(&mut self) -> &mut [f32] {
        &mut self.data
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }
}

/// Tensors by name, in the order of the architecture; names are PyTorch's (`fc1.weight`).
pub type Tensors = IndexMap<String, Tensor>;

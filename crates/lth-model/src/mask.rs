//! Masks: one bit a weight.

use indexmap::IndexMap;

use crate::{Density, Tensor};

/// Which weights of one tensor are kept, packed to bits: 1 kept, 0 pruned.
///
/// A mask is data; it is never inferred from zeros among the weights.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mask {
    shape: Vec<usize>,
    words: Vec<u64>,
    len: usize,
}

impl Mask {
    /// Everything kept.
    pub fn dense(shape: Vec<usize>) -> Self {
        let len = shape.iter().product();
        let mut words = vec![u64::MAX; usize::div_ceil(len, 64)];
        if len % 64 != 0 {
            *words.last_mut().expect("a rest means a last word") = (1 << (len % 64)) - 1;
        }
        Self { shape, words, len }
    }

    /// Nothing kept.
    pub fn empty(shape: Vec<usize>) -> Self {
        let len = shape.iter().product();
        Self { shape, words: vec![0; usize::div_ceil(len, 64)], len }
    }

    /// A mask from one flag a weight, row-major.
    ///
    /// # Panics
    /// When the number of flags does not fit the shape.
    pub fn from_flags(shape: Vec<usize>, flags: impl IntoIterator<Item = bool>) -> Self {
        let mut mask = Self::empty(shape);
        let mut count = 0;
        for (index, kept) in flags.into_iter().enumerate() {
            count += 1;
            if kept {
                mask.words[index / 64] |= 1 << (index % 64);
            }
        }
        assert_eq!(count, mask.len, "shape {:?} needs another number of flags", mask.shape);
        mask
    }

    /// The dimensions of the tensor that is masked.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The number of weights, kept or pruned.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether the tensor has no weight at all.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether the weight at this flat, row-major index is kept.
    pub fn is_live(&self, index: usize) -> bool {
        self.words[index / 64] >> (index % 64) & 1 == 1
    }

    /// Keeps or prunes one weight.
    pub fn set(&mut self, index: usize, kept: bool) {
        assert!(index < self.len);
        let bit = 1 << (index % 64);
        if kept {
            self.words[index / 64] |= bit;
        } else {
            self.words[index / 64] &= !bit;
        }
    }

    /// How many weights are kept.
    pub fn live(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The fraction that is kept.
    pub fn density(&self) -> Density {
        Density::of(self.live(), self.len)
    }

    /// [`Mask::live_indices`] as hashes have them: 8 bytes each, the lowest first.
    pub fn live_bytes(&self) -> Vec<u8> {
        self.live_indices().flat_map(|index| (index as u64).to_le_bytes()).collect()
    }

    /// The flat indices of the kept weights, ascending.
    pub fn live_indices(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                (rest != 0).then(|| {
                    let bit = rest.trailing_zeros() as usize;
                    rest &= rest - 1;
                    at * 64 + bit
                })
            })
        })
    }

    /// One flag a weight, row-major.
    pub fn flags(&self) -> impl Iterator<Item = bool> + '_ {
        (0..self.len).map(|index| self.is_live(index))
    }

    /// Sets the pruned weights of a tensor to exact zero.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn apply(&self, tensor: &mut Tensor) {
        assert_eq!(self.shape, tensor.shape());
        for (&word, values) in self.words.iter().zip(tensor.data_mut().chunks_mut(64)) {
            // A whole word at once, as most of a dense layer are.
            if word == u64::MAX {
                continue;
            }
            for (bit, value) in values.iter_mut().enumerate() {
                if word >> bit & 1 == 0 {
                    *value = 0.0;
                }
            }
        }
    }
}

/// Masks by tensor name. A weight tensor without a mask is dense.
pub type Masks = IndexMap<String, Mask>;

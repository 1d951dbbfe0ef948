//! Aligned buffers of floats.

use std::ops::{Deref, DerefMut};

use bytemuck::{Pod, Zeroable};

/// One cache line, one AVX-512 register.
#[derive(Debug, Clone, Copy, Zeroable, Pod)]
#[repr(C, align(64))]
struct Line([f32; 16]);

/// Floats that start at a cache line; the length is rounded up to whole lines, new ones are zero.
#[derive(Debug, Clone, Default)]
pub(crate) struct Buffer(Vec<Line>);

impl Buffer {
    /// At least `len` zeros.
    pub(crate) fn zeros(len: usize) -> Self {
        Self(vec![Line([0.0; 16]); len.div_ceil(16)])
    }

    /// The first `len` floats; zeros throughout where there were fewer.
    pub(crate) fn at_least(&mut self, len: usize) -> &mut [f32] {
        if self.0.len() * 16 < len {
            *self = Self::zeros(len);
        }
        &mut self[..len]
    }
}

impl Deref for Buffer {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        bytemuck::cast_slice(&self.0)
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        bytemuck::cast_slice_mut(&mut self.0)
    }
}

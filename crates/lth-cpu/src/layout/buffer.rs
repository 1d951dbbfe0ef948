//! Aligned buffers of floats.

use std::ops::{Deref, DerefMut};

use bytemuck::{Pod, Zeroable};
use memmap2::MmapMut;

use crate::simd::LANES;

/// One cache line, one AVX-512 register.
#[derive(Debug, Clone, Copy, Zeroable, Pod)]
#[repr(C, align(64))]
struct Line([f32; LANES]);

/// Bytes of a large page of the usual machines.
const PAGE: usize = 2 << 20;

/// Bytes from which on a buffer asks for large pages: a map is gone through faster than small pages are looked up.
const LARGE: usize = PAGE / 2;

/// Floats that start at a cache line; the length is rounded up to whole lines, new ones are zero.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    memory: Memory,
    len: usize,
}

#[derive(Debug)]
enum Memory {
    Lines(Vec<Line>),
    Pages(MmapMut),
}

impl Default for Memory {
    fn default() -> Self {
        Self::Lines(Vec::new())
    }
}

impl Buffer {
    /// At least `len` zeros.
    pub(crate) fn zeros(len: usize) -> Self {
        let len = len.next_multiple_of(LANES);
        let bytes = len * size_of::<f32>();
        if bytes >= LARGE
            && let Ok(pages) = MmapMut::map_anon(bytes.next_multiple_of(PAGE))
        {
            // Large pages are a wish: small ones do the same.
            #[cfg(target_os = "linux")]
            let _ = pages.advise(memmap2::Advice::HugePage);
            return Self { memory: Memory::Pages(pages), len };
        }
        Self { memory: Memory::Lines(vec![Line([0.0; LANES]); len / LANES]), len }
    }

    /// The first `len` floats; zeros throughout where there were fewer.
    pub(crate) fn at_least(&mut self, len: usize) -> &mut [f32] {
        if self.len < len {
            *self = Self::zeros(len);
        }
        &mut self[..len]
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Self {
        let mut copy = Self::zeros(self.len);
        copy.copy_from_slice(self);
        copy
    }
}

impl Deref for Buffer {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        let floats = match &self.memory {
            Memory::Lines(lines) => bytemuck::cast_slice(lines),
            Memory::Pages(pages) => bytemuck::cast_slice(pages),
        };
        &floats[..self.len]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        let floats = match &mut self.memory {
            Memory::Lines(lines) => bytemuck::cast_slice_mut(lines),
            Memory::Pages(pages) => bytemuck::cast_slice_mut(pages),
        };
        &mut floats[..self.len]
    }
}

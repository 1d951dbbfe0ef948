//! Memory that several tasks write, each its own part.

#![allow(unsafe_code)]

use std::marker::PhantomData;

/// A slice whose parts are written by several tasks at once.
#[derive(Clone, Copy)]
pub(crate) struct Shared<'a> {
    start: *mut f32,
    len: usize,
    lifetime: PhantomData<&'a mut [f32]>,
}

// SAFETY: a `Shared` only gives out parts, and whoever asks for one promises that no other task has it.
unsafe impl Send for Shared<'_> {}
// SAFETY: as above.
unsafe impl Sync for Shared<'_> {}

impl<'a> Shared<'a> {
    pub(crate) fn new(slice: &'a mut [f32]) -> Self {
        Self { start: slice.as_mut_ptr(), len: slice.len(), lifetime: PhantomData }
    }

    /// The floats from `from` on.
    pub(crate) fn from(self, from: usize) -> Self {
        assert!(from <= self.len);
        // SAFETY: inside of the slice, or at its end.
        Self { start: unsafe { self.start.add(from) }, len: self.len - from, lifetime: PhantomData }
    }

    pub(crate) fn len(self) -> usize {
        self.len
    }

    /// Whether it begins where [`Simd::stream`](crate::simd::Simd::stream) may store.
    pub(crate) fn is_aligned(self) -> bool {
        self.start.addr().is_multiple_of(64)
    }

    pub(crate) fn as_mut_ptr(self) -> *mut f32 {
        self.start
    }

    /// # Safety
    /// While the part is in use, nothing else may touch it.
    pub(crate) unsafe fn part(self, from: usize, len: usize) -> &'a mut [f32] {
        assert!(from <= self.len && len <= self.len - from);
        // SAFETY: inside of the slice, and the caller says that it is alone.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(from), len) }
    }
}

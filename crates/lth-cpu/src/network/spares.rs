//! Buffers that go from place to place.

use crate::layout::buffer::Buffer;

/// Buffers that nobody uses at the moment, the latest last: what it holds may still be in a cache.
#[derive(Default)]
pub(super) struct Spares(Vec<Buffer>);

impl Spares {
    /// A buffer of at least this many floats, whatever they are: the smallest that is there, else a new one.
    pub(super) fn take(&mut self, len: usize) -> Buffer {
        let fitting = self.0.iter().enumerate().rev().filter(|(_, buffer)| buffer.len() >= len);
        match fitting.min_by_key(|(_, buffer)| buffer.len()) {
            Some((index, _)) => self.0.remove(index),
            None => Buffer::zeros(len),
        }
    }

    pub(super) fn give(&mut self, buffer: Buffer) {
        if !buffer.is_empty() {
            self.0.push(buffer);
        }
    }
}

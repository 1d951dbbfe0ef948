//! Vectors as arrays, for machines without known vector instructions, and as the reference of the others.

use crate::simd::{LANES, Simd};

/// No special instructions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plain;

#[inline(always)]
fn map2(a: [f32; LANES], b: [f32; LANES], f: impl Fn(f32, f32) -> f32) -> [f32; LANES] {
    std::array::from_fn(|i| f(a[i], b[i]))
}

impl Simd for Plain {
    type V = [f32; LANES];
    const TILE_VECTORS: usize = 1;

    #[inline(always)]
    fn splat(self, value: f32) -> Self::V {
        [value; LANES]
    }
    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> Self::V {
        // SAFETY: the caller says that 16 floats are readable.
        unsafe { from.cast::<[f32; LANES]>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32, v: Self::V) {
        // SAFETY: the caller says that 16 floats are writable.
        unsafe { to.cast::<[f32; LANES]>().write_unaligned(v) }
    }
    #[inline(always)]
    unsafe fn load_bytes(self, from: *const u8) -> Self::V {
        // SAFETY: the caller says that 16 bytes are readable.
        unsafe { from.cast::<[u8; LANES]>().read_unaligned() }.map(f32::from)
    }
    #[inline(always)]
    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        map2(a, b, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, a: Self::V, b: Self::V) -> Self::V {
        map2(a, b, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, a: Self::V, b: Self::V) -> Self::V {
        map2(a, b, |a, b| a * b)
    }
    #[inline(always)]
    fn div(self, a: Self::V, b: Self::V) -> Self::V {
        map2(a, b, |a, b| a / b)
    }
    #[inline(always)]
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        std::array::from_fn(|i| a[i].mul_add(b[i], c[i]))
    }
    #[inline(always)]
    fn fnma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        std::array::from_fn(|i| (-a[i]).mul_add(b[i], c[i]))
    }
    #[inline(always)]
    fn max(self, a: Self::V, b: Self::V) -> Self::V {
        map2(a, b, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn min(self, a: Self::V, b: Self::V) -> Self::V {
        map2(a, b, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn sqrt(self, a: Self::V) -> Self::V {
        a.map(f32::sqrt)
    }
    #[inline(always)]
    fn gate(self, gate: Self::V, value: Self::V) -> Self::V {
        map2(gate, value, |gate, value| if gate > 0.0 { value } else { 0.0 })
    }
    #[inline(always)]
    fn select(self, bits: u16, a: Self::V, b: Self::V) -> Self::V {
        std::array::from_fn(|i| if bits >> i & 1 == 1 { a[i] } else { b[i] })
    }
    #[inline(always)]
    fn equal(self, a: Self::V, b: Self::V) -> u16 {
        (0..LANES).fold(0, |bits, lane| bits | u16::from(a[lane] == b[lane]) << lane)
    }
    #[inline(always)]
    fn scale_exponent(self, a: Self::V, n: Self::V) -> Self::V {
        map2(a, n, |a, n| f32::from_bits(a.to_bits().wrapping_add(((n as i32) << 23) as u32)))
    }
    #[inline(always)]
    fn merge8(self, a: Self::V, b: Self::V) -> Self::V {
        std::array::from_fn(|i| if i < 8 { a[i] + a[i + 8] } else { b[i - 8] + b[i] })
    }
    #[inline(always)]
    fn merge4(self, a: Self::V, b: Self::V) -> Self::V {
        std::array::from_fn(|i| {
            let (v, at) = if i < 8 { (&a, i / 4 * 8 + i % 4) } else { (&b, (i - 8) / 4 * 8 + i % 4) };
            v[at] + v[at + 4]
        })
    }
    #[inline(always)]
    fn merge2(self, a: Self::V, b: Self::V) -> Self::V {
        std::array::from_fn(|i| {
            let (v, at) = if i % 4 < 2 { (&a, i / 4 * 4 + i % 2) } else { (&b, i / 4 * 4 + i % 2) };
            v[at] + v[at + 2]
        })
    }
    #[inline(always)]
    fn merge1(self, a: Self::V, b: Self::V) -> Self::V {
        std::array::from_fn(|i| {
            let (v, at) = if i % 4 < 2 { (&a, i / 4 * 4 + i % 2 * 2) } else { (&b, i / 4 * 4 + i % 2 * 2) };
            v[at] + v[at + 1]
        })
    }
    #[inline(always)]
    fn prefetch(self, _address: *const f32) {}
    #[inline(always)]
    fn transpose(self, rows: [Self::V; LANES]) -> [Self::V; LANES] {
        std::array::from_fn(|column| std::array::from_fn(|row| rows[row][column]))
    }
}

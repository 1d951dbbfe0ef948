//! NEON (ARM64): a vector is four registers.

#[allow(clippy::wildcard_imports)]
use std::arch::aarch64::*;

use crate::simd::{Kernel, LANES, Simd};

/// Proof that the machine has NEON.
#[derive(Debug, Clone, Copy)]
pub(super) struct Neon(());

impl Neon {
    pub(super) fn detect() -> Option<Self> {
        std::arch::is_aarch64_feature_detected!("neon").then_some(Self(()))
    }
}

/// Compiles the kernel with NEON and runs it.
///
/// # Safety
/// The machine must have NEON.
#[target_feature(enable = "neon")]
pub(super) unsafe fn enter<K: Kernel>(simd: Neon, kernel: K) -> K::Output {
    kernel.run(simd)
}

type Quad = [float32x4_t; 4];

/// The four registers of a vector, the expression being written out for each: a closure would not have the instructions.
macro_rules! each {
    (|$i:ident| $value:expr) => {
        [each!($i, 0, $value), each!($i, 1, $value), each!($i, 2, $value), each!($i, 3, $value)]
    };
    ($i:ident, $number:literal, $value:expr) => {{
        let $i = $number;
        unsafe { $value }
    }};
}

// SAFETY of every block below: a value of `Neon` exists only where the instructions do; pointers are as the
// caller of the unsafe method promises.
impl Simd for Neon {
    type V = Quad;
    const TILE_VECTORS: usize = 1;

    #[inline(always)]
    fn splat(self, value: f32) -> Quad {
        unsafe { [vdupq_n_f32(value); 4] }
    }
    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> Quad {
        each!(|i| vld1q_f32(from.add(4 * i)))
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32, v: Quad) {
        unsafe {
            vst1q_f32(to, v[0]);
            vst1q_f32(to.add(4), v[1]);
            vst1q_f32(to.add(8), v[2]);
            vst1q_f32(to.add(12), v[3]);
        }
    }
    #[inline(always)]
    unsafe fn load_bytes(self, from: *const u8) -> Quad {
        unsafe {
            let bytes = vld1q_u8(from);
            let (low, high) = (vmovl_u8(vget_low_u8(bytes)), vmovl_u8(vget_high_u8(bytes)));
            [
                vcvtq_f32_u32(vmovl_u16(vget_low_u16(low))),
                vcvtq_f32_u32(vmovl_u16(vget_high_u16(low))),
                vcvtq_f32_u32(vmovl_u16(vget_low_u16(high))),
                vcvtq_f32_u32(vmovl_u16(vget_high_u16(high))),
            ]
        }
    }
    #[inline(always)]
    fn add(self, a: Quad, b: Quad) -> Quad {
        each!(|i| vaddq_f32(a[i], b[i]))
    }
    #[inline(always)]
    fn sub(self, a: Quad, b: Quad) -> Quad {
        each!(|i| vsubq_f32(a[i], b[i]))
    }
    #[inline(always)]
    fn mul(self, a: Quad, b: Quad) -> Quad {
        each!(|i| vmulq_f32(a[i], b[i]))
    }
    #[inline(always)]
    fn div(self, a: Quad, b: Quad) -> Quad {
        each!(|i| vdivq_f32(a[i], b[i]))
    }
    #[inline(always)]
    fn fma(self, a: Quad, b: Quad, c: Quad) -> Quad {
        each!(|i| vfmaq_f32(c[i], a[i], b[i]))
    }
    #[inline(always)]
    fn fnma(self, a: Quad, b: Quad, c: Quad) -> Quad {
        each!(|i| vfmsq_f32(c[i], a[i], b[i]))
    }
    #[inline(always)]
    fn max(self, a: Quad, b: Quad) -> Quad {
        each!(|i| vbslq_f32(vcgtq_f32(a[i], b[i]), a[i], b[i]))
    }
    #[inline(always)]
    fn min(self, a: Quad, b: Quad) -> Quad {
        each!(|i| vbslq_f32(vcltq_f32(a[i], b[i]), a[i], b[i]))
    }
    #[inline(always)]
    fn sqrt(self, a: Quad) -> Quad {
        each!(|i| vsqrtq_f32(a[i]))
    }
    #[inline(always)]
    fn gate(self, gate: Quad, value: Quad) -> Quad {
        each!(|i| vbslq_f32(vcgtq_f32(gate[i], vdupq_n_f32(0.0)), value[i], vdupq_n_f32(0.0)))
    }
    #[inline(always)]
    fn select(self, bits: u16, a: Quad, b: Quad) -> Quad {
        const LANE: [u32; 4] = [1, 2, 4, 8];
        each!(|i| {
            let kept = vtstq_u32(vdupq_n_u32(u32::from(bits) >> (4 * i)), vld1q_u32(LANE.as_ptr()));
            vbslq_f32(kept, a[i], b[i])
        })
    }
    #[inline(always)]
    fn equal(self, a: Quad, b: Quad) -> u16 {
        const LANE: [u32; 4] = [1, 2, 4, 8];
        let mut bits = 0;
        for i in 0..4 {
            let quarter = unsafe { vaddvq_u32(vandq_u32(vceqq_f32(a[i], b[i]), vld1q_u32(LANE.as_ptr()))) };
            bits |= (quarter as u16) << (4 * i);
        }
        bits
    }
    #[inline(always)]
    fn scale_exponent(self, a: Quad, n: Quad) -> Quad {
        each!(|i| {
            let shift = vshlq_n_s32::<23>(vcvtq_s32_f32(n[i]));
            vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(a[i]), shift))
        })
    }
    #[inline(always)]
    fn merge8(self, a: Quad, b: Quad) -> Quad {
        unsafe {
            [vaddq_f32(a[0], a[2]), vaddq_f32(a[1], a[3]), vaddq_f32(b[0], b[2]), vaddq_f32(b[1], b[3])]
        }
    }
    #[inline(always)]
    fn merge4(self, a: Quad, b: Quad) -> Quad {
        unsafe {
            [vaddq_f32(a[0], a[1]), vaddq_f32(a[2], a[3]), vaddq_f32(b[0], b[1]), vaddq_f32(b[2], b[3])]
        }
    }
    #[inline(always)]
    fn merge2(self, a: Quad, b: Quad) -> Quad {
        each!(|i| vaddq_f32(
            vcombine_f32(vget_low_f32(a[i]), vget_low_f32(b[i])),
            vcombine_f32(vget_high_f32(a[i]), vget_high_f32(b[i]))
        ))
    }
    #[inline(always)]
    fn merge1(self, a: Quad, b: Quad) -> Quad {
        each!(|i| vpaddq_f32(a[i], b[i]))
    }
    #[inline(always)]
    fn prefetch(self, _address: *const f32) {}
    #[inline(always)]
    fn transpose(self, rows: [Quad; LANES]) -> [Quad; LANES] {
        let mut out = rows;
        let mut block = 0;
        while block < 4 {
            let mut part = 0;
            while part < 4 {
                let (r0, r1) = (rows[4 * block][part], rows[4 * block + 1][part]);
                let (r2, r3) = (rows[4 * block + 2][part], rows[4 * block + 3][part]);
                unsafe {
                    let (a, b) = (vtrn1q_f32(r0, r1), vtrn2q_f32(r0, r1));
                    let (c, d) = (vtrn1q_f32(r2, r3), vtrn2q_f32(r2, r3));
                    out[4 * part][block] = vcombine_f32(vget_low_f32(a), vget_low_f32(c));
                    out[4 * part + 1][block] = vcombine_f32(vget_low_f32(b), vget_low_f32(d));
                    out[4 * part + 2][block] = vcombine_f32(vget_high_f32(a), vget_high_f32(c));
                    out[4 * part + 3][block] = vcombine_f32(vget_high_f32(b), vget_high_f32(d));
                }
                part += 1;
            }
            block += 1;
        }
        out
    }
}

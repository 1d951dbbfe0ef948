//! AVX-512: a vector is one register.

#[allow(clippy::wildcard_imports)]
use std::arch::x86_64::*;

use crate::simd::{Kernel, LANES, Simd};

/// Proof that the machine has AVX-512F.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx512(());

impl Avx512 {
    pub(super) fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("fma"))
        .then_some(Self(()))
    }
}

/// Compiles the kernel with AVX-512 and runs it.
///
/// # Safety
/// The machine must have AVX-512 F, DQ, VL and BW.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx2,fma,bmi2")]
pub(super) unsafe fn enter<K: Kernel>(simd: Avx512, kernel: K) -> K::Output {
    kernel.run(simd)
}

// SAFETY of every block below: a value of `Avx512` exists only where the instructions do; pointers are as the
// caller of the unsafe method promises.
impl Simd for Avx512 {
    type V = __m512;
    const TILE_VECTORS: usize = 4;

    #[inline(always)]
    fn splat(self, value: f32) -> __m512 {
        unsafe { _mm512_set1_ps(value) }
    }
    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> __m512 {
        unsafe { _mm512_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32, v: __m512) {
        unsafe { _mm512_storeu_ps(to, v) }
    }
    #[inline(always)]
    unsafe fn stream(self, to: *mut f32, v: __m512) {
        debug_assert!(to.addr().is_multiple_of(64), "a streamed vector begins a line of the cache");
        unsafe { _mm512_stream_ps(to, v) }
    }
    #[inline(always)]
    fn publish(self) {
        unsafe { _mm_sfence() }
    }
    #[inline(always)]
    unsafe fn load_bytes(self, from: *const u8) -> __m512 {
        unsafe { _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(from.cast()))) }
    }
    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_add_ps(a, b) }
    }
    #[inline(always)]
    fn sub(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_sub_ps(a, b) }
    }
    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_mul_ps(a, b) }
    }
    #[inline(always)]
    fn div(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_div_ps(a, b) }
    }
    #[inline(always)]
    fn fma(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    fn fnma(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        unsafe { _mm512_fnmadd_ps(a, b, c) }
    }
    #[inline(always)]
    fn max(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_max_ps(a, b) }
    }
    #[inline(always)]
    fn min(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_min_ps(a, b) }
    }
    #[inline(always)]
    fn sqrt(self, a: __m512) -> __m512 {
        unsafe { _mm512_sqrt_ps(a) }
    }
    #[inline(always)]
    fn gate(self, gate: __m512, value: __m512) -> __m512 {
        unsafe { _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(gate, _mm512_setzero_ps()), value) }
    }
    #[inline(always)]
    fn select(self, bits: u16, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_mask_blend_ps(bits, b, a) }
    }
    #[inline(always)]
    fn equal(self, a: __m512, b: __m512) -> u16 {
        unsafe { _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(a, b) }
    }
    #[inline(always)]
    fn scale_exponent(self, a: __m512, n: __m512) -> __m512 {
        unsafe {
            let shift = _mm512_slli_epi32::<23>(_mm512_cvtps_epi32(n));
            _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(a), shift))
        }
    }
    #[inline(always)]
    fn merge8(self, a: __m512, b: __m512) -> __m512 {
        unsafe {
            _mm512_add_ps(
                _mm512_shuffle_f32x4::<0b01_00_01_00>(a, b),
                _mm512_shuffle_f32x4::<0b11_10_11_10>(a, b),
            )
        }
    }
    #[inline(always)]
    fn merge4(self, a: __m512, b: __m512) -> __m512 {
        unsafe {
            _mm512_add_ps(
                _mm512_shuffle_f32x4::<0b10_00_10_00>(a, b),
                _mm512_shuffle_f32x4::<0b11_01_11_01>(a, b),
            )
        }
    }
    #[inline(always)]
    fn merge2(self, a: __m512, b: __m512) -> __m512 {
        unsafe {
            _mm512_add_ps(_mm512_shuffle_ps::<0b01_00_01_00>(a, b), _mm512_shuffle_ps::<0b11_10_11_10>(a, b))
        }
    }
    #[inline(always)]
    fn merge1(self, a: __m512, b: __m512) -> __m512 {
        unsafe {
            _mm512_add_ps(_mm512_shuffle_ps::<0b10_00_10_00>(a, b), _mm512_shuffle_ps::<0b11_01_11_01>(a, b))
        }
    }
    #[inline(always)]
    fn prefetch(self, address: *const f32) {
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) }
    }
    #[inline(always)]
    fn transpose(self, r: [__m512; LANES]) -> [__m512; LANES] {
        unsafe {
            let mut t = [_mm512_setzero_ps(); LANES];
            // Within quarters of 128 bits: 4x4 blocks of rows 4q..4q+4.
            let mut q = 0;
            while q < 16 {
                let (a, b) = (_mm512_unpacklo_ps(r[q], r[q + 1]), _mm512_unpackhi_ps(r[q], r[q + 1]));
                let (c, d) = (_mm512_unpacklo_ps(r[q + 2], r[q + 3]), _mm512_unpackhi_ps(r[q + 2], r[q + 3]));
                t[q] = _mm512_shuffle_ps::<0b01_00_01_00>(a, c);
                t[q + 1] = _mm512_shuffle_ps::<0b11_10_11_10>(a, c);
                t[q + 2] = _mm512_shuffle_ps::<0b01_00_01_00>(b, d);
                t[q + 3] = _mm512_shuffle_ps::<0b11_10_11_10>(b, d);
                q += 4;
            }
            let mut out = [_mm512_setzero_ps(); LANES];
            let mut c = 0;
            while c < 4 {
                let (a, b, d, e) = (t[c], t[c + 4], t[c + 8], t[c + 12]);
                let (ab0, ab1) = (
                    _mm512_shuffle_f32x4::<0b10_00_10_00>(a, b),
                    _mm512_shuffle_f32x4::<0b11_01_11_01>(a, b),
                );
                let (de0, de1) = (
                    _mm512_shuffle_f32x4::<0b10_00_10_00>(d, e),
                    _mm512_shuffle_f32x4::<0b11_01_11_01>(d, e),
                );
                out[c] = _mm512_shuffle_f32x4::<0b10_00_10_00>(ab0, de0);
                out[c + 4] = _mm512_shuffle_f32x4::<0b10_00_10_00>(ab1, de1);
                out[c + 8] = _mm512_shuffle_f32x4::<0b11_01_11_01>(ab0, de0);
                out[c + 12] = _mm512_shuffle_f32x4::<0b11_01_11_01>(ab1, de1);
                c += 1;
            }
            out
        }
    }
}

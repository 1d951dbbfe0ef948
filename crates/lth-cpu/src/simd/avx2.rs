//! AVX2 with FMA: a vector is two registers.

#[allow(clippy::wildcard_imports)]
use std::arch::x86_64::*;

use crate::simd::{Kernel, LANES, Simd};

/// Proof that the machine has AVX2 and FMA.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    pub(super) fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Self(()))
    }
}

/// Compiles the kernel with AVX2 and FMA and runs it.
///
/// # Safety
/// The machine must have AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn enter<K: Kernel>(simd: Avx2, kernel: K) -> K::Output {
    kernel.run(simd)
}

/// The low 8 and the high 8 lanes.
type Pair = (__m256, __m256);

macro_rules! both {
    ($op:ident, $a:expr, $b:expr) => {
        unsafe { ($op($a.0, $b.0), $op($a.1, $b.1)) }
    };
    ($op:ident, $a:expr, $b:expr, $c:expr) => {
        unsafe { ($op($a.0, $b.0, $c.0), $op($a.1, $b.1, $c.1)) }
    };
}

// SAFETY of every block below: a value of `Avx2` exists only where the instructions do; pointers are as the
// caller of the unsafe method promises.
impl Simd for Avx2 {
    type V = Pair;
    const TILE_VECTORS: usize = 1;

    #[inline(always)]
    fn splat(self, value: f32) -> Pair {
        unsafe { (_mm256_set1_ps(value), _mm256_set1_ps(value)) }
    }
    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> Pair {
        unsafe { (_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8))) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32, v: Pair) {
        unsafe {
            _mm256_storeu_ps(to, v.0);
            _mm256_storeu_ps(to.add(8), v.1);
        }
    }
    #[inline(always)]
    unsafe fn load_bytes(self, from: *const u8) -> Pair {
        unsafe {
            let bytes = _mm_loadu_si128(from.cast());
            let low = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes));
            (low, _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_srli_si128::<8>(bytes))))
        }
    }
    #[inline(always)]
    fn add(self, a: Pair, b: Pair) -> Pair {
        both!(_mm256_add_ps, a, b)
    }
    #[inline(always)]
    fn sub(self, a: Pair, b: Pair) -> Pair {
        both!(_mm256_sub_ps, a, b)
    }
    #[inline(always)]
    fn mul(self, a: Pair, b: Pair) -> Pair {
        both!(_mm256_mul_ps, a, b)
    }
    #[inline(always)]
    fn div(self, a: Pair, b: Pair) -> Pair {
        both!(_mm256_div_ps, a, b)
    }
    #[inline(always)]
    fn fma(self, a: Pair, b: Pair, c: Pair) -> Pair {
        both!(_mm256_fmadd_ps, a, b, c)
    }
    #[inline(always)]
    fn fnma(self, a: Pair, b: Pair, c: Pair) -> Pair {
        both!(_mm256_fnmadd_ps, a, b, c)
    }
    #[inline(always)]
    fn max(self, a: Pair, b: Pair) -> Pair {
        both!(_mm256_max_ps, a, b)
    }
    #[inline(always)]
    fn min(self, a: Pair, b: Pair) -> Pair {
        both!(_mm256_min_ps, a, b)
    }
    #[inline(always)]
    fn sqrt(self, a: Pair) -> Pair {
        unsafe { (_mm256_sqrt_ps(a.0), _mm256_sqrt_ps(a.1)) }
    }
    #[inline(always)]
    fn gate(self, gate: Pair, value: Pair) -> Pair {
        unsafe {
            let zero = _mm256_setzero_ps();
            (
                _mm256_and_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(gate.0, zero), value.0),
                _mm256_and_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(gate.1, zero), value.1),
            )
        }
    }
    #[inline(always)]
    fn select(self, bits: u16, a: Pair, b: Pair) -> Pair {
        unsafe {
            let bits = _mm256_set1_epi32(i32::from(bits));
            let (first, second) = (
                _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128),
                _mm256_setr_epi32(1 << 8, 1 << 9, 1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14, 1 << 15),
            );
            let low = _mm256_cmpeq_epi32(_mm256_and_si256(bits, first), first);
            let high = _mm256_cmpeq_epi32(_mm256_and_si256(bits, second), second);
            (
                _mm256_blendv_ps(b.0, a.0, _mm256_castsi256_ps(low)),
                _mm256_blendv_ps(b.1, a.1, _mm256_castsi256_ps(high)),
            )
        }
    }
    #[inline(always)]
    fn equal(self, a: Pair, b: Pair) -> u16 {
        unsafe {
            let low = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_EQ_OQ>(a.0, b.0));
            let high = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_EQ_OQ>(a.1, b.1));
            (low | high << 8) as u16
        }
    }
    #[inline(always)]
    fn scale_exponent(self, a: Pair, n: Pair) -> Pair {
        unsafe {
            let low = _mm256_slli_epi32::<23>(_mm256_cvtps_epi32(n.0));
            let high = _mm256_slli_epi32::<23>(_mm256_cvtps_epi32(n.1));
            (
                _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a.0), low)),
                _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a.1), high)),
            )
        }
    }
    #[inline(always)]
    fn merge8(self, a: Pair, b: Pair) -> Pair {
        unsafe { (_mm256_add_ps(a.0, a.1), _mm256_add_ps(b.0, b.1)) }
    }
    #[inline(always)]
    fn merge4(self, a: Pair, b: Pair) -> Pair {
        unsafe {
            (
                _mm256_add_ps(
                    _mm256_blend_ps::<0b1111_0000>(a.0, a.1),
                    _mm256_permute2f128_ps::<0x21>(a.0, a.1),
                ),
                _mm256_add_ps(
                    _mm256_blend_ps::<0b1111_0000>(b.0, b.1),
                    _mm256_permute2f128_ps::<0x21>(b.0, b.1),
                ),
            )
        }
    }
    #[inline(always)]
    fn merge2(self, a: Pair, b: Pair) -> Pair {
        unsafe {
            (
                _mm256_add_ps(
                    _mm256_blend_ps::<0b1100_1100>(a.0, b.0),
                    _mm256_shuffle_ps::<0b01_00_11_10>(a.0, b.0),
                ),
                _mm256_add_ps(
                    _mm256_blend_ps::<0b1100_1100>(a.1, b.1),
                    _mm256_shuffle_ps::<0b01_00_11_10>(a.1, b.1),
                ),
            )
        }
    }
    #[inline(always)]
    fn merge1(self, a: Pair, b: Pair) -> Pair {
        unsafe {
            (
                _mm256_add_ps(
                    _mm256_shuffle_ps::<0b10_00_10_00>(a.0, b.0),
                    _mm256_shuffle_ps::<0b11_01_11_01>(a.0, b.0),
                ),
                _mm256_add_ps(
                    _mm256_shuffle_ps::<0b10_00_10_00>(a.1, b.1),
                    _mm256_shuffle_ps::<0b11_01_11_01>(a.1, b.1),
                ),
            )
        }
    }
    #[inline(always)]
    fn prefetch(self, address: *const f32) {
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) }
    }
    #[inline(always)]
    fn transpose(self, rows: [Pair; LANES]) -> [Pair; LANES] {
        // No closure here: it would not have the instructions of its caller, and every intrinsic in it would be a call.
        let mut columns = [self.splat(0.0); LANES];
        let mut from = 0;
        while from < LANES {
            let (mut low, mut high) = ([rows[0].0; 8], [rows[0].0; 8]);
            for i in 0..8 {
                (low[i], high[i]) = rows[from + i];
            }
            let (low, high) = unsafe { (transpose8(low), transpose8(high)) };
            for i in 0..8 {
                if from == 0 {
                    (columns[i].0, columns[i + 8].0) = (low[i], high[i]);
                } else {
                    (columns[i].1, columns[i + 8].1) = (low[i], high[i]);
                }
            }
            from += 8;
        }
        columns
    }
}

/// # Safety
/// The machine must have AVX.
#[inline(always)]
unsafe fn transpose8(r: [__m256; 8]) -> [__m256; 8] {
    // SAFETY: the caller promises AVX.
    unsafe {
        let mut t = [_mm256_setzero_ps(); 8];
        let mut q = 0;
        while q < 8 {
            let (a, b) = (_mm256_unpacklo_ps(r[q], r[q + 1]), _mm256_unpackhi_ps(r[q], r[q + 1]));
            let (c, d) = (_mm256_unpacklo_ps(r[q + 2], r[q + 3]), _mm256_unpackhi_ps(r[q + 2], r[q + 3]));
            t[q] = _mm256_shuffle_ps::<0b01_00_01_00>(a, c);
            t[q + 1] = _mm256_shuffle_ps::<0b11_10_11_10>(a, c);
            t[q + 2] = _mm256_shuffle_ps::<0b01_00_01_00>(b, d);
            t[q + 3] = _mm256_shuffle_ps::<0b11_10_11_10>(b, d);
            q += 4;
        }
        let mut out = [_mm256_setzero_ps(); 8];
        let mut c = 0;
        while c < 4 {
            out[c] = _mm256_permute2f128_ps::<0x20>(t[c], t[c + 4]);
            out[c + 4] = _mm256_permute2f128_ps::<0x31>(t[c], t[c + 4]);
            c += 1;
        }
        out
    }
}

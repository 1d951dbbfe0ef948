//! The exponential on vectors, made of operations that every instruction set rounds alike.

use crate::simd::Simd;

/// `e^x` within 2 ulp for x in [-87, 88], clamped outside: 2^n times a polynomial on [-ln 2 / 2, ln 2 / 2].
#[inline(always)]
pub(crate) fn exp<S: Simd>(s: S, x: S::V) -> S::V {
    // Constants first: NaN passes through.
    let x = s.min(s.splat(88.0), s.max(s.splat(-87.0), x));
    // Adding 1.5 * 2^23 rounds to the nearest whole number.
    let magic = s.splat(12_582_912.0);
    let n = s.sub(s.fma(x, s.splat(std::f32::consts::LOG2_E), magic), magic);
    let r = s.fnma(n, s.splat(0.693_359_4), x);
    let r = s.fnma(n, s.splat(-2.121_944_4e-4), r);
    let mut p = s.splat(1.987_569_1e-4);
    for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = s.fma(p, r, s.splat(c));
    }
    let y = s.add(s.fma(p, s.mul(r, r), r), s.splat(1.0));
    s.scale_exponent(y, n)
}

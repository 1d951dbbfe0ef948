//! Elementary functions, in units in the last place.

use proptest::prelude::*;

use super::support::*;
use crate::{
    kernels::math,
    simd::{Isa, Kernel, LANES, Simd},
};

struct Divide<'a>(&'a [f32; LANES], &'a [f32; LANES]);

impl Kernel for Divide<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Vec<f32> {
        let mut out = vec![0.0; LANES];
        // SAFETY: all three have 16 floats.
        unsafe {
            s.store(out.as_mut_ptr(), math::divide(s, s.load(self.0.as_ptr()), s.load(self.1.as_ptr())))
        };
        out
    }
}

struct Exp<'a>(&'a [f32; LANES]);

impl Kernel for Exp<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Vec<f32> {
        let mut out = vec![0.0; LANES];
        // SAFETY: both have 16 floats.
        unsafe { s.store(out.as_mut_ptr(), math::exp(s, s.load(self.0.as_ptr()))) };
        out
    }
}

/// How far off, in units in the last place of the exact value.
fn ulps(found: f32, exact: f64) -> f64 {
    let size = (exact.abs() as f32).max(f32::MIN_POSITIVE);
    let unit = f64::from(f32::from_bits(size.to_bits() + 1)) - f64::from(size);
    (f64::from(found) - exact).abs() / unit
}

fn divide(m: f32, d: f32) -> f32 {
    everywhere(|isa| isa.run(Divide(&[m; LANES], &[d; LANES])))[5]
}

fn exp(x: f32) -> f32 {
    Isa::detect().run(Exp(&[x; LANES]))[3]
}

proptest! {
    #![proptest_config(cases(4000))]

    #[test]
    fn quotients_are_within_one_ulp(
        m in 1.0_f32..2.0, m_exponent in -80_i32..80, negative: bool, d in 1.0_f32..2.0, d_exponent in -100_i32..119,
    ) {
        prop_assume!((-120..120).contains(&(m_exponent - d_exponent)));
        let m = m * 2_f32.powi(m_exponent) * if negative { -1.0 } else { 1.0 };
        let d = d * 2_f32.powi(d_exponent);
        let error = ulps(divide(m, d), f64::from(m) / f64::from(d));
        prop_assert!(error <= 1.0, "{m:e} / {d:e} is off by {error} ulp");
    }

    #[test]
    fn exponentials_are_within_two_ulps(x in -87.0_f32..=88.0) {
        let found = everywhere(|isa| isa.run(Exp(&[x; LANES])))[3];
        let error = ulps(found, f64::from(x).exp());
        prop_assert!(error <= 2.0, "e^{x} is off by {error} ulp");
    }
}

#[test]
fn exponentials_on_a_fine_grid() {
    // Fine enough to meet both sides of every change of the reduction.
    let worst = (-87_000..=88_000).map(|i| i as f32 / 1000.0).map(|x| ulps(exp(x), f64::from(x).exp()));
    let worst = worst.fold(0.0, f64::max);
    assert!(worst <= 2.0, "{worst}");
    assert_eq!(exp(0.0), 1.0);
}

#[test]
fn exponentials_beyond_the_range() {
    assert_eq!(exp(100.0).to_bits(), exp(88.0).to_bits());
    assert_eq!(exp(f32::INFINITY).to_bits(), exp(88.0).to_bits());
    assert_eq!(exp(-1e30).to_bits(), exp(-87.0).to_bits());
    assert_eq!(exp(f32::NEG_INFINITY).to_bits(), exp(-87.0).to_bits());
    for isa in Isa::available() {
        assert!(isa.run(Exp(&[f32::NAN; LANES])).iter().all(|value| value.is_nan()), "{isa}");
    }
}

#[test]
fn quotients_at_the_ends() {
    assert_eq!(divide(0.0, 1e-8), 0.0);
    assert_eq!(divide(1.0, 1.0), 1.0);
    assert!(divide(1.0, f32::MAX).abs() < 2e-36);
    for isa in Isa::available() {
        assert!(
            isa.run(Divide(&[f32::NAN; LANES], &[1.0; LANES])).iter().all(|value| value.is_nan()),
            "{isa}"
        );
    }
}

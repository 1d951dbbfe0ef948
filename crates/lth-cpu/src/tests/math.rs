//! The exponential, in units in the last place.

use proptest::prelude::*;

use crate::{
    kernels::math,
    simd::{Isa, Kernel, LANES, Simd},
    tests::support::*,
};

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

fn exp(x: f32) -> f32 {
    Isa::detect().run(Exp(&[x; LANES]))[3]
}

proptest! {
    #![proptest_config(cases(4000))]

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

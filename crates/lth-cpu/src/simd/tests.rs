//! Every instruction set gives the bits of the plain one, operation by operation.

use crate::simd::{Isa, Kernel, LANES, Simd};

/// Applies every operation to the same inputs and collects the results.
struct Everything<'a> {
    a: &'a [f32],
    b: &'a [f32],
    bytes: &'a [u8],
}

impl Kernel for Everything<'_> {
    type Output = Vec<u32>;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Vec<u32> {
        assert!(self.a.len() >= 256 && self.b.len() >= 16 && self.bytes.len() >= 16);
        // SAFETY: lengths are checked above.
        let at = |i: usize| unsafe { s.load(self.a.as_ptr().add(16 * i)) };
        // SAFETY: as above.
        let (a, b, bytes) = unsafe { (at(0), s.load(self.b.as_ptr()), s.load_bytes(self.bytes.as_ptr())) };
        let quads = std::array::from_fn(|t| std::array::from_fn(|u| at(4 * t + u)));
        let rows = s.transpose(std::array::from_fn(at));
        let n = s.sub(s.add(b, s.splat(12_582_912.0)), s.splat(12_582_912.0));
        let mut results = vec![
            s.splat(1.5),
            bytes,
            s.add(a, b),
            s.sub(a, b),
            s.mul(a, b),
            s.fma(a, b, bytes),
            s.fnma(a, b, bytes),
            s.max(a, b),
            s.min(a, b),
            s.sqrt(bytes),
            s.gate(a, b),
            s.select(0b1010_0110_1111_0001, a, b),
            s.div(a, b),
            s.scale_exponent(a, n),
            s.merge8(a, b),
            s.merge4(a, b),
            s.merge2(a, b),
            s.merge1(a, b),
            s.sums(quads),
        ];
        results.extend(rows);
        let mut bits = Vec::new();
        for v in results {
            let mut out = [0.0; LANES];
            // SAFETY: `out` has 16 floats.
            unsafe { s.store(out.as_mut_ptr(), v) };
            bits.extend(out.map(f32::to_bits));
        }
        bits
    }
}

#[test]
fn all_instruction_sets_agree_to_the_bit() {
    let mut stream = lth_model::RandomStream::new(lth_model::Seed(1), lth_model::Purpose::Init, 0);
    for _ in 0..50 {
        let a: Vec<f32> = (0..256).map(|_| stream.normal() as f32).collect();
        let b: Vec<f32> = (0..16).map(|_| (stream.normal() * 3.0) as f32).collect();
        let bytes: Vec<u8> = (0..16).map(|_| stream.below(256) as u8).collect();
        let results = |isa: Isa| isa.run(Everything { a: &a, b: &b, bytes: &bytes });
        let available = Isa::available();
        let expected = results(*available.last().expect("plain is always there"));
        for isa in available {
            assert_eq!(results(isa), expected, "{isa}");
        }
        // The sums are what the name says.
        let sums = &expected[18 * 16..19 * 16];
        for t in 0..4 {
            for u in 0..4 {
                let exact: f64 = a[16 * (4 * t + u)..][..16].iter().map(|&v| f64::from(v)).sum();
                assert!((f64::from(f32::from_bits(sums[4 * u + t])) - exact).abs() < 1e-4);
            }
        }
    }
}

//! ReLU, its gradient, and dropout.

use proptest::prelude::*;

use crate::{
    kernels::activation::{Gate, Multiply, Sum},
    tests::{reference, support::*},
};

fn whole_vectors() -> impl Strategy<Value = usize> {
    (1_usize..12).prop_map(|vectors| 16 * vectors)
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn relu(len in whole_vectors(), seed: u64) {
        let x = noise(&mut stream(seed), len);
        let found = everywhere(|isa| {
            let mut y = vec![7.0; len];
            isa.run(Sum { a: &x, b: None, relu: true, y: &mut y });
            y
        });
        let mut expected = vec![0.0; len];
        reference::relu_forward(&mut expected, &wide(&x));
        assert_close(&found, &expected, |_| 0.0, "y");
    }

    #[test]
    fn gate(len in whole_vectors(), seed: u64) {
        let mut stream = stream(seed);
        let dy = noise(&mut stream, len);
        let y: Vec<f32> = (0..len).map(|_| (stream.normal() as f32).max(0.0)).collect();
        let found = everywhere(|isa| {
            let mut dx = dy.clone();
            isa.run(Gate { y: &mut dx, gate: &y });
            dx
        });
        let mut expected = vec![0.0; len];
        reference::relu_backward(&mut expected, &wide(&dy), &wide(&y));
        assert_close(&found, &expected, |_| 0.0, "dx");
    }

    #[test]
    fn dropout(len in whole_vectors(), rate in 0.0_f32..0.99, seed: u64) {
        let mut stream = stream(seed);
        let x = noise(&mut stream, len);
        let kept = 1.0 / (1.0 - rate);
        let factors: Vec<f32> = (0..len).map(|_| if stream.uniform() < f64::from(rate) { 0.0 } else { kept }).collect();
        let found = everywhere(|isa| {
            let mut y = x.clone();
            isa.run(Multiply { y: &mut y, factors: &factors });
            y
        });
        let expected: Vec<f64> = wide(&x).iter().zip(wide(&factors)).map(|(x, factor)| x * factor).collect();
        assert_close(&found, &expected, |i| HALF_ULP * expected[i].abs(), "y");
    }
}

#[test]
fn relu_keeps_what_is_not_a_number_and_the_gate_stops_it() {
    for isa in crate::simd::Isa::available() {
        let before = [f32::NAN, -1.0, 2.0, f32::NEG_INFINITY].repeat(4);
        let mut y = vec![7.0; 16];
        isa.run(Sum { a: &before, b: None, relu: true, y: &mut y });
        assert!(y[0].is_nan(), "{isa}");
        assert_eq!(y[1..4], [0.0, 2.0, 0.0], "{isa}");
        let mut dx = vec![1.0; 16];
        isa.run(Gate { y: &mut dx, gate: &before });
        assert_eq!(dx[..4], [0.0, 0.0, 1.0, 0.0], "{isa}");
    }
}

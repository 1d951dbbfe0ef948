//! From stored bytes to numbers.

use lth_model::Normalization;
use proptest::prelude::*;

use crate::{
    kernels::input::{Gather, Scale, Unpack},
    layout::{buffer::Buffer, lanes::Lanes},
    simd::Isa,
    tests::support::*,
};

/// The number of each of the 256 bytes.
fn table(isa: Isa, normalization: Normalization) -> Vec<f32> {
    let bytes: Vec<u8> = (0..=255).collect();
    let features: Vec<u16> = (0..16).collect();
    let mut to = vec![0.0; 256];
    let scale = Scale::new(normalization).unwrap();
    isa.run(Unpack { from: &bytes, features: &features, vectors: 1, to: &mut to, scale });
    to
}

fn normalization() -> impl Strategy<Value = Normalization> {
    prop_oneof![
        Just(Normalization::UNIT),
        (0.0_f32..1.0, 0.05_f32..2.0).prop_map(|(mean, deviation)| Normalization::same(mean, deviation)),
    ]
}

#[test]
fn bytes_are_divided_by_255_to_the_last_bit() {
    let expected: Vec<f32> = (0..=255).map(|byte| byte as f32 / 255.0).collect();
    assert_same_bits(&everywhere(|isa| table(isa, Normalization::UNIT)), &expected, "unit");
    assert_same_bits(&Normalization::UNIT.table(0).unwrap(), &expected, "the model's table");
    assert!(Scale::new(Normalization::UNIT).unwrap().keeps_zero());
    assert!(!Scale::new(Normalization::same(0.1307, 0.3081)).unwrap().keeps_zero());
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn normalised_bytes(normalization in normalization()) {
        let found = everywhere(|isa| table(isa, normalization));
        let Normalization::Channels { mean: [mean, ..], deviation: [deviation, ..] } = normalization else { panic!() };
        let (mean, deviation) = (f64::from(mean), f64::from(deviation));
        let expected: Vec<f64> = (0..256).map(|byte| (f64::from(byte) / 255.0 - mean) / deviation).collect();
        // The quotient and the difference are rounded, then the inverse and the product.
        let bound = |i: usize| HALF_ULP * (2.0 / deviation + 3.0 * expected[i].abs());
        assert_close(&found, &expected, bound, "numbers");
    }

    #[test]
    fn gathered_examples(n in 1_usize..=64, features in size(70), more_slabs in 0_usize..2, seed: u64, normalization in normalization()) {
        let mut stream = stream(seed);
        let lanes = Lanes::of(n);
        let width = features.next_multiple_of(16);
        let mut bytes = vec![0; lanes.width() * width];
        for (at, byte) in bytes.iter_mut().enumerate() {
            if at / width < n && at % width < features {
                *byte = stream.below(256) as u8;
            }
        }
        let table = table(Isa::detect(), normalization);
        let (first, rows) = (more_slabs * lanes.width(), (more_slabs + 1) * lanes.width());
        let gather = |isa: Isa, with_blocks: bool| {
            let (mut slab, mut blocks) = (Buffer::zeros(width * lanes.width()), Buffer::zeros(width * rows));
            blocks.fill(7.0);
            isa.run(Gather {
                bytes: &bytes,
                width,
                examples: n,
                vectors: lanes.vectors,
                slab: &mut slab,
                blocks: with_blocks.then_some((&mut *blocks, first, rows)),
                scale: Scale::new(normalization).unwrap(),
            });
            [&slab[..], &blocks[..]].concat()
        };
        let found = everywhere(|isa| gather(isa, true));
        let (slab, blocks) = found.split_at(width * lanes.width());
        for lane in 0..lanes.width() {
            for feature in 0..features {
                let expected = if lane < n { table[usize::from(bytes[lane * width + feature])] } else { 0.0 };
                prop_assert_eq!(slab[feature * lanes.width() + lane].to_bits(), expected.to_bits());
                let block = blocks[(feature / 16 * rows + first + lane) * 16 + feature % 16];
                prop_assert_eq!(block.to_bits(), expected.to_bits());
            }
            prop_assert!(lane >= first || blocks[lane * 16] == 7.0, "rows of other slabs are left alone");
        }
        assert_same_bits(&gather(Isa::detect(), false)[..slab.len()], slab, "without blocks");
    }

    #[test]
    fn unpacked_features(vectors in 1_usize..=4, features in size(70), seed: u64, normalization in normalization()) {
        let mut stream = stream(seed);
        let width = 16 * vectors;
        let listed: Vec<u16> = (0..features as u16).filter(|_| stream.below(2) == 0).collect();
        let from: Vec<u8> = (0..listed.len() * width).map(|_| stream.below(256) as u8).collect();
        let table = table(Isa::detect(), normalization);
        let found = everywhere(|isa| {
            let mut to = vec![7.0; features * width];
            let scale = Scale::new(normalization).unwrap();
            isa.run(Unpack { from: &from, features: &listed, vectors, to: &mut to, scale });
            to
        });
        let mut expected = vec![7.0; features * width];
        for (row, &feature) in from.chunks_exact(width).zip(&listed) {
            for (to, &byte) in expected[usize::from(feature) * width..].iter_mut().zip(row) {
                *to = table[usize::from(byte)];
            }
        }
        assert_same_bits(&found, &expected, "listed rows, and no other");
    }
}

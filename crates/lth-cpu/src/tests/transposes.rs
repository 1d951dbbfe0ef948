//! From slabs to batch-major blocks and back: copies, exact to the bit.

use proptest::prelude::*;

use crate::{
    kernels::transpose::RowsToSlab,
    layout::{
        buffer::Buffer,
        lanes::{Lanes, slab_rows},
        panels::PANEL,
    },
    tests::support::*,
};

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn inputs_by_vector_and_back(n in examples(), features in size(70), seed: u64) {
        let lanes = Lanes::of(n);
        let rows = lanes.slabs * lanes.width();
        let values = noise(&mut stream(seed), n * features);
        let slabs = to_slabs(&values, features, lanes, 0.25);
        let found = everywhere(|isa| vector_rows(isa, &slabs, features, lanes).to_vec());
        for example in 0..rows {
            for feature in 0..features.next_multiple_of(16) {
                let inside = if example < n { values.get(example * features + feature) } else { Some(&0.25) };
                let expected = if feature < features { inside.copied() } else { Some(0.0) };
                let at = (feature / 16 * rows + example) * 16 + feature % 16;
                prop_assert_eq!(Some(found[at]), expected, "example {}, feature {}", example, feature);
            }
        }
        let width = features.next_multiple_of(16);
        let mut padded = Buffer::zeros(rows * width);
        for (row, values) in padded.chunks_exact_mut(width).zip(values.chunks_exact(features)) {
            row[..features].copy_from_slice(values);
        }
        let back = everywhere(|isa| {
            let stride = slab_rows(features) * lanes.width();
            let mut slabs = Buffer::zeros(stride * lanes.slabs);
            for slab in 0..lanes.slabs {
                isa.run(RowsToSlab {
                    rows: &padded[slab * lanes.width() * width..],
                    width,
                    features,
                    vectors: lanes.vectors,
                    slab: &mut slabs[slab * stride..(slab + 1) * stride],
                });
            }
            from_slabs(&slabs, features, lanes)
        });
        assert_same_bits(&back, &values, "rows to slabs");
    }

    #[test]
    fn examples_into_slabs(n in examples(), features in size(70), more in 0_usize..20, seed: u64) {
        let lanes = Lanes::of(n);
        let width = features + more;
        let values = noise(&mut stream(seed), n * width);
        let stride = slab_rows(features) * lanes.width();
        let found = everywhere(|isa| {
            let mut slabs = Buffer::zeros(stride * lanes.slabs);
            slabs.fill(7.0);
            for slab in 0..lanes.slabs {
                isa.run(RowsToSlab {
                    rows: &values[slab * lanes.width() * width..],
                    width,
                    features,
                    vectors: lanes.vectors,
                    slab: &mut slabs[slab * stride..(slab + 1) * stride],
                });
            }
            slabs.to_vec()
        });
        for (at, &value) in found.iter().enumerate() {
            let (feature, lane) = (at % stride / lanes.width(), at % lanes.width());
            let example = at / stride * lanes.width() + lane;
            let inside = if example < n { values.get(example * width + feature).copied() } else { Some(0.0) };
            let expected = if feature < features { inside } else { Some(7.0) };
            prop_assert_eq!(Some(value), expected, "example {}, feature {}", example, feature);
        }
    }

    #[test]
    fn gradients_by_panel(n in examples(), features in size(70), seed: u64) {
        let lanes = Lanes::of(n);
        let rows = lanes.slabs * lanes.width();
        let values = noise(&mut stream(seed), n * features);
        let slabs = to_slabs(&values, features, lanes, 0.0);
        let found = everywhere(|isa| panel_rows(isa, &slabs, features, lanes).to_vec());
        // What follows the last row of a panel is not specified: its stride is taken from the length.
        let panel = found.len() / features.div_ceil(PANEL) / PANEL * PANEL;
        prop_assert!(panel >= rows * PANEL);
        for example in 0..n {
            for feature in 0..features {
                let at = feature / PANEL * panel + example * PANEL + feature % PANEL;
                prop_assert_eq!(found[at], values[example * features + feature], "example {}, feature {}", example, feature);
            }
        }
    }
}

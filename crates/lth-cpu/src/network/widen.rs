//! From the narrow slabs of maps to the wide slabs of linear layers, and back.
//!
//! A convolution goes over places, so slabs of one vector keep what it reads together; a linear layer has one place only and
//! wants several vectors for each weight that it loads.

use crate::{
    layout::lanes::{Lanes, slab_rows},
    simd::LANES,
};

/// Calls `each` with the places of every vector of a batch, in narrow and in wide slabs.
fn pairs(features: usize, wide: Lanes, mut each: impl FnMut(usize, usize)) {
    let rows = slab_rows(features);
    for slab in 0..wide.slabs {
        let first = slab * wide.vectors;
        let count = wide.examples.div_ceil(LANES).saturating_sub(first).min(wide.vectors);
        // Vectors of a feature lie together in wide slabs, which are gone through once.
        for feature in 0..features {
            for vector in 0..count {
                let from = ((first + vector) * rows + feature) * LANES;
                let to = ((slab * rows + feature) * wide.vectors + vector) * LANES;
                each(from, to);
            }
        }
    }
}

/// Copies narrow slabs to wide ones.
pub(crate) fn widen(features: usize, lanes: Lanes, narrow: &[f32], wide: &mut [f32]) {
    pairs(features, lanes, |from, to| wide[to..to + LANES].copy_from_slice(&narrow[from..from + LANES]));
}

/// Copies wide slabs to narrow ones, or adds them.
pub(crate) fn narrow(features: usize, lanes: Lanes, wide: &[f32], narrow: &mut [f32], add: bool) {
    pairs(features, lanes, |to, from| {
        let (to, from) = (&mut narrow[to..to + LANES], &wide[from..from + LANES]);
        if add {
            to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        } else {
            to.copy_from_slice(from);
        }
    });
}

//! Dropout.

use lth_model::RandomStream;

use crate::layout::lanes::{Lanes, slab_rows};

/// Draws factors feature after feature, example after example.
pub(crate) fn draw(factors: &mut [f32], rate: f32, features: usize, lanes: Lanes, stream: &mut RandomStream) {
    let kept = 1.0 / (1.0 - rate);
    let stride = slab_rows(features) * lanes.width();
    for feature in 0..features {
        for slab in 0..lanes.slabs {
            let at = slab * stride + feature * lanes.width();
            for factor in &mut factors[at..at + lanes.range(slab).len()] {
                *factor = if stream.uniform() < f64::from(rate) { 0.0 } else { kept };
            }
        }
    }
}

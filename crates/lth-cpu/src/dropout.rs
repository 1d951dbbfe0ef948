//! Dropout factors of a step.

use std::ops::Range;

use lth_model::{Purpose, RandomStream, Seed};

use crate::{
    buffer::Buffer,
    lanes::{Lanes, slab_rows},
    network::Layer,
};

/// For each layer with dropout, the factors of its input: 0, or `1 / (1 - rate)`.
#[derive(Default)]
pub(crate) struct Factors(Vec<Buffer>);

impl Factors {
    /// Draws the factors of one iteration: layer after layer, input after input, example after example.
    pub(crate) fn draw(&mut self, layers: &[Layer], lanes: Lanes, seed: Seed, iteration: u64) {
        self.0.resize_with(layers.len(), Buffer::default);
        let mut stream = None;
        for (layer, factors) in layers.iter().zip(&mut self.0) {
            let Some(rate) = layer.dropout else { continue };
            let stream = stream.get_or_insert_with(|| RandomStream::new(seed, Purpose::Dropout, iteration));
            let stride = slab_rows(layer.linear.inputs) * lanes.width();
            if factors.len() < stride * lanes.slabs {
                *factors = Buffer::zeros(stride * lanes.slabs);
            }
            let kept = 1.0 / (1.0 - rate);
            for feature in 0..layer.linear.inputs {
                for slab in 0..lanes.slabs {
                    let at = slab * stride + feature * lanes.width();
                    for factor in &mut factors[at..at + lanes.range(slab).len()] {
                        *factor = if stream.uniform() < f64::from(rate) { 0.0 } else { kept };
                    }
                }
            }
        }
    }

    /// The factors of a part of a layer's input slabs.
    pub(crate) fn of(&self, layer: usize, range: Range<usize>) -> &[f32] {
        &self.0[layer][range]
    }
}

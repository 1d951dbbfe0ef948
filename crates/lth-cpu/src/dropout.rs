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
pub(crate) struct Factors {
    layers: Vec<Buffer>,
    /// Whether they are those of the pass that is made.
    drawn: bool,
}

impl Factors {
    /// Draws the factors of one iteration: layer after layer, input after input, example after example.
    pub(crate) fn draw(&mut self, layers: &[Layer], lanes: Lanes, seed: Seed, iteration: u64) {
        self.drawn = true;
        self.layers.resize_with(layers.len(), Buffer::default);
        let mut stream = None;
        for (layer, factors) in layers.iter().zip(&mut self.layers) {
            let Some(rate) = layer.dropout else { continue };
            let stream = stream.get_or_insert_with(|| RandomStream::new(seed, Purpose::Dropout, iteration));
            let stride = slab_rows(layer.linear.inputs) * lanes.width();
            factors.at_least(stride * lanes.slabs);
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

    /// The next pass is without dropout.
    pub(crate) fn forget(&mut self) {
        self.drawn = false;
    }

    /// The factors of a part of a layer's input slabs, where it has dropout in this pass.
    pub(crate) fn of(&self, layer: usize, range: Range<usize>) -> Option<&[f32]> {
        let factors = self.layers.get(layer).filter(|factors| self.drawn && !factors.is_empty())?;
        Some(&factors[range])
    }
}

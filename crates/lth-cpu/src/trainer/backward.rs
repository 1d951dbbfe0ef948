//! Gradients: of a step, with its update, and those that are asked for.

use lth_model::{Batch, EngineError, Gradients, Tensors};

use super::CpuTrainer;
use crate::{
    batch::{self, LoadedBatch},
    batch_major::Input,
    buffer::Buffer,
    dropout::Factors,
    found::Found,
    graph::trainer::clip_factor,
    kernels::{
        activation::{Multiply, Scale},
        update::UpdateRule,
    },
    lanes::{Lanes, slab_rows},
    network::Layer,
    optimizer::WithRule,
    threads::Machine,
};

impl CpuTrainer {
    /// The gradient of the input of layer `index`, from that of its output.
    fn backward_data(&mut self, lanes: Lanes, index: usize) {
        let layer = &self.layers[index];
        let gated = self.layers[index - 1].relu;
        let (inputs, outputs) = (slab_rows(layer.linear.inputs), slab_rows(layer.linear.outputs));
        for slab in 0..lanes.slabs {
            let (before, after) = self.gradients.split_at_mut(index + 1);
            let len = inputs * lanes.width();
            let dx = &mut before[index][slab * len..(slab + 1) * len];
            let dy = &after[0][slab * outputs * lanes.width()..];
            let gate = gated.then(|| &self.activations[index][slab * len..(slab + 1) * len]);
            let machine = Machine { isa: self.isa, threads: &self.threads };
            layer.linear.backward(machine, lanes.vectors, dy, dx, gate);
            if let Some(factors) = self.dropout.of(index, slab * len..(slab + 1) * len) {
                self.isa.run(Multiply { y: dx, factors });
            }
        }
    }

    /// A backward pass that updates each layer as soon as its gradient is known.
    fn backward<R: UpdateRule>(&mut self, lanes: Lanes, rule: R) {
        for index in (0..self.layers.len()).rev() {
            if index > 0 {
                self.backward_data(lanes, index);
            }
            let layer = &mut self.layers[index];
            let input = input_of(&self.activations, &self.batch, &self.dropout, index);
            let machine = Machine { isa: self.isa, threads: &self.threads };
            layer.linear.update(machine, lanes, &self.gradients[index + 1], &input, rule);
        }
    }

    /// A forward pass without dropout, then the gradients that follow from those of the logits, which `logits` makes.
    pub(super) fn gradients_from(
        &mut self,
        batch: Batch<'_>,
        which: Gradients,
        into: &mut Tensors,
        logits: impl FnOnce(&mut Self, Lanes),
    ) -> Result<(), EngineError> {
        batch::check(&self.architecture, batch)?;
        let lanes = self.load_batch(batch, true);
        self.dropout.forget();
        for slab in 0..lanes.slabs {
            self.forward_slab(lanes, slab, None);
        }
        logits(self, lanes);
        self.collect_gradients(lanes, which, into);
        Ok(())
    }

    /// Shortens the gradient of the logits so that the gradient of all parameters is no longer than the recipe allows.
    pub(super) fn clip(&mut self, lanes: Lanes) {
        let Some(longest) = self.gradient_clip else { return };
        let mut gradients = std::mem::take(&mut self.clipped);
        self.collect_gradients(lanes, Gradients::Live, &mut gradients);
        let factor = clip_factor(&gradients, longest);
        self.clipped = gradients;
        if factor < 1.0 {
            let last = self.layers.len();
            self.isa.run(Scale { y: &mut self.gradients[last], factor });
        }
    }

    /// The gradients of all parameters from that of the logits.
    fn collect_gradients(&mut self, lanes: Lanes, which: Gradients, into: &mut Tensors) {
        let masks = std::mem::take(&mut self.masks);
        let mut found = Found::new(&self.expected, into, which, &masks);
        for index in (0..self.layers.len()).rev() {
            if index > 0 {
                self.backward_data(lanes, index);
            }
            let layer = &mut self.layers[index];
            let input = input_of(&self.activations, &self.batch, &self.dropout, index);
            let Layer { names, linear, .. } = layer;
            found.layer(names, |weight, bias| {
                linear.gradients(self.isa, lanes, &self.gradients[index + 1], &input, (weight, bias));
            });
        }
        self.masks = masks;
    }
}

/// What the weight gradient of layer `index` reads. The batch's own blocks are its input where no dropout changed them.
fn input_of<'a>(
    activations: &'a [Buffer],
    batch: &'a LoadedBatch,
    dropout: &Factors,
    index: usize,
) -> Input<'a> {
    let own = index == 0 && dropout.of(index, 0..0).is_none();
    Input { slabs: &activations[index], blocks: if own { batch.blocks() } else { None } }
}

/// A backward pass with whichever rule.
pub(super) struct Update<'a> {
    pub(super) trainer: &'a mut CpuTrainer,
    pub(super) lanes: Lanes,
}

impl WithRule for Update<'_> {
    fn with<R: UpdateRule>(self, rule: R) {
        self.trainer.backward(self.lanes, rule);
    }
}

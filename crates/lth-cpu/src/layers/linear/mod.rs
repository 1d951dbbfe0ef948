//! A linear layer and what is done with it.

pub(crate) mod batch_major;
pub(crate) mod dense;
pub(crate) mod weights;

use lth_model::{Mask, Tensor};

use crate::{
    kernels::{
        bias::Bias,
        matmul::End,
        outer::Outer,
        sparse_matmul::SparseMatmul,
        update::{Parameters, StoreGradient, UpdateRule},
    },
    layers::linear::{
        batch_major::{BatchMajor, Blocks, Input},
        dense::Product,
        weights::{Dense, SparseUpdate, Weights},
    },
    layout::{
        lanes::{Lanes, slab_rows},
        panels::Panels,
    },
    parameters::stored::{Given, Part, Stored},
    simd::Isa,
    threads::Machine,
};

/// A linear layer.
pub(crate) struct Linear {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    weights: Weights,
    bias: Option<Stored>,
    all_inputs: Vec<u16>,
    all_outputs: Vec<u16>,
    batch_major: BatchMajor,
    /// Of weights, in panels, and biases; there once they are asked for.
    gradients: Option<[Stored; 2]>,
}

impl Linear {
    /// A layer with these parameters; sparse if the mask's density is below the crossover.
    pub(crate) fn new(
        weight: &Given<'_>,
        mask: Option<&Mask>,
        bias: Option<&Given<'_>>,
        crossover: f64,
    ) -> Self {
        let (outputs, inputs) = (weight.value.shape()[0], weight.value.shape()[1]);
        let bias = bias.map(|bias| {
            bias.store(slab_rows(outputs), |tensor, to| to[..outputs].copy_from_slice(tensor.data()))
        });
        Self {
            inputs,
            outputs,
            weights: Weights::new(weight, mask, crossover),
            bias,
            all_inputs: (0..inputs as u16).collect(),
            all_outputs: (0..outputs as u16).collect(),
            batch_major: BatchMajor::default(),
            gradients: None,
        }
    }

    pub(crate) fn is_sparse(&self) -> bool {
        matches!(self.weights, Weights::Sparse(_))
    }

    /// Whether a step makes the gradients of all weights.
    pub(crate) fn has_dense_gradient(&self) -> bool {
        matches!(&self.weights, Weights::Dense(dense) if dense.trained.is_none())
    }

    /// One slab forward: `y = W x + b`, then ReLU if asked for. `terms` lists the inputs that are not zero throughout.
    pub(crate) fn forward(
        &self,
        machine: Machine<'_>,
        vectors: usize,
        x: &[f32],
        terms: Option<&[u16]>,
        y: &mut [f32],
        relu: bool,
    ) {
        let start = self.bias.as_ref().map(|bias| &*bias.w);
        let end = if relu { End::Relu } else { End::Plain };
        match &self.weights {
            Weights::Dense(dense) => {
                let terms = terms.unwrap_or(&self.all_inputs);
                let product = Product { forward: true, rows: self.outputs, terms, x, start, vectors, end };
                dense.product(machine, product, y);
            }
            Weights::Sparse(sparse) => {
                machine.isa.run(SparseMatmul {
                    layout: &sparse.forward,
                    weights: &sparse.stored.w,
                    through: None,
                    x,
                    y,
                    start,
                    vectors,
                    end,
                });
            }
        }
    }

    /// One slab backward to the input: `dx = W^T dy`, 0 where `gate` is not positive.
    pub(crate) fn backward(
        &self,
        machine: Machine<'_>,
        vectors: usize,
        dy: &[f32],
        dx: &mut [f32],
        gate: Option<&[f32]>,
    ) {
        let end = gate.map_or(End::Plain, End::Gate);
        match &self.weights {
            Weights::Dense(dense) => {
                let terms = &*self.all_outputs;
                let product =
                    Product { forward: false, rows: self.inputs, terms, x: dy, start: None, vectors, end };
                dense.product(machine, product, dx);
            }
            Weights::Sparse(sparse) => {
                machine.isa.run(SparseMatmul {
                    layout: &sparse.backward,
                    weights: &sparse.stored.w,
                    through: Some(&sparse.through),
                    x: dy,
                    y: dx,
                    start: None,
                    vectors,
                    end,
                });
            }
        }
    }

    /// Weight and bias gradients of the whole batch, with their update.
    pub(crate) fn update<R: UpdateRule>(
        &mut self,
        machine: Machine<'_>,
        lanes: Lanes,
        dy: &[f32],
        input: &Input<'_>,
        rule: R,
    ) {
        if let Some(bias) = &mut self.bias {
            update_bias(machine.isa, lanes, dy, self.outputs, bias.parameters(), rule);
        }
        let (dy, x) = ((dy, self.outputs), (input.slabs, self.inputs));
        let gradient = SparseUpdate { isa: machine.isa, lanes, dy, x };
        match &mut self.weights {
            Weights::Sparse(sparse) => sparse.update(gradient, rule),
            Weights::Dense(Dense { trained: Some(trained), stored, .. }) => {
                trained.update(gradient, &mut stored.w, rule);
            }
            Weights::Dense(dense) => {
                dense.update(machine, lanes, &mut self.batch_major, dy, (input, self.inputs), rule);
            }
        }
    }

    /// The gradients of all weights, pruned or not, into `weight`, `[output][input]`, and of the biases into `bias`; no update.
    pub(crate) fn gradients(
        &mut self,
        isa: Isa,
        lanes: Lanes,
        dy: &[f32],
        input: &Input<'_>,
        (weight, bias): (&mut [f32], Option<&mut [f32]>),
    ) {
        let panels = Panels::new(self.outputs, self.inputs);
        let [weights, biases] = self.gradients.get_or_insert_with(|| {
            [Stored::gradient(panels.len()), Stored::gradient(slab_rows(self.outputs))]
        });
        let blocks = self.batch_major.fill(isa, lanes, (dy, self.outputs), (input, self.inputs));
        isa.run(outer(&blocks, panels, weights.parameters(), StoreGradient));
        panels.gather(self.inputs, &weights.w, weight);
        if let Some(bias) = bias {
            update_bias(isa, lanes, dy, self.outputs, biases.parameters(), StoreGradient);
            bias.copy_from_slice(&biases.w[..self.outputs]);
        }
    }

    /// Puts other values in the place of weights and biases, without memory of the optimiser; false where weights are pruned.
    pub(crate) fn replace(&mut self, weight: &Tensor, bias: Option<&Tensor>) -> bool {
        let Weights::Dense(dense) = &mut self.weights else { return false };
        if dense.kept.is_some() {
            return false;
        }
        dense.stored.replace(|w| dense.panels.scatter(self.inputs, weight.data(), w));
        if let (Some(stored), Some(bias)) = (&mut self.bias, bias) {
            stored.replace(|w| w[..bias.len()].copy_from_slice(bias.data()));
        }
        true
    }

    /// The weight tensor, or a moment of it; pruned weights are zero.
    pub(crate) fn weight(&self, part: Part) -> Tensor {
        self.weights.tensor([self.outputs, self.inputs], part)
    }

    /// The bias tensor, or a moment of it.
    pub(crate) fn bias(&self, part: Part) -> Option<Tensor> {
        self.bias
            .as_ref()
            .map(|bias| Tensor::new(vec![self.outputs], bias.part(part)[..self.outputs].to_vec()))
    }
}

/// The dense weight gradient of a batch, of all weights.
fn outer<'a, R>(blocks: &Blocks<'a>, panels: Panels, parameters: Parameters<'a>, rule: R) -> Outer<'a, R> {
    Outer {
        dy: blocks.dy,
        x: blocks.x,
        rows: blocks.rows,
        panels,
        reverse: false,
        active: blocks.active,
        parameters,
        kept: None,
        rule,
    }
}

fn update_bias<R: UpdateRule>(
    isa: Isa,
    lanes: Lanes,
    dy: &[f32],
    outputs: usize,
    parameters: Parameters<'_>,
    rule: R,
) {
    let (slabs, vectors) = (lanes.slabs, lanes.vectors);
    isa.run(Bias { dy, rows: slab_rows(outputs), slabs, vectors, parameters, rule });
}

//! A linear layer: its weights, dense or sparse, and what is done with them.

use lth_model::{Mask, Tensor};

use crate::{
    buffer::Buffer,
    kernels::{
        activation::{Gate, Relu},
        bias::Bias,
        matmul::{End, Matmul},
        outer::{ActiveExamples, Outer},
        sparse_gradient::SparseGradient,
        sparse_matmul::SparseMatmul,
        transpose::{Slab, ToPanels, ToVectors},
        update::{Parameters, UpdateRule},
    },
    lanes::{Lanes, slab_rows},
    panels::Panels,
    simd::Isa,
    sparse::Layout,
};

/// Weights, or moments, of one tensor.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stored {
    w: Buffer,
    first: Buffer,
    second: Buffer,
}

impl Stored {
    fn parameters(&mut self) -> Parameters<'_> {
        Parameters { w: &mut self.w, first: &mut self.first, second: &mut self.second }
    }
}

/// Which of a parameter's three tensors is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Value,
    First,
    Second,
}

impl Stored {
    fn part(&self, part: Part) -> &[f32] {
        match part {
            Part::Value => &self.w,
            Part::First => &self.first,
            Part::Second => &self.second,
        }
    }
}

/// A tensor's value and moments as they come from outside.
pub(crate) struct Given<'a> {
    pub(crate) value: &'a Tensor,
    pub(crate) moments: [Option<&'a Tensor>; 2],
    /// How many moments the optimiser keeps.
    pub(crate) kept_moments: usize,
}

impl Given<'_> {
    /// Stores what `place` makes of each tensor; missing moments are zero.
    fn store(&self, len: usize, place: impl Fn(&Tensor, &mut [f32])) -> Stored {
        let fill = |tensor: Option<&Tensor>| {
            let mut buffer = Buffer::zeros(len);
            if let Some(tensor) = tensor {
                place(tensor, &mut buffer);
            }
            buffer
        };
        let moment = |index: usize| if index < self.kept_moments { fill(self.moments[index]) } else { Buffer::default() };
        Stored { w: fill(Some(self.value)), first: moment(0), second: moment(1) }
    }
}

enum Weights {
    /// In panels, with a word of kept bits for each 16 weights unless all are kept.
    Dense { stored: Stored, kept: Option<Vec<u16>> },
    /// In the slots of `forward`, and 16 zeros more for the filling slots of `backward`.
    Sparse { stored: Stored, forward: Layout, backward: Layout, through: Vec<u32> },
}

/// Density from which on a layer is stored and computed dense.
///
/// Forward and data gradient have the same bits either way; the weight gradient adds in another order. So the choice must
/// depend on nothing but the mask, and the crossover is a constant, measured by
/// `cargo bench -p lth-cpu --bench mnist`.
pub(crate) const CROSSOVER: f64 = 0.45;

/// A linear layer.
pub(crate) struct Linear {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    panels: Panels,
    /// Whether the next dense update goes backwards through the weights.
    reverse: bool,
    weights: Weights,
    bias: Option<Stored>,
    all_inputs: Vec<u16>,
    all_outputs: Vec<u16>,
    /// Batch-major gradients, while a dense update runs.
    dy_rows: Buffer,
    x_rows: Buffer,
    every_example: ActiveExamples,
    every_example_of: usize,
}

/// A layer's input as the weight gradient needs it.
pub(crate) struct Input<'a> {
    /// Slabs of `slab_rows(inputs)` rows.
    pub(crate) slabs: &'a [f32],
    /// Batch-major rows with the examples that count, where they are there already.
    pub(crate) rows: Option<(&'a [f32], &'a ActiveExamples)>,
}

impl Linear {
    pub(crate) fn new(weight: &Given<'_>, mask: Option<&Mask>, bias: Option<&Given<'_>>, crossover: f64) -> Self {
        let (outputs, inputs) = (weight.value.shape()[0], weight.value.shape()[1]);
        let panels = Panels::new(outputs, inputs);
        let weights = match mask {
            Some(mask) if mask.density().get() < crossover => {
                let forward = Layout::new(mask, outputs, inputs);
                let backward = Layout::transposed(mask, outputs, inputs);
                let slots = forward.slots();
                let stored = weight.store(slots + 16, |tensor, to| {
                    for (value, &origin) in to.iter_mut().zip(&forward.origin) {
                        *value = if origin == u32::MAX { 0.0 } else { tensor.data()[origin as usize] };
                    }
                });
                let mut slot_of = vec![0; inputs * outputs];
                for (slot, &origin) in forward.origin.iter().enumerate().filter(|&(_, &origin)| origin != u32::MAX) {
                    slot_of[origin as usize] = slot as u32;
                }
                let through = backward
                    .origin
                    .iter()
                    .map(|&origin| if origin == u32::MAX { slots as u32 } else { slot_of[origin as usize] })
                    .collect();
                Weights::Sparse { stored, forward, backward, through }
            }
            mask => {
                let mask = mask.filter(|mask| mask.live() < mask.len());
                let stored = weight.store(panels.len(), |tensor, to| {
                    for (index, &value) in tensor.data().iter().enumerate() {
                        if mask.is_none_or(|mask| mask.is_live(index)) {
                            to[panels.index(index / inputs, index % inputs)] = value;
                        }
                    }
                });
                let kept = mask.map(|mask| {
                    let mut words = vec![0; panels.len() / 16];
                    for index in mask.live_indices() {
                        let at = panels.index(index / inputs, index % inputs);
                        words[at / 16] |= 1 << (at % 16);
                    }
                    words
                });
                Weights::Dense { stored, kept }
            }
        };
        let bias = bias.map(|bias| bias.store(slab_rows(outputs), |tensor, to| to[..outputs].copy_from_slice(tensor.data())));
        Self {
            inputs,
            outputs,
            panels,
            reverse: false,
            weights,
            bias,
            all_inputs: (0..inputs as u16).collect(),
            all_outputs: (0..outputs as u16).collect(),
            dy_rows: Buffer::default(),
            x_rows: Buffer::default(),
            every_example: ActiveExamples::default(),
            every_example_of: 0,
        }
    }

    pub(crate) fn is_sparse(&self) -> bool {
        matches!(self.weights, Weights::Sparse { .. })
    }

    /// One slab forward: `y = W x + b`, then ReLU if asked for. `terms` lists the inputs that are not zero throughout.
    pub(crate) fn forward(&self, isa: Isa, vectors: usize, x: &[f32], terms: Option<&[u16]>, y: &mut [f32], relu: bool) {
        let start = self.bias.as_ref().map(|bias| &*bias.w);
        match &self.weights {
            Weights::Dense { stored, .. } => isa.run(Matmul {
                weights: &stored.w,
                panels: self.panels,
                forward: true,
                rows: self.outputs,
                terms: terms.unwrap_or(&self.all_inputs),
                x,
                y,
                start,
                vectors,
                end: if relu { End::Relu } else { End::Plain },
            }),
            Weights::Sparse { stored, forward, .. } => {
                isa.run(SparseMatmul { layout: forward, weights: &stored.w, through: None, x, y, start, vectors });
                if relu {
                    isa.run(Relu(&mut y[..self.outputs * vectors * 16]));
                }
            }
        }
    }

    /// One slab backward to the input: `dx = W^T dy`, 0 where `gate` is not positive.
    pub(crate) fn backward(&self, isa: Isa, vectors: usize, dy: &[f32], dx: &mut [f32], gate: Option<&[f32]>) {
        match &self.weights {
            Weights::Dense { stored, .. } => isa.run(Matmul {
                weights: &stored.w,
                panels: self.panels,
                forward: false,
                rows: self.inputs,
                terms: &self.all_outputs,
                x: dy,
                y: dx,
                start: None,
                vectors,
                end: gate.map_or(End::Plain, End::Gate),
            }),
            Weights::Sparse { stored, backward, through, .. } => {
                isa.run(SparseMatmul {
                    layout: backward,
                    weights: &stored.w,
                    through: Some(through),
                    x: dy,
                    y: dx,
                    start: None,
                    vectors,
                });
                if let Some(gate) = gate {
                    let len = self.inputs * vectors * 16;
                    isa.run(Gate { y: &mut dx[..len], gate: &gate[..len] });
                }
            }
        }
    }

    /// Weight and bias gradients of the whole batch, with their update.
    pub(crate) fn update<R: UpdateRule>(&mut self, isa: Isa, lanes: Lanes, dy: &[f32], input: &Input<'_>, rule: R) {
        if let Some(bias) = &mut self.bias {
            isa.run(Bias {
                dy,
                rows: slab_rows(self.outputs),
                slabs: lanes.slabs,
                vectors: lanes.vectors,
                parameters: bias.parameters(),
                rule,
            });
        }
        if let Weights::Sparse { stored, forward, .. } = &mut self.weights {
            isa.run(SparseGradient {
                layout: forward,
                dy,
                dy_rows: slab_rows(self.outputs),
                x: input.slabs,
                x_rows: slab_rows(self.inputs),
                slabs: lanes.slabs,
                vectors: lanes.vectors,
                parameters: stored.parameters(),
                rule,
            });
            return;
        }
        self.fill_rows(isa, lanes, dy, input);
        if let Weights::Dense { stored, kept } = &mut self.weights {
            let (x, active) = input.rows.unwrap_or((&self.x_rows, &self.every_example));
            isa.run(Outer {
                dy: &self.dy_rows,
                x,
                rows: lanes.slabs * lanes.width(),
                panels: self.panels,
                reverse: self.reverse,
                active,
                parameters: stored.parameters(),
                kept: kept.as_deref(),
                rule,
            });
            self.reverse = !self.reverse;
        }
    }

    /// The gradients of all weights and of the biases, `[output][input]` and `[output]`, without an update.
    pub(crate) fn gradients(&mut self, isa: Isa, lanes: Lanes, dy: &[f32], input: &Input<'_>) -> (Tensor, Option<Tensor>) {
        use crate::kernels::update::StoreGradient;
        self.fill_rows(isa, lanes, dy, input);
        let (x, active) = input.rows.unwrap_or((&self.x_rows, &self.every_example));
        let mut gradient = Stored { w: Buffer::zeros(self.panels.len()), ..Stored::default() };
        isa.run(Outer {
            dy: &self.dy_rows,
            x,
            rows: lanes.slabs * lanes.width(),
            panels: self.panels,
            reverse: false,
            active,
            parameters: gradient.parameters(),
            kept: None,
            rule: StoreGradient,
        });
        let weight = self.unpad(&gradient.w);
        let bias = self.bias.is_some().then(|| {
            let rows = slab_rows(self.outputs);
            let mut gradient = Stored { w: Buffer::zeros(rows), ..Stored::default() };
            isa.run(Bias {
                dy,
                rows,
                slabs: lanes.slabs,
                vectors: lanes.vectors,
                parameters: gradient.parameters(),
                rule: StoreGradient,
            });
            Tensor::new(vec![self.outputs], gradient.w[..self.outputs].to_vec())
        });
        (weight, bias)
    }

    /// Brings gradients, and inputs if they are not there yet, into batch-major rows.
    fn fill_rows<'a>(&mut self, isa: Isa, lanes: Lanes, dy: &'a [f32], input: &Input<'a>) {
        let rows = lanes.slabs * lanes.width();
        let reserve = |buffer: &mut Buffer, len: usize| {
            if buffer.len() < len {
                *buffer = Buffer::zeros(len);
            }
        };
        let slab_of = |slabs: &'a [f32], features: usize, slab: usize| Slab {
            values: &slabs[slab * slab_rows(features) * lanes.width()..],
            features,
            vectors: lanes.vectors,
            first: slab * lanes.width(),
            rows,
        };
        reserve(&mut self.dy_rows, ToPanels::len(self.outputs, rows));
        for slab in 0..lanes.slabs {
            isa.run(ToPanels { slab: slab_of(dy, self.outputs, slab), to: &mut self.dy_rows });
        }
        if input.rows.is_none() {
            reserve(&mut self.x_rows, self.panels.width() * rows);
            for slab in 0..lanes.slabs {
                isa.run(ToVectors { slab: slab_of(input.slabs, self.inputs, slab), to: &mut self.x_rows });
            }
            if self.every_example_of != lanes.examples {
                self.every_example.all(self.panels.width() / 16, lanes.examples);
                self.every_example_of = lanes.examples;
            }
        }
    }

    /// Panels to a tensor `[output][input]`.
    fn unpad(&self, values: &[f32]) -> Tensor {
        let at = |index: usize| values[self.panels.index(index / self.inputs, index % self.inputs)];
        Tensor::new(vec![self.outputs, self.inputs], (0..self.outputs * self.inputs).map(at).collect())
    }

    /// The weight tensor, or a moment of it; pruned weights are zero.
    pub(crate) fn weight(&self, part: Part) -> Tensor {
        match &self.weights {
            Weights::Dense { stored, .. } => self.unpad(stored.part(part)),
            Weights::Sparse { stored, forward, .. } => {
                let mut tensor = Tensor::zeros(vec![self.outputs, self.inputs]);
                for (&value, &origin) in stored.part(part).iter().zip(&forward.origin) {
                    if origin != u32::MAX {
                        tensor.data_mut()[origin as usize] = value;
                    }
                }
                tensor
            }
        }
    }

    /// The bias tensor, or a moment of it.
    pub(crate) fn bias(&self, part: Part) -> Option<Tensor> {
        self.bias.as_ref().map(|bias| Tensor::new(vec![self.outputs], bias.part(part)[..self.outputs].to_vec()))
    }
}

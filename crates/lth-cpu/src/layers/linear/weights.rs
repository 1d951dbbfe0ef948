//! The weights of a linear layer: in panels, or only the kept ones.

use lth_model::{Mask, Tensor};

use crate::{
    kernels::{sparse_gradient::SparseGradient, update::UpdateRule},
    layout::{
        ellpack::Layout,
        lanes::{Lanes, slab_rows},
        panels::Panels,
    },
    parameters::stored::{Given, Part, Stored},
    simd::Isa,
};

/// Density from which on a layer is stored and computed dense.
///
/// Forward and data gradient have the same bits either way; the weight gradient adds in another order. So the choice must
/// depend on nothing but the mask, and the crossover is a constant, measured by `cargo bench -p lth-cpu --bench mnist`.
pub(crate) const CROSSOVER: f64 = 0.45;

/// The weights of a layer.
pub(crate) enum Weights {
    Dense(Dense),
    Sparse(Box<Sparse>),
}

/// All weights, in panels.
pub(crate) struct Dense {
    pub(crate) stored: Stored,
    pub(crate) panels: Panels,
    /// A word for each 16 weights, bit set where a weight is kept; absent where all are.
    pub(crate) kept: Option<Vec<u16>>,
    /// Whether the next update goes backwards through the weights.
    pub(crate) reverse: bool,
    /// The kept weights with their moments, where they are few among frozen ones and train on their own.
    pub(crate) trained: Option<Box<Trained>>,
}

/// Few kept weights among frozen ones: products are those of all weights, gradient and update cost what the kept ones cost.
pub(crate) struct Trained {
    kept: Sparse,
    /// Where each slot of them is among all; `u32::MAX` for slots that only fill up.
    at: Vec<u32>,
}

/// The kept weights.
pub(crate) struct Sparse {
    /// In the slots of `forward`, and 16 zeros more for the filling slots of `backward`.
    pub(crate) stored: Stored,
    pub(crate) forward: Layout,
    /// The transpose, for the data gradient.
    pub(crate) backward: Layout,
    /// Where in `stored` the weight of each slot of `backward` is.
    pub(crate) through: Vec<u32>,
}

impl Weights {
    /// Sparse below the crossover density; with frozen weights only the update is.
    pub(crate) fn new(weight: &Given<'_>, mask: Option<&Mask>, crossover: f64) -> Self {
        match mask.filter(|mask| mask.density().get() < crossover) {
            Some(mask) if weight.has_frozen(mask) => Self::Dense(Dense::with_trained(weight, mask)),
            Some(mask) => Self::Sparse(Box::new(Sparse::new(weight, mask))),
            None => Self::Dense(Dense::new(weight, mask.filter(|mask| mask.live() < mask.len()))),
        }
    }

    /// The weight tensor, or a moment of it, `[output][input]`; pruned weights are zero.
    pub(crate) fn tensor(&self, shape: [usize; 2], part: Part) -> Tensor {
        let mut tensor = Tensor::zeros(shape.to_vec());
        match self {
            Self::Dense(Dense { trained: Some(trained), .. }) if part != Part::Value => {
                trained.kept.unpack(part, tensor.data_mut());
            }
            Self::Dense(dense) => {
                let (panels, values) = (dense.panels, dense.stored.part(part));
                for (index, value) in tensor.data_mut().iter_mut().enumerate() {
                    *value = values[panels.index(index / shape[1], index % shape[1])];
                }
            }
            Self::Sparse(sparse) => sparse.unpack(part, tensor.data_mut()),
        }
        tensor
    }
}

impl Dense {
    fn new(weight: &Given<'_>, mask: Option<&Mask>) -> Self {
        let (outputs, inputs) = (weight.value.shape()[0], weight.value.shape()[1]);
        let panels = Panels::new(outputs, inputs);
        let at = |index: usize| panels.index(index / inputs, index % inputs);
        let mut stored = weight.store(panels.len(), |tensor, to| {
            for (index, &value) in tensor.data().iter().enumerate() {
                if mask.is_none_or(|mask| mask.is_live(index)) {
                    to[at(index)] = value;
                }
            }
        });
        weight.freeze(&mut stored, mask, at);
        let kept = mask.map(|mask| {
            let mut words = vec![0; panels.len() / 16];
            for at in mask.live_indices().map(at) {
                words[at / 16] |= 1 << (at % 16);
            }
            words
        });
        Self { stored, panels, kept, reverse: false, trained: None }
    }

    /// Of weights that are frozen but for a few.
    fn with_trained(weight: &Given<'_>, mask: &Mask) -> Self {
        let inputs = weight.value.shape()[1];
        let all = Self::new(&Given { moments: [None; 2], kept_moments: 0, ..*weight }, Some(mask));
        let kept = Sparse::new(weight, mask);
        let at = |&origin: &u32| match origin {
            u32::MAX => u32::MAX,
            origin => all.panels.index(origin as usize / inputs, origin as usize % inputs) as u32,
        };
        let at = kept.forward.origin.iter().map(at).collect();
        Self { trained: Some(Box::new(Trained { kept, at })), ..all }
    }
}

impl Trained {
    /// Updates the kept weights, also among `all`.
    pub(crate) fn update<R: UpdateRule>(&mut self, gradient: SparseUpdate<'_>, all: &mut [f32], rule: R) {
        self.kept.update(gradient, rule);
        for (&value, &at) in self.kept.stored.w.iter().zip(&self.at) {
            if let Some(weight) = all.get_mut(at as usize) {
                *weight = value;
            }
        }
    }
}

impl Sparse {
    fn new(weight: &Given<'_>, mask: &Mask) -> Self {
        let (outputs, inputs) = (weight.value.shape()[0], weight.value.shape()[1]);
        let forward = Layout::new(mask, outputs, inputs);
        let backward = Layout::transposed(mask, outputs, inputs);
        let slots = forward.slots();
        let stored = weight.store(slots + 16, |tensor, to| {
            for (value, &origin) in to.iter_mut().zip(&forward.origin) {
                *value = if origin == u32::MAX { 0.0 } else { tensor.data()[origin as usize] };
            }
        });
        let through = through(&forward, &backward, mask.len());
        Self { stored, forward, backward, through }
    }

    /// The weight gradient of a batch with its update.
    pub(crate) fn update<R: UpdateRule>(&mut self, gradient: SparseUpdate<'_>, rule: R) {
        let SparseUpdate { isa, lanes, dy: (dy, outputs), x: (x, inputs) } = gradient;
        isa.run(SparseGradient {
            layout: &self.forward,
            dy,
            dy_rows: slab_rows(outputs),
            x,
            x_rows: slab_rows(inputs),
            slabs: lanes.slabs,
            vectors: lanes.vectors,
            parameters: self.stored.parameters(),
            rule,
        });
    }

    /// Writes values or moments into a dense matrix.
    fn unpack(&self, part: Part, matrix: &mut [f32]) {
        for (&value, &origin) in self.stored.part(part).iter().zip(&self.forward.origin) {
            if origin != u32::MAX {
                matrix[origin as usize] = value;
            }
        }
    }
}

/// What the update of kept weights reads.
pub(crate) struct SparseUpdate<'a> {
    pub(crate) isa: Isa,
    pub(crate) lanes: Lanes,
    /// Slabs of the gradients, and how many outputs there are.
    pub(crate) dy: (&'a [f32], usize),
    /// Slabs of the inputs, and how many there are.
    pub(crate) x: (&'a [f32], usize),
}

/// Where a layout has the weight of each slot of its transpose; a filling slot's is the zero after all slots.
pub(crate) fn through(forward: &Layout, backward: &Layout, weights: usize) -> Vec<u32> {
    let slots = forward.slots() as u32;
    let mut slot_of = vec![slots; weights];
    for (slot, &origin) in (0..).zip(&forward.origin) {
        if origin != u32::MAX {
            slot_of[origin as usize] = slot;
        }
    }
    let slot = |&origin: &u32| if origin == u32::MAX { slots } else { slot_of[origin as usize] };
    backward.origin.iter().map(slot).collect()
}

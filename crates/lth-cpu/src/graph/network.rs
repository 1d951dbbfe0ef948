//! All stages with their parameters and activations, and the way from the input to the logits.

use lth_model::{Architecture, EngineError, RandomStream, Tensors};

use super::{
    build::layer,
    norm::{Norm, Statistics},
    plan::{Kind, Place, Plan, Stage, plan},
    pool::Pools,
    spares::Spares,
    stage::{Layer, Named},
    widen::widen,
};
use crate::{
    buffer::Buffer,
    input::{Inputs, Reader, Terms},
    kernels::activation::{Multiply, Sum},
    lanes::{Lanes, slab_rows},
    linear::Linear,
    names::Expected,
    optimizer::MomentNames,
    parameters::Parameters,
    stored::Part,
    threads::Machine,
};

/// A network with its parameters and the memory of a step.
pub(crate) struct Network {
    pub(super) plan: Plan,
    /// Of each stage.
    pub(super) layers: Vec<Option<Named>>,
    /// Slabs of each place; grown when a batch needs more.
    pub(super) values: Vec<Buffer>,
    pub(super) gradients: Vec<Buffer>,
    pub(super) spares: Spares,
    /// Which places have a gradient in this backward pass: the first who brings one stores, others add.
    pub(super) written: Vec<bool>,
    /// Dropout factors of each stage.
    pub(super) factors: Vec<Buffer>,
    pub(super) spare: Buffer,
}

/// How a forward pass is made.
pub(crate) enum Mode<'a> {
    /// Without dropout, with running statistics.
    Evaluation,
    /// With statistics of the batch, and dropout from this stream.
    Training { dropout: &'a mut RandomStream },
    /// With statistics of the batch that go into the estimate or nowhere, without dropout.
    Estimate,
}

impl Network {
    pub(crate) fn new(
        architecture: &Architecture,
        expected: &Expected,
        parameters: &Parameters<'_>,
    ) -> Result<Self, EngineError> {
        expected.check(parameters.weights, parameters.masks)?;
        let plan = plan(architecture)?;
        let layers = plan
            .stages
            .iter()
            .map(|stage| layer(architecture, &plan, stage, parameters))
            .collect::<Result<_, _>>()?;
        let factors = plan.stages.iter().map(|_| Buffer::default()).collect();
        let (values, gradients, written, spare) = (Vec::new(), Vec::new(), Vec::new(), Buffer::default());
        let spares = Spares::default();
        Ok(Self { plan, layers, values, gradients, spares, written, factors, spare })
    }

    /// The slabs of a batch's input, to be filled.
    pub(crate) fn input(&mut self, examples: usize) -> (Lanes, &mut [f32]) {
        self.values.resize_with(self.plan.places.len(), Buffer::default);
        for (buffer, place) in self.values.iter_mut().zip(&self.plan.places) {
            buffer.at_least(place.slabs(examples).1);
        }
        (self.plan.places[0].lanes(examples), &mut self.values[0])
    }

    /// The slabs of the logits, and those of their gradient.
    pub(crate) fn output(&mut self, examples: usize) -> (Lanes, &mut [f32], &mut [f32]) {
        self.gradients.resize_with(self.plan.places.len(), Buffer::default);
        let output = self.plan.output;
        let place = &self.plan.places[output];
        self.gradients[output].at_least(place.slabs(examples).1);
        (place.lanes(examples), &mut self.values[output], &mut self.gradients[output])
    }

    /// Whether linear layers alone read the input, and in slabs of several vectors.
    pub(crate) fn is_linear_at_input(&self) -> bool {
        self.plan.places[0].wide
    }

    /// What a step wants to know of its input; `gradients` are wanted of all weights, whether kept or not.
    pub(crate) fn reader(&self, gradients: bool) -> Reader {
        match self.is_linear_at_input() {
            false => Reader::Maps,
            true if gradients || self.input_layers().any(|linear| !linear.is_sparse()) => {
                Reader::DenseGradient
            }
            true => Reader::Linear,
        }
    }

    /// Whether a sparse layer reads the input.
    pub(crate) fn input_is_sparse(&self) -> bool {
        self.input_layers().any(Linear::is_sparse)
    }

    /// The linear layers that read the input.
    fn input_layers(&self) -> impl Iterator<Item = &Linear> {
        self.plan.stages.iter().zip(&self.layers).filter_map(|(stage, layer)| match layer {
            Some(Named { layer: Layer::Linear(linear), .. }) if stage.input == 0 => Some(&**linear),
            _ => None,
        })
    }

    /// From the input to the logits.
    pub(crate) fn forward(
        &mut self,
        machine: Machine<'_>,
        examples: usize,
        inputs: Inputs<'_>,
        mut mode: Mode<'_>,
    ) {
        for index in 0..self.plan.stages.len() {
            let stage = self.plan.stages[index];
            let mut y = std::mem::take(&mut self.values[stage.output]);
            let terms = inputs.terms.filter(|_| stage.input == 0);
            self.forward_stage(machine, (examples, terms), index, stage, &mut y, &mut mode);
            self.values[stage.output] = y;
        }
    }

    fn forward_stage(
        &mut self,
        machine: Machine<'_>,
        (examples, terms): (usize, Option<Terms<'_>>),
        index: usize,
        stage: Stage,
        y: &mut [f32],
        mode: &mut Mode<'_>,
    ) {
        let (from, to) = (&self.plan.places[stage.input], &self.plan.places[stage.output]);
        let x = &*self.values[stage.input];
        let other = stage.other.map(|other| &*self.values[other]);
        let lanes = to.lanes(examples);
        let len = to.slabs(examples).1;
        match (stage.kind, self.layers[index].as_mut().map(|named| &mut named.layer)) {
            (Kind::Conv(_), Some(Layer::Conv(conv))) => conv.forward(machine, lanes, x, y, stage.relu),
            (Kind::Linear, Some(Layer::Linear(linear))) => {
                let (from, to) = (slab_rows(linear.inputs), slab_rows(linear.outputs));
                for slab in 0..lanes.slabs {
                    let x = &x[slab * from * lanes.width()..];
                    let y = &mut y[slab * to * lanes.width()..];
                    let terms = terms.map(|terms| terms.of(slab));
                    linear.forward(machine, lanes.vectors, x, terms, y, stage.relu);
                }
            }
            (Kind::Norm { .. }, Some(Layer::Norm(norm))) => {
                let statistics = match mode {
                    Mode::Evaluation => Statistics::Running,
                    Mode::Training { .. } => Statistics::Batch,
                    Mode::Estimate => Statistics::Estimate,
                };
                norm.forward(machine, extent(to, lanes), (x, other), (y, stage.relu), statistics);
            }
            (Kind::Pool { window, mean }, None) => {
                Pools::new(window, mean, from, to, lanes).forward(machine, x, y);
            }
            (Kind::Widen, None) => widen(to.features(), lanes, x, y),
            (Kind::Dropout { rate }, None) => {
                y[..len].copy_from_slice(&x[..len]);
                if let Mode::Training { dropout } = mode {
                    let factors = self.factors[index].at_least(len);
                    draw(factors, rate, to.features(), lanes, dropout);
                    machine.isa.run(Multiply { y: &mut y[..len], factors });
                }
            }
            (Kind::Sum, None) => {
                machine.isa.run(Sum { a: x, b: other, relu: stage.relu, y: &mut y[..len] });
            }
            (kind, _) => {
                panic!("stage {index}, {kind:?} of node {}, has the parameters of another kind", stage.node)
            }
        }
    }

    /// Weights, biases and running statistics.
    pub(crate) fn weights(&self) -> Tensors {
        let mut tensors = self.export(Part::Value, "");
        self.layers.iter().flatten().for_each(|layer| layer.export_running(&mut tensors));
        tensors
    }

    /// The optimiser's memory, under the names of its moments.
    pub(crate) fn moments(&self, names: MomentNames) -> Tensors {
        let mut tensors = Tensors::new();
        for (part, name) in [Part::First, Part::Second].into_iter().zip(names) {
            tensors.extend(self.export(part, &format!(".{name}")));
        }
        tensors
    }

    fn export(&self, part: Part, suffix: &str) -> Tensors {
        let mut tensors = Tensors::new();
        self.layers.iter().flatten().for_each(|layer| layer.export(part, suffix, &mut tensors));
        tensors
    }

    /// The next backward pass is without dropout.
    pub(crate) fn forget_dropout(&mut self) {
        self.factors.iter_mut().for_each(|factors| *factors = Buffer::default());
    }

    /// Puts other values in the place of all weights and running statistics, without memory of the optimiser; false where
    /// weights are pruned.
    pub(crate) fn replace(&mut self, weights: &Tensors) -> bool {
        self.layers.iter_mut().flatten().all(|layer| layer.replace(weights))
    }

    /// Every batch normalisation.
    pub(crate) fn norms(&mut self) -> impl Iterator<Item = &mut Norm> {
        self.layers.iter_mut().flatten().filter_map(|named| match &mut named.layer {
            Layer::Norm(norm) => Some(&mut **norm),
            _ => None,
        })
    }
}

/// Batch, floats from a slab to the next, and pixels of a place's map.
pub(super) fn extent(place: &Place, lanes: Lanes) -> (Lanes, usize, usize) {
    let [height, width] = place.map();
    (lanes, slab_rows(place.features()) * lanes.width(), height * width)
}

/// Draws factors feature after feature, example after example.
fn draw(factors: &mut [f32], rate: f32, features: usize, lanes: Lanes, stream: &mut RandomStream) {
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

//! All stages with their parameters and activations, and the way from the input to the logits.

use lth_model::{Architecture, EngineError, RandomStream, Tensors};

use super::{
    build::layer,
    fused::Fused,
    norm::{Norm, Statistics},
    plan::{Kind, Place, PlaceId, Plan, Stage, plan},
    pool::Pools,
    spares::Spares,
    stage::{Layer, Named},
    widen::widen,
};
use crate::{
    buffer::Buffer,
    conv::{layer::Conv, pass::Written, source::Source},
    input::{Inputs, Reader, Terms},
    kernels::{
        activation::{Multiply, Sum},
        conv::{pack::Read, place::Normed},
    },
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
    /// Where the gradient of each place is: that of the output of a sum may be that of an input of it as well.
    pub(super) found_at: Vec<PlaceId>,
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
        let (values, gradients, spare, spares) =
            (Vec::new(), Vec::new(), Buffer::default(), Spares::default());
        let (written, found_at) = (Vec::new(), Vec::new());
        Ok(Self { plan, layers, values, gradients, spares, written, found_at, factors, spare })
    }

    /// The slabs of a batch's input, to be filled.
    pub(crate) fn input(&mut self, examples: usize) -> (Lanes, &mut [f32]) {
        self.values.resize_with(self.plan.places.len(), Buffer::default);
        let place = &self.plan.places[0];
        self.values[0].at_least(place.slabs(examples).1);
        (place.lanes(examples), &mut self.values[0])
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
        let evaluation = matches!(mode, Mode::Evaluation);
        if evaluation {
            // Nobody goes back from here: places share buffers, those of training to begin with.
            (0..self.values.len()).for_each(|place| self.forget_values(place));
        }
        for index in 0..self.plan.stages.len() {
            let stage = self.plan.stages[index];
            let folds = |fused: Fused| evaluation && fused.folds;
            if !self.plan.fused[index].is_some_and(folds) {
                let norm = self.plan.norm_after(stage.output).filter(|&(_, fused)| folds(fused));
                let norm = norm.map(|(norm, _)| (norm, self.plan.stages[norm]));
                let output = norm.map_or(stage.output, |(_, stage)| stage.output);
                if let Some((norm, stage)) = norm {
                    let place = extent(
                        &self.plan.places[stage.output],
                        self.plan.places[stage.output].lanes(examples),
                    );
                    if let Some(Layer::Norm(norm)) = self.layers[norm].as_mut().map(|named| &mut named.layer)
                    {
                        norm.forward(machine, place, (&[], None, None), None, Statistics::Running);
                    }
                }
                // Out of the network, so that it may read the others.
                let mut y = self.take_values(output, examples, evaluation);
                let mut named = self.layers[index].take();
                let layer = named.as_mut().map(|named| &mut named.layer);
                let terms = inputs.terms.filter(|_| stage.input == 0);
                self.forward_stage(machine, (examples, terms), (index, stage), layer, &mut y, &mut mode);
                self.layers[index] = named;
                self.values[output] = y;
            }
            if evaluation {
                for place in [Some(stage.input), stage.other].into_iter().flatten() {
                    if self.plan.last_reader(place) == Some(index) {
                        self.forget_values(place);
                    }
                }
            }
        }
    }

    /// Whether a place may have whichever buffer: a linear layer expects that what is beyond its inputs stays zero.
    fn shares(&self, place: PlaceId) -> bool {
        place != 0 && place != self.plan.output && !self.plan.places[place].wide
    }

    /// A buffer for the values of a place, which is not in the network meanwhile.
    fn take_values(&mut self, place: PlaceId, examples: usize, evaluation: bool) -> Buffer {
        let len = self.plan.places[place].slabs(examples).1;
        let mut values = std::mem::take(&mut self.values[place]);
        if values.len() < len && (evaluation || self.plan.is_stored(place)) {
            if self.shares(place) {
                self.spares.give(values);
                return self.spares.take(len);
            }
            values.at_least(len);
        }
        values
    }

    fn forget_values(&mut self, place: PlaceId) {
        if self.shares(place) {
            let values = std::mem::take(&mut self.values[place]);
            self.spares.give(values);
        }
    }

    /// What a convolution reads of a place.
    pub(super) fn values_of(&self, place: PlaceId, evaluation: bool) -> Source<'_> {
        match self.plan.norm_before(place) {
            Some((index, fused)) if fused.unstored && !(evaluation && fused.folds) => {
                let Stage { input, relu, .. } = self.plan.stages[index];
                let factors = &self.norm(index).factors;
                Source::Slabs(&self.values[input], Read::Normed { factors, relu })
            }
            _ => Source::Slabs(&self.values[place], Read::Stored),
        }
    }

    /// The normalisation of a stage.
    pub(super) fn norm(&self, index: usize) -> &Norm {
        match self.layers[index].as_ref().map(|named| &named.layer) {
            Some(Layer::Norm(norm)) => norm,
            _ => self.other_kind(index),
        }
    }

    /// The convolution of a stage.
    pub(super) fn convolution(&self, index: usize) -> &Conv {
        match self.layers[index].as_ref().map(|named| &named.layer) {
            Some(Layer::Conv(conv)) => conv,
            _ => self.other_kind(index),
        }
    }

    pub(super) fn other_kind(&self, index: usize) -> ! {
        let Stage { kind, node, .. } = self.plan.stages[index];
        panic!("stage {index}, {kind:?} of node {node}, has the parameters of another kind")
    }

    fn forward_stage(
        &mut self,
        machine: Machine<'_>,
        (examples, terms): (usize, Option<Terms<'_>>),
        (index, stage): (usize, Stage),
        layer: Option<&mut Layer>,
        y: &mut [f32],
        mode: &mut Mode<'_>,
    ) {
        let (from, to) = (&self.plan.places[stage.input], &self.plan.places[stage.output]);
        let x = &*self.values[stage.input];
        let other = stage.other.map(|other| &*self.values[other]);
        let lanes = to.lanes(examples);
        let len = to.slabs(examples).1;
        let evaluation = matches!(mode, Mode::Evaluation);
        let statistics = match mode {
            Mode::Evaluation => Statistics::Running,
            Mode::Training { .. } => Statistics::Batch,
            Mode::Estimate => Statistics::Estimate,
        };
        match (stage.kind, layer) {
            (Kind::Conv(_), Some(Layer::Conv(conv))) => {
                let after = self.plan.norm_after(stage.output);
                let mut written = Written { relu: stage.relu, measured: false, norm: None };
                if let Some((norm, fused)) = after
                    && evaluation
                    && fused.folds
                {
                    let Stage { relu, other, .. } = self.plan.stages[norm];
                    let other = other.map(|other| &*self.values[other]);
                    written.norm = Some(Normed { factors: &self.norm(norm).factors, other });
                    written.relu = relu;
                } else {
                    written.measured = after.is_some() && statistics != Statistics::Running;
                }
                conv.forward(machine, lanes, self.values_of(stage.input, evaluation), y, written);
            }
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
                let fused = self.plan.fused[index];
                let before = fused.and_then(|fused| fused.before);
                let sums = before.map(|before| &self.convolution(before).sums[0]);
                let y = fused.is_none_or(|fused| !fused.unstored).then_some((y, stage.relu));
                norm.forward(machine, extent(to, lanes), (x, other, sums), y, statistics);
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
            _ => self.other_kind(index),
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

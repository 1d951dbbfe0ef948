//! A network: its stages with their parameters, and the memory of a step.

pub(crate) mod backward;
pub(crate) mod build;
pub(crate) mod evaluation;
pub(crate) mod examples;
pub(crate) mod forward;
pub(crate) mod found;
pub(crate) mod fused;
pub(crate) mod input;
pub(crate) mod limits;
pub(crate) mod names;
pub(crate) mod plan;
pub(crate) mod spares;
pub(crate) mod stage;
pub(crate) mod traffic;
pub(crate) mod widen;

use lth_model::{Architecture, EngineError, ExpectedTensors, Tensors};

use crate::{
    kernels::conv::pack::Read,
    layers::{
        conv::{layer::Conv, source::Source},
        linear::Linear,
        norm::Norm,
    },
    layout::{
        buffer::Buffer,
        lanes::{Lanes, slab_rows},
        place::{Place, PlaceId},
    },
    network::{
        build::layer,
        input::Reader,
        plan::{Plan, Stage, plan},
        spares::Spares,
        stage::{Layer, Named},
    },
    parameters::{MomentNames, Parameters, stored::Part},
};

/// Refuses an architecture that cannot be computed as a graph.
pub(crate) fn check(architecture: &Architecture) -> Result<(), EngineError> {
    plan(architecture).map(drop)
}

/// A network with its parameters and the memory of a step.
pub(crate) struct Network {
    plan: Plan,
    /// Of each stage.
    layers: Vec<Option<Named>>,
    /// Slabs of each place; grown when a batch needs more.
    values: Vec<Buffer>,
    gradients: Vec<Buffer>,
    spares: Spares,
    /// Which places have a gradient in this backward pass: the first who brings one stores, others add.
    written: Vec<bool>,
    /// Where the gradient of each place is: that of the output of a sum may be that of an input of it as well.
    found_at: Vec<PlaceId>,
    /// Dropout factors of each stage.
    factors: Vec<Buffer>,
    spare: Buffer,
}

impl Network {
    pub(crate) fn new(
        architecture: &Architecture,
        expected: &ExpectedTensors,
        parameters: &Parameters<'_>,
    ) -> Result<Self, EngineError> {
        expected.check_tensors(parameters.weights)?;
        expected.check_masks(parameters.masks)?;
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

    /// What a forward pass wants to know of its input.
    pub(crate) fn reader(&self) -> Reader {
        if self.plan.places[0].wide { Reader::Linear } else { Reader::Maps }
    }

    /// What a step wants to know of it; `gradients` are wanted of all weights, whether kept or not.
    pub(crate) fn reader_of_step(&self, gradients: bool) -> Reader {
        let dense = |linear: &Linear| gradients || linear.has_dense_gradient();
        match self.reader() {
            Reader::Linear if self.input_layers().any(dense) => Reader::DenseGradient,
            reader => reader,
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

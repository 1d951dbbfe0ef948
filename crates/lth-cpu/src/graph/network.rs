//! All stages with their parameters and activations: forward, backward, update.

use lth_model::{Architecture, EngineError, Gradients, Masks, Op, OptimizerState, RandomStream, Tensors};

use super::{
    norm::{Norm, NormBackward, Statistics},
    plan::{Kind, Place, PlaceId, Plan, Stage, plan},
    pool::Pools,
    stage::{Layer, Named},
    widen::{narrow, widen},
};
use crate::{
    batch_major::Input,
    buffer::Buffer,
    conv::layer::{Conv, Machine},
    kernels::{
        activation::{Multiply, Pass, Sum},
        update::UpdateRule,
    },
    lanes::{Lanes, slab_rows},
    linear::Linear,
    network::{MomentNames, check, given},
    stored::Part,
};

/// A network with its parameters and the memory of a step.
pub(crate) struct Network {
    plan: Plan,
    /// Of each stage.
    layers: Vec<Option<Named>>,
    /// Slabs of each place; grown when a batch needs more.
    values: Vec<Buffer>,
    gradients: Vec<Buffer>,
    /// Dropout factors of each stage.
    factors: Vec<Buffer>,
    spare: Buffer,
}

/// How a forward pass is made.
pub(crate) enum Mode<'a> {
    /// Without dropout, with running statistics.
    Evaluation,
    /// With dropout from this stream.
    Training { dropout: &'a mut RandomStream, statistics: Statistics },
    /// Without dropout, with statistics of the batch that go into the estimate or nowhere.
    Statistics(Statistics),
}

/// Parameters to be brought in.
pub(crate) struct Parameters<'a> {
    pub(crate) weights: &'a Tensors,
    pub(crate) masks: &'a Masks,
    pub(crate) optimizer: Option<&'a OptimizerState>,
    pub(crate) moments: MomentNames,
    pub(crate) crossover: Option<f64>,
}

impl Network {
    pub(crate) fn new(architecture: &Architecture, parameters: &Parameters<'_>) -> Result<Self, EngineError> {
        check(architecture, parameters.weights, parameters.masks)?;
        let plan = plan(architecture)?;
        let layers = plan
            .stages
            .iter()
            .map(|stage| layer(architecture, &plan, stage, parameters))
            .collect::<Result<_, _>>()?;
        let factors = plan.stages.iter().map(|_| Buffer::default()).collect();
        let (values, gradients, spare) = (Vec::new(), Vec::new(), Buffer::default());
        Ok(Self { plan, layers, values, gradients, factors, spare })
    }

    /// The slabs of a batch's input, to be filled.
    pub(crate) fn input(&mut self, examples: usize) -> (Lanes, &mut [f32]) {
        self.values.resize_with(self.plan.places.len(), Buffer::default);
        for (buffer, place) in self.values.iter_mut().zip(&self.plan.places) {
            grow(buffer, place.slabs(examples).1);
        }
        (self.plan.places[0].lanes(examples), &mut self.values[0])
    }

    /// The slabs of the logits, and those of their gradient.
    pub(crate) fn output(&mut self, examples: usize) -> (Lanes, &mut [f32], &mut [f32]) {
        self.gradients.resize_with(self.plan.places.len(), Buffer::default);
        let output = self.plan.output;
        let place = &self.plan.places[output];
        grow(&mut self.gradients[output], place.slabs(examples).1);
        (place.lanes(examples), &mut self.values[output], &mut self.gradients[output])
    }

    /// From the input to the logits.
    pub(crate) fn forward(&mut self, machine: Machine<'_>, examples: usize, mut mode: Mode<'_>) {
        for index in 0..self.plan.stages.len() {
            let stage = self.plan.stages[index].clone();
            let mut y = std::mem::take(&mut self.values[stage.output]);
            self.forward_stage(machine, examples, index, &stage, &mut y, &mut mode);
            self.values[stage.output] = y;
        }
    }

    fn forward_stage(
        &mut self,
        machine: Machine<'_>,
        examples: usize,
        index: usize,
        stage: &Stage,
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
                    linear.forward(machine.isa, lanes.vectors, x, None, y, stage.relu);
                }
            }
            (Kind::Norm { .. }, Some(Layer::Norm(norm))) => {
                let statistics = match mode {
                    Mode::Evaluation => Statistics::Running,
                    Mode::Training { statistics, .. } | Mode::Statistics(statistics) => *statistics,
                };
                norm.forward(machine, extent(to, lanes), (x, other), (y, stage.relu), statistics);
            }
            (Kind::Pool { window, mean }, _) => {
                Pools::new(window, mean, from, to, lanes).forward(machine, x, y);
            }
            (Kind::Widen, _) => widen(to.features(), lanes, x, y),
            (Kind::Dropout { rate }, _) => {
                y[..len].copy_from_slice(&x[..len]);
                if let Mode::Training { dropout, .. } = mode {
                    let factors = &mut self.factors[index];
                    grow(factors, len);
                    draw(factors, rate, to.features(), lanes, dropout);
                    machine.isa.run(Multiply { y: &mut y[..len], factors });
                }
            }
            _ => machine.isa.run(Sum { a: x, b: other, relu: stage.relu, y: &mut y[..len] }),
        }
    }

    /// From the gradient of the logits back to all parameters, with their update.
    pub(crate) fn backward<R: UpdateRule>(&mut self, machine: Machine<'_>, examples: usize, rule: R) {
        let mut backward = Backward::new(self);
        for index in (0..self.plan.stages.len()).rev() {
            let stage = self.plan.stages[index].clone();
            self.backward_data(machine, examples, index, &stage, &mut backward);
            let (x, dy) = (&*self.values[stage.input], &*self.gradients[stage.output]);
            let lanes = self.plan.places[stage.output].lanes(examples);
            match self.layers[index].as_mut().map(|named| &mut named.layer) {
                Some(Layer::Conv(conv)) => {
                    conv.gradient(machine, lanes, x, dy);
                    conv.update(machine, rule);
                }
                Some(Layer::Linear(linear)) => {
                    linear.update(machine.isa, lanes, dy, &Input { slabs: x, blocks: None }, rule);
                }
                Some(Layer::Norm(norm)) => norm.update(machine, rule),
                None => {}
            }
        }
    }

    /// The gradients of all parameters by name, in the architecture's order, without an update.
    pub(crate) fn gradients(
        &mut self,
        machine: Machine<'_>,
        examples: usize,
        which: Gradients,
        masks: &Masks,
    ) -> Tensors {
        let mut found = Vec::new();
        let mut backward = Backward::new(self);
        for index in (0..self.plan.stages.len()).rev() {
            let stage = self.plan.stages[index].clone();
            self.backward_data(machine, examples, index, &stage, &mut backward);
            let (x, dy) = (&*self.values[stage.input], &*self.gradients[stage.output]);
            let lanes = self.plan.places[stage.output].lanes(examples);
            let Some(named) = &mut self.layers[index] else { continue };
            let [weight, bias] = match &mut named.layer {
                Layer::Conv(conv) => {
                    let all = (which == Gradients::All).then(|| conv.gradient_of_all(machine, lanes, x, dy));
                    if all.is_none() {
                        conv.gradient(machine, lanes, x, dy);
                    }
                    let (live, bias) = conv.gradients();
                    [Some(all.unwrap_or(live)), bias]
                }
                Layer::Linear(linear) => {
                    linear.gradients(machine.isa, lanes, dy, &Input { slabs: x, blocks: None })
                }
                Layer::Norm(norm) => norm.gradients().map(Some),
            };
            for (tensor, kind) in [(bias, "bias"), (weight, "weight")] {
                let name = format!("{}.{kind}", named.name);
                let Some(mut tensor) = tensor else { continue };
                if let (Gradients::Live, Some(mask)) = (which, masks.get(&name)) {
                    mask.apply(&mut tensor);
                }
                found.push((name, tensor));
            }
        }
        found.into_iter().rev().collect()
    }

    /// The gradients of a stage's inputs, and of a normalisation's parameters.
    fn backward_data(
        &mut self,
        machine: Machine<'_>,
        examples: usize,
        index: usize,
        stage: &Stage,
        backward: &mut Backward,
    ) {
        let places = &self.plan.places;
        let (from, to) = (&places[stage.input], &places[stage.output]);
        let lanes = to.lanes(examples);
        let mut take = |place: Option<PlaceId>| {
            let place = place.filter(|&place| places[place].differentiated)?;
            grow(&mut self.gradients[place], places[place].slabs(examples).1);
            Some((place, std::mem::take(&mut self.gradients[place]), backward.is_written(place)))
        };
        // Both inputs of a sum may be the same place.
        let mut first = take(Some(stage.input));
        let same = stage.other == Some(stage.input);
        let mut second = if same { None } else { take(stage.other) };
        let (x, y, dy) =
            (&*self.values[stage.input], &*self.values[stage.output], &*self.gradients[stage.output]);
        let own_gate = stage.relu.then_some(y);
        let gate = from.gated.then_some(x);
        let len = from.slabs(examples).1;
        let layer = self.layers[index].as_mut().map(|named| &mut named.layer);
        match (stage.kind, layer, &mut first) {
            (Kind::Norm { .. }, Some(Layer::Norm(norm)), first) => {
                let summed = stage.other.is_some();
                let dx = first.as_mut().map(|(_, dx, add)| (&mut **dx, *add));
                let other = second.as_mut().map(|(_, dx, add)| (&mut **dx, *add));
                norm.backward(
                    machine,
                    extent(to, lanes),
                    NormBackward { x, dy, gate: own_gate, summed, dx, other },
                );
                // What comes from a ReLU that its readers close.
                for (place, dx, _) in [first.as_mut(), second.as_mut()].into_iter().flatten() {
                    close(machine, &places[*place], &self.values[*place], dx, examples);
                }
            }
            (Kind::Conv(_), Some(Layer::Conv(conv)), Some((_, dx, add))) => {
                conv.backward(machine, lanes, dy, dx, *add, gate);
            }
            (Kind::Linear, Some(Layer::Linear(linear)), Some((_, dx, add))) => {
                let target = if *add { grow(&mut self.spare, len) } else { &mut dx[..len] };
                let (from, to) = (slab_rows(linear.inputs), slab_rows(linear.outputs));
                for slab in 0..lanes.slabs {
                    let range = slab * from * lanes.width()..(slab + 1) * from * lanes.width();
                    let dy = &dy[slab * to * lanes.width()..];
                    let gate = gate.map(|gate| &gate[range.clone()]);
                    linear.backward(machine.isa, lanes.vectors, dy, &mut target[range], gate);
                }
                if *add {
                    let pass = Pass {
                        dy: &self.spare,
                        factors: None,
                        gates: [None; 2],
                        add: true,
                        dx: &mut dx[..len],
                    };
                    machine.isa.run(pass);
                }
            }
            (Kind::Pool { window, mean }, _, Some((_, dx, add))) => {
                let pools = Pools::new(window, mean, from, to, lanes);
                pools.backward(machine, (x, y, dy), (dx, *add, from.gated));
            }
            (Kind::Widen, _, Some((_, dx, add))) => narrow(from.features(), lanes, dy, dx, *add),
            (Kind::Dropout { .. }, _, Some((_, dx, add))) => {
                let factors = (!self.factors[index].is_empty()).then_some(&*self.factors[index]);
                let gates = [gate, None];
                machine.isa.run(Pass { dy, factors, gates, add: *add, dx: &mut dx[..len] });
            }
            (Kind::Sum, _, _) => {
                for _ in 0..=usize::from(same) {
                    for (place, dx, add) in [first.as_mut(), second.as_mut()].into_iter().flatten() {
                        let gate = places[*place].gated.then_some(&*self.values[*place]);
                        let gates = [own_gate, gate];
                        machine.isa.run(Pass { dy, factors: None, gates, add: *add, dx: &mut dx[..len] });
                        *add = true;
                    }
                }
            }
            _ => {}
        }
        for (place, dx, _) in [first, second].into_iter().flatten() {
            self.gradients[place] = dx;
        }
    }

    /// Weights, biases and running statistics.
    pub(crate) fn weights(&self) -> Tensors {
        let mut tensors = self.export(Part::Value, "");
        self.layers.iter().flatten().for_each(|layer| layer.export_running(&mut tensors));
        tensors
    }

    /// Values or moments under their names.
    pub(crate) fn export(&self, part: Part, suffix: &str) -> Tensors {
        let mut tensors = Tensors::new();
        self.layers.iter().flatten().for_each(|layer| layer.export(part, suffix, &mut tensors));
        tensors
    }

    /// The next backward pass is without dropout.
    pub(crate) fn forget_dropout(&mut self) {
        self.factors.iter_mut().for_each(|factors| *factors = Buffer::default());
    }

    /// Every batch normalisation.
    pub(crate) fn norms(&mut self) -> impl Iterator<Item = &mut Norm> {
        self.layers.iter_mut().flatten().filter_map(|named| match &mut named.layer {
            Layer::Norm(norm) => Some(&mut **norm),
            _ => None,
        })
    }
}

/// Which places have got a gradient in this backward pass: the first who brings one stores, others add.
struct Backward(Vec<bool>);

impl Backward {
    fn new(network: &mut Network) -> Self {
        network.gradients.resize_with(network.plan.places.len(), Buffer::default);
        Self(vec![false; network.plan.places.len()])
    }

    /// Whether a place was written; from now on it is.
    fn is_written(&mut self, place: PlaceId) -> bool {
        std::mem::replace(&mut self.0[place], true)
    }
}

/// Makes a gradient zero where the ReLU before it was closed.
fn close(machine: Machine<'_>, place: &Place, value: &[f32], dx: &mut [f32], examples: usize) {
    if place.gated {
        let len = place.slabs(examples).1;
        machine.isa.run(crate::kernels::activation::Gate { y: &mut dx[..len], gate: &value[..len] });
    }
}

/// Batch, floats from a slab to the next, and pixels of a place's map.
fn extent(place: &Place, lanes: Lanes) -> (Lanes, usize, usize) {
    let [height, width] = place.map();
    (lanes, slab_rows(place.features()) * lanes.width(), height * width)
}

fn grow(buffer: &mut Buffer, len: usize) -> &mut [f32] {
    if buffer.len() < len {
        *buffer = Buffer::zeros(len);
    }
    &mut buffer[..len]
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

fn layer(
    architecture: &Architecture,
    plan: &Plan,
    stage: &Stage,
    parameters: &Parameters<'_>,
) -> Result<Option<Named>, EngineError> {
    let node = &architecture.nodes[stage.node];
    let tensor = |suffix: &str| {
        let name = format!("{}.{suffix}", node.name);
        given(parameters.weights, parameters.optimizer, parameters.moments, &name)
    };
    let mask = parameters.masks.get(&format!("{}.weight", node.name));
    let layer = match (&node.op, stage.kind) {
        (Op::Conv2d { bias, .. }, Kind::Conv(window)) => {
            let bias = if *bias { Some(tensor("bias")?) } else { None };
            let maps = (plan.places[stage.input].map(), plan.places[stage.output].map());
            let crossover = parameters.crossover.unwrap_or(crate::conv::CROSSOVER);
            Layer::Conv(Box::new(Conv::new(window, maps, &tensor("weight")?, mask, bias.as_ref(), crossover)))
        }
        (Op::Linear { bias, .. }, Kind::Linear) => {
            let bias = if *bias { Some(tensor("bias")?) } else { None };
            let crossover = parameters.crossover.unwrap_or(crate::weights::CROSSOVER);
            Layer::Linear(Box::new(Linear::new(&tensor("weight")?, mask, bias.as_ref(), crossover)))
        }
        (Op::BatchNorm { .. }, Kind::Norm { momentum, epsilon }) => {
            let running = ["running_mean", "running_var"]
                .map(|suffix| &parameters.weights[&format!("{}.{suffix}", node.name)]);
            let (weight, bias) = (tensor("weight")?, tensor("bias")?);
            Layer::Norm(Box::new(Norm::new((momentum, epsilon), &weight, &bias, running)))
        }
        _ => return Ok(None),
    };
    Ok(Some(Named { name: node.name.clone(), layer }))
}

//! From the gradient of the logits back through all stages.

use lth_model::Gradients;

use crate::{
    kernels::{
        activation::{Gate, Pass},
        conv::{moments::Behind, pack::Read},
        update::UpdateRule,
    },
    layers::{
        conv::{pass::Dx, source::Source},
        linear::batch_major::Input,
        norm::NormBackward,
        pool::Pools,
    },
    layout::{
        buffer::Buffer,
        lanes::{Lanes, slab_rows},
        place::{Place, PlaceId},
    },
    network::{
        Network, extent,
        found::Found,
        fused::Fused,
        input::Inputs,
        plan::{Kind, Stage},
        stage::Layer,
        widen::narrow,
    },
    threads::Machine,
};

impl Network {
    /// From the gradient of the logits back to all parameters, with their update.
    pub(crate) fn backward<R: UpdateRule>(
        &mut self,
        machine: Machine<'_>,
        examples: usize,
        inputs: Inputs<'_>,
        rule: R,
    ) {
        self.begin_backward();
        for index in (0..self.plan.stages.len()).rev() {
            let stage = self.plan.stages[index];
            let mut named = self.layers[index].take();
            let layer = named.as_mut().map(|named| &mut named.layer);
            self.backward_data(machine, examples, (index, stage), layer);
            let (x, dy) = (&*self.values[stage.input], &*self.gradients[stage.output]);
            let lanes = self.plan.places[stage.output].lanes(examples);
            match named.as_mut().map(|named| &mut named.layer) {
                Some(Layer::Conv(conv)) => conv.update(machine, rule),
                Some(Layer::Linear(linear)) => {
                    let blocks = inputs.blocks.filter(|_| stage.input == 0);
                    linear.update(machine, lanes, dy, &Input { slabs: x, blocks }, rule);
                }
                Some(Layer::Norm(norm)) => norm.update(machine, rule),
                None => {}
            }
            self.layers[index] = named;
            self.forget_gradient(index, stage);
        }
    }

    /// The gradients of all parameters from that of the logits, without an update.
    pub(crate) fn gradients(
        &mut self,
        machine: Machine<'_>,
        examples: usize,
        inputs: Inputs<'_>,
        found: &mut Found<'_>,
    ) {
        self.begin_backward();
        for index in (0..self.plan.stages.len()).rev() {
            let stage = self.plan.stages[index];
            let mut taken = self.layers[index].take();
            let layer = taken.as_mut().map(|named| &mut named.layer);
            self.backward_data(machine, examples, (index, stage), layer);
            let (x, dy) = (&*self.values[stage.input], &*self.gradients[stage.output]);
            let lanes = self.plan.places[stage.output].lanes(examples);
            let Some(named) = &mut taken else {
                self.forget_gradient(index, stage);
                continue;
            };
            let which = found.which;
            found.layer(&named.names, |weight, bias| match &mut named.layer {
                Layer::Conv(conv) => {
                    if which == Gradients::All {
                        let maps =
                            (self.values_of(stage.input, false), self.gradient_of(stage.output, lanes));
                        conv.gradient_of_all(machine, lanes, maps, weight);
                    } else {
                        conv.weights.unpack(&conv.weights.gradient, weight);
                    }
                    if let (Some(to), Some(found)) = (bias, conv.bias_gradient()) {
                        to.copy_from_slice(found);
                    }
                }
                Layer::Linear(linear) => {
                    let input = Input { slabs: x, blocks: inputs.blocks.filter(|_| stage.input == 0) };
                    linear.gradients(machine.isa, lanes, dy, &input, (weight, bias));
                }
                Layer::Norm(norm) => {
                    let [of_weight, of_bias] = norm.gradients();
                    weight.copy_from_slice(of_weight);
                    bias.expect("a batch normalisation has a bias").copy_from_slice(of_bias);
                }
            });
            self.layers[index] = taken;
            self.forget_gradient(index, stage);
        }
    }

    fn begin_backward(&mut self) {
        let places = self.plan.places.len();
        self.gradients.resize_with(places, Buffer::default);
        self.written.clear();
        self.written.resize(places, false);
        self.found_at.clear();
        self.found_at.extend(0..places);
    }

    /// What a convolution reads of the gradient of the place that it made.
    fn gradient_of(&self, place: PlaceId, lanes: Lanes) -> Source<'_> {
        match self.plan.norm_after(place) {
            Some((index, fused)) if fused.gradient_unstored() => {
                let (x, factors) = (&*self.values[place], &*self.norm(index).factors);
                let behind = &self.gradients[self.found_at[self.plan.stages[index].output]];
                Source::Slabs(behind, Read::NormGradient { x, factors, lanes })
            }
            _ => Source::Slabs(&self.gradients[self.found_at[place]], Read::Stored),
        }
    }

    /// The gradient behind a stage is read no more; that of the logits stays where its maker finds it. What a convolution makes
    /// of the gradient behind the normalisation after it goes with the convolution.
    fn forget_gradient(&mut self, index: usize, stage: Stage) {
        let later = self.plan.fused[index].is_some_and(Fused::gradient_unstored);
        if stage.output != self.plan.output && !later {
            let norm = self.plan.norm_after(stage.output).filter(|(_, fused)| fused.gradient_unstored());
            let place = norm.map_or(stage.output, |(norm, _)| self.plan.stages[norm].output);
            let gradient = std::mem::take(&mut self.gradients[place]);
            self.spares.give(gradient);
        }
    }

    /// Makes the gradient of a sum's output that of its other input as well, where nobody has brought one to that; false where it
    /// has to be copied.
    fn share_gradient(&mut self, index: usize, stage: Stage, fused: Fused) -> bool {
        let places = &self.plan.places;
        let free =
            |&other: &PlaceId| places[other].differentiated && !places[other].gated && !self.written[other];
        let Some(other) = stage.other.filter(free) else { return false };
        // Who still reads the gradient of the output, the last of all.
        let last = fused.before.filter(|_| fused.gradient_unstored()).unwrap_or(index);
        let reads = |stage: &Stage| stage.input == other || stage.other == Some(other);
        let stages = &self.plan.stages;
        let adds = |from: usize| stages[from..index].iter().any(reads);
        let maker = stages.iter().position(|stage| stage.output == other).unwrap_or(0);
        if maker > last && !adds(maker) {
            self.found_at[other] = stage.output;
        } else if maker < last && !adds(last) && other != stage.input {
            self.gradients[other] = std::mem::take(&mut self.gradients[stage.output]);
            self.found_at[stage.output] = other;
        } else {
            return false;
        }
        self.written[other] = true;
        true
    }

    /// The gradients of a stage's inputs, and of a normalisation's or convolution's parameters.
    fn backward_data(
        &mut self,
        machine: Machine<'_>,
        examples: usize,
        (index, stage): (usize, Stage),
        layer: Option<&mut Layer>,
    ) {
        let fused = self.plan.fused[index].filter(|fused| fused.after.is_some());
        let shared = fused.is_some_and(|fused| self.share_gradient(index, stage, fused));
        let places = &self.plan.places;
        let (from, to) = (&places[stage.input], &places[stage.output]);
        let lanes = to.lanes(examples);
        let mut take = |place: Option<PlaceId>| {
            let place = place.filter(|&place| places[place].differentiated)?;
            let written = std::mem::replace(&mut self.written[place], true);
            let gradient = if written {
                std::mem::take(&mut self.gradients[place])
            } else {
                self.spares.take(places[place].slabs(examples).1)
            };
            Some((place, gradient, written))
        };
        // Both inputs of a sum may be the same place.
        let unstored = fused.is_some_and(Fused::gradient_unstored);
        let mut first = if unstored { None } else { take(Some(stage.input)) };
        let same = stage.other == Some(stage.input);
        let mut second = if same || shared { None } else { take(stage.other) };
        let (x, y) = (&*self.values[stage.input], &*self.values[stage.output]);
        let dy = &*self.gradients[self.found_at[stage.output]];
        let own_gate = stage.relu.then_some(y);
        let gate = from.gated.then_some(x);
        let len = from.slabs(examples).1;
        match (stage.kind, layer, &mut first) {
            (Kind::Norm { .. }, Some(Layer::Norm(norm)), first) => {
                let summed = stage.other.is_some();
                let dx = first.as_mut().map(|(_, dx, add)| (&mut **dx, *add));
                let other = second.as_mut().map(|(_, dx, add)| (&mut **dx, *add));
                let after = fused.and_then(|fused| fused.after);
                let sums = after.map(|after| &self.convolution(after).sums[1]);
                let gate = own_gate.filter(|_| sums.is_none());
                let backward = NormBackward { x, dy, sums, gate, summed, dx, other };
                norm.backward(machine, extent(to, lanes), backward);
                // What comes from a ReLU that its readers close.
                for (place, dx, _) in [first.as_mut(), second.as_mut()].into_iter().flatten() {
                    close(machine, &places[*place], &self.values[*place], dx, examples);
                }
            }
            (Kind::Conv(_), Some(Layer::Conv(conv)), first) => {
                let norm = self.plan.norm_before(stage.input).filter(|(_, fused)| fused.after == Some(index));
                let norm = norm.map(|(norm, _)| (self.plan.stages[norm], &self.norm(norm).factors));
                let own = |stage: Stage| stage.relu && stage.other.is_none();
                let behind = norm.map(|(stage, factors)| Behind {
                    x: &self.values[stage.input],
                    factors,
                    relu: own(stage),
                });
                let gate = gate.or(norm.filter(|(stage, _)| stage.relu && !own(*stage)).map(|_| x));
                let maps = (self.values_of(stage.input, false), self.gradient_of(stage.output, lanes));
                let dx = first.as_mut().map(|(_, dx, add)| Dx { to: dx, add: *add, gate, behind });
                conv.back(machine, lanes, maps, dx);
            }
            (Kind::Linear, Some(Layer::Linear(linear)), Some((_, dx, add))) => {
                let target = if *add { self.spare.at_least(len) } else { &mut dx[..len] };
                let (from, to) = (slab_rows(linear.inputs), slab_rows(linear.outputs));
                for slab in 0..lanes.slabs {
                    let range = slab * from * lanes.width()..(slab + 1) * from * lanes.width();
                    let dy = &dy[slab * to * lanes.width()..];
                    let gate = gate.map(|gate| &gate[range.clone()]);
                    linear.backward(machine, lanes.vectors, dy, &mut target[range], gate);
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
            (Kind::Pool { window, mean }, None, Some((_, dx, add))) => {
                let pools = Pools::new(window, mean, from, to, lanes);
                pools.backward(machine, (x, y, dy), (dx, *add, from.gated));
            }
            (Kind::Widen, None, Some((_, dx, add))) => narrow(from.features(), lanes, dy, dx, *add),
            (Kind::Dropout { .. }, None, Some((_, dx, add))) => {
                let factors = (!self.factors[index].is_empty()).then_some(&*self.factors[index]);
                let gates = [gate, None];
                machine.isa.run(Pass { dy, factors, gates, add: *add, dx: &mut dx[..len] });
            }
            (Kind::Sum, None, _) => {
                for _ in 0..=usize::from(same) {
                    for (place, dx, add) in [first.as_mut(), second.as_mut()].into_iter().flatten() {
                        let gate = places[*place].gated.then_some(&*self.values[*place]);
                        let gates = [own_gate, gate];
                        machine.isa.run(Pass { dy, factors: None, gates, add: *add, dx: &mut dx[..len] });
                        *add = true;
                    }
                }
            }
            // No parameter lies before these, so nobody asks for the gradient of what they read.
            (Kind::Linear, Some(Layer::Linear(_)), None)
            | (Kind::Pool { .. } | Kind::Widen | Kind::Dropout { .. }, None, None) => {}
            _ => self.other_kind(index),
        }
        for (place, dx, _) in [first, second].into_iter().flatten() {
            self.gradients[place] = dx;
        }
    }
}

/// Makes a gradient zero where the ReLU before it was closed.
fn close(machine: Machine<'_>, place: &Place, value: &[f32], dx: &mut [f32], examples: usize) {
    if place.gated {
        let len = place.slabs(examples).1;
        machine.isa.run(Gate { y: &mut dx[..len], gate: &value[..len] });
    }
}

#[cfg(test)]
mod tests {
    use lth_model::{
        ArchitectureBuilder, BiasInit, ExpectedTensors, InitScheme, Masks, Purpose, Seed, Start, Window,
        initialize,
    };

    use super::*;
    use crate::{
        kernels::update::Sgd, network::forward::Mode, parameters::Parameters, simd::Isa, threads::Threads,
    };

    const EXAMPLES: usize = 3;

    /// A forward pass of a convolution, a normalisation and an output, then what breaks the network, then the way back.
    fn backward_after(broken: impl FnOnce(&mut Network)) {
        let architecture = ArchitectureBuilder::new("net", &[1, 6, 6])
            .conv2d("conv1", 4, Window::square(3, 1, 1))
            .batch_norm("bn1")
            .relu("relu1")
            .flatten("flatten")
            .linear("fc", 3)
            .build()
            .unwrap();
        let (scheme, purpose) = (InitScheme::GlorotNormal, Purpose::Init);
        let weights = initialize(&architecture, scheme, BiasInit::Zero, Seed(1), purpose, 0);
        let masks = Masks::new();
        let parameters = Parameters::new(&Start::new(&weights, &masks, Seed(1)), &[], None);
        let mut network =
            Network::new(&architecture, &ExpectedTensors::of(&architecture), &parameters).unwrap();
        let threads = Threads::new(1);
        let isa = Isa::available().into_iter().next().expect("plain code runs everywhere");
        let machine = Machine { isa, threads: &threads };
        network.input(EXAMPLES);
        network.output(EXAMPLES);
        network.forward(machine, EXAMPLES, Inputs::default(), Mode::Estimate);
        broken(&mut network);
        network.backward(machine, EXAMPLES, Inputs::default(), Sgd { rate: 0.1, l2: 0.0 });
    }

    #[test]
    fn a_network_as_it_was_built_goes_back() {
        backward_after(|_| {});
    }

    #[test]
    #[should_panic(expected = "has the parameters of another kind")]
    fn parameters_of_another_kind_drop_no_gradient_silently() {
        backward_after(|network| network.layers.swap(0, 1));
    }

    #[test]
    #[should_panic(expected = "has the parameters of another kind")]
    fn missing_parameters_drop_no_gradient_silently() {
        backward_after(|network| network.layers[1] = None);
    }
}

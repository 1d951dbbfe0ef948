//! From the input to the logits through all stages.

use lth_model::RandomStream;

use super::{
    Network, extent,
    fused::Fused,
    input::{Inputs, Terms},
    plan::{Kind, Stage},
    stage::Layer,
    widen::widen,
};
use crate::{
    kernels::{
        activation::{Multiply, Sum},
        conv::place::Normed,
    },
    layers::{conv::pass::Written, dropout::draw, norm::Statistics, pool::Pools},
    layout::{buffer::Buffer, lanes::slab_rows, place::PlaceId},
    threads::Machine,
};

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
}

//! An architecture as stages: which layers are computed together, and what each reads and writes.

use lth_model::{Architecture, EngineError, NodeId, Op, Window};

use crate::{
    layout::place::{Place, PlaceId},
    network::{
        fused::{Fused, fused},
        limits::check_width,
    },
};

/// A layer with what is computed in the same pass.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stage {
    pub(crate) kind: Kind,
    /// The layer that has the parameters, or the first of those that have none.
    pub(crate) node: NodeId,
    pub(crate) input: PlaceId,
    /// The second input of a sum.
    pub(crate) other: Option<PlaceId>,
    pub(crate) output: PlaceId,
    /// Whether the result goes through a ReLU.
    pub(crate) relu: bool,
    /// Whether it goes through the maximum of 2x2 windows then, of a convolution.
    pub(crate) pool: bool,
}

/// What a stage computes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Conv(Window),
    Linear,
    /// Batch normalisation, perhaps with the sum that follows it.
    Norm {
        momentum: f32,
        epsilon: f32,
    },
    /// The maximum, or the mean, of each window.
    Pool {
        window: Window,
        mean: bool,
    },
    /// Nothing but the sum or the ReLU.
    Sum,
    Dropout {
        rate: f32,
    },
    /// Nothing but slabs of several vectors from slabs of one.
    Widen,
}

/// All stages in order, and the places between them. The input is place 0.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) places: Vec<Place>,
    pub(crate) stages: Vec<Stage>,
    /// Of each stage that is a normalisation.
    pub(crate) fused: Vec<Option<Fused>>,
    pub(crate) output: PlaceId,
}

impl Plan {
    /// The normalisation that alone reads a place, made by a convolution.
    pub(crate) fn norm_after(&self, place: PlaceId) -> Option<(usize, Fused)> {
        let reads = |index: &usize| self.stages[*index].input == place;
        let norm = |index: usize| {
            self.fused[index].filter(|fused| fused.before.is_some()).map(|fused| (index, fused))
        };
        (0..self.stages.len()).filter(reads).find_map(norm)
    }

    /// The normalisation that makes a place, for which a convolution that reads it does something.
    pub(crate) fn norm_before(&self, place: PlaceId) -> Option<(usize, Fused)> {
        let makes = |index: &usize| self.stages[*index].output == place;
        let norm = |index: usize| {
            self.fused[index].filter(|fused| fused.after.is_some()).map(|fused| (index, fused))
        };
        (0..self.stages.len()).find(makes).and_then(norm)
    }

    /// The stage that reads a place last.
    pub(crate) fn last_reader(&self, place: PlaceId) -> Option<usize> {
        self.stages.iter().rposition(|stage| stage.input == place || stage.other == Some(place))
    }

    /// Whether values of a place are in memory in training.
    pub(crate) fn is_stored(&self, place: PlaceId) -> bool {
        self.norm_before(place).is_none_or(|(_, fused)| !fused.unstored)
    }
}

/// The stages of an architecture.
pub(crate) fn plan(architecture: &Architecture) -> Result<Plan, EngineError> {
    let mut planner = Planner::new(architecture);
    for node in 0..architecture.nodes.len() {
        planner.node(node)?;
    }
    let output = planner.place_of[architecture.nodes.len() - 1].expect("every node has a place");
    let last = planner.stages.last();
    if last.is_none_or(|stage| stage.relu || matches!(stage.kind, Kind::Dropout { .. })) {
        let what = "a network whose last layer is not linear".to_owned();
        return Err(EngineError::Unsupported { engine: "cpu", what });
    }
    let Planner { places, stages, .. } = planner;
    let wide: Vec<bool> = places.iter().map(|place| place.wide).collect();
    let fused = fused(&stages, &wide, output);
    Ok(Plan { places, stages, fused, output })
}

struct Planner<'a> {
    architecture: &'a Architecture,
    /// Who reads each node.
    readers: Vec<Vec<NodeId>>,
    place_of: Vec<Option<PlaceId>>,
    places: Vec<Place>,
    stages: Vec<Stage>,
}

impl<'a> Planner<'a> {
    fn new(architecture: &'a Architecture) -> Self {
        let count = architecture.nodes.len();
        let mut readers = vec![Vec::new(); count];
        for (id, node) in architecture.nodes.iter().enumerate() {
            node.inputs.iter().for_each(|&input| readers[input].push(id));
        }
        Self { architecture, readers, place_of: vec![None; count], places: Vec::new(), stages: Vec::new() }
    }

    fn op(&self, node: NodeId) -> &'a Op {
        &self.architecture.nodes[node].op
    }

    /// The only reader of a node, where there is only one.
    fn only_reader(&self, node: NodeId) -> Option<NodeId> {
        match self.readers[node][..] {
            [reader] => Some(reader),
            _ => None,
        }
    }

    fn input(&self, node: NodeId, index: usize) -> PlaceId {
        self.place_of[self.architecture.nodes[node].inputs[index]].expect("nodes read earlier ones")
    }

    /// Whether all that read a node are linear layers, perhaps through dropout.
    fn feeds_linear(&self, node: NodeId) -> bool {
        self.readers[node].iter().all(|&reader| match self.op(reader) {
            Op::Linear { .. } => true,
            Op::Flatten | Op::Dropout { .. } => self.feeds_linear(reader),
            _ => false,
        })
    }

    /// The sum that a batch normalisation is computed with: it is the first of the sum's inputs that qualifies.
    fn sum_after(&self, norm: NodeId) -> Option<NodeId> {
        let sum = self.only_reader(norm).filter(|&reader| *self.op(reader) == Op::Add)?;
        (self.norm_before(sum) == Some(norm)).then_some(sum)
    }

    fn norm_before(&self, sum: NodeId) -> Option<NodeId> {
        let alone = |&node: &NodeId| {
            matches!(self.op(node), Op::BatchNorm { .. }) && self.only_reader(node) == Some(sum)
        };
        self.architecture.nodes[sum].inputs.iter().copied().find(alone)
    }

    /// The pool that alone reads a convolution's map, and whose 2x2 windows cover it.
    fn pool_after(&self, kind: Kind, end: NodeId) -> Option<NodeId> {
        let pool = self.only_reader(end).filter(|_| matches!(kind, Kind::Conv(_)))?;
        let halves = Window { kernel: [2, 2], stride: [2, 2], padding: [0, 0] };
        let even = self.architecture.nodes[end].shape[1..].iter().all(|side| side.is_multiple_of(2));
        (even && *self.op(pool) == Op::MaxPool { window: halves }).then_some(pool)
    }

    fn node(&mut self, node: NodeId) -> Result<(), EngineError> {
        if self.place_of[node].is_some() {
            return Ok(());
        }
        match *self.op(node) {
            Op::Input => {
                let shape = self.architecture.nodes[node].shape.clone();
                let wide = self.feeds_linear(node);
                self.places.push(Place { shape, gated: false, differentiated: false, wide });
                self.place_of[node] = Some(0);
            }
            Op::Flatten => self.place_of[node] = Some(self.input(node, 0)),
            Op::Conv2d { window, .. } => self.push(Kind::Conv(window), node, node, 0, None),
            Op::Linear { inputs, outputs, .. } => {
                check_width(&self.architecture.nodes[node].name, inputs.max(outputs))?;
                self.push(Kind::Linear, node, node, 0, None);
            }
            Op::BatchNorm { momentum, epsilon, .. } => {
                // With a sum, it waits for the sum's other input.
                if self.sum_after(node).is_none() {
                    self.push(Kind::Norm { momentum, epsilon }, node, node, 0, None);
                }
            }
            Op::Add => match self.norm_before(node) {
                Some(norm) => {
                    let Op::BatchNorm { momentum, epsilon, .. } = *self.op(norm) else { unreachable!() };
                    let inputs = &self.architecture.nodes[node].inputs;
                    let other = self.input(node, usize::from(inputs[0] == norm));
                    self.push(Kind::Norm { momentum, epsilon }, norm, node, 0, Some(other));
                }
                None => self.push(Kind::Sum, node, node, 0, Some(self.input(node, 1))),
            },
            Op::Relu => self.push(Kind::Sum, node, node, 0, None),
            Op::MaxPool { window } => self.push(Kind::Pool { window, mean: false }, node, node, 0, None),
            Op::AveragePool { window } => self.push(Kind::Pool { window, mean: true }, node, node, 0, None),
            Op::GlobalAveragePool => {
                let kernel = self.places[self.input(node, 0)].map();
                let window = Window { kernel, stride: [1, 1], padding: [0, 0] };
                self.push(Kind::Pool { window, mean: true }, node, node, 0, None);
            }
            Op::Dropout { rate } => self.push(Kind::Dropout { rate }, node, node, 0, None),
        }
        Ok(())
    }

    /// Adds the stage of `node`, whose result is that of `last` and perhaps of the ReLU that alone reads it.
    fn push(&mut self, kind: Kind, node: NodeId, last: NodeId, index: usize, other: Option<PlaceId>) {
        let mut end = last;
        let mut relu = *self.op(node) == Op::Relu;
        let fuses = matches!(kind, Kind::Conv(_) | Kind::Linear | Kind::Norm { .. } | Kind::Sum);
        if let Some(reader) = self.only_reader(last)
            && fuses
            && !relu
            && *self.op(reader) == Op::Relu
        {
            (relu, end) = (true, reader);
        }
        let unpooled = end;
        let pooled = self.pool_after(kind, end);
        end = pooled.unwrap_or(end);
        let input = self.input(node, index);
        let wide = kind == Kind::Linear
            || [Some(input), other].into_iter().flatten().any(|place| self.places[place].wide);
        let input = if wide { self.widened(input) } else { input };
        let other = if wide { other.map(|other| self.widened(other)) } else { other };
        let output = self.places.len();
        let with_parameters = matches!(kind, Kind::Conv(_) | Kind::Linear | Kind::Norm { .. });
        let before = [Some(input), other].into_iter().flatten();
        let differentiated =
            with_parameters || before.into_iter().any(|place| self.places[place].differentiated);
        self.places.push(Place {
            shape: self.architecture.nodes[end].shape.clone(),
            gated: relu && matches!(kind, Kind::Conv(_) | Kind::Linear),
            differentiated,
            wide,
        });
        self.stages.push(Stage { kind, node, input, other, output, relu, pool: pooled.is_some() });
        for node in [node, last, unpooled, end] {
            self.place_of[node] = Some(output);
        }
    }

    /// A wide place with the values of this one.
    fn widened(&mut self, input: PlaceId) -> PlaceId {
        if self.places[input].wide {
            return input;
        }
        let made = self.stages.iter().find(|stage| stage.kind == Kind::Widen && stage.input == input);
        if let Some(stage) = made {
            return stage.output;
        }
        let output = self.places.len();
        self.places.push(Place { wide: true, ..self.places[input].clone() });
        let stage =
            Stage { kind: Kind::Widen, node: 0, input, other: None, output, relu: false, pool: false };
        self.stages.push(stage);
        output
    }
}

//! Random small networks, as numbers that shrink.

use lth_model::{Architecture, NodeId, Op, Window};
use proptest::prelude::*;

use crate::graph::net::Net;

/// Multiply-adds of a pass over a batch, at most: plain loops are slow.
const LARGEST_WORK: usize = 4_000_000;

/// One step of growing a graph.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    Conv {
        outputs: usize,
        window: Window,
        bias: bool,
        norm: bool,
        relu: bool,
    },
    MaxPool(Window),
    AveragePool(Window),
    Norm,
    Relu,
    /// Two convolutions with norms beside a shortcut, which is a 1x1 convolution where shapes change.
    Residual {
        outputs: usize,
        stride: usize,
    },
    /// The sum of a layer with itself through a ReLU.
    Double,
}

/// A network, a batch and masks.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    pub(crate) input: [usize; 3],
    pub(crate) parts: Vec<Part>,
    pub(crate) global_pool: bool,
    pub(crate) hidden: Option<(usize, bool)>,
    /// The rate of dropout after each part and the hidden layer.
    pub(crate) dropout: Option<f32>,
    pub(crate) classes: usize,
    pub(crate) examples: usize,
    pub(crate) densities: Vec<f64>,
    pub(crate) seed: u64,
}

fn sides(range: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = [usize; 2]> {
    (range.clone(), range).prop_map(|(a, b)| [a, b])
}

fn window() -> impl Strategy<Value = Window> {
    let square = (1..=5usize, 1..=2usize, 0..=3usize).prop_map(|(k, s, p)| Window::square(k, s, p));
    let any = (sides(1..=5), sides(1..=3), sides(0..=3)).prop_map(|(kernel, stride, padding)| Window {
        kernel,
        stride,
        padding,
    });
    prop_oneof![3 => Just(Window::square(3, 1, 1)), 3 => square, 1 => any]
}

fn channels() -> impl Strategy<Value = usize> {
    prop_oneof![2 => 1..=9usize, 1 => 1..=40usize]
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        5 => (channels(), window(), any::<bool>(), any::<bool>(), any::<bool>())
            .prop_map(|(outputs, window, bias, norm, relu)| Part::Conv { outputs, window, bias, norm, relu }),
        1 => window().prop_map(Part::MaxPool),
        1 => window().prop_map(Part::AveragePool),
        1 => Just(Part::Norm),
        1 => Just(Part::Relu),
        2 => (channels(), 1..=2usize).prop_map(|(outputs, stride)| Part::Residual { outputs, stride }),
        1 => Just(Part::Double),
    ]
}

fn density() -> impl Strategy<Value = f64> {
    prop_oneof![2 => Just(1.0), 3 => 0.0..1.0, 1 => Just(0.05)]
}

pub(crate) fn spec() -> impl Strategy<Value = Spec> {
    let head = (any::<bool>(), proptest::option::of((1..=30usize, any::<bool>())), 2..=11usize);
    let net = (channels(), 1..=13usize, 1..=13usize, proptest::collection::vec(part(), 1..=4), head);
    (net, 1..=70usize, proptest::collection::vec(density(), 1..=4), any::<u32>()).prop_map(
        |((channels, height, width, parts, (global_pool, hidden, classes)), examples, densities, seed)| {
            let input = [channels, height, width];
            let seed = u64::from(seed);
            let mut spec =
                Spec { input, parts, global_pool, hidden, dropout: None, classes, examples, densities, seed };
            let work = spec.architecture().nodes.iter().map(work).sum::<usize>();
            spec.examples = examples.min(LARGEST_WORK / work.max(1)).max(2);
            spec
        },
    )
}

/// As [`spec`], half of them with dropout, which plain loops do not have.
pub(crate) fn spec_with_dropout() -> impl Strategy<Value = Spec> {
    (spec(), proptest::option::of(0.0..0.9f32)).prop_map(|(spec, dropout)| Spec { dropout, ..spec })
}

/// Multiply-adds of an example.
fn work(node: &lth_model::Node) -> usize {
    match node.op {
        Op::Conv2d { inputs, window, .. } => {
            inputs * window.kernel[0] * window.kernel[1] * node.shape.iter().product::<usize>()
        }
        Op::Linear { inputs, outputs, .. } => inputs * outputs,
        _ => 0,
    }
}

impl Spec {
    pub(crate) fn architecture(&self) -> Architecture {
        let mut net = Net::new("random", &self.input);
        let mut last = 0;
        for (number, part) in self.parts.iter().enumerate() {
            last = grow(&mut net, last, number, part);
            last = self.drop_of(&mut net, last, &format!("dropout{number}"));
        }
        if self.global_pool {
            last = net.push("global", Op::GlobalAveragePool, &[last]);
        }
        if let Some((outputs, norm)) = self.hidden {
            last = net.linear("hidden", last, outputs, !norm);
            if norm {
                last = net.norm("hidden-norm", last);
            }
            last = net.push("hidden-relu", Op::Relu, &[last]);
            last = self.drop_of(&mut net, last, "hidden-dropout");
        }
        net.linear("fc", last, self.classes, true);
        net.build()
    }

    fn drop_of(&self, net: &mut Net, last: NodeId, name: &str) -> NodeId {
        self.dropout.map_or(last, |rate| net.push(name, Op::Dropout { rate }, &[last]))
    }
}

/// The window, with its kernel cut down to the padded map and its padding to less than its kernel.
fn fit(window: Window, shape: &[usize], pool: bool) -> Window {
    let Window { mut kernel, stride, mut padding } = window;
    for axis in 0..2 {
        kernel[axis] = kernel[axis].min(shape[1 + axis] + 2 * padding[axis]);
        // A window of nothing but padding has no maximum; PyTorch allows half of the kernel.
        if pool {
            kernel[axis] = kernel[axis].min(shape[1 + axis]);
            padding[axis] = padding[axis].min(kernel[axis] / 2);
        }
    }
    Window { kernel, stride, padding }
}

fn grow(net: &mut Net, last: NodeId, number: usize, part: &Part) -> NodeId {
    let shape = net.shape(last).clone();
    let name = |kind: &str| format!("{kind}{number}");
    match *part {
        Part::Conv { outputs, window, bias, norm, relu } => {
            let mut last = net.conv(&name("conv"), last, outputs, fit(window, &shape, false), bias);
            if norm {
                last = net.norm(&name("norm"), last);
            }
            if relu { net.push(&name("relu"), Op::Relu, &[last]) } else { last }
        }
        Part::MaxPool(window) => {
            net.push(&name("max"), Op::MaxPool { window: fit(window, &shape, true) }, &[last])
        }
        Part::AveragePool(window) => {
            net.push(&name("average"), Op::AveragePool { window: fit(window, &shape, true) }, &[last])
        }
        Part::Norm => net.norm(&name("norm"), last),
        Part::Relu => net.push(&name("relu"), Op::Relu, &[last]),
        Part::Residual { outputs, stride } => {
            let first = net.conv(&name("first"), last, outputs, Window::square(3, stride, 1), false);
            let first = net.norm(&name("first-norm"), first);
            let first = net.push(&name("first-relu"), Op::Relu, &[first]);
            let second = net.conv(&name("second"), first, outputs, Window::square(3, 1, 1), false);
            let second = net.norm(&name("second-norm"), second);
            let shortcut = if stride == 1 && shape[0] == outputs {
                last
            } else {
                let projection =
                    net.conv(&name("shortcut"), last, outputs, Window::square(1, stride, 0), false);
                net.norm(&name("shortcut-norm"), projection)
            };
            let sum = net.push(&name("sum"), Op::Add, &[second, shortcut]);
            net.push(&name("relu"), Op::Relu, &[sum])
        }
        Part::Double => {
            let relu = net.push(&name("relu"), Op::Relu, &[last]);
            net.push(&name("sum"), Op::Add, &[relu, last])
        }
    }
}

//! Random small networks and batches.

use lth_model::{Architecture, ArchitectureBuilder, RandomStream, Window};

use super::case::{Case, OPTIMIZERS, chance, masks, pick, stream};

/// Multiply-adds of a pass over a batch, at most: the reference is slow.
const LARGEST_WORK: usize = 700_000;

/// From a to b.
pub(super) fn between(stream: &mut RandomStream, a: usize, b: usize) -> usize {
    a + stream.below((b - a + 1) as u64) as usize
}

fn sides(stream: &mut RandomStream, a: usize, b: usize) -> [usize; 2] {
    [between(stream, a, b), between(stream, a, b)]
}

fn channels(stream: &mut RandomStream) -> usize {
    let most = if chance(stream, 0.67) { 9 } else { 40 };
    between(stream, 1, most)
}

fn window(stream: &mut RandomStream) -> Window {
    match stream.below(7) {
        0..3 => Window::square(3, 1, 1),
        3..6 => Window::square(between(stream, 1, 5), between(stream, 1, 2), between(stream, 0, 3)),
        _ => {
            Window { kernel: sides(stream, 1, 5), stride: sides(stream, 1, 3), padding: sides(stream, 0, 3) }
        }
    }
}

/// The window, with its kernel cut down to the padded map; a pool's padding is at most half of its kernel.
fn fit(window: Window, shape: &[usize], pool: bool) -> Window {
    let Window { mut kernel, stride, mut padding } = window;
    for axis in 0..2 {
        kernel[axis] = kernel[axis].min(shape[1 + axis] + 2 * padding[axis]);
        if pool {
            kernel[axis] = kernel[axis].min(shape[1 + axis]);
            padding[axis] = padding[axis].min(kernel[axis] / 2);
        }
    }
    Window { kernel, stride, padding }
}

/// A network that grows layer by layer.
struct Growing {
    builder: ArchitectureBuilder,
    number: usize,
}

impl Growing {
    fn with(
        mut self,
        add: impl FnOnce(ArchitectureBuilder, &dyn Fn(&str) -> String) -> ArchitectureBuilder,
    ) -> Self {
        self.number += 1;
        let number = self.number;
        self.builder = add(self.builder, &|kind: &str| format!("{kind}{number}"));
        self
    }

    /// One more part: a convolution, a pool, a norm, a ReLU, a residual block or a sum of a layer with itself.
    fn part(self, stream: &mut RandomStream) -> Self {
        let shape = self.builder.last_shape().clone();
        match stream.below(12) {
            0..5 => {
                let window = fit(window(stream), &shape, false);
                let outputs = channels(stream);
                let [bias, norm, relu] = [(); 3].map(|()| chance(stream, 0.5));
                self.with(|mut net, name| {
                    net = if bias {
                        net.conv2d(&name("conv"), outputs, window)
                    } else {
                        net.conv2d_without_bias(&name("conv"), outputs, window)
                    };
                    net = if norm { net.batch_norm(&name("norm")) } else { net };
                    if relu { net.relu(&name("relu")) } else { net }
                })
            }
            5 => {
                let window = fit(window(stream), &shape, true);
                self.with(|net, name| net.max_pool(&name("max"), window))
            }
            6 => {
                let window = fit(window(stream), &shape, true);
                self.with(|net, name| net.average_pool(&name("average"), window))
            }
            7 => self.with(|net, name| net.batch_norm(&name("norm"))),
            8 => self.with(|net, name| net.relu(&name("relu"))),
            9 | 10 => {
                let (outputs, stride) = (channels(stream), between(stream, 1, 2));
                self.with(|net, name| residual(net, name, outputs, stride))
            }
            _ => self.with(|net, name| {
                let before = net.last_name().to_owned();
                net.relu(&name("relu")).add(&name("sum"), &before)
            }),
        }
    }

    fn dropout(self, rate: Option<f32>) -> Self {
        match rate {
            Some(rate) => self.with(|net, name| net.dropout(&name("dropout"), rate)),
            None => self,
        }
    }
}

/// Two convolutions with norms beside a shortcut, which is a 1x1 convolution where shapes change.
fn residual(
    net: ArchitectureBuilder,
    name: &dyn Fn(&str) -> String,
    outputs: usize,
    stride: usize,
) -> ArchitectureBuilder {
    let before = net.last_name().to_owned();
    let same = stride == 1 && net.last_shape()[0] == outputs;
    let net = net
        .conv2d_without_bias(&name("first"), outputs, Window::square(3, stride, 1))
        .batch_norm(&name("first-norm"))
        .relu(&name("first-relu"))
        .conv2d_without_bias(&name("second"), outputs, Window::square(3, 1, 1))
        .batch_norm(&name("second-norm"));
    let net = if same {
        net.add(&name("sum"), &before)
    } else {
        net.from(&before)
            .conv2d_without_bias(&name("shortcut"), outputs, Window::square(1, stride, 0))
            .batch_norm(&name("shortcut-norm"))
            .add(&name("sum"), &name("second-norm"))
    };
    net.relu(&name("relu"))
}

/// A network of convolutions and what belongs to them, and a number of examples that suits it.
pub(super) fn graph(seed: u64) -> (Architecture, usize) {
    let stream = &mut stream(seed, 20);
    let input = [channels(stream), between(stream, 1, 13), between(stream, 1, 13)];
    let dropout = chance(stream, 0.4).then(|| (stream.uniform() * 0.9) as f32);
    let mut net = Growing { builder: ArchitectureBuilder::new("graph", &input), number: 0 };
    for _ in 0..between(stream, 1, 4) {
        net = net.part(stream).dropout(dropout);
    }
    let global = chance(stream, 0.5);
    net =
        net.with(
            |net, name| {
                if global { net.global_average_pool(&name("pool")) } else { net.flatten(&name("flatten")) }
            },
        );
    if chance(stream, 0.5) {
        let (outputs, norm) = (between(stream, 1, 30), chance(stream, 0.5));
        net = net.with(|net, name| {
            let net = if norm {
                net.linear_without_bias(&name("hidden"), outputs).batch_norm(&name("norm"))
            } else {
                net.linear(&name("hidden"), outputs)
            };
            net.relu(&name("relu"))
        });
        net = net.dropout(dropout);
    }
    let classes = between(stream, 2, 11);
    let architecture = net.builder.linear("last", classes).build().expect("a network");
    let examples = between(stream, 1, 70);
    let work: usize = architecture.nodes.iter().map(work).sum();
    (architecture, examples.min(LARGEST_WORK / work.max(1)).max(2))
}

/// Multiply-adds of an example.
fn work(node: &lth_model::Node) -> usize {
    match node.op {
        lth_model::Op::Conv2d { inputs, window, .. } => {
            inputs * window.kernel[0] * window.kernel[1] * node.shape.iter().product::<usize>()
        }
        lth_model::Op::Linear { inputs, outputs, .. } => inputs * outputs,
        _ => 0,
    }
}

/// A chain of linear layers, and a number of examples.
pub(super) fn chain(seed: u64) -> (Architecture, usize) {
    let stream = &mut stream(seed, 21);
    let mut net = ArchitectureBuilder::new("chain", &[between(stream, 1, 70)]);
    let layers = between(stream, 1, 3);
    for number in 1..=layers {
        if chance(stream, 0.25) {
            net = net.dropout(&format!("dropout{number}"), (stream.uniform() * 0.7) as f32);
        }
        let (name, outputs) = (format!("fc{number}"), between(stream, 2, 45));
        let bias = chance(stream, 0.5);
        net = if bias { net.linear(&name, outputs) } else { net.linear_without_bias(&name, outputs) };
        if number < layers && chance(stream, 0.8) {
            net = net.relu(&format!("relu{number}"));
        }
    }
    (net.build().expect("a chain"), between(stream, 2, 90))
}

/// The density of a mask: none, any, little.
pub(super) fn density(stream: &mut RandomStream) -> f64 {
    match stream.below(7) {
        0 | 1 => 1.0,
        2..5 => stream.uniform(),
        5 => 0.05,
        _ => pick(stream, &[0.0, 0.5, 0.9]),
    }
}

/// A chain or a graph, masked, with every setting of a step; its batch size suits it.
pub(super) fn case(seed: u64) -> Case {
    let (architecture, examples) = if seed.is_multiple_of(3) { chain(seed) } else { graph(seed) };
    let stream = &mut stream(seed, 22);
    let densities: Vec<f64> = (0..between(stream, 1, 4)).map(|_| density(stream)).collect();
    let case = Case::new(architecture, pick(stream, &OPTIMIZERS[..6]), seed);
    Case {
        masks: masks(&case.architecture, &densities, seed),
        smoothing: pick(stream, &[0.0, 0.1]),
        clip: chance(stream, 0.5).then(|| (0.01 + 2.0 * stream.uniform()) as f32),
        batch_size: examples,
        ..case
    }
}

/// What it is, in short.
pub(super) fn describe(case: &Case) -> String {
    let layers: Vec<String> = case.architecture.nodes.iter().map(|node| format!("{:?}", node.op)).collect();
    let Case { optimizer, smoothing, clip, batch_size, .. } = case;
    let densities: Vec<String> =
        case.masks.values().map(|mask| format!("{:.2}", mask.density().get())).collect();
    let densities = densities.join(" ");
    let settings = format!("{optimizer}, smoothing {smoothing}, clip {clip:?}, masks of density {densities}");
    format!("{batch_size} examples, {settings}, {}", layers.join(" "))
}

//! Milliseconds a training step of convolutional networks, with masks of a density:
//! `cargo bench -p lth-cpu --bench conv -- conv-2 1 0.2 0.05`.

use std::time::Instant;

use lth_cpu::CpuEngine;
use lth_model::{
    Architecture, Augmentation, Batch, BiasInit, Engine, InitScheme, Mask, Masks, Node, Op, Optimizer, Purpose,
    RandomStream, Recipe, Schedule, Seed, Step, Window,
};

struct Net(Architecture);

impl Net {
    fn push(&mut self, op: Op, inputs: Vec<usize>, shape: Vec<usize>) -> usize {
        let id = self.0.nodes.len();
        self.0.nodes.push(Node { name: format!("n{id}"), op, inputs, shape });
        id
    }
    fn shape(&self, at: usize) -> Vec<usize> {
        self.0.nodes[at].shape.clone()
    }
    fn conv(&mut self, at: usize, outputs: usize, k: usize, stride: usize, pad: usize, bias: bool) -> usize {
        let s = self.shape(at);
        let window = Window::square(k, stride, pad);
        let [h, w] = window.output([s[1], s[2]]).unwrap();
        self.push(Op::Conv2d { inputs: s[0], outputs, window, bias }, vec![at], vec![outputs, h, w])
    }
    fn norm(&mut self, at: usize) -> usize {
        let s = self.shape(at);
        self.push(Op::BatchNorm { channels: s[0], momentum: 0.1, epsilon: 1e-5 }, vec![at], s)
    }
    fn relu(&mut self, at: usize) -> usize {
        let s = self.shape(at);
        self.push(Op::Relu, vec![at], s)
    }
    fn pool(&mut self, at: usize) -> usize {
        let s = self.shape(at);
        self.push(Op::MaxPool { window: Window::square(2, 2, 0) }, vec![at], vec![s[0], s[1] / 2, s[2] / 2])
    }
    fn flatten(&mut self, at: usize) -> usize {
        let s = self.shape(at);
        self.push(Op::Flatten, vec![at], vec![s.iter().product()])
    }
    fn linear(&mut self, at: usize, outputs: usize) -> usize {
        let s = self.shape(at);
        self.push(Op::Linear { inputs: s[0], outputs, bias: true }, vec![at], vec![outputs])
    }
}

fn build(name: &str) -> (Architecture, usize, bool) {
    let mut net = Net(Architecture { name: name.to_owned(), nodes: vec![] });
    let mut at = net.push(Op::Input, vec![], vec![3, 32, 32]);
    if let Some(n) = name.strip_prefix("conv-") {
        for width in &[64, 128, 256][..n.parse::<usize>().unwrap() / 2] {
            for _ in 0..2 {
                at = net.conv(at, *width, 3, 1, 1, true);
                at = net.relu(at);
            }
            at = net.pool(at);
        }
        at = net.flatten(at);
        for width in [256, 256] {
            at = net.linear(at, width);
            at = net.relu(at);
        }
        net.linear(at, 10);
        return (net.0, 60, true);
    }
    if name == "vgg-19" {
        for (width, count) in [(64, 2), (128, 2), (256, 4), (512, 4), (512, 4)] {
            if width != 64 {
                // the pool before
            }
            for _ in 0..count {
                at = net.conv(at, width, 3, 1, 1, false);
                at = net.norm(at);
                at = net.relu(at);
            }
            at = net.pool(at);
        }
        at = net.flatten(at);
        net.linear(at, 10);
        return (net.0, 64, false);
    }
    let (widths, blocks): (&[usize], usize) =
        if name == "resnet-20" { (&[16, 32, 64], 3) } else { (&[64, 128, 256, 512], 2) };
    at = net.conv(at, widths[0], 3, 1, 1, false);
    at = net.norm(at);
    at = net.relu(at);
    for (stage, &width) in widths.iter().enumerate() {
        for block in 0..blocks {
            let stride = if stage > 0 && block == 0 { 2 } else { 1 };
            let mut y = net.conv(at, width, 3, stride, 1, false);
            y = net.norm(y);
            y = net.relu(y);
            y = net.conv(y, width, 3, 1, 1, false);
            y = net.norm(y);
            if stride == 2 {
                at = net.conv(at, width, 1, 2, 0, false);
                at = net.norm(at);
            }
            let s = net.shape(at);
            at = net.push(Op::Add, vec![y, at], s);
            at = net.relu(at);
        }
    }
    let width = *widths.last().unwrap();
    at = net.push(Op::GlobalAveragePool, vec![at], vec![width]);
    net.linear(at, 10);
    (net.0, 128, false)
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let threads: usize = std::env::var("LTH_THREADS").ok().and_then(|t| t.parse().ok()).unwrap_or(1);
    let (architecture, batch, adam) = build(&arguments[0]);
    let optimizer = if adam {
        Optimizer::ADAM
    } else {
        Optimizer::Sgd { momentum: 0.9, nesterov: false, weight_decay: 1e-4 }
    };
    let recipe = Recipe {
        batch_size: batch,
        length: Step::from_epochs(1),
        learning_rate: 1e-3,
        optimizer,
        schedule: Schedule::Constant,
        label_smoothing: 0.0,
        gradient_clip: None,
        augmentation: Augmentation::default(),
        init: InitScheme::GlorotNormal,
        bias_init: BiasInit::Zero,
    };
    let weights = lth_model::initialize(&architecture, recipe.init, recipe.bias_init, Seed(0), Purpose::Init, 0);
    let mut stream = RandomStream::new(Seed(1), Purpose::RandomMask, 0);
    let inputs: Vec<f32> = (0..batch * 3072).map(|_| stream.normal() as f32).collect();
    let labels: Vec<u16> = (0..batch).map(|i| (i % 10) as u16).collect();
    for density in &arguments[1..] {
        let density: f64 = density.parse().expect("a density");
        let mut masks = Masks::new();
        if density < 1.0 {
            for parameter in architecture.parameters().iter().filter(|p| p.kind.is_prunable()) {
                let count = parameter.shape.iter().product::<usize>();
                let flags = (0..count).map(|_| stream.uniform() < density).collect::<Vec<_>>();
                masks.insert(parameter.name.clone(), Mask::from_flags(parameter.shape.clone(), flags));
            }
        }
        let engine = CpuEngine::new().with_threads(threads);
        let mut trainer = engine.trainer(&architecture, &recipe, &weights, &masks, Seed(0)).unwrap();
        let mut step = || trainer.step(Batch::Values { inputs: &inputs, labels: &labels }, 1e-3).unwrap();
        step();
        let start = Instant::now();
        step();
        let steps = ((1.0 / start.elapsed().as_secs_f64()) as usize).clamp(2, 200);
        let mut times: Vec<f64> = (0..5)
            .map(|_| {
                let start = Instant::now();
                for _ in 0..steps {
                    step();
                }
                start.elapsed().as_secs_f64() / steps as f64 * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!(
            "{} batch {batch} density {density}: median {:.2} ms/step (min {:.2}, max {:.2})",
            arguments[0], times[2], times[0], times[4]
        );
    }
}

//! The speed of single kernels, for `cargo bench -p lth-cpu --bench linear`.

use std::time::Instant;

use lth_model::{Mask, Purpose, RandomStream, Seed};

use crate::{
    kernels::{
        matmul::{End, Matmul},
        outer::{ActiveExamples, Outer},
        sparse_gradient::SparseGradient,
        sparse_matmul::SparseMatmul,
        transpose::ToPanels,
        update::{Adam, Parameters, Sgd},
    },
    layers::linear::weights::through,
    layout::{buffer::Buffer, ellpack::Layout, lanes::slab_rows, panels::Panels},
    simd::Isa,
};

/// Lanes of the measured batch, one full slab.
const EXAMPLES: usize = 64;
const VECTORS: usize = 4;

/// Seconds of one timing, of which the least of many counts: shorter than another process keeps the core.
const WINDOW: f64 = 0.001;
const WINDOWS: usize = 200;

const SGD: Sgd = Sgd { rate: 1e-6, l2: 0.0 };
const ADAM: Adam = Adam {
    one_minus_beta1: 0.1,
    beta2: 0.999,
    one_minus_beta2: 0.001,
    epsilon: 1e-8,
    step_size: 1e-6,
    root_correction: 1.0,
    l2: 0.0,
    shrink: 1.0,
};

/// How long a kernel takes, and what it computes.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// What is measured.
    pub kernel: &'static str,
    /// Of one call.
    pub seconds: f64,
    /// Floating-point operations of the kept weights, a multiply-add being two; those of an update are not counted.
    pub operations: f64,
}

/// The kernels of a linear layer that keeps this fraction of its weights, with 64 examples.
pub fn linear(isa: Isa, inputs: usize, outputs: usize, density: f64) -> Vec<Timing> {
    let mut stream = RandomStream::new(Seed(0), Purpose::RandomMask, 0);
    let flags: Vec<bool> = (0..outputs * inputs).map(|_| stream.uniform() < density).collect();
    let mask = Mask::from_flags(vec![outputs, inputs], flags);
    let operations = (2 * EXAMPLES * mask.live()) as f64;
    let mut layer = Layer::new(isa, inputs, outputs);
    let seconds = if density < 1.0 { layer.sparse(&mask) } else { layer.dense() };
    let names = ["forward", "data gradient", "weight gradient, SGD", "weight gradient, Adam"];
    names.into_iter().zip(seconds).map(|(kernel, seconds)| Timing { kernel, seconds, operations }).collect()
}

/// Slabs of noise around a layer.
struct Layer {
    isa: Isa,
    inputs: usize,
    outputs: usize,
    x: Buffer,
    y: Buffer,
    dy: Buffer,
    dx: Buffer,
    bias: Buffer,
}

/// Weights with both moments.
struct Memory([Buffer; 3]);

impl Memory {
    fn new(len: usize) -> Self {
        Self(std::array::from_fn(|_| Buffer::zeros(len)))
    }

    fn parameters(&mut self) -> Parameters<'_> {
        let [w, first, second] = &mut self.0;
        Parameters { w, first, second }
    }
}

impl Layer {
    fn new(isa: Isa, inputs: usize, outputs: usize) -> Self {
        let mut stream = RandomStream::new(Seed(0), Purpose::Init, 0);
        let mut noise = |len: usize| {
            let mut buffer = Buffer::zeros(len);
            buffer.iter_mut().for_each(|value| *value = stream.normal() as f32);
            buffer
        };
        let (of_x, of_y) = (slab_rows(inputs) * EXAMPLES, slab_rows(outputs) * EXAMPLES);
        let (x, y, dy, dx) = (noise(of_x), noise(of_y), noise(of_y), noise(of_x));
        Self { isa, inputs, outputs, x, y, dy, dx, bias: noise(slab_rows(outputs)) }
    }

    fn dense(&mut self) -> [f64; 4] {
        let isa = self.isa;
        let panels = Panels::new(self.outputs, self.inputs);
        let mut memory = Memory::new(panels.len());
        let terms: Vec<u16> = (0..self.inputs.max(self.outputs) as u16).collect();
        let forward = least(|| {
            isa.run(Matmul {
                weights: &memory.0[0],
                panels,
                forward: true,
                first: 0,
                rows: self.outputs,
                terms: &terms[..self.inputs],
                x: &self.x,
                y: &mut self.y,
                start: Some(&self.bias),
                vectors: VECTORS,
                end: End::Relu,
            });
        });
        let data = least(|| {
            isa.run(Matmul {
                weights: &memory.0[0],
                panels,
                forward: false,
                first: 0,
                rows: self.inputs,
                terms: &terms[..self.outputs],
                x: &self.dy,
                y: &mut self.dx,
                start: None,
                vectors: VECTORS,
                end: End::Gate(&self.x),
            });
        });
        // Only the sizes of batch-major blocks matter here.
        let dy = Buffer::zeros(ToPanels::len(self.outputs, EXAMPLES));
        let x = Buffer::zeros(panels.width() * EXAMPLES);
        let mut active = ActiveExamples::default();
        active.all(panels.width() / 16, EXAMPLES);
        let mut reverse = false;
        let mut gradient = |rule: Rule| {
            least(|| {
                reverse = !reverse;
                let (dy, x, rows, active, kept) = (&*dy, &*x, EXAMPLES, &active, None);
                let parameters = memory.parameters();
                match rule {
                    Rule::Sgd => {
                        isa.run(Outer { dy, x, rows, active, panels, reverse, parameters, kept, rule: SGD });
                    }
                    Rule::Adam => {
                        isa.run(Outer { dy, x, rows, active, panels, reverse, parameters, kept, rule: ADAM });
                    }
                }
            })
        };
        [forward, data, gradient(Rule::Sgd), gradient(Rule::Adam)]
    }

    fn sparse(&mut self, mask: &Mask) -> [f64; 4] {
        let isa = self.isa;
        let layout = Layout::new(mask, self.outputs, self.inputs);
        let transposed = Layout::transposed(mask, self.outputs, self.inputs);
        let through = through(&layout, &transposed, mask.len());
        let mut memory = Memory::new(layout.slots() + 16);
        let forward = least(|| {
            isa.run(SparseMatmul {
                layout: &layout,
                weights: &memory.0[0],
                through: None,
                x: &self.x,
                y: &mut self.y,
                start: Some(&self.bias),
                vectors: VECTORS,
                end: End::Relu,
            });
        });
        let data = least(|| {
            isa.run(SparseMatmul {
                layout: &transposed,
                weights: &memory.0[0],
                through: Some(&through),
                x: &self.dy,
                y: &mut self.dx,
                start: None,
                vectors: VECTORS,
                end: End::Gate(&self.x),
            });
        });
        let (dy_rows, x_rows) = (slab_rows(self.outputs), slab_rows(self.inputs));
        let mut gradient = |rule: Rule| {
            least(|| {
                let (layout, dy, x, slabs, vectors) = (&layout, &*self.dy, &*self.x, 1, VECTORS);
                let parameters = memory.parameters();
                match rule {
                    Rule::Sgd => isa.run(SparseGradient {
                        layout,
                        dy,
                        dy_rows,
                        x,
                        x_rows,
                        slabs,
                        vectors,
                        parameters,
                        rule: SGD,
                    }),
                    Rule::Adam => isa.run(SparseGradient {
                        layout,
                        dy,
                        dy_rows,
                        x,
                        x_rows,
                        slabs,
                        vectors,
                        parameters,
                        rule: ADAM,
                    }),
                }
            })
        };
        [forward, data, gradient(Rule::Sgd), gradient(Rule::Adam)]
    }
}

/// The optimisers that are measured.
#[derive(Clone, Copy)]
enum Rule {
    Sgd,
    Adam,
}

/// Seconds of a call.
fn least(mut call: impl FnMut()) -> f64 {
    call();
    let start = Instant::now();
    call();
    let calls = ((WINDOW / start.elapsed().as_secs_f64()) as usize).max(1);
    let window = |_| {
        let start = Instant::now();
        (0..calls).for_each(|_| call());
        start.elapsed().as_secs_f64() / calls as f64
    };
    (0..WINDOWS).map(window).fold(f64::INFINITY, f64::min)
}

//! A convolution with a pool against the same convolution, a plain pool after it and a plain way back.

use lth_model::{Mask, Pruned, Tensor, Window};
use proptest::prelude::*;

use crate::{
    kernels::conv::pack::Read,
    layers::conv::{
        layer::{Conv, Shape},
        pass::{Dx, Written},
        source::Source,
    },
    layout::{
        buffer::Buffer,
        lanes::{Lanes, slab_rows},
    },
    parameters::stored::{Given, Part},
    simd::Isa,
    tests::support::*,
    threads::{Machine, Threads},
};

/// A convolution that keeps the size of its map, of a batch.
struct Case {
    map: [usize; 2],
    kernel: usize,
    inputs: usize,
    outputs: usize,
    lanes: Lanes,
    relu: bool,
    mask: Option<Mask>,
    weights: Tensor,
    bias: Tensor,
    x: Vec<f32>,
    /// The gradient of the pooled map.
    dp: Vec<f32>,
}

impl Case {
    fn pixels(&self) -> usize {
        self.map[0] * self.map[1]
    }

    fn conv(&self, pool: bool) -> Conv {
        let window = Window::square(self.kernel, 1, self.kernel / 2);
        let shape = Shape { window, in_map: self.map, out_map: self.map, pool };
        let given = |value| Given { value, moments: [None; 2], kept_moments: 0, pruned: Pruned::Zero };
        Conv::new(shape, &given(&self.weights), self.mask.as_ref(), Some(&given(&self.bias)), Some(0.9))
    }

    /// Output, gradients of input, weights and bias, of a convolution of which `dy` of the output is the output's gradient.
    fn run(&self, machine: Machine<'_>, pool: bool, dy: impl FnOnce(&[f32]) -> Vec<f32>) -> [Vec<f32>; 4] {
        let mut conv = self.conv(pool);
        let after = self.outputs * self.pixels() / if pool { 4 } else { 1 };
        let before = self.inputs * self.pixels();
        let slabs = |features: usize| {
            let mut slabs = Buffer::zeros(slab_rows(features) * self.lanes.width() * self.lanes.slabs);
            slabs.fill(7.0);
            slabs
        };
        let (mut y, mut dx) = (slabs(after), slabs(before));
        let x = to_slabs(&self.x, before, self.lanes, 0.5);
        let source = |slabs| Source::Slabs(slabs, Read::Stored);
        conv.forward(
            machine,
            self.lanes,
            source(&x),
            &mut y,
            Written { relu: self.relu, ..Written::default() },
        );
        let output = from_slabs(&y, after, self.lanes);
        let dy = to_slabs(&dy(&output), after, self.lanes, 0.0);
        let wanted = Dx { to: &mut dx, add: false, gate: None, behind: None };
        conv.back(machine, self.lanes, (source(&x), source(&dy)), Some(wanted));
        let mut gradient = vec![0.0; conv.weight(Part::Value).len()];
        conv.weights.unpack(&conv.weights.gradient, &mut gradient);
        let bias = conv.bias_gradient().expect("it has a bias").to_vec();
        [output, from_slabs(&dx, before, self.lanes), gradient, bias]
    }

    /// For each window of a map the index of its first maximum.
    fn maxima(&self, y: &[f32]) -> Vec<usize> {
        let [height, width] = self.map;
        let mut maxima = Vec::new();
        for plane in 0..y.len() / self.pixels() {
            for (row, column) in (0..height / 2).flat_map(|row| (0..width / 2).map(move |c| (row, c))) {
                let at = |i: usize| (plane * height + 2 * row + i / 2) * width + 2 * column + i % 2;
                let first = (1..4).fold(at(0), |best, i| if y[at(i)] > y[best] { at(i) } else { best });
                maxima.push(first);
            }
        }
        maxima
    }

    fn check(&self, machine: Machine<'_>) {
        let (mut pooled, mut dp) = (Vec::new(), Vec::new());
        let expected = self.run(machine, false, |y| {
            let maxima = self.maxima(y);
            pooled = maxima.iter().map(|&at| y[at]).collect();
            // Who reads a ReLU's output closes its gradient.
            let open = |top: f32| !self.relu || top > 0.0;
            dp = self.dp.iter().zip(&pooled).map(|(&dp, &top)| if open(top) { dp } else { 0.0 }).collect();
            let mut dy = vec![0.0; y.len()];
            maxima.iter().zip(&dp).for_each(|(&at, &dp)| dy[at] = dp);
            dy
        });
        let found = self.run(machine, true, |_| dp);
        for (index, what) in ["pooled map", "dx", "dw", "db"].into_iter().enumerate() {
            let expected = if index == 0 { &pooled } else { &expected[index] };
            assert_same_bits(&found[index], expected, &format!("{what}, {}", machine.isa));
        }
    }
}

proptest! {
    #![proptest_config(cases(20))]

    /// Direct, pruned and by minimal filtering, with slabs in groups and whole, to the bit.
    #[test]
    fn same_as_a_pool_behind_it(
        halves in (2_usize..=9, 2_usize..=9),
        kernel in proptest::sample::select(vec![1_usize, 3, 5]),
        channels in prop_oneof![(1_usize..=6, 1_usize..=6), (32_usize..=34, 32_usize..=34)],
        examples in proptest::sample::select(vec![1_usize, 16, 20, 33, 60, 130]),
        density in density(),
        relu: bool,
        seed: u64,
    ) {
        let (inputs, outputs) = channels;
        let map = [2 * halves.0, 2 * halves.1];
        let mut stream = stream(seed);
        let shape = vec![outputs, inputs, kernel, kernel];
        let mask = (density < 1.0).then(|| {
            let flat = mask(&mut stream, outputs, inputs * kernel * kernel, density);
            Mask::from_flags(shape.clone(), flat.flags())
        });
        let mut weights = noise(&mut stream, outputs * inputs * kernel * kernel);
        if let Some(mask) = &mask {
            weights = masked(&weights, mask);
        }
        let pixels = map[0] * map[1];
        // Coarse inputs, so that windows have equal maxima.
        let coarse = |values: Vec<f32>| values.into_iter().map(f32::round).collect::<Vec<f32>>();
        let case = Case {
            map,
            kernel,
            inputs,
            outputs,
            lanes: Lanes::narrow(examples),
            relu,
            mask,
            weights: Tensor::new(shape, coarse(weights)),
            bias: Tensor::new(vec![outputs], coarse(noise(&mut stream, outputs))),
            x: coarse(noise(&mut stream, examples * inputs * pixels)),
            dp: noise(&mut stream, examples * outputs * pixels / 4),
        };
        for isa in Isa::available() {
            for threads in [1, 2] {
                let threads = Threads::new(threads);
                case.check(Machine { isa, threads: &threads });
            }
        }
    }
}

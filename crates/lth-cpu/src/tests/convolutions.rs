//! Convolutions, direct, by minimal filtering and pruned, against plain loops in 64 bits.

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

/// A convolution of a batch, with what it is given.
struct Case {
    window: Window,
    in_map: [usize; 2],
    out_map: [usize; 2],
    inputs: usize,
    outputs: usize,
    lanes: Lanes,
    mask: Option<Mask>,
    weights: Vec<f32>,
    /// `[example][channel][y][x]`
    x: Vec<f32>,
    dy: Vec<f32>,
}

/// Results: y, dx and the gradient of all weights that are kept.
type Results = [Vec<f32>; 3];

impl Case {
    fn new(
        window: Window,
        in_map: [usize; 2],
        (inputs, outputs): (usize, usize),
        examples: usize,
        density: f64,
        seed: u64,
    ) -> Self {
        let mut stream = stream(seed);
        let out_map = window.output(in_map).expect("the kernel fits");
        let count = inputs * outputs * window.kernel[0] * window.kernel[1];
        let shape = vec![outputs, inputs, window.kernel[0], window.kernel[1]];
        let mask = (density < 1.0).then(|| {
            Mask::from_flags(shape, (0..count).map(|_| stream.uniform() < density).collect::<Vec<_>>())
        });
        let mut weights = noise(&mut stream, count);
        if let Some(mask) = &mask {
            weights = masked(&weights, mask);
        }
        let x = noise(&mut stream, examples * inputs * in_map[0] * in_map[1]);
        let dy = noise(&mut stream, examples * outputs * out_map[0] * out_map[1]);
        let lanes = Lanes::narrow(examples);
        Self { window, in_map, out_map, inputs, outputs, lanes, mask, weights, x, dy }
    }

    fn run(&self, isa: Isa, threads: usize) -> Results {
        let [height, width] = self.window.kernel;
        let tensor = Tensor::new(vec![self.outputs, self.inputs, height, width], self.weights.clone());
        let given = Given { value: &tensor, moments: [None; 2], kept_moments: 0, pruned: Pruned::Zero };
        let shape = Shape { window: self.window, in_map: self.in_map, out_map: self.out_map, pool: false };
        let mut conv = Conv::new(shape, &given, self.mask.as_ref(), None, Some(1.0));
        let threads = Threads::new(threads);
        let machine = Machine { isa, threads: &threads };
        let features = |channels: usize, map: [usize; 2]| channels * map[0] * map[1];
        let (from, to) = (features(self.inputs, self.in_map), features(self.outputs, self.out_map));
        let x = to_slabs(&self.x, from, self.lanes, 0.5);
        let dy = to_slabs(&self.dy, to, self.lanes, 0.0);
        let slabs = |features: usize| {
            let mut slabs = Buffer::zeros(slab_rows(features) * self.lanes.width() * self.lanes.slabs);
            slabs.fill(7.0);
            slabs
        };
        let (mut y, mut dx) = (slabs(to), slabs(from));
        let source = |slabs| Source::Slabs(slabs, Read::Stored);
        conv.forward(machine, self.lanes, source(&x), &mut y, Written::default());
        let wanted = Dx { to: &mut dx, add: false, gate: None, behind: None };
        conv.back(machine, self.lanes, (source(&x), source(&dy)), Some(wanted));
        let mut gradient = vec![0.0; conv.weight(Part::Value).len()];
        conv.weights.unpack(&conv.weights.gradient, &mut gradient);
        if let Some(mask) = &self.mask {
            gradient = masked(&gradient, mask);
        }
        [from_slabs(&y, to, self.lanes), from_slabs(&dx, from, self.lanes), gradient]
    }

    /// Calls `each` with the places of y, x and w, and the values, of every product.
    fn products(&self, mut each: impl FnMut([usize; 3], [f64; 3])) {
        let [kernel_y, kernel_x] = self.window.kernel;
        for example in 0..self.lanes.examples {
            for (o, c) in (0..self.outputs).flat_map(|o| (0..self.inputs).map(move |c| (o, c))) {
                for (y, x) in (0..self.out_map[0]).flat_map(|y| (0..self.out_map[1]).map(move |x| (y, x))) {
                    for (ky, kx) in (0..kernel_y).flat_map(|ky| (0..kernel_x).map(move |kx| (ky, kx))) {
                        let row = (y * self.window.stride[0] + ky).wrapping_sub(self.window.padding[0]);
                        let column = (x * self.window.stride[1] + kx).wrapping_sub(self.window.padding[1]);
                        if row >= self.in_map[0] || column >= self.in_map[1] {
                            continue;
                        }
                        let to = ((example * self.outputs + o) * self.out_map[0] + y) * self.out_map[1] + x;
                        let from =
                            ((example * self.inputs + c) * self.in_map[0] + row) * self.in_map[1] + column;
                        let w = ((o * self.inputs + c) * kernel_y + ky) * kernel_x + kx;
                        let values = [self.dy[to], self.x[from], self.weights[w]].map(f64::from);
                        each([to, from, w], values);
                    }
                }
            }
        }
    }

    /// Results in 64 bits, and for each the sum of magnitudes.
    fn expected(&self) -> [(Vec<f64>, Vec<f64>); 3] {
        let zeros = |len: usize| (vec![0.0; len], vec![0.0; len]);
        let mut results = [zeros(self.dy.len()), zeros(self.x.len()), zeros(self.weights.len())];
        self.products(|[to, from, w], [dy, x, weight]| {
            for ((at, value), (sums, magnitudes)) in
                [(to, x * weight), (from, dy * weight), (w, dy * x)].into_iter().zip(&mut results)
            {
                sums[at] += value;
                magnitudes[at] += value.abs();
            }
        });
        if let Some(mask) = &self.mask {
            for (gradient, kept) in results[2].0.iter_mut().zip(mask.flags()) {
                *gradient = if kept { *gradient } else { 0.0 };
            }
        }
        results
    }

    /// Every instruction set and number of threads gives the same bits; they are right up to `slack` units in the last
    /// place of the sum of magnitudes, and `spread` of the largest such sum.
    fn check(&self, slack: f64, spread: f64) {
        let first = self.run(Isa::available()[0], 1);
        for isa in Isa::available() {
            for threads in [1, 2] {
                for (found, expected) in self.run(isa, threads).iter().zip(&first) {
                    assert_same_bits(found, expected, &format!("{isa}, {threads} threads"));
                }
            }
        }
        for ((found, (expected, magnitudes)), what) in
            first.iter().zip(self.expected()).zip(["y", "dx", "dw"])
        {
            let largest = magnitudes.iter().copied().fold(0.0, f64::max);
            let bound = |i: usize| HALF_ULP * (slack * magnitudes[i] + spread * largest) + 1e-30;
            assert_close(found, &expected, bound, what);
        }
    }
}

fn window() -> impl Strategy<Value = Window> {
    let kernel = (1_usize..=5, 1_usize..=5);
    (kernel, (1_usize..=3, 1_usize..=3), (0_usize..=2, 0_usize..=2)).prop_map(|(kernel, stride, padding)| {
        Window { kernel: kernel.into(), stride: stride.into(), padding: padding.into() }
    })
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn direct_and_pruned(
        window in window(),
        map in (1_usize..=11, 1_usize..=19),
        channels in (1_usize..=9, 1_usize..=9),
        examples in examples(),
        density in density(),
        seed: u64,
    ) {
        let map: [usize; 2] = map.into();
        prop_assume!(window.output(map).is_some());
        let case = Case::new(window, map, channels, examples, density, seed);
        // The longest sum is that of the weight gradient, over all places and examples.
        let terms = (examples * map[0] * map[1]).max(25 * 9) + 2;
        case.check(terms as f64, 0.0);
    }
}

proptest! {
    #![proptest_config(cases(12))]

    /// Transformed pieces are sums of up to 4 inputs and transformed weights of up to 9/4, so a product of them may be
    /// larger than those it stands for; what it loses is bounded by the largest sum of magnitudes there is, a few units in
    /// its last place for each channel.
    #[test]
    fn minimal_filtering(
        map in (4_usize..=11, 4_usize..=11),
        padding in 0_usize..=2,
        channels in (32_usize..=37, 32_usize..=37),
        examples in proptest::sample::select(vec![1_usize, 16, 20, 33]),
        seed: u64,
    ) {
        let window = Window::square(3, 1, padding);
        let map: [usize; 2] = map.into();
        prop_assume!(window.output(map).is_some_and(|out| out[0].min(out[1]) >= 4));
        let case = Case::new(window, map, channels, examples, 1.0, seed);
        case.check(0.0, 16.0);
    }
}

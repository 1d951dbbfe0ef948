//! Dense and sparse products with a slab.

use proptest::prelude::*;

use crate::{
    kernels::{
        matmul::{End, Matmul},
        sparse_matmul::SparseMatmul,
    },
    layers::linear::weights::through,
    layout::{ellpack::Layout, lanes::Lanes, panels::Panels},
    simd::Isa,
    tests::{reference, support::*},
};

/// One random layer and one slab of what it reads.
struct Case {
    lanes: Lanes,
    panels: Panels,
    inputs: usize,
    outputs: usize,
    /// `[output][input]`
    weights: Vec<f32>,
    bias: Option<Vec<f32>>,
    /// `[example][input]`
    x: Vec<f32>,
    /// Inputs that are not zero throughout, and some that are.
    terms: Vec<u16>,
    /// `[example][output]`
    dy: Vec<f32>,
    /// `[example][input]`, a third each negative, zero and positive.
    gate: Vec<f32>,
}

impl Case {
    fn new((n, inputs, outputs): (usize, usize, usize), seed: u64) -> Self {
        let mut stream = stream(seed);
        let weights = noise(&mut stream, outputs * inputs);
        let bias = (stream.below(2) == 0).then(|| noise(&mut stream, outputs));
        let silent: Vec<bool> = (0..inputs).map(|_| stream.below(3) == 0).collect();
        let x =
            (0..n * inputs).map(|i| if silent[i % inputs] { 0.0 } else { stream.normal() as f32 }).collect();
        let listed = (0..inputs).filter(|&input| !silent[input] || stream.below(4) == 0);
        Self {
            lanes: Lanes::of(n),
            panels: Panels::new(outputs, inputs),
            inputs,
            outputs,
            weights,
            bias,
            x,
            terms: listed.map(|input| input as u16).collect(),
            dy: noise(&mut stream, n * outputs),
            gate: (0..n * inputs).map(|_| stream.below(3) as f32 - 1.0).collect(),
        }
    }

    fn shape(&self) -> (usize, usize, usize) {
        (self.lanes.examples, self.inputs, self.outputs)
    }

    /// The dense forward pass, `[example][output]`.
    fn forward(&self, isa: Isa, weights: &[f32], terms: &[u16], relu: bool) -> Vec<f32> {
        // Lanes beyond the batch hold anything finite.
        let x = to_slabs(&self.x, self.inputs, self.lanes, 0.25);
        let mut y = to_slabs(&[], self.outputs, self.lanes, 7.0);
        isa.run(Matmul {
            weights: &to_panels(weights, self.panels, self.inputs),
            panels: self.panels,
            forward: true,
            first: 0,
            rows: self.outputs,
            terms,
            x: &x,
            y: &mut y,
            start: self.bias.as_deref(),
            vectors: self.lanes.vectors,
            end: if relu { End::Relu } else { End::Plain },
        });
        self.assert_rest_untouched(&y, self.outputs);
        from_slabs(&y, self.outputs, self.lanes)
    }

    /// The dense data gradient, `[example][input]`.
    fn backward(&self, isa: Isa, weights: &[f32], gated: bool) -> Vec<f32> {
        let dy = to_slabs(&self.dy, self.outputs, self.lanes, 0.0);
        let gate = to_slabs(&self.gate, self.inputs, self.lanes, 1.0);
        let mut dx = to_slabs(&[], self.inputs, self.lanes, 7.0);
        let terms: Vec<u16> = (0..self.outputs as u16).collect();
        isa.run(Matmul {
            weights: &to_panels(weights, self.panels, self.inputs),
            panels: self.panels,
            forward: false,
            first: 0,
            rows: self.inputs,
            terms: &terms,
            x: &dy,
            y: &mut dx,
            start: None,
            vectors: self.lanes.vectors,
            end: if gated { End::Gate(&gate) } else { End::Plain },
        });
        self.assert_rest_untouched(&dx, self.inputs);
        from_slabs(&dx, self.inputs, self.lanes)
    }

    fn assert_rest_untouched(&self, slab: &[f32], features: usize) {
        assert!(slab[features * self.lanes.width()..].iter().all(|&value| value == 7.0));
    }

    /// A sparse product: forward, or the data gradient through the transposed layout. `ended` by a ReLU, or by its gate.
    fn sparse(
        &self,
        isa: Isa,
        weights: &[f32],
        mask: &lth_model::Mask,
        forward: bool,
        ended: bool,
    ) -> Vec<f32> {
        let layout = Layout::new(mask, self.outputs, self.inputs);
        let transposed = Layout::transposed(mask, self.outputs, self.inputs);
        let through = through(&layout, &transposed, weights.len());
        let (from, to) = if forward { (self.inputs, self.outputs) } else { (self.outputs, self.inputs) };
        let x = to_slabs(if forward { &self.x } else { &self.dy }, from, self.lanes, 0.25);
        let gate = to_slabs(&self.gate, self.inputs, self.lanes, 1.0);
        let mut y = to_slabs(&[], to, self.lanes, 7.0);
        isa.run(SparseMatmul {
            layout: if forward { &layout } else { &transposed },
            weights: &to_slots(weights, &layout),
            through: if forward { None } else { Some(&through) },
            x: &x,
            y: &mut y,
            start: self.bias.as_deref().filter(|_| forward),
            vectors: self.lanes.vectors,
            end: match (ended, forward) {
                (false, _) => End::Plain,
                (true, true) => End::Relu,
                (true, false) => End::Gate(&gate),
            },
        });
        let scratch = (to + 1) * self.lanes.width();
        assert!(y[scratch..].iter().all(|&value| value == 7.0), "only the scratch row may be written");
        from_slabs(&y, to, self.lanes)
    }
}

fn shapes() -> impl Strategy<Value = (usize, usize, usize)> {
    (1_usize..=64, size(70), size(45))
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn dense_forward(shape in shapes(), relu: bool, seed: u64) {
        let case = Case::new(shape, seed);
        let found = everywhere(|isa| case.forward(isa, &case.weights, &case.terms, relu));
        let all: Vec<u16> = (0..case.inputs as u16).collect();
        let unlisted = case.forward(Isa::detect(), &case.weights, &all, relu);
        assert_same_bits(&found, &unlisted, "leaving out inputs that are zero throughout");

        let (n, _, outputs) = case.shape();
        let bias = case.bias.clone().unwrap_or_else(|| vec![0.0; outputs]);
        let (mut expected, mut magnitude) = (vec![0.0; n * outputs], vec![0.0; n * outputs]);
        reference::linear_forward(&mut expected, &wide(&case.x), &wide(&case.weights), &wide(&bias), case.shape());
        reference::linear_forward(&mut magnitude, &sizes(&case.x), &sizes(&case.weights), &sizes(&bias), case.shape());
        if relu {
            let before = expected.clone();
            reference::relu_forward(&mut expected, &before);
        }
        assert_close(&found, &expected, |i| sum_bound(case.inputs, magnitude[i]), "y");
    }

    #[test]
    fn dense_data_gradient(shape in shapes(), gated: bool, seed: u64) {
        let case = Case::new(shape, seed);
        let found = everywhere(|isa| case.backward(isa, &case.weights, gated));
        let (n, inputs, _) = case.shape();
        let (mut expected, mut magnitude) = (vec![0.0; n * inputs], vec![0.0; n * inputs]);
        reference::linear_backward_data(&mut expected, &wide(&case.dy), &wide(&case.weights), case.shape());
        reference::linear_backward_data(&mut magnitude, &sizes(&case.dy), &sizes(&case.weights), case.shape());
        if gated {
            let ungated = std::mem::replace(&mut expected, vec![0.0; n * inputs]);
            reference::relu_backward(&mut expected, &ungated, &wide(&case.gate));
        }
        assert_close(&found, &expected, |i| sum_bound(case.outputs, magnitude[i]), "dx");
    }

    #[test]
    fn sparse_products_have_the_bits_of_dense_ones(shape in shapes(), density in density(), ended: bool, seed: u64) {
        let case = Case::new(shape, seed);
        let mask = mask(&mut stream(!seed), case.outputs, case.inputs, density);
        let weights = masked(&case.weights, &mask);
        let dense = case.forward(Isa::detect(), &weights, &case.terms, ended);
        let sparse = everywhere(|isa| case.sparse(isa, &weights, &mask, true, ended));
        assert_same_bits(&sparse, &dense, "forward");
        let dense = case.backward(Isa::detect(), &weights, ended);
        let sparse = everywhere(|isa| case.sparse(isa, &weights, &mask, false, ended));
        assert_same_bits(&sparse, &dense, "data gradient");
    }
}

#[test]
fn sparse_products_of_blocked_layouts_have_the_bits_of_dense_ones() {
    // Wide and dense enough for several blocks of terms.
    for (shape, density) in
        [((60, 784, 30), 0.9), ((64, 500, 7), 1.0), ((17, 300, 100), 0.4), ((33, 784, 64), 0.1)]
    {
        let case = Case::new(shape, 5);
        let mask = mask(&mut stream(6), case.outputs, case.inputs, density);
        let weights = masked(&case.weights, &mask);
        for ended in [false, true] {
            let dense = case.forward(Isa::detect(), &weights, &case.terms, ended);
            let sparse = everywhere(|isa| case.sparse(isa, &weights, &mask, true, ended));
            assert_same_bits(&sparse, &dense, "forward");
            let dense = case.backward(Isa::detect(), &weights, ended);
            let sparse = everywhere(|isa| case.sparse(isa, &weights, &mask, false, ended));
            assert_same_bits(&sparse, &dense, "data gradient");
        }
    }
}

#[test]
fn not_a_number_passes_through_a_relu() {
    let mut case = Case::new((5, 3, 4), 1);
    case.x[0] = f32::NAN;
    let all: Vec<u16> = (0..3).collect();
    let y = everywhere(|isa| {
        case.forward(isa, &case.weights, &all, true)
            .into_iter()
            .map(|v| if v.is_nan() { -1.0 } else { v })
            .collect()
    });
    assert!(y[..4].iter().all(|&value| value == -1.0), "the first example's outputs are all NaN");
    assert!(y[4..].iter().all(|&value| value >= 0.0));
}

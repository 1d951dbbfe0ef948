//! Weight and bias gradients, dense and sparse, and the updates that are fused with them.

use lth_model::Mask;
use proptest::prelude::*;

use crate::{
    kernels::{
        bias::Bias,
        outer::{ActiveExamples, Outer},
        sparse_gradient::SparseGradient,
        update::{Parameters, UpdateRule},
    },
    layout::{
        buffer::Buffer,
        ellpack::Layout,
        lanes::{Lanes, slab_rows},
        panels::Panels,
    },
    simd::Isa,
    tests::{
        reference,
        support::*,
        updates::{GradientOf, Rule, apply, with_rule},
    },
};

/// A layer's input and the gradient of its output, and weights with their moments.
struct Case {
    lanes: Lanes,
    inputs: usize,
    outputs: usize,
    /// `[example][input]`, many of them zero.
    x: Vec<f32>,
    /// `[example][output]`
    dy: Vec<f32>,
    /// `[output][input]`: weights, first and second moments, zero where pruned.
    parameters: [Vec<f32>; 3],
    mask: Mask,
    /// Whether examples without an input in a vector are listed all the same.
    listed: bool,
}

impl Case {
    fn new((n, inputs, outputs): (usize, usize, usize), density: f64, seed: u64) -> Self {
        let mut stream = stream(seed);
        let mask = mask(&mut stream, outputs, inputs, density);
        // Whole vectors of an example are zero, and parts of others.
        let quiet: Vec<bool> = (0..n * inputs.div_ceil(16)).map(|_| stream.below(2) == 0).collect();
        let x = (0..n * inputs)
            .map(|i| {
                let (example, input) = (i / inputs, i % inputs);
                let zero = quiet[example * inputs.div_ceil(16) + input / 16] || stream.below(4) == 0;
                if zero { 0.0 } else { stream.normal() as f32 }
            })
            .collect();
        let mut parameter = || masked(&noise(&mut stream, outputs * inputs), &mask);
        let parameters = [parameter(), parameter(), parameter().iter().map(|v| v * v).collect()];
        let (dy, listed) = (noise(&mut stream, n * outputs), stream.below(2) == 0);
        Self { lanes: Lanes::of(n), inputs, outputs, x, dy, parameters, mask, listed }
    }

    fn shape(&self) -> (usize, usize, usize) {
        (self.lanes.examples, self.inputs, self.outputs)
    }

    fn active(&self) -> ActiveExamples {
        let mut active = ActiveExamples::default();
        for vector in 0..self.inputs.div_ceil(16) {
            for (example, row) in self.x.chunks_exact(self.inputs).enumerate() {
                let inputs = &row[vector * 16..self.inputs.min(vector * 16 + 16)];
                if self.listed || inputs.iter().any(|&value| value != 0.0) {
                    active.push(example as u32);
                }
            }
            active.end_vector();
        }
        active
    }

    /// Weights, first and second moments after the dense kernel, `[output][input]` each, one after the other.
    fn dense<R: UpdateRule>(&self, isa: Isa, rule: R, masked: bool, reverse: bool) -> Vec<f32> {
        let panels = Panels::new(self.outputs, self.inputs);
        let dy = to_slabs(&self.dy, self.outputs, self.lanes, 0.0);
        let x = to_slabs(&self.x, self.inputs, self.lanes, 0.25);
        let [mut w, mut first, mut second] =
            self.parameters.each_ref().map(|p| to_panels(p, panels, self.inputs));
        let kept = masked.then(|| kept_words(&self.mask, panels, self.inputs));
        isa.run(Outer {
            dy: &panel_rows(isa, &dy, self.outputs, self.lanes),
            x: &vector_rows(isa, &x, self.inputs, self.lanes),
            rows: self.lanes.slabs * self.lanes.width(),
            panels,
            reverse,
            active: &self.active(),
            parameters: Parameters { w: &mut w, first: &mut first, second: &mut second },
            kept: kept.as_deref(),
            rule,
        });
        [w, first, second].iter().flat_map(|part| from_panels(part, panels, self.inputs)).collect()
    }

    /// The same after the sparse kernel.
    fn sparse<R: UpdateRule>(&self, isa: Isa, rule: R) -> Vec<f32> {
        let layout = Layout::new(&self.mask, self.outputs, self.inputs);
        let dy = to_slabs(&self.dy, self.outputs, self.lanes, 0.0);
        let x = to_slabs(&self.x, self.inputs, self.lanes, 0.25);
        let [mut w, mut first, mut second] = self.parameters.each_ref().map(|p| to_slots(p, &layout));
        isa.run(SparseGradient {
            layout: &layout,
            dy: &dy,
            dy_rows: slab_rows(self.outputs),
            x: &x,
            x_rows: slab_rows(self.inputs),
            slabs: self.lanes.slabs,
            vectors: self.lanes.vectors,
            parameters: Parameters { w: &mut w, first: &mut first, second: &mut second },
            rule,
        });
        for (slot, &origin) in layout.origin.iter().enumerate() {
            assert!(origin != u32::MAX || w[slot].to_bits() == 0, "a filling slot stays zero");
        }
        [w, first, second].iter().flat_map(|part| from_slots(part, &layout, self.mask.len())).collect()
    }

    /// Biases and their moments; `parameters` are `[output]`.
    fn bias<R: UpdateRule>(&self, isa: Isa, rule: R, parameters: &[Vec<f32>; 3]) -> Vec<f32> {
        let dy = to_slabs(&self.dy, self.outputs, self.lanes, 0.0);
        let rows = slab_rows(self.outputs);
        let [mut w, mut first, mut second] = parameters.each_ref().map(|part| {
            let mut buffer = Buffer::zeros(rows);
            buffer[..part.len()].copy_from_slice(part);
            buffer
        });
        isa.run(Bias {
            dy: &dy,
            rows,
            slabs: self.lanes.slabs,
            vectors: self.lanes.vectors,
            parameters: Parameters { w: &mut w, first: &mut first, second: &mut second },
            rule,
        });
        [w, first, second].iter().flat_map(|part| part[..self.outputs].to_vec()).collect()
    }

    /// Gradients of weights and biases, and the sums of magnitudes that bound their errors.
    fn expected(&self) -> [(Vec<f64>, Vec<f64>); 2] {
        let (weights, biases) = (self.outputs * self.inputs, self.outputs);
        let gradients = |dy: &[f64], x: &[f64]| {
            let (mut dw, mut db) = (vec![0.0; weights], vec![0.0; biases]);
            reference::linear_backward_weights(&mut dw, &mut db, dy, x, self.shape());
            (dw, db)
        };
        let (dw, db) = gradients(&wide(&self.dy), &wide(&self.x));
        let (dw_size, db_size) = gradients(&sizes(&self.dy), &sizes(&self.x));
        [(dw, dw_size), (db, db_size)]
    }
}

/// What the fused update must give: the rule applied to the gradient, where a weight is kept; nothing elsewhere.
fn expected_update(
    rule: Rule,
    parameters: &[Vec<f32>; 3],
    gradient: &[f32],
    mask: Option<&Mask>,
) -> Vec<f32> {
    let mut expected = parameters.clone();
    apply(rule, gradient, &mut expected);
    if let Some(mask) = mask {
        for (part, before) in expected.iter_mut().zip(parameters) {
            for index in (0..mask.len()).filter(|&index| !mask.is_live(index)) {
                part[index] = before[index];
            }
        }
    }
    expected.concat()
}

fn shapes() -> impl Strategy<Value = (usize, usize, usize)> {
    (examples(), size(40), size(45))
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn dense_gradient(shape in shapes(), reverse: bool, seed: u64) {
        let case = Case::new(shape, 1.0, seed);
        let len = case.mask.len();
        let found = everywhere(|isa| case.dense(isa, GradientOf::of(Rule::SGD), false, reverse));
        let [(expected, magnitude), _] = case.expected();
        assert_close(&found[..len], &expected, |i| sum_bound(shape.0, magnitude[i]), "dw");
        assert_same_bits(&found[len..], &case.parameters[1..].concat(), "moments are not touched");
    }

    #[test]
    fn sparse_gradient(shape in shapes(), density in density(), seed: u64) {
        let case = Case::new(shape, density, seed);
        let len = case.mask.len();
        let found = everywhere(|isa| case.sparse(isa, GradientOf::of(Rule::SGD)));
        let [(mut expected, magnitude), _] = case.expected();
        for index in (0..len).filter(|&index| !case.mask.is_live(index)) {
            expected[index] = 0.0;
        }
        assert_close(&found[..len], &expected, |i| sum_bound(shape.0, magnitude[i]), "dw");
    }

    #[test]
    fn bias_gradient(shape in shapes(), seed: u64) {
        let case = Case::new(shape, 1.0, seed);
        let none = [(); 3].map(|()| vec![0.0; case.outputs]);
        let found = everywhere(|isa| case.bias(isa, GradientOf::of(Rule::SGD), &none));
        let [_, (expected, magnitude)] = case.expected();
        assert_close(&found[..case.outputs], &expected, |i| sum_bound(shape.0, magnitude[i]), "db");
    }

    #[test]
    fn fused_updates_are_gradient_then_rule(shape in shapes(), density in density(), reverse: bool, seed: u64) {
        let case = Case::new(shape, density, seed);
        let isa = Isa::detect();
        let bias = [0, 1, 2].map(|part| {
            (0..case.outputs).map(|o| if part == 2 { 0.5 } else { o as f32 * 0.1 }).collect::<Vec<f32>>()
        });
        for rule in Rule::all() {
            with_rule!(rule, |r| {
                let gradient = &case.dense(isa, GradientOf::of(r), false, false)[..case.mask.len()];
                for masked in [false, true] {
                    let found = everywhere(|isa| case.dense(isa, r, masked, reverse));
                    let mask = masked.then_some(&case.mask);
                    let expected = expected_update(rule, &case.parameters, gradient, mask);
                    assert_same_bits(&found, &expected, &format!("dense, {rule:?}, masked: {masked}"));
                }
                let gradient = &case.sparse(isa, GradientOf::of(r))[..case.mask.len()];
                let found = everywhere(|isa| case.sparse(isa, r));
                let expected = expected_update(rule, &case.parameters, gradient, Some(&case.mask));
                assert_same_bits(&found, &expected, &format!("sparse, {rule:?}"));

                let gradient = &case.bias(isa, GradientOf::of(r), &bias)[..case.outputs];
                let found = everywhere(|isa| case.bias(isa, r, &bias));
                let expected = expected_update(rule, &bias, gradient, None);
                assert_same_bits(&found, &expected, &format!("bias, {rule:?}"));
            });
        }
    }
}

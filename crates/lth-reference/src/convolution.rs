//! Convolutions as products of matrices; a linear layer is a convolution of maps of one place.

use std::ops::Range;

use lth_model::{Architecture, NodeId, Op};
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, linalg::general_mat_mul, s};

use crate::{
    dual::Duals,
    network::{Order, map_of, places_of},
    taps::{Tap, taps},
};

/// Columns of a product, about: as many examples go together as have so many places.
const COLUMNS: usize = 1024;

/// What a layer with weights reads and gives.
pub(crate) struct Convolution {
    inputs: usize,
    outputs: usize,
    /// Of each place of the kernel; those of a linear layer are one.
    taps: Vec<Vec<Tap>>,
    /// Places of a map read and given.
    places: [usize; 2],
    examples: usize,
}

/// What goes back through a layer.
pub(crate) struct Backward {
    /// The gradient of the weight, or its change along the direction.
    pub(crate) weight: Vec<f64>,
    /// The same of the bias.
    pub(crate) bias: Vec<f64>,
    /// The gradient of what the layer reads, if it was asked for.
    pub(crate) input: Option<Duals>,
}

impl Convolution {
    /// The layer of this node.
    pub(crate) fn of(architecture: &Architecture, id: NodeId, examples: usize) -> Option<Self> {
        let node = &architecture.nodes[id];
        let shape = &architecture.nodes[node.inputs[0]].shape;
        match node.op {
            Op::Linear { inputs, outputs, .. } => {
                let taps = vec![vec![Tap { to: 0, from: 0 }]];
                Some(Self { inputs, outputs, taps, places: [1, 1], examples })
            }
            Op::Conv2d { inputs, outputs, window, .. } => {
                let places = [places_of(shape), places_of(&node.shape)];
                Some(Self { inputs, outputs, taps: taps(window, map_of(shape)), places, examples })
            }
            _ => None,
        }
    }

    /// Weights of one output.
    fn rows(&self) -> usize {
        self.inputs * self.taps.len()
    }

    /// Examples whose columns are made together.
    fn blocks(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (examples, size) = (self.examples, (COLUMNS / self.places[1]).max(1));
        (0..examples).step_by(size).map(move |from| from..(from + size).min(examples))
    }

    /// What each output place of these examples reads, one column a place.
    fn columns(&self, x: &[f64], block: Range<usize>) -> Array2<f64> {
        let [from, to] = self.places;
        let mut columns = Array2::zeros((self.rows(), block.len() * to));
        let rows = (0..self.inputs).flat_map(|input| self.taps.iter().map(move |taps| (input, taps)));
        for (mut row, (input, taps)) in columns.outer_iter_mut().zip(rows) {
            let row = row.as_slice_mut().expect("rows of a new matrix are contiguous");
            for (place, example) in block.clone().enumerate() {
                let map = &x[(input * self.examples + example) * from..][..from];
                let row = &mut row[place * to..][..to];
                for tap in taps {
                    row[tap.to] = map[tap.from];
                }
            }
        }
        columns
    }

    /// The transpose of [`Self::columns`]: adds every column to where it was read.
    fn scatter(&self, columns: &Array2<f64>, dx: &mut [f64], block: Range<usize>) {
        let [from, to] = self.places;
        let rows = (0..self.inputs).flat_map(|input| self.taps.iter().map(move |taps| (input, taps)));
        for (row, (input, taps)) in columns.outer_iter().zip(rows) {
            let row = row.to_slice().expect("rows of a new matrix are contiguous");
            for (place, example) in block.clone().enumerate() {
                let map = &mut dx[(input * self.examples + example) * from..][..from];
                let row = &row[place * to..][..to];
                for tap in taps {
                    map[tap.from] += row[tap.to];
                }
            }
        }
    }

    fn weight<'a>(&self, weight: &'a [f64]) -> ArrayView2<'a, f64> {
        ArrayView2::from_shape((self.outputs, self.rows()), weight).expect("a weight has its shape")
    }

    /// The columns of these examples in an output.
    fn part<'a>(&self, y: &'a [f64], block: Range<usize>) -> ArrayView2<'a, f64> {
        let width = self.places[1];
        let all = ArrayView2::from_shape((self.outputs, self.examples * width), y);
        all.expect("an output has its shape").slice_move(s![.., block.start * width..block.end * width])
    }

    fn part_mut<'a>(&self, y: &'a mut [f64], block: Range<usize>) -> ArrayViewMut2<'a, f64> {
        let width = self.places[1];
        let all = ArrayViewMut2::from_shape((self.outputs, self.examples * width), y);
        all.expect("an output has its shape").slice_move(s![.., block.start * width..block.end * width])
    }

    /// `y = W x + b`, and `y' = W' x + W x'`.
    pub(crate) fn forward(&self, x: &Duals, weight: &Duals, bias: Option<&[f64]>) -> Duals {
        let width = self.examples * self.places[1];
        let second = x.has_tangent() || weight.has_tangent();
        let mut y = Duals::zeros(self.outputs * width, second);
        if let Some(bias) = bias {
            y.value.chunks_exact_mut(width).zip(bias).for_each(|(row, &bias)| row.fill(bias));
        }
        for block in self.blocks() {
            let columns = self.columns(&x.value, block.clone());
            let add = |weight: &[f64], columns: &Array2<f64>, y: &mut [f64]| {
                general_mat_mul(
                    1.0,
                    &self.weight(weight),
                    columns,
                    1.0,
                    &mut self.part_mut(y, block.clone()),
                );
            };
            add(&weight.value, &columns, &mut y.value);
            if weight.has_tangent() {
                add(&weight.tangent, &columns, &mut y.tangent);
            }
            if x.has_tangent() {
                add(&weight.value, &self.columns(&x.tangent, block.clone()), &mut y.tangent);
            }
        }
        y
    }

    /// Back through the layer, from the gradient `dy` of what it gives.
    pub(crate) fn backward(
        &self,
        x: &Duals,
        weight: &Duals,
        dy: &Duals,
        order: Order,
        input: bool,
    ) -> Backward {
        let width = self.examples * self.places[1];
        let mut dw = Array2::zeros((self.outputs, self.rows()));
        let mut dx =
            input.then(|| Duals::zeros(self.inputs * self.examples * self.places[0], order == Order::Second));
        for block in self.blocks() {
            let columns = self.columns(&x.value, block.clone());
            let value = self.part(&dy.value, block.clone());
            let tangent = dy.has_tangent().then(|| self.part(&dy.tangent, block.clone()));
            match order {
                Order::First => general_mat_mul(1.0, &value, &columns.t(), 1.0, &mut dw),
                Order::Second => {
                    if let Some(tangent) = &tangent {
                        general_mat_mul(1.0, tangent, &columns.t(), 1.0, &mut dw);
                    }
                    if x.has_tangent() {
                        let columns = self.columns(&x.tangent, block.clone());
                        general_mat_mul(1.0, &value, &columns.t(), 1.0, &mut dw);
                    }
                }
            }
            let Some(dx) = &mut dx else { continue };
            let mut spread = columns;
            let mut add = |terms: &[(&[f64], &ArrayView2<'_, f64>)], dx: &mut [f64]| {
                for (place, &(weight, dy)) in terms.iter().enumerate() {
                    let keep = if place == 0 { 0.0 } else { 1.0 };
                    general_mat_mul(1.0, &self.weight(weight).t(), dy, keep, &mut spread);
                }
                self.scatter(&spread, dx, block.clone());
            };
            add(&[(&weight.value, &value)], &mut dx.value);
            if order == Order::Second {
                let through = tangent.as_ref().map(|tangent| (&*weight.value, tangent));
                let by_weight = weight.has_tangent().then_some((&*weight.tangent, &value));
                let terms: Vec<_> = through.into_iter().chain(by_weight).collect();
                if !terms.is_empty() {
                    add(&terms, &mut dx.tangent);
                }
            }
        }
        let sums = match order {
            Order::First => &dy.value,
            Order::Second => &dy.tangent,
        };
        let bias = if sums.is_empty() {
            vec![0.0; self.outputs]
        } else {
            let rows = ArrayView2::from_shape((self.outputs, width), sums).expect("an output has its shape");
            rows.sum_axis(Axis(1)).to_vec()
        };
        Backward { weight: dw.into_raw_vec_and_offset().0, bias, input: dx }
    }
}

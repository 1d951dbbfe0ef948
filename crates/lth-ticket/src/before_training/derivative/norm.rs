//! Batch normalisation, its gradient, and how that changes along a direction.

use super::{
    Order, Statistics,
    dual::{Dual, Duals},
};

/// A batch normalisation over `[channel][example][place]`.
pub(super) struct Norm<'a> {
    pub(super) channels: usize,
    pub(super) epsilon: f64,
    pub(super) weight: &'a [f64],
    pub(super) bias: &'a [f64],
    /// Running mean and variance.
    pub(super) running: [&'a [f64]; 2],
    pub(super) statistics: Statistics,
}

/// What goes back: gradients of weight, bias and input.
pub(super) struct Backward {
    pub(super) weight: Vec<f64>,
    pub(super) bias: Vec<f64>,
    pub(super) input: Duals,
}

impl Norm<'_> {
    fn range(&self, channel: usize, len: usize) -> std::ops::Range<usize> {
        let values = len / self.channels;
        channel * values..(channel + 1) * values
    }

    /// Mean and `1 / sqrt(variance + epsilon)` of a channel.
    fn scale(&self, x: &Duals, channel: usize) -> (Dual, Dual) {
        let epsilon = Dual::constant(self.epsilon);
        match self.statistics {
            Statistics::Running => {
                let [mean, variance] = self.running.map(|values| Dual::constant(values[channel]));
                (mean, (variance + epsilon).inverse_root())
            }
            Statistics::Batch => {
                let range = self.range(channel, x.len());
                let share = 1.0 / range.len() as f64;
                let mean = range.clone().map(|at| x.get(at)).sum::<Dual>() * share;
                let deviation = |at| x.get(at) - mean;
                let variance = range.map(|at| deviation(at) * deviation(at)).sum::<Dual>() * share;
                (mean, (variance + epsilon).inverse_root())
            }
        }
    }

    pub(super) fn forward(&self, x: &Duals) -> Duals {
        let mut y = Duals::zeros(x.len(), x.has_tangent());
        for channel in 0..self.channels {
            let (mean, scale) = self.scale(x, channel);
            let (weight, bias) = (self.weight[channel], Dual::constant(self.bias[channel]));
            for at in self.range(channel, x.len()) {
                y.set(at, (x.get(at) - mean) * scale * weight + bias);
            }
        }
        y
    }

    pub(super) fn backward(&self, x: &Duals, dy: &Duals, order: Order) -> Backward {
        let mut dx = Duals::zeros(x.len(), order == Order::Second);
        let mut weights = Duals::zeros(self.channels, true);
        let mut biases = Duals::zeros(self.channels, true);
        for channel in 0..self.channels {
            let range = self.range(channel, x.len());
            let (mean, scale) = self.scale(x, channel);
            let normal = |at| (x.get(at) - mean) * scale;
            let sum = range.clone().map(|at| dy.get(at)).sum::<Dual>();
            let product = range.clone().map(|at| dy.get(at) * normal(at)).sum::<Dual>();
            weights.set(channel, product);
            biases.set(channel, sum);
            let share = match self.statistics {
                Statistics::Batch => 1.0 / range.len() as f64,
                Statistics::Running => 0.0,
            };
            let factor = scale * self.weight[channel];
            for at in range {
                dx.set(at, factor * (dy.get(at) - (sum + normal(at) * product) * share));
            }
        }
        Backward { weight: weights.take(order), bias: biases.take(order), input: dx }
    }
}

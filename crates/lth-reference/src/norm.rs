//! Batch normalisation, its gradient, and how that changes along a direction.

use crate::{
    dual::{Dual, Duals},
    network::{Order, Statistics},
    noise::{LayerNoise, Result as Of},
};

/// A batch normalisation over `[channel][example][place]`.
pub(crate) struct Norm<'a> {
    pub(crate) channels: usize,
    pub(crate) epsilon: f64,
    pub(crate) weight: &'a [f64],
    pub(crate) bias: &'a [f64],
    /// Running mean and variance.
    pub(crate) running: [&'a [f64]; 2],
    pub(crate) statistics: Statistics,
    pub(crate) noise: Option<LayerNoise>,
}

/// Mean and unbiased variance of every channel of a batch, as running statistics take them.
#[derive(Debug, Clone)]
pub(crate) struct BatchStatistics {
    pub(crate) mean: Vec<f64>,
    pub(crate) variance: Vec<f64>,
}

/// What goes back: gradients of weight, bias and input.
pub(crate) struct Backward {
    pub(crate) weight: Vec<f64>,
    pub(crate) bias: Vec<f64>,
    pub(crate) input: Duals,
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
                let mut mean = range.clone().map(|at| x.get(at)).sum::<Dual>() * share;
                if let Some(noise) = self.noise {
                    // All examples share the error of a mean: no later average takes it away.
                    let size = range.clone().map(|at| x.value[at].abs()).sum::<f64>() * share;
                    mean.value += noise.of(Of::Mean, channel as u64, size);
                }
                let deviation = |at| x.get(at) - mean;
                let variance = range.map(|at| deviation(at) * deviation(at)).sum::<Dual>() * share;
                (mean, (variance + epsilon).inverse_root())
            }
        }
    }

    /// Mean and unbiased variance of every channel; of one value, the variance is 0.
    pub(crate) fn batch_statistics(&self, x: &Duals) -> BatchStatistics {
        let (mut mean, mut variance) = (Vec::new(), Vec::new());
        for channel in 0..self.channels {
            let values = &x.value[self.range(channel, x.len())];
            let count = values.len() as f64;
            let center = values.iter().sum::<f64>() / count;
            mean.push(center);
            let squares = values.iter().map(|x| (x - center) * (x - center)).sum::<f64>();
            variance.push(squares / (count - 1.0).max(1.0));
        }
        BatchStatistics { mean, variance }
    }

    pub(crate) fn forward(&self, x: &Duals) -> Duals {
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

    pub(crate) fn backward(&self, x: &Duals, dy: &Duals, order: Order) -> Backward {
        let mut dx = Duals::zeros(x.len(), order == Order::Second);
        let mut weights = Duals::zeros(self.channels, true);
        let mut biases = Duals::zeros(self.channels, true);
        for channel in 0..self.channels {
            let range = self.range(channel, x.len());
            let (mean, scale) = self.scale(x, channel);
            let normal = |at| {
                let normal = (x.get(at) - mean) * scale;
                let off = self.noise.map_or(0.0, |noise| noise.of(Of::Normal, at as u64, normal.value));
                Dual { value: normal.value + off, ..normal }
            };
            let mut sum = range.clone().map(|at| dy.get(at)).sum::<Dual>();
            let mut product = range.clone().map(|at| dy.get(at) * normal(at)).sum::<Dual>();
            if let Some(noise) = self.noise {
                // As of the mean: all examples share the error of these sums.
                let size = range.clone().map(|at| dy.value[at].abs()).sum::<f64>();
                sum.value += noise.of(Of::NormSum, channel as u64, size);
                let size = range.clone().map(|at| (dy.value[at] * normal(at).value).abs()).sum::<f64>();
                product.value += noise.of(Of::NormProduct, channel as u64, size);
            }
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

//! Batch normalisation.

/// What a batch normalisation did in a pass.
#[derive(Debug, Clone)]
pub(crate) struct Statistics {
    /// Mean of each channel over examples and places.
    pub(crate) mean: Vec<f64>,
    /// Sum of squared deviations over their number.
    pub(crate) biased: Vec<f64>,
    /// Sum of squared deviations over their number less one; over one where there is one value.
    pub(crate) unbiased: Vec<f64>,
}

/// The shape of what is normalised, `[example][channel][place]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Channels {
    pub(crate) channels: usize,
    pub(crate) places: usize,
}

impl Channels {
    /// The values of one channel: their flat indices.
    fn of(self, channel: usize, len: usize) -> impl Iterator<Item = usize> {
        let Self { channels, places } = self;
        (0..len / (channels * places)).flat_map(move |example| {
            (0..places).map(move |place| (example * channels + channel) * places + place)
        })
    }

    pub(crate) fn statistics(self, x: &[f64]) -> Statistics {
        let count = (x.len() / self.channels) as f64;
        let sum_of = |channel, term: &dyn Fn(f64) -> f64| -> f64 {
            self.of(channel, x.len()).map(|at| term(x[at])).sum()
        };
        let mean: Vec<f64> = (0..self.channels).map(|channel| sum_of(channel, &|x| x) / count).collect();
        let squares: Vec<f64> = (0..self.channels)
            .map(|channel| sum_of(channel, &|x| (x - mean[channel]) * (x - mean[channel])))
            .collect();
        Statistics {
            biased: squares.iter().map(|sum| sum / count).collect(),
            unbiased: squares.iter().map(|sum| sum / (count - 1.0).max(1.0)).collect(),
            mean,
        }
    }

    /// `(x - mean) / sqrt(variance + epsilon)`.
    pub(crate) fn normalise(self, x: &[f64], mean: &[f64], variance: &[f64], epsilon: f64) -> Vec<f64> {
        let mut normal = vec![0.0; x.len()];
        for channel in 0..self.channels {
            for at in self.of(channel, x.len()) {
                normal[at] = (x[at] - mean[channel]) / (variance[channel] + epsilon).sqrt();
            }
        }
        normal
    }

    /// `weight * normal + bias`.
    pub(crate) fn scale(self, normal: &[f64], weight: &[f64], bias: &[f64]) -> Vec<f64> {
        let mut y = vec![0.0; normal.len()];
        for channel in 0..self.channels {
            for at in self.of(channel, normal.len()) {
                y[at] = weight[channel] * normal[at] + bias[channel];
            }
        }
        y
    }

    /// Gradients of weight and bias.
    pub(crate) fn backward_scale(self, normal: &[f64], dy: &[f64]) -> [Vec<f64>; 2] {
        let sums = |term: &dyn Fn(usize) -> f64| -> Vec<f64> {
            (0..self.channels).map(|channel| self.of(channel, dy.len()).map(term).sum()).collect()
        };
        [sums(&|at| dy[at] * normal[at]), sums(&|at| dy[at])]
    }

    /// The gradient of the input. `through`: the sums of `backward_scale`, if mean and variance are the batch's own and
    /// carry gradient.
    pub(crate) fn backward(
        self,
        normal: &[f64],
        dy: &[f64],
        weight: &[f64],
        variance: &[f64],
        epsilon: f64,
        through: Option<[Vec<f64>; 2]>,
    ) -> Vec<f64> {
        let count = (dy.len() / self.channels) as f64;
        let mut dx = vec![0.0; dy.len()];
        for channel in 0..self.channels {
            let factor = weight[channel] / (variance[channel] + epsilon).sqrt();
            for at in self.of(channel, dy.len()) {
                let carried = through
                    .as_ref()
                    .map_or(0.0, |[product, sum]| (sum[channel] + normal[at] * product[channel]) / count);
                dx[at] = factor * (dy[at] - carried);
            }
        }
        dx
    }
}

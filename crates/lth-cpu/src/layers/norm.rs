//! A batch normalisation and what is done with it.

use lth_model::Tensor;

use crate::{
    kernels::{
        apply::Apply,
        norm::{CenteredSum, Channel, Factors, Gate, GradientSums, NormGradient, Normalize},
        update::UpdateRule,
    },
    layers::conv::sums::Sums,
    layout::{buffer::Buffer, lanes::Lanes, shared::Shared},
    parameters::stored::{Given, Part, Stored},
    simd::LANES,
    threads::Machine,
};

/// A batch normalisation with its running statistics.
pub(crate) struct Norm {
    channels: usize,
    momentum: f32,
    epsilon: f32,
    weight: Stored,
    bias: Stored,
    pub(crate) running_mean: Vec<f32>,
    pub(crate) running_variance: Vec<f32>,
    /// Of the last forward pass: `1 / sqrt(variance + epsilon)`.
    inverses: Vec<f32>,
    /// Of the last forward pass, and the last one back.
    pub(crate) factors: Vec<Factors>,
    /// Whether those are of the batch, so that the gradient goes through them.
    of_batch: bool,
    /// Mean and variance of each channel, of the pass that was made last.
    sums: Vec<[f32; 2]>,
    /// The gradients of bias and weight, and the two factors that go with them.
    gradient_sums: Vec<[f32; 4]>,
    weight_gradient: Buffer,
    bias_gradient: Buffer,
    /// Sums over batches of means and unbiased variances, and how many batches, while statistics are estimated anew.
    estimate: Option<(Vec<[f64; 2]>, u64)>,
}

/// Where statistics come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Statistics {
    /// From the batch; running statistics move.
    Batch,
    /// From the running statistics.
    Running,
    /// From the batch, and into the estimate of new running statistics.
    Estimate,
}

/// What a normalisation reads and writes backwards.
pub(crate) struct NormBackward<'a> {
    pub(crate) x: &'a [f32],
    pub(crate) dy: &'a [f32],
    /// The sums of dy, where they were made as it was written, behind the ReLU.
    pub(crate) sums: Option<&'a Sums>,
    /// The output, where it went through a ReLU.
    pub(crate) gate: Option<&'a [f32]>,
    /// Whether another input was added before the ReLU.
    pub(crate) summed: bool,
    /// The gradients of the input and of the other input of a sum, and whether to add to them.
    pub(crate) dx: Option<(&'a mut [f32], bool)>,
    pub(crate) other: Option<(&'a mut [f32], bool)>,
}

impl Norm {
    pub(crate) fn new(
        (momentum, epsilon): (f32, f32),
        weight: &Given<'_>,
        bias: &Given<'_>,
        running: [&Tensor; 2],
    ) -> Self {
        let channels = weight.value.data().len();
        let len = channels.next_multiple_of(LANES);
        let store =
            |given: &Given<'_>| given.store(len, |tensor, to| to[..channels].copy_from_slice(tensor.data()));
        Self {
            channels,
            momentum,
            epsilon,
            weight: store(weight),
            bias: store(bias),
            running_mean: running[0].data().to_vec(),
            running_variance: running[1].data().to_vec(),
            inverses: vec![0.0; channels],
            factors: vec![Factors::default(); channels],
            of_batch: false,
            sums: vec![[0.0; 2]; channels],
            gradient_sums: vec![[0.0; 4]; channels],
            weight_gradient: Buffer::zeros(len),
            bias_gradient: Buffer::zeros(len),
            estimate: None,
        }
    }

    /// `y = relu(norm(x) + other)` of all slabs, or only what its readers need to make it themselves; `sums` are those of x, where
    /// they were made as it was written.
    pub(crate) fn forward(
        &mut self,
        machine: Machine<'_>,
        (lanes, stride, pixels): (Lanes, usize, usize),
        (x, other, found): (&[f32], Option<&[f32]>, Option<&Sums>),
        y: Option<(&mut [f32], bool)>,
        statistics: Statistics,
    ) {
        let count = (lanes.examples * pixels) as f64;
        let mut sums = std::mem::take(&mut self.sums);
        {
            let (to, y) = (Found::new(&mut sums), y.map(|(y, relu)| (Shared::new(y), relu)));
            machine.threads.run(self.channels, |_, index| {
                let channel = channel(lanes, stride, pixels, index);
                let (mean, variance) = if statistics == Statistics::Running {
                    (self.running_mean[index], self.running_variance[index])
                } else if let Some(found) = found {
                    found.statistics(index)
                } else {
                    let sum = |center: f32, squared: bool| {
                        machine.isa.run(CenteredSum { channel, x, center, squared })
                    };
                    // A second pass, over what the first has brought into the cache, so that nothing cancels.
                    let mean = (sum(0.0, false) / count) as f32;
                    (mean, (sum(mean, true) / count) as f32)
                };
                to.set(index, [mean, variance]);
                if let Some((y, relu)) = y {
                    let (scale, shift) = self.line(index, mean, self.inverse(variance));
                    machine.isa.run(Normalize { channel, x, scale, shift, other, relu, y });
                }
            });
        }
        for (index, &[mean, variance]) in sums.iter().enumerate() {
            self.inverses[index] = self.inverse(variance);
            let (scale, shift) = self.line(index, mean, self.inverses[index]);
            self.factors[index] = Factors { mean, scale, shift, ..Factors::default() };
        }
        self.of_batch = statistics != Statistics::Running;
        // Of one value there is none: such a batch is refused before.
        let unbiased = |variance: f32| f64::from(variance) * count / (count - 1.0);
        match (statistics, &mut self.estimate) {
            (Statistics::Batch, _) => {
                for (index, &[mean, variance]) in sums.iter().enumerate() {
                    let (kept, momentum) = (1.0 - self.momentum, self.momentum);
                    let running = &mut self.running_mean[index];
                    *running = kept * *running + momentum * mean;
                    let running = &mut self.running_variance[index];
                    *running = kept * *running + momentum * unbiased(variance) as f32;
                }
            }
            (Statistics::Estimate, Some((totals, batches))) => {
                for (totals, &[mean, variance]) in totals.iter_mut().zip(&sums) {
                    totals[0] += f64::from(mean);
                    totals[1] += unbiased(variance);
                }
                *batches += 1;
            }
            _ => {}
        }
        self.sums = sums;
    }

    /// Factor and shift of a channel.
    fn line(&self, index: usize, mean: f32, inverse: f32) -> (f32, f32) {
        let scale = self.weight.w[index] * inverse;
        (scale, (-mean).mul_add(scale, self.bias.w[index]))
    }

    fn inverse(&self, variance: f32) -> f32 {
        1.0 / (variance + self.epsilon).sqrt()
    }

    /// The gradients of the input, of the other input, of weight and bias.
    pub(crate) fn backward(
        &mut self,
        machine: Machine<'_>,
        (lanes, stride, pixels): (Lanes, usize, usize),
        backward: NormBackward<'_>,
    ) {
        let NormBackward { x, dy, sums: found, gate, summed, dx, other } = backward;
        let count = (lanes.examples * pixels) as f64;
        let dx = dx.map(|(dx, add)| (Shared::new(dx), add));
        let other = other.map(|(other, add)| (Shared::new(other), add));
        let mut sums = std::mem::take(&mut self.gradient_sums);
        {
            let sums = Found::new(&mut sums);
            machine.threads.run(self.channels, |_, index| {
                let channel = channel(lanes, stride, pixels, index);
                let Factors { mean, scale, shift, .. } = self.factors[index];
                let gate = match gate {
                    None => Gate::Open,
                    Some(y) if summed => Gate::Output(y),
                    Some(_) => Gate::Own { scale, shift },
                };
                let (plain, weighted) = match found {
                    Some(found) => found.gradients(index),
                    None => machine.isa.run(GradientSums { channel, x, mean, dy, gate }),
                };
                let inverse = f64::from(self.inverses[index]);
                let (constant, slope) = if self.of_batch {
                    ((plain / count) as f32, (weighted / count * inverse * inverse) as f32)
                } else {
                    (0.0, 0.0)
                };
                sums.set(index, [plain as f32, (weighted * inverse) as f32, constant, slope]);
                if dx.is_none() && other.is_none() {
                    return;
                }
                machine.isa.run(NormGradient {
                    channel,
                    x,
                    mean,
                    scale,
                    constant,
                    slope,
                    dy,
                    gate,
                    dx,
                    other,
                });
            });
        }
        for (index, &[plain, weighted, constant, slope]) in sums.iter().enumerate() {
            self.bias_gradient[index] = plain;
            self.weight_gradient[index] = weighted;
            self.factors[index] = Factors { constant, slope, ..self.factors[index] };
        }
        self.gradient_sums = sums;
    }

    /// The update from the gradients that were made last.
    pub(crate) fn update<R: UpdateRule>(&mut self, machine: Machine<'_>, rule: R) {
        for (stored, gradient) in
            [(&mut self.weight, &self.weight_gradient), (&mut self.bias, &self.bias_gradient)]
        {
            machine.isa.run(Apply { parameters: stored.parameters(), gradient, kept: None, rule });
        }
    }

    /// The gradients that were made last, of weight and bias.
    pub(crate) fn gradients(&self) -> [&[f32]; 2] {
        [&self.weight_gradient, &self.bias_gradient].map(|gradient| &gradient[..self.channels])
    }

    /// Puts other values in the place of weight, bias and running statistics, without memory of the optimiser.
    pub(crate) fn replace(&mut self, [weight, bias]: [&Tensor; 2], [mean, variance]: [&Tensor; 2]) {
        for (stored, tensor) in [(&mut self.weight, weight), (&mut self.bias, bias)] {
            stored.replace(|w| w[..tensor.len()].copy_from_slice(tensor.data()));
        }
        self.running_mean.copy_from_slice(mean.data());
        self.running_variance.copy_from_slice(variance.data());
        self.estimate = None;
    }

    /// Weight and bias, or a moment of each.
    pub(crate) fn tensors(&self, part: Part) -> [Tensor; 2] {
        [&self.weight, &self.bias]
            .map(|stored| Tensor::new(vec![self.channels], stored.part(part)[..self.channels].to_vec()))
    }

    /// Running mean and variance.
    pub(crate) fn running(&self) -> [Tensor; 2] {
        [&self.running_mean, &self.running_variance]
            .map(|values| Tensor::new(vec![self.channels], values.clone()))
    }

    /// Forgets what was estimated so far.
    pub(crate) fn begin_estimate(&mut self) {
        self.estimate = Some((vec![[0.0; 2]; self.channels], 0));
    }

    /// The running statistics stay as they are.
    pub(crate) fn abandon_estimate(&mut self) {
        self.estimate = None;
    }

    /// The averages over batches become the running statistics.
    pub(crate) fn end_estimate(&mut self) {
        let Some((sums, batches)) = self.estimate.take().filter(|(_, batches)| *batches > 0) else { return };
        for (index, [mean, variance]) in sums.into_iter().enumerate() {
            self.running_mean[index] = (mean / batches as f64) as f32;
            self.running_variance[index] = (variance / batches as f64) as f32;
        }
    }
}

fn channel(lanes: Lanes, stride: usize, pixels: usize, index: usize) -> Channel {
    Channel { lanes, stride, first: index * pixels * lanes.width(), pixels }
}

/// Some numbers a channel, each channel's written by its own task.
#[derive(Clone, Copy)]
struct Found<'a, const N: usize>(Shared<'a>);

impl<'a, const N: usize> Found<'a, N> {
    fn new(found: &'a mut [[f32; N]]) -> Self {
        Self(Shared::new(found.as_flattened_mut()))
    }

    fn set(self, index: usize, values: [f32; N]) {
        // SAFETY: each task writes its own channel only.
        #[allow(unsafe_code)]
        unsafe {
            self.0.part(index * N, N).copy_from_slice(&values);
        }
    }
}

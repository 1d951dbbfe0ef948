//! How much memory a training takes.

use crate::{Architecture, Op, Optimizer};

/// Bytes of a number.
const NUMBER: u64 = 4;

impl Architecture {
    /// Bytes that a training takes for the network alone, a little more rather than less; the data set and the program come
    /// on top.
    ///
    /// For each example of a batch, what every layer gives and its gradient, but for ReLU and dropout, which work in place; for
    /// each trained value, itself, its gradient, its optimiser's memory and the value that it began with.
    /// 4 bytes each. Measured with the CPU engine: LeNet-300-100, VGG-11, ResNet-20 and wide perceptrons took 0.7 to 1.1 times as
    /// much, Conv-2 half, since it never stores the maps that its pools read.
    ///
    /// ```
    /// use lth_model::{Optimizer, lenet_300_100};
    /// let activations = 60 * (2 * 784 + 300 + 100 + 10) * 2;
    /// assert_eq!(lenet_300_100(10).training_bytes(60, Optimizer::SGD), 4 * (activations + 266_610 * 3));
    /// ```
    pub fn training_bytes(&self, batch_size: usize, optimizer: Optimizer) -> u64 {
        let in_place = |op: &Op| matches!(op, Op::Relu | Op::Dropout { .. });
        let given: u64 = self
            .nodes
            .iter()
            .filter(|node| !in_place(&node.op))
            .map(|node| node.shape.iter().product::<usize>() as u64)
            .sum();
        let moments = match optimizer {
            Optimizer::Adam { .. } | Optimizer::AdamW { .. } => 2,
            Optimizer::Sgd { momentum, .. } => u64::from(momentum != 0.0),
        };
        let activations = given.saturating_mul(2).saturating_mul(batch_size as u64);
        let values = (self.parameter_count() as u64).saturating_mul(3 + moments);
        activations.saturating_add(values).saturating_mul(NUMBER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::find_model;

    #[test]
    fn batches_and_moments_add_up_and_nothing_overflows() {
        let network = find_model("resnet-20").unwrap().build(&[3, 32, 32], 10).unwrap();
        let bytes = |batch_size, momentum| {
            let optimizer = Optimizer::Sgd { momentum, nesterov: false, weight_decay: 0.0 };
            network.training_bytes(batch_size, optimizer)
        };
        let values = network.parameter_count() as u64;
        assert_eq!(bytes(128, 0.9) - bytes(128, 0.0), 4 * values);
        assert_eq!(bytes(129, 0.9) - bytes(128, 0.9), bytes(2, 0.0) - bytes(1, 0.0));
        // 19 convolutions with a normalisation each, sums, shortcuts.
        let each = bytes(2, 0.0) - bytes(1, 0.0);
        assert!((2_000_000..6_000_000).contains(&each), "{each}");
        assert_eq!(bytes(usize::MAX, 0.9), u64::MAX);
    }
}

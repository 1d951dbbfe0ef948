//! Which examples an iteration sees.

use lth_model::{Seed, epoch_order};

use super::DataOrder;

/// The batches of a training, in order, from any iteration on: epoch by epoch, each cut into consecutive batches, the
/// last of which may be short.
pub(super) struct Batches<'a> {
    indices: &'a [u32],
    batch_size: usize,
    seed: Seed,
    order: DataOrder,
    epoch: Option<u64>,
    examples: Vec<u32>,
}

impl<'a> Batches<'a> {
    pub(super) fn new(indices: &'a [u32], batch_size: usize, seed: Seed, order: DataOrder) -> Self {
        Self { indices, batch_size, seed, order, epoch: None, examples: Vec::new() }
    }

    /// The examples of the update that leads from iteration `done` to `done + 1`.
    pub(super) fn after(&mut self, done: u64) -> &[u32] {
        let per_epoch = self.indices.len().div_ceil(self.batch_size) as u64;
        let (epoch, batch) = (done / per_epoch, (done % per_epoch) as usize);
        if self.epoch != Some(epoch) {
            self.examples = self.epoch_examples(epoch);
            self.epoch = Some(epoch);
        }
        let from = batch * self.batch_size;
        &self.examples[from..self.examples.len().min(from + self.batch_size)]
    }

    fn epoch_examples(&self, epoch: u64) -> Vec<u32> {
        match self.order {
            DataOrder::Shuffled => epoch_order(self.indices, self.seed, epoch),
            DataOrder::Stored => {
                let mut examples = self.indices.to_vec();
                examples.sort_unstable();
                examples
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDICES: [u32; 7] = [9, 4, 12, 3, 8, 1, 30];

    fn batches(order: DataOrder) -> Batches<'static> {
        Batches::new(&INDICES, 3, Seed(5), order)
    }

    #[test]
    fn stored_order_is_ascending_and_keeps_the_short_batch() {
        let mut batches = batches(DataOrder::Stored);
        for epoch in 0..2 {
            assert_eq!(batches.after(epoch * 3), [1, 3, 4]);
            assert_eq!(batches.after(epoch * 3 + 1), [8, 9, 12]);
            assert_eq!(batches.after(epoch * 3 + 2), [30]);
        }
    }

    #[test]
    fn each_shuffled_epoch_is_another_order_of_all_examples() {
        let mut batches = batches(DataOrder::Shuffled);
        let mut epochs = Vec::new();
        for epoch in 0..3 {
            let order: Vec<u32> =
                (0..3).flat_map(|batch| batches.after(epoch * 3 + batch).to_vec()).collect();
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [1, 3, 4, 8, 9, 12, 30]);
            epochs.push(order);
        }
        assert_ne!(epochs[0], epochs[1]);
        assert_ne!(epochs[1], epochs[2]);
    }

    #[test]
    fn any_iteration_can_be_reached_directly() {
        let mut through = batches(DataOrder::Shuffled);
        for iteration in 0..10 {
            let expected = through.after(iteration).to_vec();
            assert_eq!(batches(DataOrder::Shuffled).after(iteration), expected);
        }
    }
}

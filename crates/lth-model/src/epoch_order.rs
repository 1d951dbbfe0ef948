//! The order of the examples in an epoch.

use crate::{Purpose, RandomStream, Seed};

/// The order of the training examples in one epoch (0 is the first): a shuffle of `indices` by the stream
/// ([`Purpose::DataOrder`], index `epoch`) of this seed.
///
/// It depends on nothing else, so an epoch is known without the ones before it.
pub fn epoch_order(indices: &[u32], seed: Seed, epoch: u64) -> Vec<u32> {
    let mut order = indices.to_vec();
    RandomStream::new(seed, Purpose::DataOrder, epoch).shuffle(&mut order);
    order
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a seed means never changes: these are frozen.
    #[test]
    fn frozen() {
        let indices: Vec<u32> = (0..10).collect();
        assert_eq!(epoch_order(&indices, Seed(0), 0), [2, 5, 7, 9, 4, 6, 8, 3, 1, 0]);
        assert_eq!(epoch_order(&indices, Seed(0), 1), [4, 2, 0, 3, 6, 7, 9, 5, 1, 8]);
        assert_eq!(epoch_order(&indices, Seed(42), 0), [6, 2, 3, 1, 0, 5, 7, 8, 4, 9]);
        assert_eq!(epoch_order(&[7, 3, 9], Seed(0), 0), [3, 9, 7]);
    }

    proptest! {
        #[test]
        fn an_epoch_has_every_example_once(count in 1usize..300, seed: u64, epoch: u64) {
            let indices: Vec<u32> = (0..count as u32).map(|index| 3 * index).collect();
            let mut order = epoch_order(&indices, Seed(seed), epoch);
            order.sort_unstable();
            prop_assert_eq!(order, indices);
        }
    }
}

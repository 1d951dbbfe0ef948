//! The order of the examples in an epoch, and its batches.

use std::slice::Chunks;

use lth_model::{Purpose, RandomStream, Seed};

use crate::DataError;

/// The order of the training examples in one epoch (0 is the first): a shuffle of `indices` by the stream
/// ([`Purpose::DataOrder`], index `epoch`) of this seed.
///
/// It depends on nothing else, so an epoch is known without the ones before it.
pub fn epoch_order(indices: &[u32], seed: Seed, epoch: u64) -> Vec<u32> {
    let mut order = indices.to_vec();
    RandomStream::new(seed, Purpose::DataOrder, epoch).shuffle(&mut order);
    order
}

/// Iterations an epoch has: `ceil(examples / batch_size)`; the last, short batch is kept.
///
/// # Errors
/// [`DataError::BatchSize`] when the batch size is 0 or larger than the number of examples.
///
/// ```
/// assert_eq!(lth_data::iterations_per_epoch(55_000, 60)?, 917);
/// # Ok::<(), lth_data::DataError>(())
/// ```
pub fn iterations_per_epoch(examples: usize, batch_size: usize) -> Result<u64, DataError> {
    if batch_size == 0 || batch_size > examples {
        return Err(DataError::BatchSize { batch_size, examples });
    }
    Ok(examples.div_ceil(batch_size) as u64)
}

/// The batches of an epoch in this order: [`iterations_per_epoch`] slices of `batch_size` indices, the last one shorter
/// when the division leaves a rest.
///
/// # Errors
/// [`DataError::BatchSize`] when the batch size is 0 or larger than the number of examples.
pub fn batches(order: &[u32], batch_size: usize) -> Result<Chunks<'_, u32>, DataError> {
    iterations_per_epoch(order.len(), batch_size)?;
    Ok(order.chunks(batch_size))
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

    #[test]
    fn the_last_short_batch_is_kept() {
        let order = [5, 4, 3, 2, 1];
        let cut: Vec<&[u32]> = batches(&order, 2).unwrap().collect();
        assert_eq!(cut, [&[5, 4][..], &[3, 2], &[1]]);
        assert_eq!(batches(&order, 5).unwrap().len(), 1);
        assert_eq!(iterations_per_epoch(60_000, 60).unwrap(), 1000);
    }

    #[test]
    fn impossible_batch_sizes_are_refused() {
        for (examples, batch_size) in [(5, 0), (5, 6), (0, 1), (0, 0)] {
            let error = iterations_per_epoch(examples, batch_size).unwrap_err();
            assert!(matches!(error, DataError::BatchSize { .. }), "{error}");
            assert!(batches(&vec![0; examples], batch_size).is_err());
        }
    }

    proptest! {
        #[test]
        fn an_epoch_has_every_example_once(count in 1usize..300, batch in 1usize..300, seed: u64, epoch: u64) {
            let batch = batch.min(count);
            let indices: Vec<u32> = (0..count as u32).map(|index| 3 * index).collect();
            let order = epoch_order(&indices, Seed(seed), epoch);
            let cut: Vec<&[u32]> = batches(&order, batch).unwrap().collect();
            prop_assert_eq!(cut.len() as u64, iterations_per_epoch(count, batch).unwrap());
            let mut all = cut.concat();
            all.sort_unstable();
            prop_assert_eq!(all, indices);
        }
    }
}

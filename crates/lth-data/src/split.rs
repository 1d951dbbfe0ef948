//! Validation examples, carved from the training set.

use lth_model::{Purpose, RandomStream, Seed};

use crate::DataError;

/// Splits `0..count` into training and validation indices; returns (training, validation), both ascending.
///
/// The validation examples are the first `validation` of a random permutation of `0..count` by the stream
/// ([`Purpose::ValidationSplit`], index 0) of this seed. `validation` may be 0; the training set is then all.
///
/// # Errors
/// [`DataError::ValidationTooLarge`] when no training example would remain.
///
/// ```
/// use lth_data::validation_split;
/// use lth_model::Seed;
/// let (train, validation) = validation_split(10, 3, Seed(0))?;
/// assert_eq!((train.len(), validation.len()), (7, 3));
/// # Ok::<(), lth_data::DataError>(())
/// ```
pub fn validation_split(
    count: usize,
    validation: usize,
    seed: Seed,
) -> Result<(Vec<u32>, Vec<u32>), DataError> {
    if validation >= count {
        return Err(DataError::ValidationTooLarge { validation, count });
    }
    let mut held_out = RandomStream::new(seed, Purpose::ValidationSplit, 0).permutation(count);
    let mut train = held_out.split_off(validation);
    train.sort_unstable();
    held_out.sort_unstable();
    Ok((train, held_out))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a seed means never changes: these are frozen.
    #[test]
    fn frozen() {
        let (train, validation) = validation_split(20, 5, Seed(0)).unwrap();
        assert_eq!(validation, [2, 7, 11, 12, 15]);
        assert_eq!(train, [0, 1, 3, 4, 5, 6, 8, 9, 10, 13, 14, 16, 17, 18, 19]);
        let (_, validation) = validation_split(60_000, 5_000, Seed(42)).unwrap();
        assert_eq!(validation[..8], [5, 12, 15, 18, 19, 22, 29, 37]);
        assert_eq!(validation.iter().map(|&index| u64::from(index)).sum::<u64>(), 151_790_772);
    }

    #[test]
    fn validation_may_be_none_but_not_all() {
        let (train, validation) = validation_split(4, 0, Seed(1)).unwrap();
        assert_eq!(train, [0, 1, 2, 3]);
        assert!(validation.is_empty());
        for (count, validation) in [(4, 4), (4, 5), (0, 0)] {
            let error = validation_split(count, validation, Seed(1)).unwrap_err();
            assert!(matches!(error, DataError::ValidationTooLarge { .. }), "{error}");
        }
    }

    proptest! {
        #[test]
        fn every_index_is_on_exactly_one_side(count in 1usize..300, part in 0.0..1.0f64, seed: u64) {
            let wanted = (count as f64 * part) as usize;
            let (train, validation) = validation_split(count, wanted, Seed(seed)).unwrap();
            prop_assert_eq!(validation.len(), wanted);
            prop_assert!(train.is_sorted() && validation.is_sorted());
            let mut all = [train, validation].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..count as u32).collect::<Vec<_>>());
        }
    }
}

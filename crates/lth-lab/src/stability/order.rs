//! What differs between copies: the seed of the order of the data, and which examples the training error is measured on.

use lth_model::{Purpose, RandomStream, Seed};

/// The seed of a copy's training: of data order, augmentation and dropout, the noise of training. Copy 0 has the replicate's own,
/// so that it is the training of the run itself; the same copies of all rounds and variants have the same noise.
pub(super) fn order_seed(replicate: Seed, copy: u32) -> Seed {
    // Epochs, the other indices of this purpose, never come so far.
    let index = u64::MAX - u64::from(copy);
    if copy == 0 {
        replicate
    } else {
        Seed(RandomStream::new(replicate, Purpose::DataOrder, index).next_u64())
    }
}

/// So many of the training examples, at random since stored data may be sorted by class; the same for every path of a replicate.
pub(super) fn some_examples(train: &[u32], wanted: Option<usize>, replicate: Seed) -> Vec<u32> {
    let mut chosen = train.to_vec();
    if let Some(count) = wanted.filter(|&count| count < train.len()) {
        RandomStream::new(replicate, Purpose::DataOrder, u64::MAX).shuffle(&mut chosen);
        chosen.truncate(count);
        chosen.sort_unstable();
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_frozen_and_copy_0_is_the_run() {
        assert_eq!(order_seed(Seed(7), 0), Seed(7));
        let seeds = [order_seed(Seed(0), 1), order_seed(Seed(0), 2), order_seed(Seed(1), 1)];
        assert_eq!(
            seeds.map(|seed| seed.0),
            [11_122_997_261_446_133_517, 13_204_087_152_601_838_338, 14_123_301_597_194_784_484]
        );
    }

    #[test]
    fn examples_are_some_of_those_trained_on() {
        let train: Vec<u32> = (0..50).map(|index| 2 * index).collect();
        let some = some_examples(&train, Some(20), Seed(3));
        assert_eq!(some.len(), 20);
        assert!(
            some.windows(2).all(|pair| pair[0] < pair[1]) && some.iter().all(|index| train.contains(index))
        );
        assert_ne!(some, train[..20]);
        assert_eq!(some, some_examples(&train, Some(20), Seed(3)));
        assert_eq!(some_examples(&train, None, Seed(3)), train);
        assert_eq!(some_examples(&train, Some(99), Seed(3)), train);
    }
}

//! Random streams: the same bits for ever, uniform, and independent of each other.

use std::collections::HashSet;

use lth_model::{Purpose, RandomStream, Seed};
use proptest::prelude::*;

const PURPOSES: [Purpose; 9] = [
    Purpose::Init,
    Purpose::ValidationSplit,
    Purpose::DataOrder,
    Purpose::Dropout,
    Purpose::Ties,
    Purpose::RandomReinit,
    Purpose::RandomMask,
    Purpose::RandomScores,
    Purpose::Augmentation,
];

fn stream() -> RandomStream {
    RandomStream::new(Seed(42), Purpose::DataOrder, 7)
}

fn draws<T>(count: usize, mut draw: impl FnMut(&mut RandomStream) -> T) -> Vec<T> {
    let mut stream = stream();
    (0..count).map(|_| draw(&mut stream)).collect()
}

/// These vectors are what a seed means: they may never change.
#[test]
fn frozen_vectors() {
    assert_eq!(draws(4, RandomStream::next_u32), [893_002_176, 1_831_717_518, 1_595_101_661, 1_632_559_290]);
    assert_eq!(draws(2, RandomStream::next_u64), [7_867_166_836_213_293_504, 7_011_788_760_926_081_501]);
    assert_eq!(
        draws(3, RandomStream::uniform),
        [0.426_479_968_756_418_25, 0.380_109_830_380_275, 0.414_288_529_113_257_64]
    );
    assert_eq!(draws(8, |stream| stream.below(1000)), [426, 380, 414, 409, 135, 754, 134, 70]);
    assert_eq!(
        draws(3, RandomStream::normal),
        [-1.177_517_572_302_411_8, -1.920_194_797_059_029_2, -1.621_587_629_632_379_5]
    );
    assert_eq!(stream().permutation(12), [9, 7, 8, 2, 6, 0, 11, 1, 3, 10, 4, 5]);
}

#[test]
fn purposes_have_frozen_numbers() {
    assert_eq!(PURPOSES.map(|purpose| purpose as u64), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
}

#[test]
fn seeds_purposes_and_indices_give_different_streams() {
    let mut seen = HashSet::new();
    for seed in [0, 1, 2, u64::MAX] {
        for purpose in PURPOSES {
            for index in [0, 1, 2, 9, u64::MAX] {
                let mut stream = RandomStream::new(Seed(seed), purpose, index);
                assert!(
                    seen.insert(stream.next_u64()),
                    "seed {seed}, {purpose:?}, {index} repeats another stream"
                );
            }
        }
    }
}

/// Streams that differ by one in seed, purpose or index agree in half of their bits: no more, no less.
#[test]
fn neighbouring_streams_are_not_correlated() {
    let bits = |seed, purpose, index| {
        let mut stream = RandomStream::new(Seed(seed), purpose, index);
        (0..1000).map(|_| stream.next_u64()).collect::<Vec<_>>()
    };
    let base = bits(1, Purpose::Init, 1);
    for other in [bits(2, Purpose::Init, 1), bits(1, Purpose::ValidationSplit, 1), bits(1, Purpose::Init, 2)]
    {
        let equal: u32 = base.iter().zip(&other).map(|(a, b)| (a ^ b).count_zeros()).sum();
        // Four deviations of a binomial of 64,000 draws.
        assert!(
            (f64::from(equal) - 32_000.0).abs() < 4.0 * 16_000.0f64.sqrt(),
            "{equal} of 64000 bits agree"
        );
    }
}

/// Taking more from one stream cannot move another: they share nothing.
#[test]
fn a_stream_does_not_depend_on_what_others_drew() {
    let alone = stream().permutation(50);
    let mut other = RandomStream::new(Seed(42), Purpose::Dropout, 7);
    let _: Vec<u64> = (0..1000).map(|_| other.next_u64()).collect();
    assert_eq!(stream().permutation(50), alone);
}

#[test]
fn uniform_fills_its_interval() {
    let values = draws(100_000, RandomStream::uniform);
    assert!(values.iter().all(|value| (0.0..1.0).contains(value)));
    let mut cells = [0u32; 20];
    for value in values {
        cells[(value * 20.0) as usize] += 1;
    }
    // Chi-squared with 19 degrees of freedom: 43.8 is exceeded once in a thousand.
    let chi: f64 = cells.iter().map(|&count| (f64::from(count) - 5000.0).powi(2) / 5000.0).sum();
    assert!(chi < 43.8, "chi-squared {chi}: {cells:?}");
}

#[test]
fn normal_has_its_moments_and_tails() {
    let values = draws(200_000, RandomStream::normal);
    let moment = |power: i32| values.iter().map(|value| value.powi(power)).sum::<f64>() / values.len() as f64;
    assert!(moment(1).abs() < 0.01, "mean {}", moment(1));
    assert!((moment(2) - 1.0).abs() < 0.015, "variance {}", moment(2));
    assert!(moment(3).abs() < 0.04, "skewness {}", moment(3));
    assert!((moment(4) - 3.0).abs() < 0.1, "fourth moment {}", moment(4));
    let beyond = values.iter().filter(|value| value.abs() > 3.0).count() as f64 / values.len() as f64;
    assert!((beyond - 0.0027).abs() < 0.0005, "beyond three deviations: {beyond}");
    // The two values of one pair must not be related.
    let product = values.chunks_exact(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / 100_000.0;
    assert!(product.abs() < 0.013, "correlation {product}");
}

#[test]
fn below_is_even() {
    let mut counts = [0u32; 7];
    for value in draws(70_000, |stream| stream.below(7)) {
        counts[value as usize] += 1;
    }
    // Chi-squared with 6 degrees of freedom: 22.5 is exceeded once in a thousand.
    let chi: f64 = counts.iter().map(|&count| (f64::from(count) - 10_000.0).powi(2) / 10_000.0).sum();
    assert!(chi < 22.5, "chi-squared {chi}: {counts:?}");
}

#[test]
fn every_order_of_four_is_equally_likely() {
    let mut counts = std::collections::BTreeMap::<Vec<u32>, u32>::new();
    for order in draws(24_000, |stream| stream.permutation(4)) {
        *counts.entry(order).or_default() += 1;
    }
    assert_eq!(counts.len(), 24);
    // Chi-squared with 23 degrees of freedom: 49.7 is exceeded once in a thousand.
    let chi: f64 = counts.values().map(|&count| (f64::from(count) - 1000.0).powi(2) / 1000.0).sum();
    assert!(chi < 49.7, "chi-squared {chi}");
}

#[test]
fn seeds_are_whole_numbers() {
    for text in ["", "-1", "1.5", "18446744073709551616", " 1", "one"] {
        assert!(text.parse::<Seed>().is_err(), "{text}");
    }
    assert_eq!("18446744073709551615".parse::<Seed>().unwrap(), Seed(u64::MAX));
    assert_eq!(Seed(7).to_string(), "7");
}

proptest! {
    #[test]
    fn below_stays_below(seed: u64, bound in 1u64..) {
        let mut stream = RandomStream::new(Seed(seed), Purpose::Ties, 0);
        for _ in 0..20 {
            prop_assert!(stream.below(bound) < bound);
        }
    }

    #[test]
    fn permutations_have_each_number_once(seed: u64, n in 0usize..300) {
        let mut order = RandomStream::new(Seed(seed), Purpose::DataOrder, 0).permutation(n);
        order.sort_unstable();
        prop_assert_eq!(order, (0..n as u32).collect::<Vec<_>>());
    }
}

//! Random streams: values derived from (seed, purpose, index), never a global generator.

use std::{fmt, str::FromStr};

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

use crate::ParseError;

/// The number that fixes every random choice of a replicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Seed {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        text.parse().map(Self).map_err(|_| ParseError {
            what: "seed",
            value: text.to_owned(),
            reason: "it is not a whole number from 0 to 18446744073709551615".to_owned(),
            hint: "use for example --seed 0".to_owned(),
        })
    }
}

/// What a random stream is for. Changing how much one purpose draws never moves another.
///
/// The numbers are part of what a seed means: they never change, new purposes get new numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u64)]
pub enum Purpose {
    /// Initial weights; index: the parameter's place in the architecture.
    Init = 1,
    /// Which examples are held out for validation.
    ValidationSplit = 2,
    /// The order of the training examples; index: the epoch.
    DataOrder = 3,
    /// Dropout; index: the iteration.
    Dropout = 4,
    /// Ties in pruning; index: the round.
    Ties = 5,
    /// Fresh weights of the random-reinit control; index: see the control.
    RandomReinit = 6,
    /// Masks of the random-mask control; index: see the control.
    RandomMask = 7,
    /// Scores of the random criterion; index: the round.
    RandomScores = 8,
    /// Augmentation; index: the epoch and example.
    Augmentation = 9,
    /// Parts and changes of a data set; index: which (see lth-data's `DatasetView`).
    DatasetView = 10,
    /// What a mask-1 or mask-0 action draws; index: round and the parameter's place.
    MaskAction = 11,
    /// What pruning before training draws; index: see lth-ticket's `before_training`.
    BeforeTraining = 12,
    /// Masks that are drawn while a supermask is learned, and first scores; index: see lth-ticket's `supermask`.
    Supermask = 13,
}

/// A stream of random numbers that depends on nothing but (seed, purpose, index): ChaCha with 8 rounds.
///
/// ```
/// use lth_model::{Purpose, RandomStream, Seed};
/// let mut a = RandomStream::new(Seed(7), Purpose::DataOrder, 3);
/// let mut b = RandomStream::new(Seed(7), Purpose::DataOrder, 3);
/// assert_eq!(a.permutation(100), b.permutation(100));
/// ```
#[derive(Debug, Clone)]
pub struct RandomStream {
    generator: ChaCha8Rng,
    spare_normal: Option<f64>,
}

impl RandomStream {
    /// The stream of this (seed, purpose, index).
    pub fn new(seed: Seed, purpose: Purpose, index: u64) -> Self {
        let mut key = [0; 32];
        for (chunk, word) in key.chunks_exact_mut(8).zip([seed.0, purpose as u64, index, 0x6c74_6831]) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        Self { generator: ChaCha8Rng::from_seed(key), spare_normal: None }
    }

    /// The same stream from number `place` on, 64 bits a number, as if all before had been drawn.
    ///
    /// ```
    /// use lth_model::{Purpose, RandomStream, Seed};
    /// let mut through = RandomStream::new(Seed(7), Purpose::Dropout, 3);
    /// let numbers: Vec<f64> = (0..100).map(|_| through.uniform()).collect();
    /// assert_eq!(through.at(42).uniform(), numbers[42]);
    /// ```
    #[must_use]
    pub fn at(&self, place: u64) -> Self {
        let mut generator = self.generator.clone();
        generator.set_word_pos(2 * u128::from(place));
        Self { generator, spare_normal: None }
    }

    /// 32 uniform bits.
    pub fn next_u32(&mut self) -> u32 {
        self.generator.next_u32()
    }

    /// 64 uniform bits.
    pub fn next_u64(&mut self) -> u64 {
        self.generator.next_u64()
    }

    /// Uniform in [0, 1), 53 bits.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform in 0..bound, exactly (Lemire's rejection).
    ///
    /// # Panics
    /// When the bound is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0);
        loop {
            let product = u128::from(self.next_u64()) * u128::from(bound);
            if product as u64 >= bound.wrapping_neg() % bound {
                return (product >> 64) as u64;
            }
        }
    }

    /// Standard normal (Marsaglia's polar method).
    ///
    /// Uses `ln` of this crate's own deterministic kind, so that the bits are the same on every platform.
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare_normal.take() {
            return spare;
        }
        loop {
            let (u, v) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                let factor = (-2.0 * libm::log(s) / s).sqrt();
                self.spare_normal = Some(v * factor);
                return u * factor;
            }
        }
    }

    /// Shuffles in place (Fisher-Yates, from the end).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }

    /// A random order of 0..n.
    pub fn permutation(&mut self, n: usize) -> Vec<u32> {
        let mut order: Vec<u32> = (0..n as u32).collect();
        self.shuffle(&mut order);
        order
    }
}

//! Criteria: the scores that decide what is kept.
//!
//! To add one: write a file like `movement.rs` and add it to [`CRITERIA`].

mod large_final;
mod large_final_diff_sign;
mod large_final_same_sign;
mod large_init;
mod large_init_large_final;
mod magnitude_increase;
mod magnitude_increase_diff_sign;
mod magnitude_increase_same_sign;
mod movement;
mod percentile;
mod random;
mod small_final;
mod small_init;
mod small_init_small_final;

use lth_model::{Architecture, Masks, Purpose, RandomStream, Seed, Tensor, Tensors};

use crate::UnknownName;
use percentile::percentiles;

pub use large_final::LargeFinal;
pub use large_final_diff_sign::LargeFinalDiffSign;
pub use large_final_same_sign::LargeFinalSameSign;
pub use large_init::LargeInit;
pub use large_init_large_final::LargeInitLargeFinal;
pub use magnitude_increase::MagnitudeIncrease;
pub use magnitude_increase_diff_sign::MagnitudeIncreaseDiffSign;
pub use magnitude_increase_same_sign::MagnitudeIncreaseSameSign;
pub use movement::Movement;
pub use random::Random;
pub use small_final::SmallFinal;
pub use small_init::SmallInit;
pub use small_init_small_final::SmallInitSmallFinal;

/// Scores the weights of a trained network: the lowest scores are pruned (Zhou et al. 2019, M(w_i, w_f)).
pub trait Criterion: Sync {
    /// Its name on the command line.
    fn name(&self) -> &'static str;

    /// One line for `lth criteria`.
    fn description(&self) -> &'static str;

    /// The score, with w_i the weight that the round started from and w_f the trained one.
    fn formula(&self) -> &'static str;

    /// Where it was published.
    fn paper(&self) -> &'static str;

    /// A score for every prunable weight, named and shaped as the weights; scores of pruned weights mean nothing.
    fn scores(&self, context: &ScoreContext<'_>) -> Tensors;
}

/// What a criterion may look at.
#[derive(Debug, Clone, Copy)]
pub struct ScoreContext<'a> {
    /// The network.
    pub architecture: &'a Architecture,
    /// The masks of the round that was trained.
    pub masks: &'a Masks,
    /// The weights at initialisation, iteration 0.
    pub initial: &'a Tensors,
    /// The weights at the rewind point: those that the round started from. The same as `initial` when tickets are
    /// rewound to initialisation. The papers' w_i.
    pub rewind: &'a Tensors,
    /// The weights after training. The papers' w_f.
    pub trained: &'a Tensors,
    /// The replicate's seed.
    pub seed: Seed,
    /// The round that was trained.
    pub round: u64,
}

/// One weight along training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeightHistory {
    /// At initialisation.
    pub initial: f32,
    /// At the rewind point: w_i.
    pub rewind: f32,
    /// After training: w_f.
    pub trained: f32,
}

impl WeightHistory {
    /// Whether the trained weight has the sign of the weight that the round started from; zeros have none, and so never.
    pub fn kept_sign(&self) -> bool {
        (self.rewind > 0.0 && self.trained > 0.0) || (self.rewind < 0.0 && self.trained < 0.0)
    }

    /// By how much the magnitude grew: `|w_f| - |w_i|`.
    pub fn increase(&self) -> f32 {
        self.trained.abs() - self.rewind.abs()
    }
}

impl ScoreContext<'_> {
    /// The random numbers of a criterion: a stream of this seed and round.
    pub fn stream(&self) -> RandomStream {
        RandomStream::new(self.seed, Purpose::RandomScores, self.round)
    }

    /// Scores that depend on each weight alone, in the order of the architecture.
    ///
    /// # Panics
    /// When a prunable weight is missing from the tensors.
    pub fn elementwise(&self, mut score: impl FnMut(WeightHistory) -> f32) -> Tensors {
        let mut scores = Tensors::new();
        for parameter in self.architecture.parameters().into_iter().filter(|p| p.kind.is_prunable()) {
            let early = self.initial[&parameter.name].data().iter().zip(self.rewind[&parameter.name].data());
            let weights = early.zip(self.trained[&parameter.name].data());
            let data = weights
                .map(|((&initial, &rewind), &trained)| score(WeightHistory { initial, rewind, trained }));
            let tensor = Tensor::new(parameter.shape, data.collect());
            scores.insert(parameter.name, tensor);
        }
        scores
    }

    /// Scores that depend on where a weight stands among the live ones of its layer: on the percentiles, in (0, 1], of the
    /// magnitudes that it started from and that it was trained to. Those of pruned weights are 0.
    ///
    /// # Panics
    /// When a prunable weight is missing from the tensors.
    pub fn layerwise(&self, score: impl Fn(f32, f32) -> f32) -> Tensors {
        let mut scores = Tensors::new();
        for parameter in self.architecture.parameters().into_iter().filter(|p| p.kind.is_prunable()) {
            let (early, trained) = (&self.rewind[&parameter.name], &self.trained[&parameter.name]);
            let live: Vec<usize> = match self.masks.get(&parameter.name) {
                Some(mask) => mask.live_indices().collect(),
                None => (0..early.data().len()).collect(),
            };
            // Side by side: ranking is most of what such a criterion costs.
            let (early, trained) = std::thread::scope(|scope| {
                let early = scope.spawn(|| percentiles(early.data(), &live));
                let trained = percentiles(trained.data(), &live);
                (early.join().expect("ranking does not panic"), trained)
            });
            let mut data = vec![0.0; parameter.shape.iter().product()];
            for ((&index, early), trained) in live.iter().zip(early).zip(trained) {
                data[index] = score(early, trained);
            }
            scores.insert(parameter.name, Tensor::new(parameter.shape, data));
        }
        scores
    }
}

/// Every criterion.
pub const CRITERIA: &[&dyn Criterion] = &[
    &LargeFinal,
    &SmallFinal,
    &LargeInit,
    &SmallInit,
    &LargeInitLargeFinal,
    &SmallInitSmallFinal,
    &MagnitudeIncrease,
    &Movement,
    &LargeFinalSameSign,
    &LargeFinalDiffSign,
    &MagnitudeIncreaseSameSign,
    &MagnitudeIncreaseDiffSign,
    &Random,
];

/// The criterion of this name; the papers' spelling with underscores is understood.
///
/// # Errors
/// When there is none; the hint names the nearest and lists all.
///
/// ```
/// use lth_model::Hint;
/// use lth_ticket::find_criterion;
/// assert_eq!(find_criterion("large_final").unwrap().formula(), "|w_f|");
/// let error = find_criterion("large-fnal").err().unwrap();
/// assert_eq!(error.to_string(), "there is no criterion 'large-fnal'");
/// assert!(error.hint().unwrap().starts_with("did you mean 'large-final'?"));
/// ```
pub fn find_criterion(name: &str) -> Result<&'static dyn Criterion, UnknownName> {
    let wanted = name.replace('_', "-");
    let found = CRITERIA.iter().find(|criterion| criterion.name() == wanted);
    found
        .copied()
        .ok_or_else(|| UnknownName::new("criterion", name, CRITERIA.iter().map(|criterion| criterion.name())))
}

#[cfg(test)]
mod tests;

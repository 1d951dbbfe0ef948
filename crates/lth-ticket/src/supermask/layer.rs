//! The scores of one layer, and what its mask does to gradients.

use lth_model::RandomStream;

use super::{SupermaskMethod, SupermaskSettings, sigmoid::sigmoid};

/// Random numbers that are drawn before they are looked at, so that looking goes over whole vectors.
const BLOCK: usize = 512;

/// A prunable weight of which a mask is learned.
#[derive(Debug, Clone)]
pub(super) struct ScoredLayer {
    /// The weight's name.
    pub(super) name: String,
    /// The score of each weight.
    pub(super) scores: Vec<f32>,
    /// Moments of the optimiser, as many as it keeps.
    pub(super) moments: Vec<Vec<f32>>,
    /// sigmoid(score) of each weight, where masks are drawn.
    probabilities: Vec<f32>,
    /// Where the largest scores are, where those are kept.
    kept: Vec<u32>,
    /// What kept weights are multiplied by under the present mask.
    factor: f32,
}

impl ScoredLayer {
    pub(super) fn new(name: String, scores: Vec<f32>, moments: Vec<Vec<f32>>) -> Self {
        Self { name, scores, moments, probabilities: Vec::new(), kept: Vec::new(), factor: 1.0 }
    }

    /// Puts a mask on the frozen weights: a drawn one, or that of the largest scores. `effective` gets the weights that the
    /// network is computed with.
    pub(super) fn apply(
        &mut self,
        settings: &SupermaskSettings,
        stream: &mut RandomStream,
        frozen: &[f32],
        effective: &mut [f32],
    ) {
        let live = match settings.method {
            SupermaskMethod::Bernoulli { .. } => {
                if self.probabilities.is_empty() {
                    self.probabilities.extend(self.scores.iter().map(|&score| sigmoid(score)));
                }
                let mut live = 0;
                let mut random = [0; BLOCK];
                let weights = effective.chunks_mut(BLOCK).zip(frozen.chunks(BLOCK));
                for ((to, from), chances) in weights.zip(self.probabilities.chunks(BLOCK)) {
                    random[..to.len()].fill_with(|| stream.next_u32());
                    for (((to, &weight), &probability), &random) in
                        to.iter_mut().zip(from).zip(chances).zip(&random)
                    {
                        let kept = u32::from(is_kept(random, probability));
                        // Without a branch, which nobody could predict.
                        *to = f32::from_bits(weight.to_bits() & kept.wrapping_neg());
                        live += kept as usize;
                    }
                }
                live
            }
            SupermaskMethod::EdgePopup { density } => {
                largest(&self.scores, density.get(), &mut self.kept);
                effective.fill(0.0);
                for &index in &self.kept {
                    effective[index as usize] = frozen[index as usize];
                }
                self.kept.len()
            }
        };
        self.factor = 1.0;
        if settings.dynamic_rescaling {
            self.factor = rescaling(self.scores.len(), live);
            for weight in effective {
                *weight *= self.factor;
            }
        }
    }

    /// The gradient of the loss with respect to scores, straight through the mask, in the place of that with respect to the
    /// weights the network was computed with.
    ///
    /// A network of weights `f w m` has `dL/dm = f w dL/d(f w m)`. Drawn masks pass it on as their expectation would:
    /// `dm/ds = sigmoid'(s)`; the masks of the largest magnitudes as if they were these: `dm/ds = sign(s)`. The rescaling `f`
    /// counts as a constant of the step.
    pub(super) fn through_mask(&self, settings: &SupermaskSettings, frozen: &[f32], gradient: &mut [f32]) {
        let factor = self.factor;
        match settings.method {
            SupermaskMethod::Bernoulli { .. } => {
                for ((g, &weight), &p) in gradient.iter_mut().zip(frozen).zip(&self.probabilities) {
                    *g *= factor * weight * (p * (1.0 - p));
                }
            }
            SupermaskMethod::EdgePopup { .. } => {
                for ((g, &weight), &score) in gradient.iter_mut().zip(frozen).zip(&self.scores) {
                    let sign = if score == 0.0 { 0.0 } else { score.signum() };
                    *g *= factor * weight * sign;
                }
            }
        }
    }

    /// Scores have changed.
    pub(super) fn forget_probabilities(&mut self) {
        self.probabilities.clear();
    }
}

/// Whether a weight that is kept with this probability is kept in this draw: 24 random bits, so that 0 is never and 1 always.
pub(super) fn is_drawn(stream: &mut RandomStream, probability: f32) -> bool {
    is_kept(stream.next_u32(), probability)
}

fn is_kept(random: u32, probability: f32) -> bool {
    (random >> 8) as f32 * (1.0 / (1 << 24) as f32) < probability
}

/// A layer's size over what its mask keeps; 1 where it keeps nothing (Zhou et al. 2019, dynamic weight rescaling).
pub(super) fn rescaling(size: usize, live: usize) -> f32 {
    if live == 0 { 1.0 } else { (size as f64 / live as f64) as f32 }
}

/// Finds where the scores of largest magnitude are, round-half-even(density x size) of them and one at least; of equal magnitudes
/// the first.
pub(super) fn largest(scores: &[f32], density: f64, order: &mut Vec<u32>) {
    let count = ((density * scores.len() as f64).round_ties_even() as usize).clamp(1, scores.len());
    order.clear();
    order.extend(0..scores.len() as u32);
    if count < scores.len() {
        let magnitude = |index: u32| scores[index as usize].abs();
        order.select_nth_unstable_by(count, |&a, &b| magnitude(b).total_cmp(&magnitude(a)).then(a.cmp(&b)));
        order.truncate(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FrozenWeights;
    use lth_model::{Density, Purpose, Seed};

    fn settings(method: SupermaskMethod, dynamic_rescaling: bool) -> SupermaskSettings {
        SupermaskSettings { method, dynamic_rescaling, weights: FrozenWeights::Initial }
    }

    fn stream(index: u64) -> RandomStream {
        RandomStream::new(Seed(5), Purpose::Supermask, index)
    }

    #[test]
    fn the_straight_through_gradient_is_that_of_the_expectation_of_a_linear_loss() {
        // L = sum a w m is linear in m, so E L = sum a w sigmoid(s), whose differences the gradient must be.
        let frozen = [0.5, -2.0, 1.5, 0.25];
        let slopes = [1.0, 0.5, -3.0, 2.0];
        let scores = [0.3, -1.2, 0.0, 2.5];
        let mut layer = ScoredLayer::new("fc.weight".to_owned(), scores.to_vec(), Vec::new());
        let settings = settings(SupermaskMethod::BERNOULLI, false);
        layer.apply(&settings, &mut stream(0), &frozen, &mut [0.0; 4]);
        let mut gradient = slopes;
        layer.through_mask(&settings, &frozen, &mut gradient);
        for (index, &found) in gradient.iter().enumerate() {
            let expectation = |move_by: f64| {
                let p = 1.0 / (1.0 + (-(f64::from(scores[index]) + move_by)).exp());
                f64::from(slopes[index]) * f64::from(frozen[index]) * p
            };
            let expected = (expectation(1e-4) - expectation(-1e-4)) / 2e-4;
            assert!((f64::from(found) - expected).abs() < 1e-6, "{index}: {found}, {expected}");
        }
    }

    #[test]
    fn masks_are_drawn_with_the_probability_of_the_score() {
        let size = 200_000;
        let frozen = vec![1.0; size];
        let mut effective = vec![0.0; size];
        for (score, expected) in [(0.0, 0.5), (2.0, 0.880_797), (-3.0, 0.047_426)] {
            let mut layer = ScoredLayer::new("fc.weight".to_owned(), vec![score; size], Vec::new());
            layer.apply(
                &settings(SupermaskMethod::BERNOULLI, false),
                &mut stream(1),
                &frozen,
                &mut effective,
            );
            let kept = effective.iter().filter(|&&weight| weight == 1.0).count() as f64 / size as f64;
            assert!((kept - expected).abs() < 0.004, "{score}: {kept}");
        }
    }

    #[test]
    fn rescaling_keeps_the_sum_of_equal_weights() {
        let frozen = vec![0.5; 1000];
        let mut effective = vec![0.0; 1000];
        let mut layer = ScoredLayer::new("fc.weight".to_owned(), vec![-1.0; 1000], Vec::new());
        let settings = settings(SupermaskMethod::BERNOULLI, true);
        layer.apply(&settings, &mut stream(2), &frozen, &mut effective);
        let live = effective.iter().filter(|&&weight| weight != 0.0).count();
        assert!((200..350).contains(&live), "{live}");
        assert!((effective.iter().sum::<f32>() - 500.0).abs() < 0.01);
        // The factor is part of the gradient.
        let mut gradient = vec![1.0; 1000];
        layer.through_mask(&settings, &frozen, &mut gradient);
        let p = sigmoid(-1.0);
        assert!((gradient[0] - 0.5 * p * (1.0 - p) * 1000.0 / live as f32).abs() < 1e-6);
        assert_eq!(rescaling(10, 0), 1.0);
    }

    #[test]
    fn edge_popup_keeps_exactly_the_largest_magnitudes() {
        let scores = [0.1, -0.9, 0.3, 0.3, -0.2, 0.0, 0.8, 0.05, -0.01, 0.4];
        let frozen: Vec<f32> = (1..=10).map(|value| value as f32).collect();
        let mut effective = [9.0; 10];
        for (density, expected) in
            [(0.5, vec![1, 2, 3, 6, 9]), (0.3, vec![1, 6, 9]), (0.4, vec![1, 2, 6, 9]), (0.01, vec![1])]
        {
            let method = SupermaskMethod::EdgePopup { density: Density::new(density).unwrap() };
            let mut layer = ScoredLayer::new("fc.weight".to_owned(), scores.to_vec(), Vec::new());
            layer.apply(&settings(method, false), &mut stream(0), &frozen, &mut effective);
            let kept: Vec<usize> = (0..10).filter(|&index| effective[index] != 0.0).collect();
            assert_eq!(kept, expected, "{density}");
        }
    }

    #[test]
    fn edge_popup_passes_gradients_to_every_score() {
        // PyTorch 2, with the GetSubnet of the authors' code on scores.abs(): gradient of sum(slopes * w * mask).
        let method = SupermaskMethod::EdgePopup { density: Density::new(0.5).unwrap() };
        let mut layer = ScoredLayer::new("fc.weight".to_owned(), vec![0.5, -0.7, 0.1, -0.2], Vec::new());
        let frozen = [2.0, 3.0, -4.0, 5.0];
        layer.apply(&settings(method, false), &mut stream(0), &frozen, &mut [0.0; 4]);
        let mut gradient = [1.0, 0.5, 0.25, -1.0];
        layer.through_mask(&settings(method, false), &frozen, &mut gradient);
        assert_eq!(gradient, [2.0, -1.5, -1.0, 5.0]);
    }
}

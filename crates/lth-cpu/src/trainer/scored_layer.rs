//! The scores of one layer, and what its mask does to gradients.

use lth_model::{
    EngineError, OptimizerState, Pruned, RandomStream, Scores, Tensor, Tensors,
    supermask::{SupermaskMethod, is_kept, largest, rescaling, sigmoid},
};

use crate::{
    kernels::{
        apply::Apply,
        update::{Parameters, UpdateRule},
    },
    layout::buffer::Buffer,
    parameters::{
        MomentNames,
        optimizer::WithRule,
        stored::{Given, Part, Stored},
    },
    simd::Isa,
};

/// Random numbers that are drawn before they are looked at, so that looking goes over whole vectors.
const BLOCK: usize = 512;

/// A prunable weight of which a mask is learned.
pub(super) struct ScoredLayer {
    /// The weight's name.
    pub(super) name: String,
    shape: Vec<usize>,
    /// The score of each weight with its moments.
    scores: Stored,
    /// sigmoid(score) of each weight, where masks are drawn.
    probabilities: Vec<f32>,
    /// Where the largest scores are, where those are kept.
    kept: Vec<u32>,
    /// What kept weights are multiplied by under the present mask.
    factor: f32,
    gradient: Buffer,
}

impl ScoredLayer {
    /// With the scores and moments of a state, or these scores and no moments.
    ///
    /// # Errors
    /// When the state lacks a tensor, or it has another shape than the weight.
    pub(super) fn new(
        name: &str,
        first: &Tensor,
        state: Option<&OptimizerState>,
        moments: MomentNames,
    ) -> Result<Self, EngineError> {
        let (mut value, mut found) = (first, Vec::new());
        if let Some(state) = state {
            let take = |name: String| state.tensor(&name, first.shape());
            value = take(format!("{name}.score"))?;
            for moment in moments {
                found.push(take(format!("{name}.score.{moment}"))?);
            }
        }
        let given = Given {
            value,
            moments: [0, 1].map(|moment| found.get(moment).copied()),
            kept_moments: moments.len(),
            pruned: Pruned::Zero,
        };
        let len = first.len();
        Ok(Self {
            name: name.to_owned(),
            shape: first.shape().to_vec(),
            scores: given.store(len, |tensor, to| to[..len].copy_from_slice(tensor.data())),
            probabilities: Vec::new(),
            kept: Vec::new(),
            factor: 1.0,
            gradient: Buffer::zeros(len),
        })
    }

    fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Puts a mask on the frozen weights: a drawn one, or that of the largest scores. `effective` gets the weights that the
    /// network is computed with.
    pub(super) fn apply(
        &mut self,
        settings: &Scores,
        stream: &mut RandomStream,
        frozen: &[f32],
        effective: &mut [f32],
    ) {
        let scores = &self.scores.part(Part::Value)[..frozen.len()];
        let live = match settings.method {
            SupermaskMethod::Bernoulli { .. } => {
                if self.probabilities.is_empty() {
                    self.probabilities.extend(scores.iter().map(|&score| sigmoid(score)));
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
                largest(scores, density.get(), &mut self.kept);
                effective.fill(0.0);
                for &index in &self.kept {
                    effective[index as usize] = frozen[index as usize];
                }
                self.kept.len()
            }
        };
        self.factor = 1.0;
        if settings.dynamic_rescaling {
            self.factor = rescaling(frozen.len(), live);
            for weight in effective {
                *weight *= self.factor;
            }
        }
    }

    /// The gradient of the loss with respect to scores, straight through the mask, from that with respect to the weights the
    /// network was computed with.
    ///
    /// A network of weights `f w m` has `dL/dm = f w dL/d(f w m)`. Drawn masks pass it on as their expectation would:
    /// `dm/ds = sigmoid'(s)`; the masks of the largest magnitudes as if they were these: `dm/ds = sign(s)`. The rescaling `f`
    /// counts as a constant of the step.
    pub(super) fn through_mask(&mut self, settings: &Scores, frozen: &[f32], gradient: &[f32]) {
        let factor = self.factor;
        let to = self.gradient.iter_mut().zip(gradient).zip(frozen);
        match settings.method {
            SupermaskMethod::Bernoulli { .. } => {
                for (((to, &g), &weight), &p) in to.zip(&self.probabilities) {
                    *to = g * (factor * weight * (p * (1.0 - p)));
                }
            }
            SupermaskMethod::EdgePopup { .. } => {
                for (((to, &g), &weight), &score) in to.zip(self.scores.part(Part::Value)) {
                    let sign = if score == 0.0 { 0.0 } else { score.signum() };
                    *to = g * (factor * weight * sign);
                }
            }
        }
    }

    /// Adds scores and moments to the memory of a state.
    pub(super) fn export(&self, moments: MomentNames, to: &mut Tensors) {
        let mut put = |name: String, part: Part| {
            let values = self.scores.part(part)[..self.len()].to_vec();
            to.insert(name, Tensor::new(self.shape.clone(), values));
        };
        put(format!("{}.score", self.name), Part::Value);
        for (moment, part) in moments.iter().zip([Part::First, Part::Second]) {
            put(format!("{}.score.{moment}", self.name), part);
        }
    }
}

/// An update of the scores by the gradients that were made last, with whichever rule.
pub(super) struct UpdateScores<'a> {
    pub(super) layers: &'a mut [ScoredLayer],
    pub(super) isa: Isa,
}

impl WithRule for UpdateScores<'_> {
    fn with<R: UpdateRule>(self, rule: R) {
        for layer in self.layers {
            let parameters: Parameters<'_> = layer.scores.parameters();
            self.isa.run(Apply { parameters, gradient: &layer.gradient, kept: None, rule });
            layer.probabilities.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lth_model::{Density, Purpose, Seed};

    fn settings(method: SupermaskMethod, dynamic_rescaling: bool) -> Scores {
        Scores { method, dynamic_rescaling, normalizing: None }
    }

    fn layer(scores: &[f32]) -> ScoredLayer {
        let scores = Tensor::new(vec![1, scores.len()], scores.to_vec());
        ScoredLayer::new("fc.weight", &scores, None, &[]).unwrap()
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
        let mut layer = self::layer(&scores);
        let settings = settings(SupermaskMethod::BERNOULLI, false);
        layer.apply(&settings, &mut stream(0), &frozen, &mut [0.0; 4]);
        layer.through_mask(&settings, &frozen, &slopes);
        let gradient = &layer.gradient[..frozen.len()];
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
            let mut layer = self::layer(&vec![score; size]);
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
        let mut layer = self::layer(&[-1.0; 1000]);
        let settings = settings(SupermaskMethod::BERNOULLI, true);
        layer.apply(&settings, &mut stream(2), &frozen, &mut effective);
        let live = effective.iter().filter(|&&weight| weight != 0.0).count();
        assert!((200..350).contains(&live), "{live}");
        assert!((effective.iter().sum::<f32>() - 500.0).abs() < 0.01);
        // The factor is part of the gradient.
        layer.through_mask(&settings, &frozen, &[1.0; 1000]);
        let p = sigmoid(-1.0);
        assert!((layer.gradient[0] - 0.5 * p * (1.0 - p) * 1000.0 / live as f32).abs() < 1e-6);
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
            let mut layer = self::layer(&scores);
            layer.apply(&settings(method, false), &mut stream(0), &frozen, &mut effective);
            let kept: Vec<usize> = (0..10).filter(|&index| effective[index] != 0.0).collect();
            assert_eq!(kept, expected, "{density}");
        }
    }

    #[test]
    fn edge_popup_passes_gradients_to_every_score() {
        // PyTorch 2, with the GetSubnet of the authors' code on scores.abs(): gradient of sum(slopes * w * mask).
        let method = SupermaskMethod::EdgePopup { density: Density::new(0.5).unwrap() };
        let mut layer = self::layer(&[0.5, -0.7, 0.1, -0.2]);
        let frozen = [2.0, 3.0, -4.0, 5.0];
        layer.apply(&settings(method, false), &mut stream(0), &frozen, &mut [0.0; 4]);
        layer.through_mask(&settings(method, false), &frozen, &[1.0, 0.5, 0.25, -1.0]);
        let gradient = &layer.gradient[..frozen.len()];
        assert_eq!(gradient, [2.0, -1.5, -1.0, 5.0]);
    }
}

//! Scores and their moments as the memory of a trainer.

use lth_model::{EngineError, OptimizerState, Tensor, Tensors};

use super::layer::ScoredLayer;

/// What the names of scores end in.
const SCORE: &str = ".score";

/// The scores in the state of a supermask's trainer, under the names of their weights.
///
/// ```
/// use lth_model::{OptimizerState, Tensor};
/// use lth_ticket::scores_of;
/// let mut state = OptimizerState::default();
/// state.tensors.insert("fc1.weight.score".to_owned(), Tensor::zeros(vec![2, 3]));
/// state.tensors.insert("fc1.weight.score.momentum_buffer".to_owned(), Tensor::zeros(vec![2, 3]));
/// assert_eq!(scores_of(&state).keys().collect::<Vec<_>>(), ["fc1.weight"]);
/// ```
pub fn scores_of(state: &OptimizerState) -> Tensors {
    let score =
        |(name, tensor): (&String, &Tensor)| Some((name.strip_suffix(SCORE)?.to_owned(), tensor.clone()));
    state.tensors.iter().filter_map(score).collect()
}

/// The state of layers: `NAME.score`, and `NAME.score.momentum_buffer` or what else the optimiser keeps.
pub(super) fn state_of(
    layers: &[ScoredLayer],
    frozen: &Tensors,
    moments: &[&str],
    updates: u64,
) -> OptimizerState {
    let mut tensors = Tensors::new();
    for layer in layers {
        let shape = frozen[&layer.name].shape();
        let mut put = |name: String, values: &[f32]| {
            tensors.insert(name, Tensor::new(shape.to_vec(), values.to_vec()));
        };
        put(format!("{}{SCORE}", layer.name), &layer.scores);
        for (moment, values) in moments.iter().zip(&layer.moments) {
            put(format!("{}{SCORE}.{moment}", layer.name), values);
        }
    }
    OptimizerState { updates, tensors }
}

/// Layers from a state, in the order of these names.
///
/// # Errors
/// When a tensor is missing or has another shape than its weight.
pub(super) fn layers_of(
    state: &OptimizerState,
    names: impl IntoIterator<Item = String>,
    frozen: &Tensors,
    moments: &[&str],
) -> Result<Vec<ScoredLayer>, EngineError> {
    let take = |name: String, weight: &str| {
        let Some(tensor) = state.tensors.get(&name) else { return Err(EngineError::MissingTensor { name }) };
        let expected = frozen[weight].shape();
        if tensor.shape() != expected {
            let (expected, found) = (expected.to_vec(), tensor.shape().to_vec());
            return Err(EngineError::Shape { name, expected, found });
        }
        Ok(tensor.data().to_vec())
    };
    let layer = |name: String| {
        let scores = take(format!("{name}{SCORE}"), &name)?;
        let moments = moments.iter().map(|moment| take(format!("{name}{SCORE}.{moment}"), &name));
        Ok(ScoredLayer::new(name.clone(), scores, moments.collect::<Result<_, _>>()?))
    };
    names.into_iter().map(layer).collect()
}

//! Scores in the memory of a trainer.

use lth_model::{OptimizerState, Tensor, Tensors};

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

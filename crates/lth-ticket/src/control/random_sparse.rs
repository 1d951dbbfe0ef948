//! The control `random-sparse`.

use super::{Control, ControlContext, ControlTicket};

/// A random mask with the ticket's layer-wise counts and fresh weights: the randomly sampled sparse networks of Frankle
/// and Carbin 2019 (Figure 1).
///
/// For the same round and draw it has the masks of `random-mask` and draws the weights of `random-reinit`.
#[derive(Debug, Clone, Copy)]
pub struct RandomSparse;

impl Control for RandomSparse {
    fn name(&self) -> &'static str {
        "random-sparse"
    }

    fn description(&self) -> &'static str {
        "a random mask of the same layer-wise density, weights drawn anew"
    }

    fn paper(&self) -> &'static str {
        "Frankle and Carbin 2019"
    }

    fn control(&self, context: &ControlContext<'_>) -> ControlTicket {
        let masks = context.random_masks();
        ControlTicket { weights: context.fresh_weights(&masks), masks }
    }
}

//! The control `random-reinit`.

use super::{Control, ControlContext, ControlTicket};

/// The ticket's masks with fresh weights, drawn by the recipe's initialisation (Frankle and Carbin 2019): does the
/// structure alone make the ticket?
///
/// Weights come from the streams (seed, `RandomReinit`, of round and draw), so each round and draw has its own.
#[derive(Debug, Clone, Copy)]
pub struct RandomReinit;

impl Control for RandomReinit {
    fn name(&self) -> &'static str {
        "random-reinit"
    }

    fn description(&self) -> &'static str {
        "the ticket's mask, weights drawn anew"
    }

    fn paper(&self) -> &'static str {
        "Frankle and Carbin 2019"
    }

    fn control(&self, context: &ControlContext<'_>) -> ControlTicket {
        let masks = context.masks.clone();
        ControlTicket { weights: context.fresh_weights(&masks), masks }
    }
}

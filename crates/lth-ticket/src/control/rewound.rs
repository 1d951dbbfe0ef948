//! The control `rewound`.

use super::{Control, ControlContext, ControlTicket};
use crate::rewind;

/// The ticket's mask over the weights of the rewind point. Where tickets go on from trained weights (learning-rate rewinding,
/// fine-tuning) or from others, it is the network that is reset only at the end: with learning-rate rewinding from iteration 0, strategy 2
/// of Frankle and Carbin 2019 (appendix B). Where tickets are rewound, it is the ticket itself.
#[derive(Debug, Clone, Copy)]
pub struct Rewound;

impl Control for Rewound {
    fn name(&self) -> &'static str {
        "rewound"
    }

    fn description(&self) -> &'static str {
        "the ticket's mask, weights of the rewind point: reset only at the end (strategy 2)"
    }

    fn paper(&self) -> &'static str {
        "Frankle and Carbin 2019"
    }

    fn control(&self, context: &ControlContext<'_>) -> ControlTicket {
        ControlTicket { weights: rewind(context.rewind, context.masks), masks: context.masks.clone() }
    }
}

//! The control `random-mask`.

use crate::rewind;

use super::{Control, ControlContext, ControlTicket};

/// A random mask with the ticket's layer-wise counts over the weights of the rewind point (Frankle et al. 2019, 2020):
/// do the weights alone make the ticket, wherever the mask is?
///
/// Frankle and Carbin 2019 also draw the weights of their random sparse networks anew: that is `random-sparse`.
#[derive(Debug, Clone, Copy)]
pub struct RandomMask;

impl Control for RandomMask {
    fn name(&self) -> &'static str {
        "random-mask"
    }

    fn description(&self) -> &'static str {
        "a random mask of the same layer-wise density, weights of the rewind point"
    }

    fn paper(&self) -> &'static str {
        "Frankle et al. 2019, 2020"
    }

    fn control(&self, context: &ControlContext<'_>) -> ControlTicket {
        let masks = context.random_masks();
        ControlTicket { weights: rewind(context.rewind, &masks), masks }
    }
}

//! Controls that change the kept weights of a ticket.

use super::{Control, ControlContext, ControlTicket};
use crate::{Mask1Action, Mask1Context};

/// The ticket's mask over weights that a mask-1 action makes of the rewind point (Zhou et al. 2019): is it the values that make the
/// ticket, their signs, or their distribution?
///
/// Actions that read trained weights have no control.
#[derive(Clone, Copy)]
pub struct OfAction {
    /// The control's name.
    pub name: &'static str,
    /// What becomes of kept weights.
    pub action: &'static dyn Mask1Action,
}

impl Control for OfAction {
    fn name(&self) -> &'static str {
        self.name
    }

    fn description(&self) -> &'static str {
        self.action.description()
    }

    fn paper(&self) -> &'static str {
        self.action.paper()
    }

    fn control(&self, context: &ControlContext<'_>) -> ControlTicket {
        let weights = self.action.weights(&Mask1Context {
            architecture: context.architecture,
            recipe: context.recipe,
            initial: context.initial,
            rewind: context.rewind,
            trained: context.rewind,
            masks: context.masks,
            seed: context.seed,
            round: context.round,
            draw: context.draw,
        });
        ControlTicket { weights, masks: context.masks.clone() }
    }
}

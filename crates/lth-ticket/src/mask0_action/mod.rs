//! Mask-0 actions: what pruned weights are while the others train (Zhou et al. 2019, section 5).
//!
//! To add one: write a file like `freeze.rs` and add it to [`MASK0_ACTIONS`].

mod by_direction;
mod freeze;
mod zero;

use lth_model::Tensors;

use crate::{Mask1Context, UnknownName};

pub use by_direction::{ByDirection, Zeroed};
pub use freeze::{Freeze, FreezePoint};
pub use zero::Zero;

/// Gives pruned weights the values at which they are frozen.
pub trait Mask0Action: Sync {
    /// Its name on the command line.
    fn name(&self) -> &'static str;

    /// One line for `lth criteria`.
    fn description(&self) -> &'static str;

    /// The frozen value, with w_i the weight that the round started from and w_f the trained one.
    fn formula(&self) -> &'static str;

    /// Where it was published.
    fn paper(&self) -> &'static str;

    /// Whether pruned weights may be other than zero, so that the forward pass costs what the dense network's costs.
    fn freezes(&self) -> bool;

    /// Changes the start of the next round, in which pruned weights are zero, so that they are what they are frozen at.
    fn apply(&self, context: &Mask1Context<'_>, weights: &mut Tensors);
}

/// Every action.
pub const MASK0_ACTIONS: &[&dyn Mask0Action] = &[
    &Zero,
    &Freeze { at: FreezePoint::Initial },
    &Freeze { at: FreezePoint::Rewind },
    &ByDirection { zeroed: Zeroed::Toward },
    &ByDirection { zeroed: Zeroed::TowardAll },
    &ByDirection { zeroed: Zeroed::Shuffled },
    &ByDirection { zeroed: Zeroed::Away },
];

/// The action of this name; underscores are understood for hyphens.
///
/// # Errors
/// When there is none; the hint names the nearest and lists all.
pub fn find_mask0_action(name: &str) -> Result<&'static dyn Mask0Action, UnknownName> {
    let wanted = name.replace('_', "-");
    let found = MASK0_ACTIONS.iter().find(|action| action.name() == wanted);
    found.copied().ok_or_else(|| {
        UnknownName::new("mask-0 action", name, MASK0_ACTIONS.iter().map(|action| action.name()))
    })
}

#[cfg(test)]
mod tests;

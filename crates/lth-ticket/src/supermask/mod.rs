//! Supermasks (Zhou et al. 2019; Ramanujan et al. 2020): settings, frozen weights and results.
//!
//! An engine learns the scores ([`lth_model::Learns::Scores`]), so that [`crate::train()`] learns masks as it trains weights.

mod effective;
mod frozen_weights;
mod settings;
mod state;

pub use effective::supermask_weights;
pub use frozen_weights::FrozenWeights;
pub use lth_model::supermask::{SupermaskMethod, first_scores, likely_masks, sampled_masks, top_masks};
pub use settings::SupermaskSettings;
pub use state::scores_of;

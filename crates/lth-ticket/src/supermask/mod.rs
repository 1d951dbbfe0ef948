//! Supermasks: masks that make an untrained network good (Zhou et al. 2019; Ramanujan et al. 2020).
//!
//! Weights never change. Each prunable weight has a *score*, from which a mask follows ([`SupermaskMethod`]); the scores are
//! learned by gradients that pass through the mask as if it were the score. [`SupermaskEngine`] makes trainers of that kind
//! out of those of any engine, so that [`crate::train()`] learns masks as it trains weights.

mod effective;
mod engine;
mod frozen_weights;
mod layer;
mod masks;
mod optimizer;
mod settings;
mod sigmoid;
mod state;
mod trainer;

pub use effective::supermask_weights;
pub use engine::{Normalizing, SupermaskEngine};
pub use frozen_weights::FrozenWeights;
pub use masks::{first_scores, likely_masks, sampled_masks, top_masks};
pub use settings::{SupermaskMethod, SupermaskSettings, check_supermask_network};
pub use state::scores_of;

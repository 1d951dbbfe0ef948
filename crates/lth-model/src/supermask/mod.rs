//! Supermasks: masks that make an untrained network good (Zhou et al. 2019; Ramanujan et al. 2020).
//!
//! Weights never change. Each prunable weight has a *score*, from which a mask follows ([`SupermaskMethod`]); an engine learns the
//! scores by gradients that pass through the mask as if it were the score ([`crate::Learns::Scores`]).

mod draw;
mod masks;
mod method;

pub use draw::{is_kept, largest, rescaling, sample_stream, sigmoid, step_stream};
pub use masks::{first_scores, likely_masks, sampled_masks, top_masks};
pub use method::SupermaskMethod;

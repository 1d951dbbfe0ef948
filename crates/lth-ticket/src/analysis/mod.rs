//! What a ticket is made of: pure functions on named tensors and masks.

mod connectivity;
mod distribution;
mod mask_overlap;
mod movement;
mod sign_agreement;

pub use connectivity::{Connectivity, LayerUnits};
pub use distribution::{Distribution, Histogram};
pub use mask_overlap::MaskOverlap;
pub use movement::MeanMovement;
pub use sign_agreement::SignAgreement;

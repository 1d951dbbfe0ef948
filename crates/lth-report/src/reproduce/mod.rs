//! Figures and tables that were published, with the sweep that makes them again.
//!
//! Each is a file in `papers/`, `<paper>/<figure or table>.toml`: what was published, number by number with its source, what is claimed of it, and
//! the sweep in full and in short. Adding one is adding a file.

mod claim;
mod ours;
mod published;

pub use claim::{Claim, ClaimVerdict, Relation, Verdict};
pub use ours::{DensityPoint, DensitySeries, density_series};
pub use published::{Published, PublishedSeries, find_published, published};

//! Figures and tables that were published, with what makes them again.
//!
//! Each is a file in `papers/`, `<paper>/<figure or table>.toml`: what was published, number by number with its source, what is claimed of it, and
//! the procedures that make it, in full and in short. Adding one is adding a file. Whatever the procedure, what it found becomes
//! [`Results`], curves by name, from which table, figure and verdicts are made.

mod catalogue;
mod claim;
mod of_stability;
mod published;
mod quantity;
mod results;
mod study;
mod verdict;

pub use catalogue::{find_published, published};
pub use claim::{Claim, Relation};
pub use published::{Published, PublishedSeries, XAxis};
pub use quantity::Quantity;
pub use results::{Results, Series, SeriesPoint, is_near};
pub use study::{Study, StudyPlaces};
pub use verdict::{ClaimVerdict, Verdict};

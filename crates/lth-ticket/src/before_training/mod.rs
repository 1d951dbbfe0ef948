//! Pruning before training: scores of weights that nobody has trained yet.
//!
//! A method scores the weights of an untrained network, [`prune_before_training`] prunes the lowest scores, at once or in
//! steps between which the rest is scored again. [`SanityCheck`] spoils a mask on purpose (Frankle et al. 2021), the
//! control `random-reinit` spoils its weights.
//!
//! To add a method: write a file like `magnitude.rs` and add it to [`BEFORE_TRAINING`].

mod budget;
mod collapse;
mod context;
mod error;
mod examples;
mod grasp;
mod magnitude;
mod prune;
mod random;
mod sanity;
mod schedule;
mod snip;
mod synflow;

use lth_model::Tensors;

use crate::UnknownName;

pub use budget::Budget;
pub use collapse::collapsed_layers;
pub use context::{BeforeTrainingContext, unwatched};
pub use error::BeforeTrainingError;
pub use examples::{EXAMPLES_PER_CLASS, scoring_examples};
pub use grasp::{GRASP_TEMPERATURE, Grasp};
pub use magnitude::Magnitude;
pub use prune::{BeforeTrainingOptions, BeforeTrainingProgress, prune_before_training};
pub use random::RandomBeforeTraining;
pub use sanity::{SanityCheck, invert_scores, shuffle_layers};
pub use schedule::DensitySchedule;
pub use snip::Snip;
pub use synflow::SynFlow;

/// Scores the weights of an untrained network: the lowest scores are pruned.
pub trait BeforeTraining: Sync {
    /// Its name on the command line.
    fn name(&self) -> &'static str;

    /// One line for lists.
    fn description(&self) -> &'static str;

    /// The score, with w the weight, L the loss and g its gradient.
    fn formula(&self) -> &'static str;

    /// Where it was published.
    fn paper(&self) -> &'static str;

    /// Whether it looks at training examples.
    fn needs_data(&self) -> bool;

    /// In how many steps the paper prunes, scoring again before each.
    fn default_iterations(&self) -> u64 {
        1
    }

    /// A score for every prunable weight, named and shaped as the weights; scores of pruned weights mean nothing.
    ///
    /// # Errors
    /// When weights, masks or examples do not fit, a score is not finite, or the watcher says stop.
    fn scores(&self, context: &BeforeTrainingContext<'_>) -> Result<Tensors, BeforeTrainingError>;
}

/// Every method.
pub const BEFORE_TRAINING: &[&dyn BeforeTraining] =
    &[&RandomBeforeTraining, &Magnitude, &Snip, &Grasp, &SynFlow];

/// The method of this name; underscores are understood for hyphens, capitals for small letters (`SynFlow`).
///
/// # Errors
/// When there is none; the hint names the nearest and lists all.
///
/// ```
/// use lth_model::Hint;
/// use lth_ticket::find_before_training;
/// assert_eq!(find_before_training("SynFlow").unwrap().default_iterations(), 100);
/// let error = find_before_training("snp").err().unwrap();
/// assert!(error.hint().unwrap().starts_with("did you mean 'snip'?"));
/// ```
pub fn find_before_training(name: &str) -> Result<&'static dyn BeforeTraining, UnknownName> {
    let wanted = name.replace('_', "-").to_lowercase();
    let found = BEFORE_TRAINING.iter().find(|method| method.name() == wanted);
    found.copied().ok_or_else(|| {
        let names = BEFORE_TRAINING.iter().map(|method| method.name());
        UnknownName::new("method of pruning before training", name, names)
    })
}

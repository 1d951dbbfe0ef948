//! The batches that untrained weights are scored on.

use lth_data::Dataset;
use lth_model::Architecture;
use lth_ticket::{BeforeTraining, EXAMPLES_PER_CLASS, scoring_examples};

use super::{Experiment, refuse};
use crate::{LabError, work::split_on_host};

impl Experiment {
    /// Checks the batches of examples on which weights are scored before training: how many there are depends on the classes
    /// of the data.
    ///
    /// # Errors
    /// [`LabError::Setting`] when batch normalisation would have no variance in the last.
    pub fn check_scoring(&self, architecture: &Architecture, data: &Dataset) -> Result<(), LabError> {
        let method = self.pruning.procedure.at_init_method().ok().flatten();
        let scores = self.rounds > 1 && method.is_some_and(BeforeTraining::needs_data);
        if !scores || architecture.norm_of_one_value(1).is_none() {
            return Ok(());
        }
        for replicate in 0..self.replicates {
            let seed = self.seed(replicate);
            let data = split_on_host(data, self.validation_size, seed);
            let chosen = scoring_examples(&data, architecture.classes(), EXAMPLES_PER_CLASS, seed);
            // What is wrong with labels, the run says.
            let Ok(count) = chosen.map(|chosen| chosen.len()) else { return Ok(()) };
            self.check_scoring_batches(architecture, count)?;
        }
        Ok(())
    }

    fn check_scoring_batches(&self, architecture: &Architecture, count: usize) -> Result<(), LabError> {
        let size = self.recipe.batch_size;
        let last = (count - 1) % size + 1;
        let Some(layer) = architecture.norm_of_one_value(last) else { return Ok(()) };
        let others = (size.max(2)..=count.max(2)).find(|other| *other >= count || count % other != 1);
        refuse(
            "recipe.batch_size",
            size,
            format!(
                "the last batch of the {count} examples that `{}` scores weights on has one example, and batch normalisation \
                 '{layer}' would have no variance",
                self.pruning.procedure.criterion()
            ),
            format!("use another batch size, for example --batch-size {}", others.unwrap_or(2)),
        )
    }
}

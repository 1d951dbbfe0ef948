//! Whether two copies would be pruned alike.

use lth_model::{Masks, TensorFile, Tensors};
use lth_ticket::{ScoreContext, find_criterion, prune};

use super::{StartPoint, study::Study};
use crate::{LabError, Procedure, StageError, work::Start};

impl Study<'_> {
    /// The masks that one more round of the run would leave of a copy, under the run's criterion, scope and rates; `None` where it does not
    /// prune what is trained.
    ///
    /// # Errors
    /// When the run's files cannot be read, or the network cannot be pruned.
    pub(super) fn next_masks(
        &self,
        point: &StartPoint,
        start: &Start,
        trained: &Tensors,
    ) -> Result<Option<Masks>, StageError> {
        let pruning = &self.experiment.pruning;
        if matches!(pruning.procedure, Procedure::AtInit(_) | Procedure::Dynamic(_)) {
            return Ok(None);
        }
        let path = self.layout.initial(point.replicate);
        self.experiment.there(self.layout, &path)?;
        let initial = TensorFile::read(&path).map_err(LabError::from)?.tensors;
        self.bench.architecture.check_tensors(&initial).map_err(LabError::from)?;
        let initial = self.bench.architecture.ordered(initial);
        let rewind = if self.experiment.pruning.procedure.rewind().is_zero() {
            initial.clone()
        } else {
            self.rewind_point(point.replicate)?.weights
        };
        let (seed, round) = (self.experiment.seed(point.replicate), u64::from(point.round));
        let scores = find_criterion(pruning.procedure.criterion())?.scores(&ScoreContext {
            architecture: self.bench.architecture,
            masks: &start.masks,
            initial: &initial,
            rewind: &rewind,
            trained,
            seed,
            round,
        });
        let rates = self.experiment.rates();
        Ok(Some(prune(&scores, &start.masks, self.bench.architecture, pruning.scope, &rates, seed, round)?))
    }
}

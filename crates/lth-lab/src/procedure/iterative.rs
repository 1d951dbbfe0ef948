//! Iterative pruning (Frankle and Carbin 2019; rewinding: Frankle et al. 2019).
//!
//! ```text
//! round 0        train the dense network; on the way note the rewind point
//! round r + 1    score what round r has trained, and prune a rate of it: the masks of the ticket
//!                rewind: the ticket's weights are those of the rewind point under the masks
//!                train the ticket
//! ```

use lth_model::Tensors;
use lth_ticket::prune;

use super::Page;
use crate::{
    StageError,
    schedule::{Stage, StageRunner},
    work::Start,
};

/// The procedure.
pub(super) struct Iterative;

impl Page for Iterative {
    fn waits_for(&self, round: u32) -> Option<u32> {
        round.checked_sub(1)
    }

    fn makes_next_ticket(&self) -> bool {
        true
    }

    fn make_ticket(&self, _run: &StageRunner<'_>, _replicate: u32, _round: u32) -> Result<(), StageError> {
        // The round before wrote it, or its record would not be there.
        Ok(())
    }

    fn make_next_ticket(
        &self,
        run: &StageRunner<'_>,
        stage: Stage,
        start: &Start,
        trained: &Tensors,
    ) -> Result<String, StageError> {
        let Stage { replicate, round, .. } = stage;
        let masks = prune(
            &run.scores(replicate, round, start, trained)?,
            &start.masks,
            run.bench.architecture,
            run.experiment.pruning.scope,
            &run.experiment.rates(),
            run.experiment.seed(replicate),
            u64::from(round),
        )?;
        run.write_pruned(replicate, round + 1, &masks, trained, &start.ticket_hash)
    }
}

//! One-shot pruning: every ticket is cut from the trained dense network, at once to its density.

use lth_model::{Density, Masks, TensorFile, Tensors};
use lth_ticket::{OneShot as Target, prune_one_shot};

use super::Page;
use crate::{
    LabError, StageError, Variant,
    schedule::{Stage, StageRunner},
};

/// The procedure; the densities of rounds 1, 2, ..., where there are none those that the rates lead to.
pub(super) struct OneShot<'a>(pub(super) &'a [Density]);

impl Page for OneShot<'_> {
    fn waits_for(&self, _round: u32) -> Option<u32> {
        Some(0)
    }

    fn make_ticket(&self, run: &StageRunner<'_>, replicate: u32, round: u32) -> Result<(), StageError> {
        let path = run.layout.trained(replicate, Variant::Ticket, 0);
        let trained = TensorFile::read(&path).map_err(LabError::from)?;
        trained.check_against(run.bench.architecture).map_err(LabError::from)?;
        let target = match self.0.get(round as usize - 1) {
            Some(density) => Target::Density(*density),
            None => Target::Rounds(u64::from(round)),
        };
        let masks = masks(run, Stage::ticket(replicate, round), &trained.tensors, target)?;
        let dense = run.start(Stage::ticket(replicate, 0))?;
        run.write_pruned(replicate, round, &masks, &trained.tensors, &dense.ticket_hash)?;
        Ok(())
    }
}

/// The masks that pruning the dense network at once gives a stage, by the weights that it has then.
pub(super) fn masks(
    run: &StageRunner<'_>,
    stage: Stage,
    weights: &Tensors,
    target: Target,
) -> Result<Masks, StageError> {
    let dense = run.start(Stage::ticket(stage.replicate, 0))?;
    Ok(prune_one_shot(
        &run.scores(stage.replicate, 0, &dense, weights)?,
        run.bench.architecture,
        run.experiment.pruning.scope,
        &run.experiment.rates(),
        target,
        run.experiment.seed(stage.replicate),
        u64::from(stage.round),
    )?)
}

//! The dense network of a replicate, trained once more than its round.

use std::{io, sync::PoisonError};

use lth_model::{Learns, TensorFile, Tensors};
use lth_ticket::{Directive, Observer, Outcome, Progress, Trained, TrainingCheckpoint, TrainingJob, train};

use super::{Stage, StageError, StageRunner, Stop, start::Start};
use crate::{LabError, Variant};

impl StageRunner<'_> {
    /// The trained weights of round 0: from their file, or, where the retention policy has removed it, trained again to the
    /// same bits, once a run.
    pub(super) fn dense_weights(&self, replicate: u32) -> Result<Tensors, StageError> {
        let path = self.layout.trained(replicate, Variant::Ticket, 0);
        if path.exists() {
            let file = TensorFile::read(&path).map_err(LabError::from)?;
            file.check_against(self.context.architecture).map_err(LabError::from)?;
            return Ok(file.tensors);
        }
        // Held while it trains: others that need the same weights wait instead of training them too.
        let mut known = self.dense[replicate as usize].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(weights) = &*known {
            return Ok(weights.clone());
        }
        let weights = self.train_dense_again(replicate)?.weights;
        *known = Some(weights.clone());
        Ok(weights)
    }

    fn train_dense_again(&self, replicate: u32) -> Result<Trained, StageError> {
        let dense = self.start(Stage { replicate, variant: Variant::Ticket, round: 0 })?;
        let job = self.dense_job(replicate, &dense);
        match train(self.context.engine, &job, None, &mut UntilStopped(&self.context.stop))? {
            Outcome::Finished(trained) => Ok(trained),
            Outcome::Stopped(_) => Err(StageError::Stopped),
            Outcome::Diverged { iteration } => Err(StageError::Diverged { iteration }),
        }
    }

    /// The training of the dense network, without evaluations: only its weights count.
    pub(super) fn dense_job<'a>(&'a self, replicate: u32, dense: &'a Start) -> TrainingJob<'a> {
        let experiment = self.experiment;
        TrainingJob {
            architecture: self.context.architecture,
            recipe: &experiment.recipe,
            learns: Learns::Weights,
            data: self.data(replicate),
            weights: &dense.weights,
            masks: &dense.masks,
            mask_updates: None,
            pruned: dense.pruned,
            seed: experiment.seed(replicate),
            start: dense.iteration,
            order: experiment.order,
            optimizer: dense.optimizer.as_ref(),
            // An evaluation on the way changes no bit.
            evaluate_every: u64::MAX,
            snapshots: Vec::new(),
        }
    }
}

/// Watches for the wish to stop only.
struct UntilStopped<'a>(&'a Stop);

impl Observer for UntilStopped<'_> {
    fn step(&mut self, _progress: &Progress) -> Directive {
        if self.0.is_set() { Directive::Stop } else { Directive::Continue }
    }

    fn stops(&self) -> bool {
        self.0.is_set()
    }

    fn checkpoint(&mut self, _checkpoint: &TrainingCheckpoint) -> io::Result<()> {
        Ok(())
    }
}

//! The dense network of a replicate, trained once more than its round.

use std::sync::PoisonError;

use lth_model::{Density, TensorFile, Tensors};

use super::{Stage, StageRunner};
use crate::{
    LabError, StageError, Variant,
    work::{Sitting, TrainingWork, Until},
};

impl StageRunner<'_> {
    /// The trained weights of round 0, for a stage: from their file, or, where the retention policy has removed it, trained again to
    /// the same bits, once a run.
    pub(crate) fn dense_weights(&self, stage: Stage) -> Result<Tensors, StageError> {
        let replicate = stage.replicate;
        let path = self.layout.trained(replicate, Variant::Ticket, 0);
        if path.exists() {
            let file = TensorFile::read(&path).map_err(LabError::from)?;
            file.check_against(self.bench.architecture).map_err(LabError::from)?;
            return Ok(file.tensors);
        }
        // Held while it trains: others that need the same weights wait instead of training them too.
        let mut known = self.dense[replicate as usize].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(weights) = &*known {
            return Ok(weights.clone());
        }
        let weights = self.train_dense_again(stage)?;
        *known = Some(weights.clone());
        Ok(weights)
    }

    fn train_dense_again(&self, stage: Stage) -> Result<Tensors, StageError> {
        let replicate = stage.replicate;
        let start = self.start(Stage::ticket(replicate, 0))?;
        let data = self.data(replicate)?;
        let checkpoint = self.layout.replicate(replicate).join("dense-checkpoint.safetensors");
        let seed = self.experiment.seed(replicate);
        let job = self.bench.unevaluated_job(self.experiment, seed, &data, &start);
        let key = self.bench.key(self.experiment, seed, &start, &job);
        let work = TrainingWork {
            task: &self.name(stage),
            job,
            saved: Some((&checkpoint, &key)),
            density: Density::DENSE,
            until: Until::Last,
        };
        match self.bench.train(work, |end, _| Ok(Some(end.weights().clone())))? {
            Sitting::Done(weights) => Ok(weights),
            Sitting::Stopped(_) => Err(StageError::Stopped),
        }
    }
}

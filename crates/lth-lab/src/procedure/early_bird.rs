//! Early bird (You et al. 2020): every ticket is cut from the dense network while that is young, as soon as the mask that pruning would
//! draw stops changing. A mask that never calms down is drawn at the end of training.
//!
//! The search is not saved on its way: it ends early by its nature, and begins again after an interruption.

use std::collections::BTreeMap;

use lth_model::Tensors;
use lth_ticket::{EarlyBird as Watch, OneShot};

use super::{Page, one_shot};
use crate::{
    EarlyBird, StageError,
    schedule::{Stage, StageRunner},
    work::{Sitting, TrainingWork, Until},
};

impl Page for EarlyBird {
    fn make_ticket(&self, run: &StageRunner<'_>, replicate: u32, round: u32) -> Result<(), StageError> {
        let (experiment, stage) = (run.experiment, Stage::ticket(replicate, round));
        let dense = run.start(Stage::ticket(replicate, 0))?;
        let data = run.data(replicate)?;
        let density = experiment.density_of(round, run.bench.architecture)?;
        let masks_of = |weights: &Tensors| one_shot::masks(run, stage, weights, OneShot::Density(density));
        let mut watch = Watch::new(self.window as usize, self.threshold);
        let mut drawn = None;
        let mut is_enough = |weights: &Tensors| {
            let masks = masks_of(weights)?;
            if watch.push(&masks).is_some() {
                drawn = Some((weights.clone(), masks));
            }
            Ok(drawn.is_some())
        };
        let work = TrainingWork {
            task: &run.name(stage),
            job: run.bench.unevaluated_job(experiment, experiment.seed(replicate), &data, &dense),
            saved: None,
            density: run.bench.architecture.density(&dense.masks),
            until: Until::Epoch(&mut is_enough),
        };
        let Sitting::Done(last) = run.bench.train(work, |end, _| Ok(Some(end.weights().clone())))? else {
            return Err(StageError::Stopped);
        };
        let (weights, masks) = if let Some(drawn) = drawn {
            drawn
        } else {
            let masks = masks_of(&last)?;
            (last, masks)
        };
        let epoch = watch.drawn().map_or("never".to_owned(), |epoch| epoch.to_string());
        let told = BTreeMap::from([("early-bird-epoch".to_owned(), epoch)]);
        run.write_pruned_with(replicate, round, &masks, &weights, &dense.ticket_hash, told)?;
        Ok(())
    }
}

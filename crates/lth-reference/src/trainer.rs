//! The reference's networks behind the interface of every engine.

use lth_model::{
    Batch, DataSet, EngineError, Evaluation, EvaluationSet, Gradients, Masks, Program, Start, StepReport,
    Stretch, Tensor, Tensors, Trainer, TrainerState,
};

use crate::{
    scored::Scored,
    training::{Training, lacks},
};

/// Networks in training, one after the other.
pub(crate) struct ReferenceTrainer {
    /// `None` once retired.
    networks: Vec<Option<Member>>,
}

enum Member {
    Weights(Box<Training>),
    Scores(Box<Scored>),
}

impl Member {
    fn new(program: &Program<'_>, start: &Start<'_>) -> Result<Self, EngineError> {
        Ok(match Scored::new(program, start)? {
            Some(scored) => Self::Scores(Box::new(scored)),
            None => Self::Weights(Box::new(Training::new(program, start)?)),
        })
    }
}

impl ReferenceTrainer {
    pub(crate) fn new(program: &Program<'_>, starts: &[Start<'_>]) -> Result<Self, EngineError> {
        let networks = starts.iter().map(|start| Member::new(program, start).map(Some));
        Ok(Self { networks: networks.collect::<Result<_, _>>()? })
    }

    fn member(&mut self, network: usize) -> &mut Member {
        self.networks[network].as_mut().expect("a network that was not retired")
    }

    /// Refuses what a network whose mask is learned cannot give.
    fn weights(&mut self, network: usize, what: &str) -> Result<&mut Training, EngineError> {
        match self.member(network) {
            Member::Weights(training) => Ok(training),
            Member::Scores(_) => Err(lacks(&format!("{what} while a mask is learned"))),
        }
    }
}

impl Trainer for ReferenceTrainer {
    fn run(&mut self, stretches: &[Stretch<'_>], reports: &mut Vec<StepReport>) -> Result<(), EngineError> {
        reports.clear();
        for stretch in stretches {
            for update in stretch.updates {
                reports.push(match self.member(stretch.network) {
                    Member::Scores(scored) => scored.step(update.batch, update.rate)?,
                    Member::Weights(training) => {
                        let report = training.step(update.batch, update.rate)?;
                        training.round();
                        report
                    }
                });
            }
        }
        Ok(())
    }

    fn evaluate(
        &mut self,
        sets: &[(usize, &EvaluationSet)],
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Vec<Evaluation>>, EngineError> {
        let mut all = Vec::new();
        for &(network, set) in sets {
            let found = match self.member(network) {
                Member::Weights(training) => training.evaluate(set, stop)?,
                Member::Scores(scored) => scored.evaluate(set, stop)?,
            };
            let Some(found) = found else { return Ok(None) };
            all.push(found);
        }
        Ok(Some(all))
    }

    fn logits(&mut self, network: usize, batch: Batch<'_>) -> Result<Vec<f32>, EngineError> {
        let (logits, labels) = self.weights(network, "outputs")?.logits(batch)?;
        let (examples, classes) = (labels.len(), logits.len() / labels.len());
        let at = |example: usize, class: usize| logits[class * examples + example] as f32;
        Ok((0..examples).flat_map(|example| (0..classes).map(move |class| at(example, class))).collect())
    }

    fn gradients(
        &mut self,
        network: usize,
        batch: Batch<'_>,
        which: Gradients,
        into: &mut Tensors,
    ) -> Result<StepReport, EngineError> {
        let training = self.weights(network, "gradients of weights")?;
        let (report, found) = training.gradients(batch, which)?;
        let weights = training.state().weights;
        let tensor = |(name, values): (String, Vec<f64>)| {
            let values = values.into_iter().map(|value| value as f32).collect();
            (name.clone(), Tensor::new(weights[&name].shape().to_vec(), values))
        };
        *into = found.into_iter().map(tensor).collect();
        Ok(report)
    }

    fn remask(&mut self, network: usize, masks: &Masks) -> Result<(), EngineError> {
        self.weights(network, "a mask of its own")?.remask(masks)
    }

    fn reestimate_batch_norm(
        &mut self,
        network: usize,
        data: &DataSet,
        indices: &[u32],
        batch_size: usize,
        stop: &dyn Fn() -> bool,
    ) -> Result<bool, EngineError> {
        let training = self.weights(network, "statistics that outlast an evaluation")?;
        let finished = training.reestimate_batch_norm(data, indices, batch_size, stop)?;
        training.round();
        Ok(finished)
    }

    fn read(&self, network: usize) -> TrainerState {
        match self.networks[network].as_ref().expect("a network that was not retired") {
            Member::Weights(training) => training.state(),
            Member::Scores(scored) => scored.state(),
        }
    }

    fn write(&mut self, network: usize, start: &Start<'_>) -> Result<(), EngineError> {
        match self.member(network) {
            Member::Weights(training) => training.write(start),
            Member::Scores(scored) => scored.write(start),
        }
    }

    fn retire(&mut self, network: usize) {
        self.networks[network] = None;
    }
}

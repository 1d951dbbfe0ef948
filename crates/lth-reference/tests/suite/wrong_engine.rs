//! The reference with one fault.

use lth_model::{
    Batch, DataSet, Engine, EngineError, Evaluation, EvaluationSet, Examples, Gradients, Masks,
    OptimizerState, Placement, Program, Pruned, Seed, Start, StepReport, Stretch, Tensors, Trainer,
    TrainerState, Update,
};
use lth_reference::ReferenceEngine;

use crate::faults::{Fault, spoil, spoil_optimizer, spoil_start, spoil_update};

pub(crate) struct WrongEngine(pub(crate) Fault);

struct WrongTrainer {
    inner: Box<dyn Trainer>,
    fault: Fault,
    masks: Vec<Masks>,
}

impl Engine for WrongEngine {
    fn name(&self) -> String {
        format!("wrong ({:?})", self.0)
    }

    fn numerics(&self) -> &'static str {
        "wrong"
    }

    fn supports(&self, _: &Program<'_>) -> Result<(), EngineError> {
        Ok(())
    }

    fn placement(&self, program: &Program<'_>) -> Placement {
        ReferenceEngine.placement(program)
    }

    fn upload(&self, examples: &Examples) -> Result<DataSet, EngineError> {
        ReferenceEngine.upload(examples)
    }

    fn evaluation_set(&self, data: &DataSet, indices: &[u32]) -> Result<EvaluationSet, EngineError> {
        let fewer = self.0 == Fault::SetWithoutLast && indices.len() > 64;
        ReferenceEngine.evaluation_set(data, &indices[usize::from(fewer)..])
    }

    fn trainer(&self, program: &Program<'_>, starts: &[Start<'_>]) -> Result<Box<dyn Trainer>, EngineError> {
        let fault = self.0;
        let architecture = spoil(program.architecture, fault);
        let program = Program {
            architecture: &architecture,
            optimizer: spoil_optimizer(program.optimizer, fault),
            gradient_clip: program.gradient_clip.filter(|_| fault != Fault::NoClip),
            label_smoothing: if fault == Fault::NoSmoothing { 0.0 } else { program.label_smoothing },
            ..program.clone()
        };
        let mut weights: Vec<Tensors> = starts.iter().map(|start| start.weights.clone()).collect();
        if fault == Fault::UnknownTensorsPass {
            weights = weights.into_iter().map(|weights| architecture.ordered(weights)).collect();
        }
        let spoiled = starts.iter().zip(&weights).map(|(start, weights)| spoil_start(start, weights, fault));
        let mut spoiled: Vec<Start<'_>> = spoiled.collect();
        if fault == Fault::SameSeeds {
            let seed = spoiled[0].seed;
            spoiled = spoiled.into_iter().map(|start| Start { seed, ..start }).collect();
        }
        let inner = ReferenceEngine.trainer(&program, &spoiled)?;
        Ok(Box::new(WrongTrainer {
            inner,
            fault,
            masks: starts.iter().map(|start| start.masks.clone()).collect(),
        }))
    }
}

impl WrongTrainer {
    fn write_state(
        &mut self,
        network: usize,
        state: &TrainerState,
        masks: &Masks,
    ) -> Result<(), EngineError> {
        let start = Start {
            weights: &state.weights,
            masks,
            pruned: Pruned::Zero,
            optimizer: Some(&state.optimizer),
            seed: Seed(9),
        };
        self.inner.write(network, &start)
    }
}

impl Trainer for WrongTrainer {
    fn run(&mut self, stretches: &[Stretch<'_>], reports: &mut Vec<StepReport>) -> Result<(), EngineError> {
        let updates: Vec<Vec<Update<'_>>> = stretches
            .iter()
            .map(|stretch| {
                stretch.updates.iter().map(|u| spoil_update(u, stretch.updates[0].rate, self.fault)).collect()
            })
            .collect();
        let network =
            |stretch: &Stretch<'_>| if self.fault == Fault::FirstNetworkOnly { 0 } else { stretch.network };
        let spoiled: Vec<Stretch<'_>> = stretches
            .iter()
            .zip(&updates)
            .map(|(stretch, updates)| Stretch { network: network(stretch), updates })
            .collect();
        self.inner.run(&spoiled, reports)?;
        if self.fault == Fault::LastReportMissing && reports.len() > 1 {
            reports.pop();
        }
        if self.fault == Fault::UpdatesForget {
            for stretch in stretches {
                let mut state = self.inner.read(stretch.network);
                state.optimizer.updates = 0;
                let masks = self.masks[stretch.network].clone();
                self.write_state(stretch.network, &state, &masks)?;
            }
        }
        Ok(())
    }

    fn evaluate(
        &mut self,
        sets: &[(usize, &EvaluationSet)],
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Vec<Evaluation>>, EngineError> {
        if self.fault == Fault::EvaluationTrains {
            let (network, set) = sets[0];
            let batch = Batch::Stored {
                data: set.data(),
                indices: &set.indices()[..set.indices().len().min(9)],
                views: &[],
            };
            if batch.len() > 1 {
                self.inner
                    .run(&[Stretch { network, updates: &[Update { batch, rate: 1e-3 }] }], &mut Vec::new())?;
            }
        }
        let never = || false;
        self.inner.evaluate(sets, if self.fault == Fault::NeverStops { &never } else { stop })
    }

    fn logits(&mut self, network: usize, batch: Batch<'_>) -> Result<Vec<f32>, EngineError> {
        self.inner.logits(network, batch)
    }

    fn gradients(
        &mut self,
        network: usize,
        batch: Batch<'_>,
        which: Gradients,
        into: &mut Tensors,
    ) -> Result<StepReport, EngineError> {
        let which = if self.fault == Fault::LiveIsAll { Gradients::All } else { which };
        self.inner.gradients(network, batch, which, into)
    }

    fn remask(&mut self, network: usize, masks: &Masks) -> Result<(), EngineError> {
        let before = std::mem::replace(&mut self.masks[network], masks.clone());
        self.inner.remask(network, masks)?;
        let mut state = self.inner.read(network);
        match self.fault {
            Fault::MemoryLostInRemask => {
                state.optimizer.tensors.values_mut().for_each(|tensor| tensor.data_mut().fill(0.0));
                self.write_state(network, &state, masks)
            }
            Fault::RemaskGrowsValues => {
                for (name, mask) in &before {
                    let values = state.weights[name].data_mut().iter_mut().zip(mask.flags());
                    values.filter(|(_, kept)| !kept).for_each(|(value, _)| *value = 1e-3);
                }
                self.write_state(network, &state, masks)
            }
            _ => Ok(()),
        }
    }

    fn reestimate_batch_norm(
        &mut self,
        network: usize,
        data: &DataSet,
        indices: &[u32],
        batch_size: usize,
        stop: &dyn Fn() -> bool,
    ) -> Result<bool, EngineError> {
        let batch_size = match self.fault {
            Fault::BatchSizeIgnored if batch_size > 0 => 60,
            _ => batch_size,
        };
        let finished = self.inner.reestimate_batch_norm(network, data, indices, batch_size, stop)?;
        if !finished && self.fault == Fault::StoppedEstimateCounts {
            self.inner.reestimate_batch_norm(network, data, &indices[..20], 20, &|| false)?;
        }
        Ok(finished)
    }

    fn read(&self, network: usize) -> TrainerState {
        let mut state = self.inner.read(network);
        let shift = match self.fault {
            Fault::PrunedLeaks => 1e-30,
            Fault::FrozenMoves if state.optimizer.updates > 0 => 1e-3,
            _ => return state,
        };
        for (name, mask) in &self.masks[network] {
            let values = state.weights[name].data_mut().iter_mut().zip(mask.flags());
            values.filter(|(_, kept)| !kept).for_each(|(value, _)| *value += shift);
        }
        state
    }

    fn write(&mut self, network: usize, start: &Start<'_>) -> Result<(), EngineError> {
        self.masks[network] = start.masks.clone();
        let before = self.inner.read(network).optimizer;
        let given = start.optimizer.cloned();
        let memory = match self.fault {
            Fault::CountLost => given.map(|memory| OptimizerState { updates: 0, ..memory }),
            Fault::MemoryKept => given.or(Some(before)),
            _ => given,
        };
        let weights = start.weights;
        self.inner
            .write(network, &Start { optimizer: memory.as_ref(), ..spoil_start(start, weights, self.fault) })
    }

    fn retire(&mut self, network: usize) {
        self.inner.retire(network);
    }
}

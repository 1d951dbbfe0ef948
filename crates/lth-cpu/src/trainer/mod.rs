//! The trainer: networks of one program, what goes in and what comes out.

mod evaluate;
mod member;
mod scored_layer;
mod scores;

use std::time::Duration;

use lth_model::{
    Architecture, Batch, DataSet, EngineError, Evaluation, EvaluationSet, Gradients, Learns, Masks,
    Normalizing, Optimizer, OptimizerState, Program, Pruned, Scores, Start, StepReport, Stretch, Tensors,
    Trainer, TrainerState, supermask::SupermaskMethod,
};

use crate::{
    CpuEngine,
    layout::lanes::slab_rows,
    network::{
        input::{self, Loaded},
        names::Expected,
    },
    parameters::optimizer::{MomentNames, moment_names},
    threads::{Machine, Threads},
};

use member::{Member, Pass};
use scores::unsupported;

pub(crate) use scores::check;

/// Networks of one program in training on the CPU, one after the other.
pub(crate) struct CpuTrainer {
    engine: CpuEngine,
    threads: Threads,
    common: Common,
    members: Vec<Option<Member>>,
    batch: Loaded,
    /// Gradients that clipping measures.
    clipped: Tensors,
}

/// What the networks have in common.
struct Common {
    architecture: Architecture,
    expected: Expected,
    optimizer: Optimizer,
    /// None where nothing is learned.
    moments: MomentNames,
    learns: Learned,
    smoothing: f32,
    gradient_clip: Option<f32>,
    crossover: Option<f64>,
}

impl CpuTrainer {
    pub(crate) fn new(
        engine: CpuEngine,
        program: &Program<'_>,
        starts: &[Start<'_>],
    ) -> Result<Self, EngineError> {
        let architecture = program.architecture;
        let moments = match program.learns {
            Learns::Nothing => &[],
            Learns::Weights | Learns::Scores(_) => moment_names(program.optimizer),
        };
        let common = Common {
            architecture: architecture.clone(),
            expected: Expected::of(architecture),
            optimizer: program.optimizer,
            moments,
            learns: Learned::of(program.learns),
            smoothing: program.label_smoothing,
            gradient_clip: program.gradient_clip,
            crossover: engine.crossover,
        };
        let members = starts.iter().map(|start| Member::new(&common, start).map(Some));
        let members: Vec<_> = members.collect::<Result<_, _>>()?;
        // A step of a small network is shorter than it takes to wake a second thread.
        let has_maps = architecture.nodes.iter().any(|node| matches!(node.op, lth_model::Op::Conv2d { .. }));
        Ok(Self {
            engine,
            threads: Threads::new(if has_maps { engine.threads } else { 1 }),
            common,
            members,
            batch: Loaded::default(),
            clipped: Tensors::new(),
        })
    }

    fn member(&self, network: usize) -> &Member {
        self.members[network].as_ref().expect("a network that was not retired")
    }

    fn pass(&mut self, network: usize) -> Pass<'_> {
        Pass {
            machine: Machine { isa: self.engine.isa, threads: &self.threads },
            common: &self.common,
            member: self.members[network].as_mut().expect("a network that was not retired"),
            batch: &mut self.batch,
            clipped: &mut self.clipped,
        }
    }

    fn check(&self, batch: Batch<'_>) -> Result<(), EngineError> {
        input::check(&self.common.architecture, batch)
    }

    /// Refuses what a network whose mask is learned cannot give.
    fn refuse_scores(&self, what: &str) -> Result<(), EngineError> {
        match self.common.learns() {
            Learns::Scores(_) => Err(unsupported(&format!("{what} while a mask is learned"))),
            _ => Ok(()),
        }
    }
}

impl Trainer for CpuTrainer {
    fn run(&mut self, stretches: &[Stretch<'_>], reports: &mut Vec<StepReport>) -> Result<(), EngineError> {
        if self.common.learns() == Learns::Nothing {
            return Err(unsupported("updates of a network that learns nothing"));
        }
        reports.clear();
        for Stretch { network, updates } in stretches {
            for update in *updates {
                self.check(update.batch)?;
                self.common.check_statistics(update.batch.len())?;
                reports.push(self.pass(*network).update(update.batch, update.rate));
            }
        }
        Ok(())
    }

    fn evaluate(
        &mut self,
        sets: &[(usize, &EvaluationSet)],
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Vec<Evaluation>>, EngineError> {
        let mut found = Vec::with_capacity(sets.len());
        for (network, set) in sets {
            let mut pass = self.pass(*network);
            let evaluation = match pass.common.learns() {
                Learns::Scores(scores) => pass.evaluate_scores(&scores, set, stop)?,
                _ => pass.evaluate(set, stop)?,
            };
            let Some(evaluation) = evaluation else { return Ok(None) };
            found.push(evaluation);
        }
        Ok(Some(found))
    }

    fn logits(&mut self, network: usize, batch: Batch<'_>) -> Result<Vec<f32>, EngineError> {
        self.refuse_scores("outputs")?;
        self.check(batch)?;
        let classes = self.common.architecture.classes();
        let mut pass = self.pass(network);
        pass.load_and_evaluate(batch);
        let (lanes, values, _) = pass.member.network.output(batch.len());
        let stride = slab_rows(classes) * lanes.width();
        let mut logits = Vec::with_capacity(batch.len() * classes);
        for slab in 0..lanes.slabs {
            for lane in 0..lanes.range(slab).len() {
                let at = |class: usize| values[slab * stride + class * lanes.width() + lane];
                logits.extend((0..classes).map(at));
            }
        }
        Ok(logits)
    }

    fn gradients(
        &mut self,
        network: usize,
        batch: Batch<'_>,
        which: Gradients,
        into: &mut Tensors,
    ) -> Result<StepReport, EngineError> {
        self.refuse_scores("gradients of weights")?;
        self.check(batch)?;
        self.common.check_statistics(batch.len())?;
        Ok(self.pass(network).gradients(batch, which, into))
    }

    fn remask(&mut self, network: usize, masks: &Masks) -> Result<(), EngineError> {
        self.refuse_scores("a mask of its own")?;
        let member = self.member(network);
        if member.pruned == Pruned::Frozen {
            return Err(unsupported("masks that change while pruned weights are frozen at values"));
        }
        let TrainerState { weights, optimizer } = member.state(&self.common);
        let start = Start { optimizer: Some(&optimizer), ..Start::new(&weights, masks, member.seed) };
        self.members[network] = Some(Member::new(&self.common, &start)?);
        Ok(())
    }

    fn reestimate_batch_norm(
        &mut self,
        network: usize,
        data: &DataSet,
        indices: &[u32],
        batch_size: usize,
        stop: &dyn Fn() -> bool,
    ) -> Result<bool, EngineError> {
        self.refuse_scores("statistics that outlast an evaluation")?;
        let batches = estimated(&self.common, data, indices, batch_size)?;
        Ok(self.pass(network).reestimate_batch_norm(batches, stop))
    }

    fn read(&self, network: usize) -> TrainerState {
        self.member(network).state(&self.common)
    }

    fn write(&mut self, network: usize, start: &Start<'_>) -> Result<(), EngineError> {
        let Start { weights, masks, pruned, optimizer, seed } = *start;
        let member = self.members[network].as_mut().expect("a network that was not retired");
        let is_dense =
            member.scored.is_none() && masks.is_empty() && pruned == Pruned::Zero && optimizer.is_none();
        if is_dense {
            self.common.expected.check(weights, masks)?;
            if member.network.replace(weights) {
                member.masks.clear();
                (member.pruned, member.updates, member.seed) = (pruned, 0, seed);
                return Ok(());
            }
        }
        *member = Member::new(&self.common, start)?;
        Ok(())
    }

    fn retire(&mut self, network: usize) {
        self.members[network] = None;
    }

    fn worker_cpu_time(&self) -> Duration {
        self.threads.cpu_time()
    }
}

impl Common {
    fn learns(&self) -> Learns<'_> {
        match &self.learns {
            Learned::Nothing => Learns::Nothing,
            Learned::Weights => Learns::Weights,
            Learned::Scores { method, dynamic_rescaling, normalizing } => Learns::Scores(Scores {
                method: *method,
                dynamic_rescaling: *dynamic_rescaling,
                normalizing: normalizing.as_ref(),
            }),
        }
    }

    /// Where batch normalisation goes by the batch, refuses one that has no variance.
    fn check_statistics(&self, examples: usize) -> Result<(), EngineError> {
        match self.architecture.norm_of_one_value(examples) {
            Some(layer) => Err(EngineError::OneValue { layer: layer.to_owned() }),
            None => Ok(()),
        }
    }
}

/// What updates change, as [`Learns`] says it.
enum Learned {
    Nothing,
    Weights,
    Scores { method: SupermaskMethod, dynamic_rescaling: bool, normalizing: Option<Normalizing> },
}

impl Learned {
    fn of(learns: Learns<'_>) -> Self {
        match learns {
            Learns::Nothing => Self::Nothing,
            Learns::Weights => Self::Weights,
            Learns::Scores(Scores { method, dynamic_rescaling, normalizing }) => {
                Self::Scores { method, dynamic_rescaling, normalizing: normalizing.cloned() }
            }
        }
    }
}

/// The batches that running statistics are estimated on; a last one without a variance is left out.
fn estimated<'a>(
    common: &Common,
    data: &'a DataSet,
    indices: &'a [u32],
    batch_size: usize,
) -> Result<impl Iterator<Item = Batch<'a>> + use<'a>, EngineError> {
    if batch_size == 0 || indices.is_empty() {
        let reason = format!("{} examples in batches of {batch_size}", indices.len());
        return Err(EngineError::Batch { reason });
    }
    let mut batches: Vec<&[u32]> = indices.chunks(batch_size).collect();
    if batches.len() > 1 && batch_size > 1 {
        batches.pop_if(|last| common.check_statistics(last.len()).is_err());
    }
    for indices in &batches {
        common.check_statistics(indices.len())?;
        input::check(&common.architecture, Batch::Stored { data, indices, views: &[] })?;
    }
    Ok(batches.into_iter().map(move |indices| Batch::Stored { data, indices, views: &[] }))
}

impl Member {
    fn state(&self, common: &Common) -> TrainerState {
        if let Some(scored) = &self.scored {
            return scored.state(common, self.updates);
        }
        let (weights, tensors) = (self.network.weights(), self.network.moments(common.moments));
        TrainerState { weights, optimizer: OptimizerState { updates: self.updates, tensors } }
    }
}

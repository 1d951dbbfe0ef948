//! The trainer: networks of one program, what goes in and what comes out.

mod evaluate;
mod member;
mod scored_layer;
mod scores;

use std::time::Duration;

use lth_model::{
    Architecture, Batch, DataSet, EngineError, Evaluation, EvaluationSet, ExpectedTensors, Gradients, Learns,
    Masks, Optimizer, OptimizerState, Program, Pruned, Start, StepReport, Stretch, Tensors, Trainer,
    TrainerState,
};

use crate::{
    CpuEngine,
    layout::lanes::slab_rows,
    network::input::Loaded,
    parameters::MomentNames,
    threads::{Machine, Threads},
};

use member::{Member, Pass};

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
    expected: ExpectedTensors,
    optimizer: Optimizer,
    /// None where nothing is learned.
    moments: MomentNames,
    learns: Learns,
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
            Learns::Nothing => &[][..],
            Learns::Weights | Learns::Scores(_) => program.optimizer.moments(),
        };
        let common = Common {
            architecture: architecture.clone(),
            expected: ExpectedTensors::of(architecture),
            optimizer: program.optimizer,
            moments,
            learns: program.learns.clone(),
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

    /// Refuses what a network whose mask is learned cannot give.
    fn refuse_scores(&self, network: usize, what: &str) -> Result<(), EngineError> {
        match self.member(network).scored {
            Some(_) => Err(unsupported(&format!("{what} while a mask is learned"))),
            None => Ok(()),
        }
    }
}

impl Trainer for CpuTrainer {
    fn run(&mut self, stretches: &[Stretch<'_>], reports: &mut Vec<StepReport>) -> Result<(), EngineError> {
        if self.common.learns == Learns::Nothing {
            return Err(unsupported("updates of a network that learns nothing"));
        }
        reports.clear();
        for Stretch { network, updates } in stretches {
            for update in *updates {
                let architecture = &self.common.architecture;
                update.batch.check(architecture)?;
                architecture.check_statistics(update.batch.len())?;
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
            let Some(evaluation) = self.pass(*network).evaluate(set, stop)? else { return Ok(None) };
            found.push(evaluation);
        }
        Ok(Some(found))
    }

    fn logits(&mut self, network: usize, batch: Batch<'_>) -> Result<Vec<f32>, EngineError> {
        self.refuse_scores(network, "outputs")?;
        batch.check(&self.common.architecture)?;
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
        self.refuse_scores(network, "gradients of weights")?;
        batch.check(&self.common.architecture)?;
        self.common.architecture.check_statistics(batch.len())?;
        Ok(self.pass(network).gradients(batch, which, into))
    }

    fn remask(&mut self, network: usize, masks: &Masks) -> Result<(), EngineError> {
        self.refuse_scores(network, "a mask of its own")?;
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
        self.refuse_scores(network, "statistics that outlast an evaluation")?;
        let batches = self.common.architecture.estimation_batches(data, indices, batch_size)?;
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
            self.common.expected.check_tensors(weights)?;
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

impl Member {
    fn state(&self, common: &Common) -> TrainerState {
        if let Some(scored) = &self.scored {
            return scored.state(common, self.updates);
        }
        let (weights, tensors) = (self.network.weights(), self.network.moments(common.moments));
        TrainerState { weights, optimizer: OptimizerState { updates: self.updates, tensors } }
    }
}

fn unsupported(what: &str) -> EngineError {
    EngineError::unsupported(CpuEngine::NAME, what)
}

//! What a training starts from: reading its ticket, or making it.

use std::{collections::BTreeMap, fs, path::Path};

use lth_model::{Masks, OptimizerState, Purpose, Step, TensorFile, Tensors, initialize};
use lth_ticket::{Ticket, TicketOrigin};

use super::{Stage, StageRunner};
use crate::{
    LabError, RoundRecord, StageError, Variant,
    atomic::{create_folder, write_file},
    find::without_initial_weights,
    procedure::make_control,
    work::Start,
};

impl StageRunner<'_> {
    /// The start of a stage; its file is written when it is not there.
    pub(crate) fn start(&self, stage: Stage) -> Result<Start, StageError> {
        let Stage { replicate, variant, round } = stage;
        let path = self.layout.ticket(replicate, variant, round);
        if !path.exists() {
            match variant {
                Variant::Ticket if round == 0 => self.write_initial(replicate)?,
                Variant::Ticket => self.page.make_ticket(self, replicate, round)?,
                Variant::Control(kind) => make_control(self, kind, stage)?,
            }
        }
        let start = Start::read(&path, self.bench.architecture)?;
        if variant == Variant::Ticket && round > 0 && self.page.makes_next_ticket() {
            let before = RoundRecord::read(&self.layout.record(replicate, variant, round - 1))?;
            if before.and_then(|record| record.next_ticket).is_some_and(|hash| hash != start.ticket_hash) {
                let reason = "it is not the ticket that the round before wrote".to_owned();
                return Err(LabError::Changed { path, reason }.into());
            }
        }
        Ok(start)
    }

    /// Writes a ticket and returns its hash. One that was trained is never replaced by another.
    pub(crate) fn write_ticket(&self, path: &Path, ticket: &Ticket) -> Result<String, StageError> {
        let bytes = ticket.to_bytes();
        let trained = path.with_file_name("round.json").exists();
        if trained && fs::read(path).is_ok_and(|found| found != bytes) {
            let reason = "made again, it is another ticket than the one that was trained: another version of lth made it";
            return Err(LabError::Changed { path: path.to_owned(), reason: reason.to_owned() }.into());
        }
        create_folder(path.parent().unwrap_or(self.layout.root()))?;
        write_file(path, &bytes)?;
        Ok(blake3::hash(&bytes).to_hex().to_string())
    }

    /// The weights before any training.
    pub(crate) fn initial(&self, replicate: u32) -> Result<Tensors, StageError> {
        let experiment = self.experiment;
        if let (Some(given), true) = (self.given, experiment.start.is_some()) {
            return Ok(given.weights.clone());
        }
        if experiment.initial_weights.is_some() {
            // The dense ticket has the same weights.
            let files = [self.layout.initial(replicate), self.layout.ticket(replicate, Variant::Ticket, 0)];
            if let Some(path) = files.iter().find(|path| path.exists()) {
                let file = TensorFile::read(path).map_err(LabError::from)?;
                file.check_against(self.bench.architecture).map_err(LabError::from)?;
                return Ok(self.bench.architecture.ordered(file.tensors));
            }
        }
        let (recipe, seed) = (&experiment.recipe, experiment.seed(replicate));
        let mut weights =
            initialize(self.bench.architecture, recipe.init, recipe.bias_init, seed, Purpose::Init, 0);
        if let Some(hash) = &experiment.initial_weights {
            let Some(given) = self.given else {
                return Err(without_initial_weights(hash).into());
            };
            weights.extend(given.weights.clone());
        }
        Ok(weights)
    }

    fn write_initial(&self, replicate: u32) -> Result<(), StageError> {
        let weights = self.initial(replicate)?;
        create_folder(&self.layout.replicate(replicate))?;
        let file = self.initial_file(replicate, weights.clone());
        write_file(&self.layout.initial(replicate), &file.to_bytes())?;
        let iteration = self.given.map_or(0, |given| given.iteration);
        let origin = TicketOrigin {
            rewind: Step::from_iterations(iteration),
            rewind_iteration: iteration,
            ..self.origin(replicate, 0, None)
        };
        let masks = self.given.map_or_else(Masks::new, |given| given.masks.clone());
        let mut ticket = Ticket::new(self.bench.architecture, origin, weights, &masks)?;
        ticket.optimizer = self.given.and_then(|given| given.optimizer.clone());
        self.write_ticket(&self.layout.ticket(replicate, Variant::Ticket, 0), &ticket)?;
        Ok(())
    }

    /// The file of the weights before any training.
    pub(super) fn initial_file(&self, replicate: u32, weights: Tensors) -> TensorFile {
        TensorFile {
            tensors: weights,
            masks: Masks::new(),
            metadata: BTreeMap::from([
                ("kind".to_owned(), "initial".to_owned()),
                ("model".to_owned(), self.experiment.model.clone()),
                ("seed".to_owned(), self.experiment.seed(replicate).to_string()),
            ]),
        }
    }

    /// Weights and optimiser memory at the rewind point, not masked; without memory when it starts fresh.
    pub(crate) fn rewind_point(
        &self,
        replicate: u32,
    ) -> Result<(Tensors, Option<OptimizerState>), StageError> {
        if self.experiment.pruning.procedure.rewind().is_zero() {
            return Ok((self.initial(replicate)?, None));
        }
        let path = self.layout.rewind(replicate);
        let point = Start::read(&path, self.bench.architecture)?;
        Ok((point.weights, point.optimizer))
    }

    /// Restores the optimiser's memory with the weights, if the experiment wants it so.
    pub(crate) fn set_optimizer(&self, ticket: &mut Ticket, optimizer: Option<OptimizerState>) {
        if !self.experiment.pruning.procedure.keeps_optimizer_state() {
            return;
        }
        ticket.optimizer = optimizer.map(|mut state| {
            for (name, tensor) in &mut state.tensors {
                // Moments are named after their weight: `fc1.weight.exp_avg`.
                let weight = name.rsplit_once('.').map_or(name.as_str(), |(weight, _)| weight);
                if let Some(mask) = ticket.masks.get(weight) {
                    mask.apply(tensor);
                }
            }
            state
        });
    }

    /// The origin of the ticket that starts a round.
    pub(crate) fn origin(&self, replicate: u32, round: u32, parent: Option<String>) -> TicketOrigin {
        let pruning = &self.experiment.pruning;
        // The dense network knows nothing of what comes later: it is that of every run with its recipe and seed.
        let metadata = (round > 0).then(|| {
            [("criterion", pruning.procedure.criterion().to_owned()), ("scope", pruning.scope.to_string())]
        });
        TicketOrigin {
            data: self.experiment.view.name_of(&self.experiment.dataset),
            round: u64::from(round),
            seed: self.experiment.seed(replicate),
            rewind: pruning.procedure.rewind(),
            rewind_iteration: self.rewind_iteration(),
            parent,
            metadata: metadata.into_iter().flatten().map(|(key, value)| (key.to_owned(), value)).collect(),
        }
    }
}

//! Where tickets come from: a file, or a run.

use std::{
    fs,
    path::{Path, PathBuf},
};

use lth_model::{Architecture, GivenFile, Masks, Seed, TensorFile, Tensors};
use lth_ticket::Ticket;

use super::TransferRunError;
use crate::{Experiment, LabError, Layout, Variant};

/// Tickets that can be transferred.
#[derive(Debug)]
pub struct TicketSource {
    path: PathBuf,
    /// BLAKE3 of what decides all of its tickets.
    hash: String,
    /// The model's name: of a run as it was asked for, of a file that of the network.
    model: String,
    data: String,
    seed: Seed,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    File(Box<Ticket>),
    Run(Layout, Box<Experiment>),
}

impl TicketSource {
    /// A ticket file, or a run folder with tickets.
    ///
    /// # Errors
    /// When the path is neither.
    pub fn open(path: &Path) -> Result<Self, TransferRunError> {
        if path.is_dir() { Self::open_run(path) } else { Self::open_file(path) }
    }

    fn open_file(path: &Path) -> Result<Self, TransferRunError> {
        let given = GivenFile::read(path, None).map_err(LabError::from)?;
        let file = given.into_file().map_err(LabError::from)?;
        let hash = blake3::hash(&file.to_bytes()).to_hex().to_string();
        let ticket = Ticket::from_file(file, &path.display().to_string())?;
        Ok(Self {
            path: path.to_owned(),
            hash,
            model: ticket.model.clone(),
            data: ticket.origin.data.clone(),
            seed: ticket.origin.seed,
            kind: Kind::File(Box::new(ticket)),
        })
    }

    fn open_run(path: &Path) -> Result<Self, TransferRunError> {
        let layout = Layout::new(path);
        if !layout.is_run() {
            return Err(LabError::NotARun { path: path.to_owned() }.into());
        }
        let experiment = Experiment::read(&layout.experiment())?;
        let source = Self {
            path: path.to_owned(),
            hash: blake3::hash(experiment.identity_text().as_bytes()).to_hex().to_string(),
            model: experiment.model.clone(),
            data: experiment.view.name_of(&experiment.dataset),
            seed: experiment.first_seed,
            kind: Kind::Run(layout, Box::new(experiment)),
        };
        if source.rounds().is_empty() {
            return Err(TransferRunError::NoTickets { path: path.to_owned() });
        }
        Ok(source)
    }

    /// The file or folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// BLAKE3 of the file, or of the settings that identify the run.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The model's name.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The data that the tickets were found on, with their view.
    pub fn data(&self) -> &str {
        &self.data
    }

    /// The seed of the ticket, or of the run's first replicate.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// How many replicates have tickets of their own; 1 of a file.
    pub fn replicates(&self) -> u32 {
        match &self.kind {
            Kind::File(_) => 1,
            Kind::Run(_, experiment) => experiment.replicates,
        }
    }

    /// The rounds whose tickets are there: of a file its own; of a run those from 1 on that every replicate has.
    pub fn rounds(&self) -> Vec<u32> {
        match &self.kind {
            Kind::File(ticket) => vec![ticket.origin.round as u32],
            Kind::Run(layout, experiment) => (1..=experiment.rounds)
                .filter(|&round| {
                    let has = |replicate| layout.ticket(replicate, Variant::Ticket, round).is_file();
                    (0..experiment.replicates).all(has)
                })
                .collect(),
        }
    }

    /// A file with a ticket, by which the network is told.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn any_file(&self) -> Result<TensorFile, TransferRunError> {
        let path = match &self.kind {
            Kind::File(_) => self.path.clone(),
            Kind::Run(layout, _) => layout.ticket(0, Variant::Ticket, self.rounds()[0]),
        };
        Ok(TensorFile::read(&path).map_err(LabError::from)?)
    }

    /// The ticket of a round. A replicate that a run does not have takes those of the others, in turn.
    ///
    /// # Errors
    /// When there is none, it cannot be read, or is not of this architecture.
    pub(crate) fn ticket(
        &self,
        replicate: u32,
        round: u32,
        architecture: &Architecture,
    ) -> Result<Ticket, TransferRunError> {
        let missing = || {
            let (path, rounds) = (self.path.clone(), self.rounds());
            TransferRunError::NoSuchRound { path, round, rounds }
        };
        let (path, ticket) = match &self.kind {
            Kind::File(ticket) if ticket.origin.round == u64::from(round) => {
                (self.path.clone(), ticket.as_ref().clone())
            }
            Kind::File(_) => return Err(missing()),
            Kind::Run(layout, _) => {
                let path = layout.ticket(self.own(replicate), Variant::Ticket, round);
                if !path.is_file() {
                    return Err(missing());
                }
                let read = Ticket::read(&path)?;
                (path, read)
            }
        };
        let at = |source| TransferRunError::Ticket { path, source: Box::new(source) };
        ticket.for_architecture(architecture).map_err(at)
    }

    /// All weights at the rewind point, when the ticket lies in a run folder that has them.
    ///
    /// # Errors
    /// When the file is there and is not what it should be.
    pub(super) fn rewind_point(
        &self,
        replicate: u32,
        ticket: &Ticket,
        architecture: &Architecture,
    ) -> Result<Option<Tensors>, TransferRunError> {
        let Some((layout, replicate)) = self.run_of(replicate) else { return Ok(None) };
        let path = if ticket.origin.rewind_iteration == 0 {
            layout.initial(replicate)
        } else {
            layout.rewind(replicate)
        };
        if !path.is_file() {
            return Ok(None);
        }
        let mut tensors = TensorFile::read(&path).map_err(LabError::from)?.tensors;
        tensors.retain(|name, _| !name.starts_with("optimizer."));
        architecture.check_tensors(&tensors).map_err(LabError::from)?;
        let complete = ticket.masks.iter().all(|(name, mask)| {
            let (point, kept) = (tensors[name].data(), ticket.weights[name].data());
            mask.live_indices().all(|index| point[index].to_bits() == kept[index].to_bits())
        });
        // Kept weights that are not those of this point were changed since, or the file is of another run.
        Ok(complete.then_some(tensors))
    }

    /// The run folder and the replicate that a ticket is of: that of the run, or of the folder that a file lies in.
    fn run_of(&self, replicate: u32) -> Option<(Layout, u32)> {
        match &self.kind {
            Kind::Run(layout, _) => Some((layout.clone(), self.own(replicate))),
            Kind::File(_) => {
                let file = fs::canonicalize(&self.path).ok()?;
                let folder = file.parent()?.parent()?;
                let number = folder.file_name()?.to_str()?.strip_prefix("replicate-")?.parse().ok()?;
                Some((Layout::new(folder.parent()?), number))
            }
        }
    }

    fn own(&self, replicate: u32) -> u32 {
        replicate % self.replicates().max(1)
    }

    /// Whether it is a run of this model on these data.
    pub(super) fn check_is_of(&self, model: &str, data: &str) -> Result<(), TransferRunError> {
        if self.model == model && self.data == data {
            return Ok(());
        }
        Err(TransferRunError::OtherRun {
            path: self.path.clone(),
            found: format!("{} on {}", self.model, self.data),
            wanted: format!("{model} on {data}"),
        })
    }
}

/// What tickets hold besides masks that keep everything.
pub(super) fn is_dense(masks: &Masks) -> bool {
    masks.values().all(|mask| mask.live() == mask.len())
}

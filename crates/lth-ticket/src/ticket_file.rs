//! Tickets as safetensors files.

use std::{path::Path, str::FromStr};

use lth_model::{GivenFile, OptimizerState, Pruned, TensorFile, Tensors};

use crate::{Ticket, TicketError, TicketOrigin};

/// The version of the format that is written; a newer one is refused.
pub const TICKET_FORMAT_VERSION: u32 = 1;

/// What the names of the optimiser's tensors begin with.
const OPTIMIZER: &str = "optimizer.";

/// What metadata says of pruned weights that keep a value.
const FROZEN: &str = "frozen";

/// The metadata keys of the format itself.
const KEYS: [&str; 14] = [
    "kind",
    "format",
    "created-by",
    "model",
    "architecture",
    "data",
    "round",
    "density",
    "seed",
    "rewind",
    "rewind-iteration",
    "parent",
    "pruned-weights",
    "optimizer-updates",
];

impl Ticket {
    /// The file: weights under PyTorch's names, masks as `NAME.mask`, the optimiser's memory, if any, as
    /// `optimizer.NAME`, everything else as metadata.
    pub fn to_file(&self) -> TensorFile {
        let mut file =
            TensorFile { tensors: self.weights.clone(), masks: self.masks.clone(), ..TensorFile::default() };
        file.metadata.clone_from(&self.origin.metadata);
        file.metadata.retain(|key, _| !KEYS.contains(&key.as_str()));
        let mut put = |key: &str, value: String| {
            file.metadata.insert(key.to_owned(), value);
        };
        put("kind", "ticket".to_owned());
        put("format", TICKET_FORMAT_VERSION.to_string());
        put("created-by", concat!("lth ", env!("CARGO_PKG_VERSION")).to_owned());
        put("model", self.model.clone());
        put("architecture", self.architecture.clone());
        put("data", self.origin.data.clone());
        put("round", self.origin.round.to_string());
        put("density", self.density.to_string());
        put("seed", self.origin.seed.to_string());
        put("rewind", self.origin.rewind.to_string());
        put("rewind-iteration", self.origin.rewind_iteration.to_string());
        if let Some(parent) = &self.origin.parent {
            put("parent", parent.clone());
        }
        // Left out where they are zero: an older version then refuses frozen ones, and reads all others.
        if self.pruned == Pruned::Frozen {
            put("pruned-weights", FROZEN.to_owned());
        }
        if let Some(optimizer) = &self.optimizer {
            put("optimizer-updates", optimizer.updates.to_string());
            for (name, tensor) in &optimizer.tensors {
                file.tensors.insert(format!("{OPTIMIZER}{name}"), tensor.clone());
            }
        }
        file
    }

    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_file().to_bytes()
    }

    /// The identity of this ticket: BLAKE3 of its file's bytes, in hexadecimal.
    pub fn hash(&self) -> String {
        blake3::hash(&self.to_bytes()).to_hex().to_string()
    }

    /// Reads a ticket of any architecture; to train it, check it with [`Ticket::for_architecture`].
    ///
    /// # Errors
    /// When the file cannot be read, is no ticket, is incomplete, holds values that are not finite, or was written by a newer
    /// version.
    pub fn read(path: &Path) -> Result<Self, TicketError> {
        Self::from_file(GivenFile::read(path, None)?.into_file()?, &path.display().to_string())
    }

    /// Reads a ticket from a file in memory; `path` is for error messages.
    ///
    /// # Errors
    /// When it is no ticket, is incomplete, or was written by a newer version.
    pub fn from_file(mut file: TensorFile, path: &str) -> Result<Self, TicketError> {
        let metadata = Metadata { file: &file, path };
        if metadata.text("kind")? != "ticket" {
            return Err(metadata.invalid("it is another kind of file"));
        }
        let found = metadata.value("format")?;
        if found > TICKET_FORMAT_VERSION {
            return Err(TicketError::Newer { path: path.to_owned(), found });
        }
        let origin = TicketOrigin {
            data: metadata.text("data")?.to_owned(),
            round: metadata.value("round")?,
            seed: metadata.value("seed")?,
            rewind: metadata.value("rewind")?,
            rewind_iteration: metadata.value("rewind-iteration")?,
            parent: file.metadata.get("parent").cloned(),
            metadata: file
                .metadata
                .clone()
                .into_iter()
                .filter(|(key, _)| !KEYS.contains(&key.as_str()))
                .collect(),
        };
        let (model, architecture) =
            (metadata.text("model")?.to_owned(), metadata.text("architecture")?.to_owned());
        let density = metadata.value("density")?;
        let pruned = match file.metadata.get("pruned-weights").map(String::as_str) {
            None => Pruned::Zero,
            Some(FROZEN) => Pruned::Frozen,
            Some(other) => return Err(metadata.invalid(format!("metadata 'pruned-weights' is '{other}'"))),
        };
        let has_optimizer = file.metadata.contains_key("optimizer-updates");
        let updates = has_optimizer.then(|| metadata.value("optimizer-updates")).transpose()?;
        let (moments, weights): (Tensors, Tensors) =
            file.tensors.drain(..).partition(|(name, _)| name.starts_with(OPTIMIZER));
        let optimizer = updates.map(|updates| {
            let tensors =
                moments.into_iter().map(|(name, tensor)| (name[OPTIMIZER.len()..].to_owned(), tensor));
            OptimizerState { updates, tensors: tensors.collect() }
        });
        Ok(Self { model, architecture, origin, density, weights, pruned, masks: file.masks, optimizer })
    }
}

/// Reading values from metadata.
struct Metadata<'a> {
    file: &'a TensorFile,
    path: &'a str,
}

impl<'a> Metadata<'a> {
    fn invalid(&self, reason: impl Into<String>) -> TicketError {
        TicketError::Invalid { path: self.path.to_owned(), reason: reason.into() }
    }

    fn text(&self, key: &str) -> Result<&'a str, TicketError> {
        let value = self.file.metadata.get(key);
        value.map(String::as_str).ok_or_else(|| self.invalid(format!("metadata '{key}' is missing")))
    }

    fn value<T: FromStr>(&self, key: &str) -> Result<T, TicketError> {
        let text = self.text(key)?;
        text.parse().map_err(|_| self.invalid(format!("metadata '{key}' is '{text}'")))
    }
}

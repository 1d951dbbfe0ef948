//! Tensors, masks and metadata in one safetensors file.

use std::{collections::BTreeMap, path::Path};

use thiserror::Error;

use crate::{Hint, Masks, Tensors};

/// What a safetensors file of ours holds: weights by name (F32), masks as `<name>.mask` (U8, 0 or 1, the weight's shape)
/// and string metadata. Read and written as bytes: how they reach the disk is the caller's affair.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TensorFile {
    /// Weights by name.
    pub tensors: Tensors,
    /// Masks by the name of the weight they cover.
    pub masks: Masks,
    /// Key-value metadata, sorted.
    pub metadata: BTreeMap<String, String>,
}

/// Why a file of tensors is refused.
#[derive(Debug, Error)]
pub enum TensorFileError {
    /// The file cannot be read.
    #[error("cannot read '{path}': {source}")]
    Io {
        /// Which file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The bytes are not safetensors, or hold something other than tensors and masks.
    #[error("'{path}' is not a valid safetensors file: {reason}")]
    Invalid {
        /// Which file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl Hint for TensorFileError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Io { .. } => "check the path; tickets are in RUN/replicate-0/round-NN/ticket.safetensors".to_owned(),
            Self::Invalid { .. } => "the file may be truncated or of another format; make it again".to_owned(),
        })
    }
}

impl TensorFile {
    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        unimplemented!("by the helper who writes this file")
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When the file cannot be read or is not valid.
    pub fn read(_path: &Path) -> Result<Self, TensorFileError> {
        unimplemented!("by the helper who writes this file")
    }

    /// Reads bytes; `name` is for error messages.
    ///
    /// # Errors
    /// When the bytes are not valid.
    pub fn from_bytes(_bytes: &[u8], _name: &str) -> Result<Self, TensorFileError> {
        unimplemented!("by the helper who writes this file")
    }
}

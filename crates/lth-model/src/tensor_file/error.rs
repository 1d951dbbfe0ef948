//! Why a file of tensors is refused.

use std::fmt;

use thiserror::Error;

use crate::Hint;

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
    /// The bytes are not safetensors.
    #[error("'{path}' is not a valid safetensors file: {reason}")]
    Invalid {
        /// Which file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of another program, whole as it may be.
    #[error("'{path}' is {format}, not a safetensors file")]
    Foreign {
        /// Which file.
        path: String,
        /// What it is.
        format: ForeignFormat,
    },
    /// Numbers of a type that weights are not made of.
    #[error("'{path}': tensor '{name}' has type {dtype}, which weights do not have")]
    Type {
        /// Which file.
        path: String,
        /// Which tensor.
        name: String,
        /// The type, as safetensors calls it.
        dtype: String,
    },
    /// Values that cannot be what they stand for.
    #[error("'{path}': {fault}")]
    Fault {
        /// Which file.
        path: String,
        /// What is wrong, and where.
        fault: TensorFault,
    },
}

impl Hint for TensorFileError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Io { .. } => {
                "check the path; tickets are in RUN/replicate-0/round-NN/ticket.safetensors".to_owned()
            }
            Self::Invalid { .. } => {
                "the file may be truncated or of another format; make it again".to_owned()
            }
            Self::Foreign { path, format } => format.conversion(path),
            Self::Type { .. } => {
                "weights are F32, F16, BF16 or F64; masks have any type, with values 0 and 1".to_owned()
            }
            Self::Fault { fault: TensorFault::NotFinite { .. }, .. } => {
                "training cannot start from such values; `lth inspect FILE` shows all tensors that have some"
                    .to_owned()
            }
            Self::Fault { fault: TensorFault::MaskValue { .. }, .. } => {
                "a mask is 1 where a weight is kept and 0 where it is pruned; it is named like its weight, \
                 or with .mask behind: fc1.weight.mask"
                    .to_owned()
            }
            Self::Fault { fault: TensorFault::MaskShape { .. }, .. } => {
                "a mask has the shape of its weight".to_owned()
            }
        })
    }
}

/// What makes the values of a tensor or mask useless.
#[derive(Debug, Clone, PartialEq)]
pub enum TensorFault {
    /// NaN or an infinity among weights.
    NotFinite {
        /// Which tensor.
        name: String,
        /// The first of these values, counted row by row from 0.
        index: usize,
        /// The value there.
        value: f32,
        /// How many there are.
        count: usize,
    },
    /// A mask with another value than 0 and 1.
    MaskValue {
        /// Which mask, as the file names it.
        name: String,
        /// The first of these values, counted row by row from 0.
        index: usize,
        /// The value there.
        value: String,
    },
    /// A mask of another shape than its weight.
    MaskShape {
        /// Which mask, as the file names it.
        name: String,
        /// Its shape.
        mask: Vec<usize>,
        /// The weight's shape.
        tensor: Vec<usize>,
    },
}

impl fmt::Display for TensorFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFinite { name, index, value, count } => {
                write!(f, "tensor '{name}' has the value {value} at index {index}")?;
                if *count > 1 { write!(f, ", {count} such values in all") } else { Ok(()) }
            }
            Self::MaskValue { name, index, value } => {
                write!(f, "mask '{name}' has the value {value} at index {index}, only 0 and 1 are allowed")
            }
            Self::MaskShape { name, mask, tensor } => {
                write!(f, "mask '{name}' has shape {mask:?}, its weight {tensor:?}")
            }
        }
    }
}

/// A format that people have weights in, and that is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignFormat {
    /// What `torch.save` writes: a ZIP archive with a pickle, or a bare pickle of older versions.
    TorchPickle,
    /// An `.npz` archive or an `.npy` array.
    NumPy,
    /// HDF5, as Keras writes it.
    Hdf5,
}

impl ForeignFormat {
    /// The format that a file's first bytes are of.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        // Pickles of protocol 2 to 5. A safetensors file may begin so too, with the length of its header; the header follows.
        if matches!(bytes, [0x80, 2..=5, ..]) && bytes.get(8) != Some(&b'{') {
            return Some(Self::TorchPickle);
        }
        if bytes.starts_with(b"\x93NUMPY") {
            return Some(Self::NumPy);
        }
        if bytes.starts_with(b"\x89HDF\r\n\x1a\n") {
            return Some(Self::Hdf5);
        }
        let archive = bytes.strip_prefix(b"PK\x03\x04")?;
        // After 26 bytes of sizes and dates comes the length of the first file's name, after 2 more the name.
        let length = usize::from(u16::from_le_bytes(*archive.get(22..)?.first_chunk()?));
        let name = archive.get(26..)?.get(..length)?;
        Some(if name.ends_with(b".npy") { Self::NumPy } else { Self::TorchPickle })
    }

    /// How to make safetensors of it.
    fn conversion(self, path: &str) -> String {
        let target = std::path::Path::new(path).with_extension("safetensors");
        let target = target.display();
        match self {
            Self::TorchPickle => format!(
                "convert it with python -c \"import torch, safetensors.torch as s; d = torch.load('{path}', map_location='cpu'); \
                 d = next((d[k] for k in ('state_dict', 'model_state_dict', 'model') if k in d), d); s.save_file({{k: v.clone().contiguous() for k, v in d.items() if torch.is_tensor(v)}}, \
                 '{target}')\""
            ),
            Self::NumPy => format!(
                "convert it with python -c \"import numpy, safetensors.numpy as s; s.save_file(dict(numpy.load('{path}')), '{target}')\""
            ),
            Self::Hdf5 => {
                "save the weights with the safetensors package of Python: safetensors.numpy.save_file"
                    .to_owned()
            }
        }
    }
}

impl fmt::Display for ForeignFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TorchPickle => "a PyTorch pickle",
            Self::NumPy => "a NumPy file",
            Self::Hdf5 => "an HDF5 file",
        })
    }
}

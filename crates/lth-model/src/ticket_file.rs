//! Tensors, masks and metadata in one safetensors file.

use std::{borrow::Cow, collections::BTreeMap, fs, path::Path};

use safetensors::{
    Dtype, SafeTensors, View,
    tensor::{Metadata, TensorView},
};
use thiserror::Error;

use crate::{Architecture, EngineError, Hint, Mask, Masks, Tensor, Tensors};

/// What a mask's name ends in, after the name of the weight that it covers.
const MASK_SUFFIX: &str = ".mask";

/// What PyTorch's count of a batch normalisation's batches ends in. It is of no use here: with momentum given, nothing reads
/// it, and PyTorch's `load_state_dict` does without.
const STEP_COUNT_SUFFIX: &str = ".num_batches_tracked";

/// The bytes before the header: its length, little-endian.
const LENGTH_BYTES: usize = 8;

/// What a safetensors file of ours holds: weights by name (F32), masks as `<name>.mask` (U8, 0 or 1, the weight's shape)
/// and string metadata. Read and written as bytes: how they reach the disk is the caller's affair.
///
/// Equal contents give equal bytes. The order of the tensors is not part of the contents: safetensors sorts them, so a
/// file that was read has its tensors in alphabetical order, as has one that PyTorch wrote.
///
/// ```
/// use lth_model::{Tensor, TensorFile};
/// let mut file = TensorFile::default();
/// file.tensors.insert("fc1.bias".to_owned(), Tensor::new(vec![2], vec![0.5, -1.0]));
/// file.metadata.insert("model".to_owned(), "lenet-300-100".to_owned());
/// assert_eq!(TensorFile::from_bytes(&file.to_bytes(), "ticket.safetensors").unwrap(), file);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TensorFile {
    /// Weights by name.
    pub tensors: Tensors,
    /// Masks by the name of the weight they cover; the weight itself may be absent.
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
            Self::Io { .. } => {
                "check the path; tickets are in RUN/replicate-0/round-NN/ticket.safetensors".to_owned()
            }
            Self::Invalid { .. } => {
                "the file may be truncated or of another format; make it again".to_owned()
            }
        })
    }
}

impl TensorFile {
    /// The bytes of the file.
    ///
    /// # Panics
    /// When a weight's name ends in `.mask` or is `__metadata__`, which the format keeps for itself: no layer is named so.
    pub fn to_bytes(&self) -> Vec<u8> {
        for name in self.tensors.keys() {
            assert!(!name.ends_with(MASK_SUFFIX) && name != "__metadata__", "'{name}' is a reserved name");
        }
        let tensors = self.tensors.iter().map(|(name, tensor)| (name.clone(), Stored::tensor(tensor)));
        let masks =
            self.masks.iter().map(|(name, mask)| (format!("{name}{MASK_SUFFIX}"), Stored::mask(mask)));
        let bytes = safetensors::serialize(tensors.chain(masks), None).expect(
            "sizes fit their shapes, and names of layers are far smaller than the limit of the header",
        );
        if self.metadata.is_empty() { bytes } else { with_metadata(&bytes, &self.metadata) }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When the file cannot be read or is not valid.
    pub fn read(path: &Path) -> Result<Self, TensorFileError> {
        let name = path.display().to_string();
        match fs::read(path) {
            Ok(bytes) => Self::from_bytes(&bytes, &name),
            Err(source) => Err(TensorFileError::Io { path: name, source }),
        }
    }

    /// Reads bytes; `name` is for error messages.
    ///
    /// # Errors
    /// When the bytes are not safetensors; a tensor is not F32 (but `num_batches_tracked`, which is left out); a mask is not U8 or BOOL, has values other than 0 and 1,
    /// or has another shape than its weight. Values may be anything, NaN included.
    pub fn from_bytes(bytes: &[u8], name: &str) -> Result<Self, TensorFileError> {
        Self::parse(bytes).map_err(|reason| TensorFileError::Invalid { path: name.to_owned(), reason })
    }

    /// Checks that the tensors are exactly those of an architecture and that the masks cover weights of it.
    ///
    /// A file without tensors (masks only) is checked for its masks.
    ///
    /// # Errors
    /// Names the tensor or mask that is missing, unknown or of another shape.
    pub fn check_against(&self, architecture: &Architecture) -> Result<(), EngineError> {
        if !self.tensors.is_empty() {
            architecture.check_tensors(&self.tensors)?;
        }
        architecture.check_masks(&self.masks)
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        check_extent(bytes)?;
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
        let views = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
        let mut views: Vec<_> = views.iter().map(|(name, view)| (name.to_owned(), view)).collect();
        // The library hands tensors out in the random order of a hash map.
        views.sort_by_cached_key(|(name, _)| (header.info(name).map(|info| info.data_offsets), name.clone()));

        let mut file = Self::default();
        for (name, view) in views {
            if let Some(covered) = name.strip_suffix(MASK_SUFFIX) {
                file.masks.insert(covered.to_owned(), read_mask(&name, &view)?);
            } else if !name.ends_with(STEP_COUNT_SUFFIX) {
                file.tensors.insert(name.clone(), read_tensor(&name, &view)?);
            }
        }
        for (name, mask) in &file.masks {
            if let Some(tensor) = file.tensors.get(name)
                && tensor.shape() != mask.shape()
            {
                let (mask, tensor) = (mask.shape(), tensor.shape());
                return Err(format!(
                    "mask '{name}{MASK_SUFFIX}' has shape {mask:?}, but '{name}' has {tensor:?}"
                ));
            }
        }
        file.metadata = header.metadata().clone().unwrap_or_default().into_iter().collect();
        Ok(file)
    }
}

/// Refuses what is too short for its own header, in words, and offsets beyond the end, which overflow in the library.
fn check_extent(bytes: &[u8]) -> Result<(), String> {
    if bytes.is_empty() {
        return Err("it is empty".to_owned());
    }
    let Some((length, rest)) = bytes.split_first_chunk::<LENGTH_BYTES>() else {
        return Err(format!("it has {} bytes, not even a header", bytes.len()));
    };
    let header =
        usize::try_from(u64::from_le_bytes(*length)).ok().and_then(|length| rest.split_at_checked(length));
    let Some((header, data)) = header else {
        return Err(format!(
            "the header ends after the file's {} bytes: truncated, or not safetensors",
            bytes.len()
        ));
    };
    let metadata: Metadata =
        serde_json::from_slice(header).map_err(|error| format!("the header: {error}"))?;
    match metadata.tensors().values().map(|info| info.data_offsets.1).max() {
        Some(end) if end > data.len() => Err(format!(
            "the header describes {end} bytes of tensors, the file has {}: truncated",
            data.len()
        )),
        _ => Ok(()),
    }
}

fn read_tensor(name: &str, view: &TensorView<'_>) -> Result<Tensor, String> {
    if view.dtype() != Dtype::F32 {
        return Err(format!("tensor '{name}' has type {}, F32 is needed", view.dtype()));
    }
    let (values, _) = view.data().as_chunks::<4>();
    Ok(Tensor::new(view.shape().to_vec(), values.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()))
}

fn read_mask(name: &str, view: &TensorView<'_>) -> Result<Mask, String> {
    if !matches!(view.dtype(), Dtype::U8 | Dtype::BOOL) {
        return Err(format!("mask '{name}' has type {}, U8 is needed", view.dtype()));
    }
    if let Some((index, value)) = view.data().iter().enumerate().find(|&(_, &value)| value > 1) {
        return Err(format!(
            "mask '{name}' has the value {value} at index {index}, only 0 and 1 are allowed"
        ));
    }
    Ok(Mask::from_flags(view.shape().to_vec(), view.data().iter().map(|&value| value == 1)))
}

/// The same file with this metadata, keys sorted: the library would write them in the random order of a hash map.
fn with_metadata(bytes: &[u8], metadata: &BTreeMap<String, String>) -> Vec<u8> {
    let (length, rest) =
        bytes.split_first_chunk::<LENGTH_BYTES>().expect("a file starts with the header's length");
    let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let entries = header.trim_ascii_end().strip_prefix(b"{").expect("the header is a JSON object");
    let metadata = serde_json::to_string(metadata).expect("strings are always JSON");

    let mut header = format!("{{\"__metadata__\":{metadata}").into_bytes();
    if entries != b"}" {
        header.push(b',');
    }
    header.extend_from_slice(entries);
    // The format aligns the data to 8 bytes.
    header.resize(header.len().next_multiple_of(LENGTH_BYTES), b' ');
    [&(header.len() as u64).to_le_bytes()[..], &header, data].concat()
}

/// A tensor or mask as safetensors stores it.
struct Stored<'a> {
    dtype: Dtype,
    shape: &'a [usize],
    data: Vec<u8>,
}

impl<'a> Stored<'a> {
    fn tensor(tensor: &'a Tensor) -> Self {
        let data = tensor.data().iter().flat_map(|value| value.to_le_bytes()).collect();
        Self { dtype: Dtype::F32, shape: tensor.shape(), data }
    }

    fn mask(mask: &'a Mask) -> Self {
        Self { dtype: Dtype::U8, shape: mask.shape(), data: mask.flags().map(u8::from).collect() }
    }
}

impl View for Stored<'_> {
    fn dtype(&self) -> Dtype {
        self.dtype
    }
    fn shape(&self) -> &[usize] {
        self.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.data)
    }
    fn data_len(&self) -> usize {
        self.data.len()
    }
}

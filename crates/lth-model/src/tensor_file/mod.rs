//! Tensors, masks and metadata in one safetensors file.

mod contents;
mod error;
mod given;
mod names;

use std::{borrow::Cow, collections::BTreeMap, fs, path::Path};

use safetensors::{Dtype, View};

pub use error::{ForeignFormat, TensorFault, TensorFileError};
pub use given::{GivenFile, OtherTensor};

use crate::{Architecture, EngineError, Mask, Masks, Tensor, Tensors};
use contents::Contents;

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

    /// Reads a file of ours; what a user gives may be of another program, and is read as a [`GivenFile`].
    ///
    /// # Errors
    /// When the file cannot be read or is not valid.
    pub fn read(path: &Path) -> Result<Self, TensorFileError> {
        Self::from_bytes(&read_bytes(path)?, &path.display().to_string())
    }

    /// Reads bytes; `name` is for error messages.
    ///
    /// Floating-point numbers of other sizes are read as F32, and masks of any type of numbers; `num_batches_tracked` is
    /// left out.
    ///
    /// # Errors
    /// When the bytes are not safetensors; a tensor is not of floating-point numbers; a mask has values other than 0 and 1,
    /// or another shape than its weight. Weights may be anything, NaN included.
    pub fn from_bytes(bytes: &[u8], name: &str) -> Result<Self, TensorFileError> {
        given::as_named(contents(bytes, name)?, name)
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
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, TensorFileError> {
    fs::read(path).map_err(|source| TensorFileError::Io { path: path.display().to_string(), source })
}

fn contents(bytes: &[u8], name: &str) -> Result<Contents, TensorFileError> {
    let path = name.to_owned();
    if let Some(format) = ForeignFormat::of(bytes) {
        return Err(TensorFileError::Foreign { path, format });
    }
    Contents::of(bytes).map_err(|reason| TensorFileError::Invalid { path, reason })
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
        let data = tensor.le_bytes();
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

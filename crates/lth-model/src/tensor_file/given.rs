//! Files that a user gives: of ours, or of another program.

use std::path::Path;

use safetensors::Dtype;

use super::{
    MASK_SUFFIX, TensorFault, TensorFile, TensorFileError, contents as read_contents,
    contents::{Contents, OtherValue, Stored, Values, mask_of},
    names::{rename_pruned, strip_prefixes},
    read_bytes,
};
use crate::{Architecture, Mask, Masks, Tensor};

/// A file that a user gives, as other programs write it too.
///
/// What is understood besides files of ours: floating-point numbers of other sizes (F16, BF16, F64), names that all begin
/// with what a wrapping module put there (`module.`, `_orig_mod.`, `model.`), the pairs of `torch.nn.utils.prune`
/// (`fc1.weight_orig`, `fc1.weight_mask`; the weight is their product, as PyTorch computes with it), and masks of any type of
/// numbers. What was done is in the [notes](Self::notes); what cannot be trained on is no error until it is asked for.
///
/// ```
/// use lth_model::{GivenFile, Tensor, TensorFile};
/// let mut file = TensorFile::default();
/// file.tensors.insert("module.fc1.bias".to_owned(), Tensor::new(vec![2], vec![0.5, f32::NAN]));
/// let given = GivenFile::from_bytes(&file.to_bytes(), "w.safetensors", None).unwrap();
/// assert_eq!(given.notes(), ["'w.safetensors': 'module.' before all names is left out"]);
/// assert_eq!(
///     given.into_file().unwrap_err().to_string(),
///     "'w.safetensors': tensor 'fc1.bias' has the value NaN at index 1"
/// );
/// ```
#[derive(Debug, Clone)]
pub struct GivenFile {
    path: String,
    file: TensorFile,
    others: Vec<OtherTensor>,
    faults: Vec<TensorFault>,
    notes: Vec<String>,
}

/// A tensor that is neither weights nor a mask that can be used: of integers, of numbers that are not read, or a mask with
/// other values than 0 and 1.
#[derive(Debug, Clone)]
pub struct OtherTensor {
    /// Its name.
    pub name: String,
    /// Its dimensions.
    pub shape: Vec<usize>,
    /// The type of its numbers, as safetensors calls it.
    pub dtype: String,
    /// Its values as a mask; `None` when the numbers are of a type that is not read.
    mask: Option<Result<Mask, OtherValue>>,
}

impl GivenFile {
    /// Reads a file. Names that all begin with a wrapping module's name keep it where those of the architecture do so too.
    ///
    /// # Errors
    /// When the file cannot be read or is no safetensors file.
    pub fn read(path: &Path, architecture: Option<&Architecture>) -> Result<Self, TensorFileError> {
        Self::from_bytes(&read_bytes(path)?, &path.display().to_string(), architecture)
    }

    /// Reads bytes; `path` is for messages.
    ///
    /// # Errors
    /// When the bytes are no safetensors file.
    pub fn from_bytes(
        bytes: &[u8],
        path: &str,
        architecture: Option<&Architecture>,
    ) -> Result<Self, TensorFileError> {
        let mut contents = read_contents(bytes, path)?;
        let mut notes = conversions(&contents);
        // Our files have the names of their network already, whatever these are.
        let is_ours = contents.metadata.contains_key("kind");
        let mut pruned = Vec::new();
        if !is_ours {
            let names = architecture.map(Architecture::state_names).unwrap_or_default();
            let prefix = strip_prefixes(&mut contents.tensors, |prefix| {
                names.iter().any(|name| name.starts_with(prefix))
            });
            if !prefix.is_empty() {
                notes.push(format!("'{prefix}' before all names is left out"));
            }
            pruned = rename_pruned(&mut contents.tensors);
            if let Some(first) = pruned.first() {
                notes.push(format!(
                    "weights and masks of torch.nn.utils.prune are read as such ('{first}_orig', '{first}_mask', ...)"
                ));
            }
        }
        let Sorted { mut file, others, mut faults } = sort(contents);
        for name in &pruned {
            if let (Some(tensor), Some(mask)) = (file.tensors.get_mut(name), file.masks.get(name))
                && tensor.shape() == mask.shape()
            {
                mask.apply(tensor);
            }
        }
        if !is_ours {
            // Vectors are biases and normalisations, which are never pruned: a mask that keeps all of one says nothing.
            file.masks.retain(|_, mask| mask.shape().len() > 1 || mask.live() < mask.len());
        }
        faults.extend(file.tensors.iter().filter_map(|(name, tensor)| not_finite(name, tensor)));
        let notes = notes.into_iter().map(|note| format!("'{path}': {note}")).collect();
        Ok(Self { path: path.to_owned(), file, others, faults, notes })
    }

    /// What was read otherwise than it is written, a sentence each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What makes the file useless for training, masks before weights.
    pub fn faults(&self) -> &[TensorFault] {
        &self.faults
    }

    /// Tensors that are not among the contents.
    pub fn others(&self) -> &[OtherTensor] {
        &self.others
    }

    /// Weights, masks and metadata, whatever their values.
    pub fn contents(&self) -> &TensorFile {
        &self.file
    }

    /// The file with its tensors as masks, when it holds nothing but zeros and ones, in more than vectors, and no mask by name.
    #[must_use]
    pub fn with_masks_told_by_values(mut self) -> Self {
        if self.file.masks.is_empty() && self.has_bits_only() {
            self.notes
                .push(format!("'{}': it holds zeros and ones only, which are read as masks", self.path));
            let metadata = std::mem::take(&mut self.file.metadata);
            let (path, notes) = (self.path.clone(), std::mem::take(&mut self.notes));
            let masks = self.into_masks().unwrap_or_default();
            self = Self {
                path,
                file: TensorFile { masks, metadata, ..TensorFile::default() },
                others: Vec::new(),
                faults: Vec::new(),
                notes,
            };
        }
        self
    }

    /// Whether there is a matrix, and no value but 0 and 1.
    fn has_bits_only(&self) -> bool {
        let tensors = self.file.tensors.values();
        let shapes =
            tensors.clone().map(Tensor::shape).chain(self.others.iter().map(|other| &other.shape[..]));
        shapes.into_iter().any(|shape| shape.len() > 1)
            && self.others.iter().all(|other| matches!(other.mask, Some(Ok(_))))
            && tensors.flat_map(Tensor::data).all(|&value| value == 0.0 || value == 1.0)
    }

    /// Weights, masks and metadata, fit for training.
    ///
    /// # Errors
    /// For weights that are not finite, masks with other values than 0 and 1, and tensors of other types.
    pub fn into_file(self) -> Result<TensorFile, TensorFileError> {
        let Self { path, file, others, faults, .. } = self;
        if let Some(fault) = faults.into_iter().next() {
            return Err(TensorFileError::Fault { path, fault });
        }
        if let Some(OtherTensor { name, dtype, .. }) = others.into_iter().next() {
            return Err(TensorFileError::Type { path, name, dtype });
        }
        Ok(file)
    }

    /// The masks, where masks are what the file is given for: if none is named so, all tensors are masks. Weights may be
    /// anything.
    ///
    /// # Errors
    /// For the first value that is neither 0 nor 1, and tensors of types that are not read.
    pub fn into_masks(self) -> Result<Masks, TensorFileError> {
        let Self { path, file, others, faults, .. } = self;
        let of_mask = |fault: &TensorFault| !matches!(fault, TensorFault::NotFinite { .. });
        if let Some(fault) = faults.into_iter().find(of_mask) {
            return Err(TensorFileError::Fault { path, fault });
        }
        if !file.masks.is_empty() {
            return Ok(file.masks);
        }
        let tensors = file.tensors.into_iter().map(|(name, tensor)| {
            let mask = mask_of(tensor.shape(), tensor.data().iter().copied());
            (name, Dtype::F32.to_string(), Some(mask))
        });
        let others = others.into_iter().map(|other| (other.name, other.dtype, other.mask));
        let mut masks = Masks::new();
        for (name, dtype, mask) in tensors.chain(others) {
            match mask {
                Some(Ok(mask)) => drop(masks.insert(name, mask)),
                Some(Err(OtherValue { index, value })) => {
                    let fault = TensorFault::MaskValue { name, index, value };
                    return Err(TensorFileError::Fault { path, fault });
                }
                None => return Err(TensorFileError::Type { path, name, dtype }),
            }
        }
        masks.retain(|_, mask| mask.shape().len() > 1 || mask.live() < mask.len());
        Ok(masks)
    }
}

/// What types were converted, a note each.
fn conversions(contents: &Contents) -> Vec<String> {
    [Dtype::F16, Dtype::BF16, Dtype::F64]
        .into_iter()
        .filter_map(|dtype| {
            let is_converted =
                |(name, stored): &(&String, &Stored)| stored.dtype == dtype && !name.ends_with(MASK_SUFFIX);
            let count = contents.tensors.iter().filter(is_converted).count();
            let rounded = if dtype == Dtype::F64 { ", rounded" } else { "" };
            let tensors = if count == 1 { "tensor" } else { "tensors" };
            (count > 0).then(|| format!("{count} {tensors} of type {dtype} read as F32{rounded}"))
        })
        .collect()
}

/// Contents by what they are.
struct Sorted {
    file: TensorFile,
    others: Vec<OtherTensor>,
    /// Of masks.
    faults: Vec<TensorFault>,
}

fn sort(contents: Contents) -> Sorted {
    let mut file = TensorFile { metadata: contents.metadata, ..TensorFile::default() };
    let (mut others, mut faults) = (Vec::new(), Vec::new());
    for (name, stored) in contents.tensors {
        let covered = name.strip_suffix(MASK_SUFFIX).map(str::to_owned);
        let other = |name: String, stored: Stored| OtherTensor {
            name,
            dtype: stored.dtype.to_string(),
            mask: stored.mask(),
            shape: stored.shape,
        };
        match (covered, &stored.values) {
            (Some(covered), _) => match stored.mask() {
                Some(Ok(mask)) => drop(file.masks.insert(covered, mask)),
                Some(Err(OtherValue { index, value })) => {
                    faults.push(TensorFault::MaskValue { name: name.clone(), index, value });
                    others.push(other(name, stored));
                }
                None => others.push(other(name, stored)),
            },
            (None, Values::Floats(_)) => {
                file.tensors.extend(stored.into_tensor().map(|tensor| (name, tensor)));
            }
            (None, _) => others.push(other(name, stored)),
        }
    }
    for (name, mask) in &file.masks {
        if let Some(tensor) = file.tensors.get(name).filter(|tensor| tensor.shape() != mask.shape()) {
            let (mask, tensor) = (mask.shape().to_vec(), tensor.shape().to_vec());
            faults.push(TensorFault::MaskShape { name: format!("{name}{MASK_SUFFIX}"), mask, tensor });
        }
    }
    Sorted { file, others, faults }
}

/// A file of ours, by its names as they are.
pub(super) fn as_named(contents: Contents, path: &str) -> Result<TensorFile, TensorFileError> {
    let Sorted { file, others, faults } = sort(contents);
    let (path, notes) = (path.to_owned(), Vec::new());
    GivenFile { path, file, others, faults, notes }.into_file()
}

fn not_finite(name: &str, tensor: &Tensor) -> Option<TensorFault> {
    let mut wrong = tensor.data().iter().enumerate().filter(|(_, value)| !value.is_finite());
    let (index, &value) = wrong.next()?;
    Some(TensorFault::NotFinite { name: name.to_owned(), index, value, count: 1 + wrong.count() })
}

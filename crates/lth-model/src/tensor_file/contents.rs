//! The tensors of a safetensors file, of any type of numbers.

use std::collections::BTreeMap;

use half::{bf16, f16};
use indexmap::IndexMap;
use safetensors::{
    Dtype, SafeTensors,
    tensor::{Metadata, TensorView},
};

use super::{LENGTH_BYTES, STEP_COUNT_SUFFIX};
use crate::{Mask, Tensor};

/// What a file holds, in its order.
pub(super) struct Contents {
    pub(super) tensors: IndexMap<String, Stored>,
    pub(super) metadata: BTreeMap<String, String>,
}

/// One tensor of a file.
pub(super) struct Stored {
    pub(super) dtype: Dtype,
    pub(super) shape: Vec<usize>,
    pub(super) values: Values,
}

/// The values of a tensor, as far as anything can be made of them.
pub(super) enum Values {
    /// Floating-point numbers, in 32 bits.
    Floats(Vec<f32>),
    /// Integers or truth values: a mask, if there are only 0 and 1.
    Integers(Result<Mask, OtherValue>),
    /// Numbers of a type that is not read.
    Unread,
}

/// The first value of a would-be mask that is neither 0 nor 1.
#[derive(Debug, Clone)]
pub(super) struct OtherValue {
    pub(super) index: usize,
    pub(super) value: String,
}

impl Stored {
    /// The values as a mask; `None` when they are of a type that is not read.
    pub(super) fn mask(&self) -> Option<Result<Mask, OtherValue>> {
        match &self.values {
            Values::Floats(values) => Some(mask_of(&self.shape, values.iter().copied())),
            Values::Integers(mask) => Some(mask.clone()),
            Values::Unread => None,
        }
    }

    /// The values as a tensor, if they are floating-point numbers.
    pub(super) fn into_tensor(self) -> Option<Tensor> {
        match self.values {
            Values::Floats(values) => Some(Tensor::new(self.shape, values)),
            Values::Integers(_) | Values::Unread => None,
        }
    }
}

/// A mask of these values, if they are 0 and 1 only.
pub(super) fn mask_of<T>(shape: &[usize], values: impl Iterator<Item = T>) -> Result<Mask, OtherValue>
where
    T: PartialEq + From<bool> + ToString,
{
    let (zero, one) = (T::from(false), T::from(true));
    let mut mask = Mask::empty(shape.to_vec());
    for (index, value) in values.enumerate() {
        if value == one {
            mask.set(index, true);
        } else if value != zero {
            return Err(OtherValue { index, value: value.to_string() });
        }
    }
    Ok(mask)
}

impl Contents {
    /// Reads a file's bytes.
    ///
    /// # Errors
    /// Says, in words, why they are not a safetensors file.
    pub(super) fn of(bytes: &[u8]) -> Result<Self, String> {
        check_extent(bytes)?;
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
        let views = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
        let mut views: Vec<_> = views.iter().filter(|(name, _)| !name.ends_with(STEP_COUNT_SUFFIX)).collect();
        // The library hands tensors out in the random order of a hash map.
        views.sort_by_cached_key(|(name, _)| {
            (header.info(name).map(|info| info.data_offsets), (*name).to_owned())
        });
        Ok(Self {
            tensors: views.into_iter().map(|(name, view)| (name.to_owned(), stored(&view))).collect(),
            metadata: header.metadata().clone().unwrap_or_default().into_iter().collect(),
        })
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

fn stored(view: &TensorView<'_>) -> Stored {
    let shape = view.shape();
    let values = match view.dtype() {
        Dtype::F32 => floats(view, f32::from_le_bytes),
        Dtype::F16 => floats(view, |bytes| f16::from_le_bytes(bytes).to_f32()),
        Dtype::BF16 => floats(view, |bytes| bf16::from_le_bytes(bytes).to_f32()),
        Dtype::F64 => floats(view, |bytes| f64::from_le_bytes(bytes) as f32),
        Dtype::BOOL | Dtype::U8 => integers(view, u8::from_le_bytes),
        Dtype::I8 => integers(view, i8::from_le_bytes),
        Dtype::I16 => integers(view, i16::from_le_bytes),
        Dtype::U16 => integers(view, u16::from_le_bytes),
        Dtype::I32 => integers(view, i32::from_le_bytes),
        Dtype::U32 => integers(view, u32::from_le_bytes),
        Dtype::I64 => integers(view, i64::from_le_bytes),
        Dtype::U64 => integers(view, u64::from_le_bytes),
        _ => Values::Unread,
    };
    Stored { dtype: view.dtype(), shape: shape.to_vec(), values }
}

fn floats<const N: usize>(view: &TensorView<'_>, value: impl Fn([u8; N]) -> f32) -> Values {
    Values::Floats(view.data().as_chunks().0.iter().map(|&bytes| value(bytes)).collect())
}

fn integers<const N: usize, T>(view: &TensorView<'_>, value: impl Fn([u8; N]) -> T) -> Values
where
    T: PartialEq + From<bool> + ToString,
{
    Values::Integers(mask_of(view.shape(), view.data().as_chunks().0.iter().map(|&bytes| value(bytes))))
}

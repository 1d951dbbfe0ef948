//! Names of other programs: what wrapping and pruning modules of PyTorch make of the names of tensors.

use indexmap::IndexMap;

use super::{MASK_SUFFIX, contents::Stored};

/// What wrapping modules put before every name: `DataParallel` and `DistributedDataParallel`, `torch.compile`, and modules that
/// hold the network as `self.model`.
const PREFIXES: [&str; 3] = ["module.", "_orig_mod.", "model."];

/// What `torch.nn.utils.prune` makes of `fc1.weight`: the weight as it was, and its mask.
const ORIGINAL: &str = "_orig";
const PRUNE_MASK: &str = "_mask";

/// Takes away what all names begin with, unless the network's own do; returns it.
pub(super) fn strip_prefixes(
    tensors: &mut IndexMap<String, Stored>,
    is_own: impl Fn(&str) -> bool,
) -> String {
    let mut stripped = String::new();
    while let Some(prefix) = PREFIXES.into_iter().find(|prefix| {
        !tensors.is_empty() && !is_own(prefix) && tensors.keys().all(|name| name.starts_with(prefix))
    }) {
        stripped.push_str(prefix);
        *tensors =
            tensors.drain(..).map(|(name, stored)| (name[prefix.len()..].to_owned(), stored)).collect();
    }
    stripped
}

/// Names masks `NAME.mask`, and weights beside a mask `NAME`, where they are named as `torch.nn.utils.prune` names them;
/// returns the names of the weights that were named so.
pub(super) fn rename_pruned(tensors: &mut IndexMap<String, Stored>) -> Vec<String> {
    let masked: Vec<String> = tensors
        .keys()
        .filter_map(|name| name.strip_suffix(PRUNE_MASK))
        .filter(|name| !tensors.contains_key(&format!("{name}{MASK_SUFFIX}")))
        .map(str::to_owned)
        .collect();
    let of = |name: &str, suffix: &str| {
        name.strip_suffix(suffix).filter(|name| masked.iter().any(|other| other == name)).map(str::to_owned)
    };
    let mut originals = Vec::new();
    let renamed: IndexMap<String, Stored> = tensors
        .drain(..)
        .map(|(name, stored)| {
            if let Some(weight) = of(&name, PRUNE_MASK) {
                return (format!("{weight}{MASK_SUFFIX}"), stored);
            }
            if let Some(weight) = of(&name, ORIGINAL) {
                originals.push(weight.clone());
                return (weight, stored);
            }
            (name, stored)
        })
        .collect();
    *tensors = renamed;
    originals
}

//! Which model a file of tensors is of.

use std::path::Path;

use lth_lab::{Experiment, Layout};
use lth_model::{Architecture, MODELS, Mask, ModelInfo, Tensor, TensorFile, find_model};

use super::experiment_run::NETWORK;

/// The classes of most data sets; others are read off the tensors.
const CLASSES: usize = 10;

/// The examples of most data sets.
const INPUTS: [&[usize]; 3] = [&[1, 28, 28], &[3, 32, 32], &[3, 64, 64]];

/// How well a file's model is known.
pub(super) enum Origin {
    /// Its name and the network, to which the tensors fit.
    Network(String, Architecture),
    /// Only its name: the network is one's own, and in no file that is there.
    Name(String),
    /// Not at all.
    Unknown,
}

/// The model that a file says it is of, or the first whose tensors it has; built for examples and classes that fit them. A
/// network of one's own is looked up in the run folder that the file lies in.
pub(super) fn origin(file: &TensorFile, path: &Path) -> Origin {
    let network = |(name, architecture)| Origin::Network(name, architecture);
    let Some(name) = file.metadata.get("model") else {
        return MODELS.iter().find_map(|model| fits(model, file)).map_or(Origin::Unknown, network);
    };
    if let Some(found) = find_model(name).ok().and_then(|model| fits(&model, file)) {
        return network(found);
    }
    own_network(file, path).map_or_else(|| Origin::Name(name.clone()), network)
}

/// The network of this model whose tensors the file has.
fn fits(model: &ModelInfo, file: &TensorFile) -> Option<(String, Architecture)> {
    // A network of one's own may have changed since the ticket was made.
    let wanted = file.metadata.get("architecture").filter(|_| model.definition().is_some());
    let fits = |architecture: &Architecture| {
        file.check_against(architecture).is_ok()
            && wanted.is_none_or(|fingerprint| architecture.fingerprint() == *fingerprint)
    };
    let mut classes = vec![CLASSES];
    let shapes = file.tensors.values().map(Tensor::shape).chain(file.masks.values().map(Mask::shape));
    classes.extend(shapes.filter_map(|shape| shape.first()));
    classes.sort_unstable_by_key(|&count| (count != CLASSES, count));
    classes.dedup();
    let inputs = [&*model.input].into_iter().chain(INPUTS.iter().copied());
    inputs
        .flat_map(|input| classes.iter().map(move |&count| (input, count)))
        .filter_map(|(input, count)| model.build(input, count).ok())
        .find(fits)
        .map(|architecture| (model.label().to_owned(), architecture))
}

/// The network of the run whose folder the file lies in: its copy there, or the file that the run was made with.
fn own_network(file: &TensorFile, path: &Path) -> Option<(String, Architecture)> {
    let layout = run_of(path)?;
    let copy = format!("custom:{}", layout.root().join(NETWORK).display());
    let experiment = Experiment::read(&layout.experiment()).ok()?;
    let own = Some(experiment.model).filter(|model| model.starts_with("custom:"))?;
    [copy, own].iter().find_map(|name| fits(&find_model(name).ok()?, file))
}

/// The run whose folder a file lies in.
pub(super) fn run_of(path: &Path) -> Option<Layout> {
    let path = path.canonicalize().ok()?;
    path.ancestors().skip(1).map(Layout::new).find(Layout::is_run)
}

//! Weights of a network that was trained before, as the initialisation of a run.

use std::path::Path;

use lth_model::{Architecture, Mask, ParameterKind, Tensors};

use super::given;
use crate::{failure::Failure, output::Messages};

/// The weights of a file for this network: all of them, or all but those of the output layer where it has other classes.
///
/// # Errors
/// When the file cannot be read, holds values that are not finite or pruned weights, or another layer does not fit.
pub(crate) fn pretrained(
    path: &Path,
    architecture: &Architecture,
    messages: &Messages,
) -> Result<Tensors, Failure> {
    let file = given(path, Some(architecture), messages)?.into_file().map_err(Failure::bad_input)?;
    if let Some((name, _)) = file.masks.iter().find(|(_, mask): &(_, &Mask)| mask.live() < mask.len()) {
        return Err(Failure::input(
            format!(
                "'{}' has pruned weights (in '{name}'): a run begins with a dense network",
                path.display()
            ),
            "give trained weights of a dense network, or use `lth transfer` for tickets",
        ));
    }
    let mut tensors = file.tensors;
    let parameters = architecture.parameters();
    let output = parameters.iter().find(|parameter| parameter.kind == ParameterKind::Output);
    let Some(output) = output else { return Ok(tensors) };
    let of_output: Vec<_> = parameters.iter().filter(|parameter| parameter.node == output.node).collect();
    let other_classes = of_output
        .iter()
        .any(|parameter| tensors.get(&parameter.name).is_some_and(|found| found.shape() != parameter.shape));
    if other_classes {
        messages.info(&format!(
            "'{}' has another number of classes: its output layer '{}' is drawn anew",
            path.display(),
            architecture.nodes[output.node].name
        ));
    }
    let mut checked = tensors.clone();
    for parameter in of_output.iter().filter(|_| other_classes) {
        tensors.shift_remove(&parameter.name);
        checked.insert(parameter.name.clone(), lth_model::Tensor::zeros(parameter.shape.clone()));
    }
    architecture.check_tensors(&checked).map_err(|error| Failure::Input {
        message: format!("'{}': {error}", path.display()),
        hint: Some(format!("weights of {} are wanted", architecture.name)),
    })?;
    Ok(tensors)
}

//! Multilayer perceptrons: LeNet-300-100 and any widths.

use crate::{Architecture, ArchitectureBuilder, ArchitectureError, ModelError};

/// The hidden widths of LeNet-300-100 (LeCun et al. 1998).
pub(super) const LENET_300_100: &[usize] = &[300, 100];

/// More than this many hidden layers or units in one are a mistake of typing.
const MOST_LAYERS: usize = 100;
const MOST_UNITS: usize = 1_000_000;

/// LeNet-300-100: `fc1` 784-300, `fc2` 300-100, `fc3` 100-classes, ReLU between; 266,200 weights for 10 classes.
///
/// # Panics
/// When there are no classes.
pub fn lenet_300_100(classes: usize) -> Architecture {
    mlp("lenet-300-100", &[1, 28, 28], LENET_300_100, classes)
}

/// A multilayer perceptron of any widths: layers `fc1`, `fc2`, ... with ReLU between them.
///
/// # Panics
/// When a width is 0.
pub fn mlp(name: &str, input: &[usize], hidden: &[usize], classes: usize) -> Architecture {
    build(name, input, hidden, classes, None).expect("a chain of layers with positive widths")
}

/// As [`mlp`], with dropout of this rate after every ReLU.
///
/// # Panics
/// When a width is 0 or the rate is outside of [0, 1).
pub fn mlp_with_dropout(
    name: &str,
    input: &[usize],
    hidden: &[usize],
    classes: usize,
    rate: f32,
) -> Architecture {
    build(name, input, hidden, classes, Some(rate)).expect("a chain of layers with positive widths")
}

pub(super) fn build(
    name: &str,
    input: &[usize],
    hidden: &[usize],
    classes: usize,
    dropout: Option<f32>,
) -> Result<Architecture, ArchitectureError> {
    let mut builder = ArchitectureBuilder::new(name, input).flatten("flatten");
    for (layer, &width) in (1..).zip(hidden) {
        builder = builder.linear(&format!("fc{layer}"), width).relu(&format!("relu{layer}"));
        if let Some(rate) = dropout {
            builder = builder.dropout(&format!("dropout{layer}"), rate);
        }
    }
    builder.linear(&format!("fc{}", hidden.len() + 1), classes).build()
}

/// The widths in `300-100`; `name` is the whole.
pub(super) fn widths(name: &str, text: &str) -> Result<Vec<usize>, ModelError> {
    let wrong = |reason: String| ModelError::Widths { name: name.to_owned(), reason };
    let widths: Vec<usize> = text
        .split('-')
        .map(|width| match width.parse() {
            Ok(units) if (1..=MOST_UNITS).contains(&units) && !width.starts_with(['+', '0']) => Ok(units),
            _ => Err(wrong(format!("'{width}' is no width, from 1 to {MOST_UNITS}"))),
        })
        .collect::<Result<_, _>>()?;
    if widths.len() > MOST_LAYERS {
        return Err(wrong(format!("it has {} hidden layers, at most {MOST_LAYERS} are taken", widths.len())));
    }
    Ok(widths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lenet_has_the_papers_weights() {
        let lenet = lenet_300_100(10);
        assert_eq!(lenet.weight_count(), 266_200);
        assert_eq!(lenet.parameter_count(), 266_200 + 410);
        assert_eq!((lenet.input_features(), lenet.classes()), (784, 10));
        let names: Vec<_> = lenet.parameters().into_iter().map(|parameter| parameter.name).collect();
        assert_eq!(names, ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias", "fc3.weight", "fc3.bias"]);
    }

    #[test]
    fn dropout_follows_each_hidden_layer() {
        let architecture = mlp_with_dropout("small", &[4], &[3, 3], 2, 0.5);
        let names: Vec<_> = architecture.nodes.iter().map(|node| node.name.as_str()).collect();
        assert_eq!(
            names,
            ["input", "flatten", "fc1", "relu1", "dropout1", "fc2", "relu2", "dropout2", "fc3"]
        );
        assert_eq!(architecture.parameter_count(), mlp("small", &[4], &[3, 3], 2).parameter_count());
    }
}

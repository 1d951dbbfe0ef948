//! The models that have a name.

use thiserror::Error;

use crate::{Architecture, ArchitectureBuilder, Hint, nearest_name};

/// A model with a name: what it is and how it is built.
#[derive(Debug, Clone, Copy)]
pub struct ModelInfo {
    /// The name on the command line.
    pub name: &'static str,
    /// Other names that are understood.
    pub aliases: &'static [&'static str],
    /// One line for `lth models`.
    pub description: &'static str,
    /// The shape of one example.
    pub input: &'static [usize],
    /// Builds it for this many classes.
    pub build: fn(classes: usize) -> Architecture,
}

/// Every named model.
pub const MODELS: &[ModelInfo] = &[ModelInfo {
    name: "lenet-300-100",
    aliases: &["lenet300100"],
    description: "784-300-100-10 multilayer perceptron, ReLU (LeCun et al. 1998; Frankle and Carbin 2019)",
    input: &[1, 28, 28],
    build: lenet_300_100,
}];

/// No model has this name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is no model '{name}'")]
pub struct UnknownModel {
    /// The name as it was given.
    pub name: String,
    /// The model that was probably meant.
    pub nearest: Option<&'static str>,
}

impl Hint for UnknownModel {
    fn hint(&self) -> Option<String> {
        Some(match self.nearest {
            Some(nearest) => format!("did you mean '{nearest}'? `lth models` lists all"),
            None => "`lth models` lists all".to_owned(),
        })
    }
}

/// The model of this name or alias.
///
/// # Errors
/// When there is none; the hint names the nearest.
///
/// ```
/// use lth_model::{Hint, find_model};
/// assert_eq!(find_model("lenet300100").unwrap().name, "lenet-300-100");
/// let error = find_model("lenet-300").unwrap_err();
/// assert_eq!(error.to_string(), "there is no model 'lenet-300'");
/// assert_eq!(error.hint().unwrap(), "did you mean 'lenet-300-100'? `lth models` lists all");
/// ```
pub fn find_model(name: &str) -> Result<&'static ModelInfo, UnknownModel> {
    MODELS.iter().find(|model| model.name == name || model.aliases.contains(&name)).ok_or_else(|| {
        UnknownModel {
            name: name.to_owned(),
            nearest: nearest_name(name, MODELS.iter().map(|model| model.name)),
        }
    })
}

/// LeNet-300-100: `fc1` 784-300, `fc2` 300-100, `fc3` 100-classes, ReLU between; 266,200 weights for 10 classes.
pub fn lenet_300_100(classes: usize) -> Architecture {
    mlp("lenet-300-100", &[1, 28, 28], &[300, 100], classes)
}

/// A multilayer perceptron of any widths: layers `fc1`, `fc2`, ... with ReLU between them.
///
/// # Panics
/// When a width is 0.
pub fn mlp(name: &str, input: &[usize], hidden: &[usize], classes: usize) -> Architecture {
    build_mlp(name, input, hidden, classes, None)
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
    build_mlp(name, input, hidden, classes, Some(rate))
}

fn build_mlp(
    name: &str,
    input: &[usize],
    hidden: &[usize],
    classes: usize,
    dropout: Option<f32>,
) -> Architecture {
    let mut builder = ArchitectureBuilder::new(name, input).flatten("flatten");
    for (layer, &width) in (1..).zip(hidden) {
        builder = builder.linear(&format!("fc{layer}"), width).relu(&format!("relu{layer}"));
        if let Some(rate) = dropout {
            builder = builder.dropout(&format!("dropout{layer}"), rate);
        }
    }
    builder
        .linear(&format!("fc{}", hidden.len() + 1), classes)
        .build()
        .expect("a chain of layers with positive widths")
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
    fn every_model_is_sound_and_found_by_each_of_its_names() {
        let mut seen = Vec::new();
        for model in MODELS {
            for &name in [model.name].iter().chain(model.aliases) {
                assert_eq!(find_model(name).unwrap().name, model.name);
                assert!(!seen.contains(&name), "{name} is used twice");
                seen.push(name);
            }
            let architecture = (model.build)(10);
            architecture.check().unwrap();
            assert_eq!(architecture.name, model.name);
            assert_eq!(architecture.nodes[0].shape, model.input);
            assert_eq!((model.build)(7).classes(), 7);
        }
    }

    #[test]
    fn unknown_names_are_refused() {
        for name in ["", "LeNet-300-100", "lenet-300-100 ", "vgg"] {
            assert!(find_model(name).is_err(), "{name}");
        }
        assert_eq!(find_model("zzz").unwrap_err().hint().unwrap(), "`lth models` lists all");
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

//! Models: the named ones, multilayer perceptrons of any widths, and networks of the user's own.

mod chain;
mod conv;
mod custom;
mod custom_file;
mod custom_write;
mod error;
mod family;
mod lenet_5;
mod mlp;
mod options;
mod registry;
mod resnet;
#[cfg(test)]
mod tests;
mod vgg;

use std::{borrow::Cow, path::Path};

pub use error::{ModelError, UnknownModel};
pub use mlp::{lenet_300_100, mlp, mlp_with_dropout};
pub use options::ModelOptions;
pub use registry::MODELS;

use crate::{Architecture, nearest_name};
use custom::Network;
use family::Family;

/// The widest that a model may be made.
const WIDEST: f64 = 1_000.0;

/// A model: what it is and how it is built.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelInfo {
    /// Its one name, options included: [`find_model`] takes it and gives an equal model. `conv-4`, `conv-4+dropout-0.5`,
    /// `mlp-20-30`, `custom:nets/small.toml`.
    pub name: Cow<'static, str>,
    /// Other names that are understood.
    pub aliases: &'static [&'static str],
    /// One line for `lth models`.
    pub description: Cow<'static, str>,
    /// The shape of the examples that it was made for; it may be built for others.
    pub input: Cow<'static, [usize]>,
    /// The number of classes that it was made for; it may be built for others.
    pub classes: usize,
    family: Family,
    options: ModelOptions,
}

impl ModelInfo {
    /// Its name without options: `conv-4` of `conv-4+batch-norm`. Defaults of training and pruning go by it.
    pub fn base_name(&self) -> &str {
        if self.family.has_options() { self.name.split('+').next().unwrap_or_default() } else { &self.name }
    }

    /// The name of its folders and figures: that of the network for a custom one, otherwise its own.
    pub fn label(&self) -> &str {
        if let Family::Custom(network) = &self.family { network.name() } else { &self.name }
    }

    /// Its options, those at the model's own way left out.
    pub fn options(&self) -> ModelOptions {
        self.options
    }

    /// The TOML text of a custom network, as it was read.
    pub fn definition(&self) -> Option<&str> {
        if let Family::Custom(network) = &self.family { Some(network.text()) } else { None }
    }

    /// This model with these options; what they do not say stays as it is.
    ///
    /// # Errors
    /// When the model has no such option, the width factor is no positive number, or the dropout rate is outside of [0, 1).
    pub fn with_options(&self, options: &ModelOptions) -> Result<Self, ModelError> {
        if *options == ModelOptions::default() {
            return Ok(self.clone());
        }
        let refuse = |reason: &str| Err(ModelError::option(self.base_name(), &options.suffix()[1..], reason));
        if let Some(reason) = self.family.refuses(options) {
            return refuse(reason);
        }
        if options.dropout.is_some_and(|rate| !(0.0..1.0).contains(&rate)) {
            return refuse("a dropout rate is a number of at least 0 and below 1");
        }
        if options.width_factor.is_some_and(|factor| !(factor > 0.0 && factor <= WIDEST)) {
            return refuse("a width factor is a number above 0 and at most 1000");
        }
        let options = options.or(self.options).without_defaults(self.family.has_batch_norm());
        let name = format!("{}{}", self.base_name(), options.suffix());
        Ok(Self { name: Cow::Owned(name), options, ..self.clone() })
    }

    /// The network for examples of this shape and so many classes.
    ///
    /// # Errors
    /// Names the first layer that does not fit the examples.
    pub fn build(&self, input: &[usize], classes: usize) -> Result<Architecture, ModelError> {
        let batch_norm = self.options.batch_norm.unwrap_or(self.family.has_batch_norm());
        let options = ModelOptions { batch_norm: Some(batch_norm), ..self.options };
        self.family.build(self.label(), options, input, classes)
    }

    /// The network for the examples and classes that the model was made for.
    ///
    /// # Errors
    /// Only a custom network can fail.
    pub fn build_as_made(&self) -> Result<Architecture, ModelError> {
        self.build(&self.input, self.classes)
    }
}

/// The model of this name: one of [`MODELS`] by name or alias, `mlp-A-B-C` of any widths, or a network of the user's own,
/// `custom:PATH` or any path that ends in `.toml`. Options follow a `+`: `conv-4+batch-norm`, `resnet-20+width-2`,
/// `conv-2+dropout-0.5`.
///
/// # Errors
/// When there is none, and the hint names the nearest; when the model has no such option; when a file cannot be read or
/// describes no network.
///
/// ```
/// use lth_model::{Hint, find_model};
/// assert_eq!(find_model("lenet300100").unwrap().name, "lenet-300-100");
/// assert_eq!(find_model("mlp-20-30").unwrap().build(&[4], 2).unwrap().weight_count(), 4 * 20 + 20 * 30 + 30 * 2);
/// assert_eq!(find_model("vgg-19+batch-norm").unwrap().name, "vgg-19"); // it has batch normalisation anyway
/// let error = find_model("lenet-300").unwrap_err();
/// assert_eq!(error.to_string(), "there is no model 'lenet-300'");
/// assert_eq!(error.hint().unwrap(), "did you mean 'lenet-300-100'? `lth models` lists all");
/// ```
pub fn find_model(name: &str) -> Result<ModelInfo, ModelError> {
    if let Some(path) = custom_path(name) {
        return custom(path);
    }
    let (base, options) = match name.split_once('+') {
        Some((base, options)) => (base, ModelOptions::parse(base, options)?),
        None => (name, ModelOptions::default()),
    };
    let named = MODELS.iter().find(|model| model.name == base || model.aliases.contains(&base)).cloned();
    let model = match (named, base.strip_prefix("mlp-")) {
        (Some(model), _) => model,
        (None, Some(widths)) => perceptron(base, widths)?,
        (None, None) => {
            let nearest = nearest_name(
                base,
                MODELS.iter().map(|model| match &model.name {
                    Cow::Borrowed(name) => *name,
                    Cow::Owned(_) => "",
                }),
            );
            return Err(UnknownModel { name: name.to_owned(), nearest }.into());
        }
    };
    model.with_options(&options)
}

/// The network of the model of this name, with these options, for examples of this shape and so many classes.
///
/// # Errors
/// As [`find_model`], [`ModelInfo::with_options`] and [`ModelInfo::build`].
///
/// ```
/// use lth_model::{ModelOptions, build_model};
/// let options = ModelOptions { batch_norm: Some(true), ..ModelOptions::default() };
/// let net = build_model("conv-2", &options, &[1, 28, 28], 47).unwrap();
/// assert_eq!((net.name.as_str(), net.classes()), ("conv-2+batch-norm", 47));
/// ```
pub fn build_model(
    name: &str,
    options: &ModelOptions,
    input: &[usize],
    classes: usize,
) -> Result<Architecture, ModelError> {
    find_model(name)?.with_options(options)?.build(input, classes)
}

/// The path in `custom:PATH` or `PATH.toml`.
fn custom_path(name: &str) -> Option<&str> {
    let is_toml = Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
    name.strip_prefix("custom:").or(is_toml.then_some(name))
}

fn custom(path: &str) -> Result<ModelInfo, ModelError> {
    let network = Network::read(Path::new(path))?;
    Ok(ModelInfo {
        name: Cow::Owned(format!("custom:{path}")),
        aliases: &[],
        description: Cow::Owned(format!("network from {path}")),
        input: Cow::Owned(network.input().to_vec()),
        classes: network.classes(),
        family: Family::Custom(network),
        options: ModelOptions::default(),
    })
}

fn perceptron(name: &str, widths: &str) -> Result<ModelInfo, ModelError> {
    let widths = mlp::widths(name, widths)?;
    Ok(ModelInfo {
        name: Cow::Owned(name.to_owned()),
        aliases: &[],
        description: Cow::Borrowed("multilayer perceptron of these hidden widths, ReLU"),
        input: Cow::Borrowed(&[1, 28, 28]),
        classes: 10,
        family: Family::Mlp(Cow::Owned(widths)),
        options: ModelOptions::default(),
    })
}

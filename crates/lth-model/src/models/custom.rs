//! A network of the user's own: layers by name, in an order in which each reads earlier ones.

use super::custom_file;
use crate::{Architecture, ArchitectureBuilder, ArchitectureError, ModelError, Window, nearest_name};
use std::path::Path;

/// The number of outputs of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Units {
    Fixed(usize),
    /// As many as the data have classes.
    Classes,
}

impl Units {
    fn count(self, classes: usize) -> usize {
        match self {
            Self::Fixed(units) => units,
            Self::Classes => classes,
        }
    }
}

/// What a layer does.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Conv2d { outputs: Units, window: Window, bias: bool },
    Linear { outputs: Units, bias: bool },
    BatchNorm { momentum: f32, epsilon: f32 },
    Relu,
    MaxPool(Window),
    AveragePool(Window),
    GlobalAveragePool,
    Flatten,
    Add,
    Dropout { rate: f32 },
}

/// A layer and the names of what it reads.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layer {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) inputs: Vec<String>,
}

/// A network that a file describes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Network {
    name: String,
    text: String,
    input: Vec<usize>,
    classes: usize,
    layers: Vec<Layer>,
}

/// The name of the examples.
const INPUT: &str = "input";

impl Network {
    /// Reads a network from a TOML file.
    ///
    /// # Errors
    /// When it cannot be read, has an unknown key or a bad value, or its layers do not fit each other.
    pub(super) fn read(path: &Path) -> Result<Self, ModelError> {
        custom_file::read(path)
    }

    /// A network of these layers, which may come in any order.
    ///
    /// # Errors
    /// For a name that is used twice, or read and not there, and for layers that read each other in a circle.
    pub(super) fn new(
        name: String,
        text: String,
        input: Vec<usize>,
        classes: usize,
        layers: Vec<Layer>,
    ) -> Result<Self, ArchitectureError> {
        let layers = sort(&name, layers)?;
        Ok(Self { name, text, input, classes, layers })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn input(&self) -> &[usize] {
        &self.input
    }

    pub(super) fn classes(&self) -> usize {
        self.classes
    }

    /// The network for examples of this shape.
    ///
    /// # Errors
    /// Names the first layer that does not fit.
    pub(super) fn build(&self, input: &[usize], classes: usize) -> Result<Architecture, ArchitectureError> {
        let mut builder = ArchitectureBuilder::new(&self.name, input);
        for Layer { name, kind, inputs } in &self.layers {
            builder = builder.from(&inputs[0]);
            builder = match *kind {
                Kind::Conv2d { outputs, window, bias: true } => {
                    builder.conv2d(name, outputs.count(classes), window)
                }
                Kind::Conv2d { outputs, window, bias: false } => {
                    builder.conv2d_without_bias(name, outputs.count(classes), window)
                }
                Kind::Linear { outputs, bias: true } => builder.linear(name, outputs.count(classes)),
                Kind::Linear { outputs, bias: false } => {
                    builder.linear_without_bias(name, outputs.count(classes))
                }
                Kind::BatchNorm { momentum, epsilon } => builder.batch_norm_with(name, momentum, epsilon),
                Kind::Relu => builder.relu(name),
                Kind::MaxPool(window) => builder.max_pool(name, window),
                Kind::AveragePool(window) => builder.average_pool(name, window),
                Kind::GlobalAveragePool => builder.global_average_pool(name),
                Kind::Flatten => builder.flatten(name),
                Kind::Add => builder.add(name, &inputs[1]),
                Kind::Dropout { rate } => builder.dropout(name, rate),
            };
        }
        let architecture = builder.build()?;
        if architecture.classes() != classes {
            return Err(self.error(
                architecture.nodes.last().map_or("", |node| &node.name),
                format!("it gives {} logits, the data have {classes} classes", architecture.classes()),
                "write outputs = \"classes\" at the last layer",
            ));
        }
        Ok(architecture)
    }

    fn error(&self, layer: &str, reason: String, hint: &str) -> ArchitectureError {
        error(&self.name, layer, reason, hint)
    }
}

fn error(name: &str, layer: &str, reason: String, hint: &str) -> ArchitectureError {
    ArchitectureError {
        architecture: name.to_owned(),
        layer: layer.to_owned(),
        reason,
        hint: hint.to_owned(),
    }
}

/// Puts each layer after those it reads, otherwise in the order of the file.
fn sort(network: &str, mut left: Vec<Layer>) -> Result<Vec<Layer>, ArchitectureError> {
    check_names(network, &left)?;
    let mut sorted: Vec<Layer> = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let ready = |layer: &Layer| {
            layer.inputs.iter().all(|input| input == INPUT || sorted.iter().any(|other| other.name == *input))
        };
        match left.iter().position(ready) {
            Some(place) => sorted.push(left.remove(place)),
            None => return Err(circle(network, &left)),
        }
    }
    Ok(sorted)
}

fn check_names(network: &str, layers: &[Layer]) -> Result<(), ArchitectureError> {
    for (place, layer) in layers.iter().enumerate() {
        let name = &layer.name;
        if name.is_empty() || name == INPUT {
            let reason = format!("'{name}' cannot be the name of a layer");
            return Err(error(network, name, reason, "'input' is the examples; give the layer another name"));
        }
        if let Some(reason) = collision(name) {
            let hint = "files of tickets use such names themselves; give the layer another name";
            return Err(error(network, name, reason, hint));
        }
        if layers[..place].iter().any(|other| other.name == *name) {
            let reason = "another layer has the same name".to_owned();
            return Err(error(network, name, reason, "each layer needs a name of its own"));
        }
        for input in &layer.inputs {
            if input != INPUT && layers.iter().all(|other| other.name != *input) {
                let names = layers.iter().map(|other| other.name.as_str());
                let hint = match nearest_name(input, names.filter(|other| other != name)) {
                    Some(near) => format!("did you mean '{near}'?"),
                    None => "a layer reads other layers by their names; 'input' is the examples".to_owned(),
                };
                return Err(error(network, name, format!("it reads '{input}', which is not there"), &hint));
            }
        }
    }
    Ok(())
}

/// Why tensors of a layer with this name could not be told from what else a ticket's file holds.
fn collision(name: &str) -> Option<String> {
    if name == "optimizer" || name.starts_with("optimizer.") {
        Some("tensors whose names begin with 'optimizer.' are the optimiser's memory".to_owned())
    } else if name.rsplit('.').next() == Some("mask") {
        Some("names that end in '.mask' are masks".to_owned())
    } else if name.chars().any(char::is_control) {
        Some("names of layers have no control characters".to_owned())
    } else {
        None
    }
}

/// The error that shows a circle among layers of which each waits for another.
fn circle(network: &str, left: &[Layer]) -> ArchitectureError {
    let mut way = vec![&left[0]];
    loop {
        let last = way[way.len() - 1];
        let waits = |layer: &&Layer| last.inputs.contains(&layer.name);
        let Some(next) = left.iter().find(waits) else { break };
        if let Some(start) = way.iter().position(|layer| layer.name == next.name) {
            let mut names: Vec<&str> = way[start..].iter().map(|layer| layer.name.as_str()).collect();
            // The way goes against the data.
            names[1..].reverse();
            names.push(names[0]);
            let reason = format!("the layers {} read each other in a circle", names.join(" -> "));
            return error(network, names[0], reason, "a network goes from the input to the logits");
        }
        way.push(next);
    }
    error(network, &left[0].name, "what it reads never comes".to_owned(), "check its inputs")
}

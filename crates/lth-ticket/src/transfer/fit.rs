//! What becomes of each layer of a ticket, or why it cannot be transferred.

use lth_model::{Architecture, ParameterKind, Shape};

use super::{Adaptation, Take, TransferError};

/// What becomes of the output layer, whose units are the classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OutputLayer {
    /// It is drawn anew, dense, and no part of the ticket.
    #[default]
    Redraw,
    /// It is part of the ticket; the numbers of classes must agree.
    Keep,
}

/// How a ticket is transferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TransferRules {
    /// Masks, weights or both.
    pub take: Take,
    /// What becomes of the output layer.
    pub output: OutputLayer,
    /// Whether the first convolution may be adapted between grey and coloured images.
    pub adapt_input: bool,
}

/// What becomes of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerFit {
    /// All of it is the ticket's.
    Taken,
    /// Its weight is the ticket's, made for other channels.
    Adapted(Adaptation),
    /// It is drawn anew and dense.
    Redrawn,
}

/// What becomes of each layer that has parameters, by name, in the target's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferFit {
    layers: Vec<(String, LayerFit)>,
}

impl TransferFit {
    /// What becomes of a layer; one without parameters is taken as it is.
    pub fn of(&self, layer: &str) -> LayerFit {
        self.layers.iter().find(|(name, _)| name == layer).map_or(LayerFit::Taken, |(_, fit)| *fit)
    }

    /// What becomes of the layer of this tensor (`fc1.weight`).
    pub(super) fn of_tensor(&self, tensor: &str) -> LayerFit {
        self.of(tensor.rsplit_once('.').map_or(tensor, |(layer, _)| layer))
    }

    /// The first layer, if it is adapted.
    pub fn adapted(&self) -> Option<(&str, Adaptation)> {
        self.layers.iter().find_map(|(name, fit)| match fit {
            LayerFit::Adapted(adaptation) => Some((name.as_str(), *adaptation)),
            _ => None,
        })
    }
}

/// A tensor of a network as transfers see it.
struct Part {
    name: String,
    layer: String,
    shape: Vec<usize>,
    kind: Option<ParameterKind>,
}

/// Parameters and running statistics.
fn parts(architecture: &Architecture) -> Vec<Part> {
    let layer = |node: usize| architecture.nodes[node].name.clone();
    let parameters = architecture.parameters().into_iter().map(|parameter| Part {
        layer: layer(parameter.node),
        name: parameter.name,
        shape: parameter.shape,
        kind: Some(parameter.kind),
    });
    let statistics = architecture.running_statistics().into_iter().map(|statistic| Part {
        layer: layer(statistic.node),
        name: statistic.name,
        shape: statistic.shape,
        kind: None,
    });
    parameters.chain(statistics).collect()
}

/// What becomes of each layer of a ticket of `source` in `target`.
///
/// # Errors
/// When the networks have other layers; when the output layer is to be kept and the classes differ; when a layer has another
/// shape and no rule allows to adapt it. A layer that nothing could make fit is named before one that a rule could.
pub fn fit_layers(
    source: &Architecture,
    target: &Architecture,
    rules: TransferRules,
) -> Result<TransferFit, TransferError> {
    let (from, to) = (parts(source), parts(target));
    let other_layer = to
        .iter()
        .find(|part| from.iter().all(|other| other.name != part.name))
        .or_else(|| from.iter().find(|part| to.iter().all(|other| other.name != part.name)));
    if let Some(part) = other_layer {
        return Err(TransferError::OtherLayers {
            ticket: source.name.clone(),
            target: target.name.clone(),
            tensor: part.name.clone(),
        });
    }
    let output = to.iter().find(|part| part.kind == Some(ParameterKind::Output)).map(|part| &part.layer);
    let examples = |architecture: &Architecture| -> Shape { architecture.nodes[0].shape.clone() };
    let (mut layers, mut adaptable) = (Vec::<(String, LayerFit)>::new(), None);
    for (place, part) in to.iter().enumerate() {
        let shape = &from.iter().find(|other| other.name == part.name).expect("it was just found").shape;
        let mut fit = LayerFit::Taken;
        if Some(&part.layer) == output {
            if rules.output == OutputLayer::Redraw {
                fit = LayerFit::Redrawn;
            } else if *shape != part.shape && source.classes() != target.classes() {
                return Err(TransferError::Classes {
                    layer: part.layer.clone(),
                    ticket: source.classes(),
                    target: target.classes(),
                });
            }
        }
        if fit == LayerFit::Taken && *shape != part.shape {
            let misfit = |adaptation| TransferError::Shape {
                layer: part.layer.clone(),
                ticket: shape.clone(),
                target: part.shape.clone(),
                ticket_examples: examples(source),
                target_examples: examples(target),
                adaptation,
            };
            // The first parameter is the weight of the first layer.
            match Adaptation::between(shape, &part.shape).filter(|_| place == 0) {
                Some(adaptation) => {
                    fit = LayerFit::Adapted(adaptation);
                    if !rules.adapt_input {
                        adaptable = Some(misfit(Some(adaptation)));
                    }
                }
                None => return Err(misfit(None)),
            }
        }
        if layers.iter().all(|(name, _)| *name != part.layer) {
            layers.push((part.layer.clone(), fit));
        }
    }
    adaptable.map_or(Ok(TransferFit { layers }), Err)
}

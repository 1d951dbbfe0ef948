//! An architecture compiled into layers.

use lth_model::{Architecture, EngineError, Masks, Op, OptimizerState, Tensor, Tensors};

use crate::{
    linear::Linear,
    stored::{Given, Part},
};

/// The name under which PyTorch keeps each moment of an optimiser.
pub(crate) type MomentNames = &'static [&'static str];

/// One linear layer and what surrounds it.
pub(crate) struct Layer {
    pub(crate) name: String,
    pub(crate) linear: Linear,
    /// Dropout of the layer's input, in training.
    pub(crate) dropout: Option<f32>,
    /// Whether the layer's output goes through a ReLU.
    pub(crate) relu: bool,
}

/// The shape of a chain of linear layers, before there are weights.
struct Stage {
    name: String,
    bias: bool,
    dropout: Option<f32>,
    relu: bool,
}

/// Whether an architecture is what [`compile`] takes: linear layers one after the other.
pub(crate) fn is_chain(architecture: &Architecture) -> bool {
    chain(architecture).is_ok()
}

/// The layers of an architecture with these weights and masks, and with this memory of the optimiser.
pub(crate) fn compile(
    architecture: &Architecture,
    weights: &Tensors,
    masks: &Masks,
    optimizer: Option<&OptimizerState>,
    moments: MomentNames,
    crossover: f64,
) -> Result<Vec<Layer>, EngineError> {
    check(architecture, weights, masks)?;
    chain(architecture)?
        .into_iter()
        .map(|stage| {
            let name = format!("{}.weight", stage.name);
            let weight = given(weights, optimizer, moments, &name)?;
            let bias_name = format!("{}.bias", stage.name);
            let bias = if stage.bias { Some(given(weights, optimizer, moments, &bias_name)?) } else { None };
            let linear = Linear::new(&weight, masks.get(&name), bias.as_ref(), crossover);
            Ok(Layer { name: stage.name, linear, dropout: stage.dropout, relu: stage.relu })
        })
        .collect()
}

/// The values or moments of all layers under their names.
pub(crate) fn export(layers: &[Layer], part: Part, suffix: &str) -> Tensors {
    let mut tensors = Tensors::new();
    for layer in layers {
        tensors.insert(format!("{}.weight{suffix}", layer.name), layer.linear.weight(part));
        if let Some(bias) = layer.linear.bias(part) {
            tensors.insert(format!("{}.bias{suffix}", layer.name), bias);
        }
    }
    tensors
}

pub(crate) fn given<'a>(
    weights: &'a Tensors,
    optimizer: Option<&'a OptimizerState>,
    moments: MomentNames,
    name: &str,
) -> Result<Given<'a>, EngineError> {
    let value = weights.get(name).ok_or_else(|| EngineError::MissingTensor { name: name.to_owned() })?;
    let mut found: [Option<&Tensor>; 2] = [None, None];
    if let Some(optimizer) = optimizer {
        for (place, moment) in found.iter_mut().zip(moments) {
            let name = format!("{name}.{moment}");
            let tensor = optimizer
                .tensors
                .get(&name)
                .ok_or_else(|| EngineError::MissingTensor { name: name.clone() })?;
            check_shape(&name, value.shape(), tensor.shape())?;
            *place = Some(tensor);
        }
    }
    Ok(Given { value, moments: found, kept_moments: moments.len() })
}

pub(crate) fn check(
    architecture: &Architecture,
    weights: &Tensors,
    masks: &Masks,
) -> Result<(), EngineError> {
    let parameters = architecture.parameters();
    for parameter in &parameters {
        let tensor = weights
            .get(&parameter.name)
            .ok_or_else(|| EngineError::MissingTensor { name: parameter.name.clone() })?;
        check_shape(&parameter.name, &parameter.shape, tensor.shape())?;
    }
    let statistics = architecture.running_statistics();
    for statistic in &statistics {
        let tensor = weights
            .get(&statistic.name)
            .ok_or_else(|| EngineError::MissingTensor { name: statistic.name.clone() })?;
        check_shape(&statistic.name, &statistic.shape, tensor.shape())?;
    }
    for name in weights.keys() {
        let known = parameters.iter().map(|parameter| &parameter.name);
        if !known.chain(statistics.iter().map(|statistic| &statistic.name)).any(|other| other == name) {
            return Err(EngineError::UnknownTensor { name: name.clone() });
        }
    }
    for (name, mask) in masks {
        match parameters.iter().find(|parameter| &parameter.name == name && parameter.kind.is_prunable()) {
            None => return Err(EngineError::UnknownTensor { name: format!("{name}.mask") }),
            Some(parameter) => check_shape(&format!("{name}.mask"), &parameter.shape, mask.shape())?,
        }
    }
    Ok(())
}

fn check_shape(name: &str, expected: &[usize], found: &[usize]) -> Result<(), EngineError> {
    if expected == found {
        return Ok(());
    }
    Err(EngineError::Shape { name: name.to_owned(), expected: expected.to_vec(), found: found.to_vec() })
}

/// Refuses a linear layer whose inputs or outputs do not fit into the 16 bits of an index, filling included.
pub(crate) fn check_width(layer: &str, units: usize) -> Result<(), EngineError> {
    let most = usize::from(u16::MAX) - 16;
    if units <= most {
        return Ok(());
    }
    Err(EngineError::TooWide { engine: "cpu", layer: layer.to_owned(), units, most })
}

/// Reads the graph as a chain of (dropout, linear, ReLU).
fn chain(architecture: &Architecture) -> Result<Vec<Stage>, EngineError> {
    let unsupported = |what: String| EngineError::Unsupported { engine: "cpu", what };
    let mut stages: Vec<Stage> = Vec::new();
    let mut dropout = None;
    for (id, node) in architecture.nodes.iter().enumerate() {
        if id > 0 && node.inputs != [id - 1] {
            return Err(unsupported(format!("layer '{}' that does not read the layer before it", node.name)));
        }
        match node.op {
            Op::Input | Op::Flatten => {}
            Op::Linear { inputs, outputs, bias } => {
                check_width(&node.name, inputs.max(outputs))?;
                stages.push(Stage { name: node.name.clone(), bias, dropout: dropout.take(), relu: false });
            }
            Op::Relu => match stages.last_mut() {
                Some(stage) if dropout.is_none() && !stage.relu => stage.relu = true,
                _ => {
                    return Err(unsupported(format!(
                        "ReLU '{}' that does not follow a linear layer",
                        node.name
                    )));
                }
            },
            Op::Dropout { rate } if dropout.is_none() => dropout = Some(rate),
            Op::Dropout { .. } => {
                return Err(unsupported(format!("second dropout '{}' in a row", node.name)));
            }
            _ => return Err(unsupported(format!("layer '{}'", node.name))),
        }
    }
    match stages.last() {
        Some(last) if dropout.is_none() && !last.relu => Ok(stages),
        _ => Err(unsupported("a network whose last layer is not linear".to_owned())),
    }
}

//! An architecture compiled into layers.

use lth_model::{Architecture, EngineError, Masks, Op, OptimizerState, Pruned, Tensor, Tensors};

use crate::{
    linear::Linear,
    names::{Expected, Names, check_shape},
    stored::{Given, Part},
    weights::CROSSOVER,
};

/// The name under which PyTorch keeps each moment of an optimiser.
pub(crate) type MomentNames = &'static [&'static str];

/// One linear layer and what surrounds it.
pub(crate) struct Layer {
    pub(crate) names: Names,
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

/// Parameters to be brought in.
#[derive(Clone, Copy)]
pub(crate) struct Parameters<'a> {
    pub(crate) weights: &'a Tensors,
    pub(crate) masks: &'a Masks,
    pub(crate) pruned: Pruned,
    pub(crate) optimizer: Option<&'a OptimizerState>,
    pub(crate) moments: MomentNames,
    /// Of the layers; `None` for the measured ones.
    pub(crate) crossover: Option<f64>,
}

/// The layers of an architecture with these parameters.
pub(crate) fn compile(
    architecture: &Architecture,
    expected: &Expected,
    parameters: &Parameters<'_>,
) -> Result<Vec<Layer>, EngineError> {
    expected.check(parameters.weights, parameters.masks)?;
    let crossover = parameters.crossover.unwrap_or(CROSSOVER);
    chain(architecture)?
        .into_iter()
        .map(|stage| {
            let names = Names::of(&stage.name);
            let weight = parameters.given(&names.weight)?;
            let bias = if stage.bias { Some(parameters.given(&names.bias)?) } else { None };
            let linear = Linear::new(&weight, parameters.masks.get(&names.weight), bias.as_ref(), crossover);
            Ok(Layer { names, linear, dropout: stage.dropout, relu: stage.relu })
        })
        .collect()
}

/// The values or moments of all layers under their names.
pub(crate) fn export(layers: &[Layer], part: Part, suffix: &str) -> Tensors {
    let mut tensors = Tensors::new();
    for layer in layers {
        tensors.insert(format!("{}{suffix}", layer.names.weight), layer.linear.weight(part));
        if let Some(bias) = layer.linear.bias(part) {
            tensors.insert(format!("{}{suffix}", layer.names.bias), bias);
        }
    }
    tensors
}

impl<'a> Parameters<'a> {
    /// A tensor with its moments.
    pub(crate) fn given(&self, name: &str) -> Result<Given<'a>, EngineError> {
        let value =
            self.weights.get(name).ok_or_else(|| EngineError::MissingTensor { name: name.to_owned() })?;
        let mut found: [Option<&Tensor>; 2] = [None, None];
        if let Some(optimizer) = self.optimizer {
            for (place, moment) in found.iter_mut().zip(self.moments) {
                let name = format!("{name}.{moment}");
                let tensor = optimizer
                    .tensors
                    .get(&name)
                    .ok_or_else(|| EngineError::MissingTensor { name: name.clone() })?;
                check_shape(&name, value.shape(), tensor.shape())?;
                *place = Some(tensor);
            }
        }
        Ok(Given { value, moments: found, kept_moments: self.moments.len(), pruned: self.pruned })
    }
}

/// Refuses a layer with more weights than the 32 bits of an index count, filling included.
pub(crate) fn check_counts(architecture: &Architecture) -> Result<(), EngineError> {
    let most = (u32::MAX - (1 << 16)) as usize;
    match architecture.parameters().iter().find(|parameter| parameter.shape.iter().product::<usize>() > most)
    {
        None => Ok(()),
        Some(parameter) => {
            let count: usize = parameter.shape.iter().product();
            let what = format!("{} of {count} values: at most {most}", parameter.name);
            Err(EngineError::Unsupported { engine: "cpu", what })
        }
    }
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

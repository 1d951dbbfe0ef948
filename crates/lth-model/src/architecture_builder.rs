//! Architectures layer by layer, with shapes inferred, and the check that a graph is sound.

use thiserror::Error;

use crate::{Architecture, Hint, Node, Op, Shape, Window};

/// Why a graph of layers is not a network.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("architecture '{architecture}', layer '{layer}': {reason}")]
pub struct ArchitectureError {
    /// The architecture's name.
    pub architecture: String,
    /// The layer's name.
    pub layer: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Hint for ArchitectureError {
    fn hint(&self) -> Option<String> {
        Some("a layer reads earlier layers only, and its inputs must be what those give".to_owned())
    }
}

/// Builds an architecture from input to logits; each layer reads the one before it.
///
/// ```
/// use lth_model::ArchitectureBuilder;
/// let net = ArchitectureBuilder::new("small", &[1, 28, 28])
///     .flatten("flatten")
///     .linear("fc1", 300)
///     .relu("relu1")
///     .linear("fc2", 10)
///     .build()
///     .unwrap();
/// assert_eq!(net.weight_count(), 784 * 300 + 300 * 10);
/// ```
#[derive(Debug, Clone)]
pub struct ArchitectureBuilder {
    architecture: Architecture,
}

impl ArchitectureBuilder {
    /// An architecture that only has its input: examples of this shape.
    pub fn new(name: &str, input: &[usize]) -> Self {
        let input = Node { name: "input".to_owned(), op: Op::Input, inputs: vec![], shape: input.to_vec() };
        Self { architecture: Architecture { name: name.to_owned(), nodes: vec![input] } }
    }

    /// All dimensions into one.
    #[must_use]
    pub fn flatten(self, name: &str) -> Self {
        self.push(name, Op::Flatten)
    }

    /// A linear layer with bias; its inputs are whatever the last layer gives.
    #[must_use]
    pub fn linear(self, name: &str, outputs: usize) -> Self {
        let inputs = self.last_shape().iter().product();
        self.push(name, Op::Linear { inputs, outputs, bias: true })
    }

    /// `max(x, 0)`.
    #[must_use]
    pub fn relu(self, name: &str) -> Self {
        self.push(name, Op::Relu)
    }

    /// Dropout of this rate.
    #[must_use]
    pub fn dropout(self, name: &str, rate: f32) -> Self {
        self.push(name, Op::Dropout { rate })
    }

    /// The architecture.
    ///
    /// # Errors
    /// When [`Architecture::check`] refuses it.
    pub fn build(self) -> Result<Architecture, ArchitectureError> {
        self.architecture.check()?;
        Ok(self.architecture)
    }

    fn last_shape(&self) -> &Shape {
        &self.architecture.nodes.last().expect("the input is always there").shape
    }

    fn push(mut self, name: &str, op: Op) -> Self {
        // A layer that does not fit gets an empty shape; `build` says why.
        let shape = output_shape(&op, self.last_shape()).unwrap_or_default();
        let inputs = vec![self.architecture.nodes.len() - 1];
        self.architecture.nodes.push(Node { name: name.to_owned(), op, inputs, shape });
        self
    }
}

impl Architecture {
    /// Checks that the graph is a network: an input first and only there, unique names, each layer reading one earlier
    /// layer, shapes as the layers give them, positive sizes, and logits in one dimension.
    ///
    /// # Errors
    /// Names the first layer that is wrong.
    pub fn check(&self) -> Result<(), ArchitectureError> {
        let error = |layer: &str, reason: String| ArchitectureError {
            architecture: self.name.clone(),
            layer: layer.to_owned(),
            reason,
        };
        for (id, node) in self.nodes.iter().enumerate() {
            let result = if self.nodes[..id].iter().any(|other| other.name == node.name) {
                Err("another layer has the same name".to_owned())
            } else {
                self.check_node(id, node)
            };
            result.map_err(|reason| error(&node.name, reason))?;
        }
        match self.nodes.last() {
            None => Err(error("", "it has no layers".to_owned())),
            Some(last) if last.shape.len() != 1 => {
                Err(error(&last.name, format!("the logits must have one dimension, not {:?}", last.shape)))
            }
            Some(_) => Ok(()),
        }
    }

    fn check_node(&self, id: usize, node: &Node) -> Result<(), String> {
        if (id == 0) != (node.op == Op::Input) {
            return Err("the first layer, and no other, must be the input".to_owned());
        }
        if id == 0 {
            return if node.inputs.is_empty() && !node.shape.is_empty() && !node.shape.contains(&0) {
                Ok(())
            } else {
                Err(format!("an input of shape {:?} that reads {:?}", node.shape, node.inputs))
            };
        }
        let wanted = if node.op == Op::Add { 2 } else { 1 };
        if node.inputs.len() != wanted {
            return Err(format!(
                "it must read {} layer{}, not {}",
                ["one", "two"][wanted - 1],
                ["", "s"][wanted - 1],
                node.inputs.len()
            ));
        }
        if let Some(input) = node.inputs.iter().find(|&&input| input >= id) {
            return Err(format!("it reads layer {input}, which does not come before it"));
        }
        let shapes: Vec<&Shape> = node.inputs.iter().map(|&input| &self.nodes[input].shape).collect();
        if shapes.iter().any(|shape| *shape != shapes[0]) {
            return Err(format!("it adds {:?} and {:?}, which differ", shapes[0], shapes[1]));
        }
        let expected = output_shape(&node.op, shapes[0])?;
        if expected == node.shape {
            return Ok(());
        }
        Err(format!("its shape is given as {:?}, but it is {expected:?}", node.shape))
    }
}

/// The shape that an operation gives for an input of this shape.
fn output_shape(op: &Op, input: &[usize]) -> Result<Shape, String> {
    match *op {
        Op::Flatten => Ok(vec![input.iter().product()]),
        Op::Linear { inputs, outputs, .. } if inputs > 0 && outputs > 0 && input == [inputs] => {
            Ok(vec![outputs])
        }
        Op::Linear { inputs, outputs, .. } => {
            Err(format!("a linear layer of {inputs} inputs and {outputs} outputs cannot read {input:?}"))
        }
        Op::Conv2d { inputs, outputs, window, .. } => match *input {
            [channels, height, width] if channels == inputs && outputs > 0 => {
                let [height, width] = place(window, [height, width])?;
                Ok(vec![outputs, height, width])
            }
            _ => Err(format!("a convolution of {inputs} to {outputs} channels cannot read {input:?}")),
        },
        Op::BatchNorm { channels, .. } if input.first() != Some(&channels) => {
            Err(format!("a batch normalisation of {channels} channels cannot read {input:?}"))
        }
        Op::MaxPool { window } | Op::AveragePool { window } => match *input {
            [channels, height, width] => {
                let [height, width] = place(window, [height, width])?;
                Ok(vec![channels, height, width])
            }
            _ => Err(format!("a pool cannot read {input:?}, it needs [channels, height, width]")),
        },
        Op::GlobalAveragePool => match *input {
            [channels, _, _] => Ok(vec![channels]),
            _ => Err(format!("a pool cannot read {input:?}, it needs [channels, height, width]")),
        },
        Op::Dropout { rate } if !(0.0..1.0).contains(&rate) => {
            Err(format!("the dropout rate is {rate}, it must be at least 0 and below 1"))
        }
        Op::Input | Op::Relu | Op::Dropout { .. } | Op::BatchNorm { .. } | Op::Add => Ok(input.to_vec()),
    }
}

/// The map that a window leaves, or why it leaves none.
fn place(window: Window, map: [usize; 2]) -> Result<[usize; 2], String> {
    let Window { kernel, stride, padding } = window;
    if kernel.contains(&0) || stride.contains(&0) {
        return Err(format!("a kernel of {kernel:?} with stride {stride:?} does not move"));
    }
    window.output(map).ok_or_else(|| {
        format!("a kernel of {kernel:?} is larger than its map of {map:?} with padding {padding:?}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mlp;

    fn refused(architecture: &Architecture) -> String {
        architecture.check().unwrap_err().to_string()
    }

    #[test]
    fn layers_that_do_not_fit_are_named() {
        let error = ArchitectureBuilder::new("net", &[1, 28, 28]).linear("fc1", 10).build().unwrap_err();
        assert_eq!(
            error.to_string(),
            "architecture 'net', layer 'fc1': a linear layer of 784 inputs and 10 outputs cannot read [1, 28, 28]"
        );
        for rate in [1.0, -0.1, f32::NAN] {
            let builder = ArchitectureBuilder::new("net", &[4]).dropout("dropout1", rate).linear("fc1", 2);
            assert_eq!(builder.build().unwrap_err().layer, "dropout1");
        }
        assert_eq!(ArchitectureBuilder::new("net", &[4]).linear("fc1", 0).build().unwrap_err().layer, "fc1");
        assert_eq!(
            ArchitectureBuilder::new("net", &[0]).linear("fc1", 2).build().unwrap_err().layer,
            "input"
        );
        assert!(ArchitectureBuilder::new("net", &[1, 2]).build().is_err(), "logits must have one dimension");
    }

    #[test]
    fn broken_graphs_are_refused() {
        let sound = mlp("net", &[4], &[3], 2);
        sound.check().unwrap();

        let mut broken = sound.clone();
        broken.nodes[2].name = "fc2".to_owned();
        assert!(refused(&broken).contains("same name"));

        let mut broken = sound.clone();
        broken.nodes[3].inputs = vec![4];
        assert!(refused(&broken).contains("does not come before"));

        let mut broken = sound.clone();
        broken.nodes[3].inputs = vec![1, 2];
        assert!(refused(&broken).contains("must read one layer, not 2"));

        let mut broken = sound.clone();
        broken.nodes[2].shape = vec![7];
        assert!(refused(&broken).contains("its shape is given as [7], but it is [3]"));

        let mut broken = sound.clone();
        broken.nodes[1].op = Op::Input;
        assert!(refused(&broken).contains("and no other, must be the input"));

        let empty = Architecture { name: "empty".to_owned(), nodes: vec![] };
        assert!(refused(&empty).contains("no layers"));
    }
}

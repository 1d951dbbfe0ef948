//! The models that have a name.

use crate::{Architecture, Node, Op};

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

/// The model of this name or alias.
pub fn find_model(name: &str) -> Option<&'static ModelInfo> {
    MODELS.iter().find(|model| model.name == name || model.aliases.contains(&name))
}

/// LeNet-300-100: `fc1` 784-300, `fc2` 300-100, `fc3` 100-classes, ReLU between; 266,200 weights for 10 classes.
pub fn lenet_300_100(classes: usize) -> Architecture {
    mlp("lenet-300-100", &[1, 28, 28], &[300, 100], classes)
}

/// A multilayer perceptron of any widths: layers `fc1`, `fc2`, ... with ReLU between them.
pub fn mlp(name: &str, input: &[usize], hidden: &[usize], classes: usize) -> Architecture {
    let mut width = input.iter().product();
    let mut nodes = vec![
        Node { name: "input".to_owned(), op: Op::Input, inputs: vec![], shape: input.to_vec() },
        Node { name: "flatten".to_owned(), op: Op::Flatten, inputs: vec![0], shape: vec![width] },
    ];
    for (layer, &outputs) in hidden.iter().chain([&classes]).enumerate() {
        nodes.push(Node {
            name: format!("fc{}", layer + 1),
            op: Op::Linear { inputs: width, outputs, bias: true },
            inputs: vec![nodes.len() - 1],
            shape: vec![outputs],
        });
        if layer < hidden.len() {
            nodes.push(Node {
                name: format!("relu{}", layer + 1),
                op: Op::Relu,
                inputs: vec![nodes.len() - 1],
                shape: vec![outputs],
            });
        }
        width = outputs;
    }
    Architecture { name: name.to_owned(), nodes }
}

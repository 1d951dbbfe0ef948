//! Building graphs for tests, with shapes inferred.

use lth_model::{Architecture, Node, NodeId, Op, Shape, Window};

/// A graph that grows node by node; every method gives the new node.
pub(crate) struct Net {
    architecture: Architecture,
}

impl Net {
    pub(crate) fn new(name: &str, input: &[usize]) -> Self {
        let input = Node { name: "input".to_owned(), op: Op::Input, inputs: vec![], shape: input.to_vec() };
        Self { architecture: Architecture { name: name.to_owned(), nodes: vec![input] } }
    }

    pub(crate) fn build(self) -> Architecture {
        self.architecture.check().unwrap();
        self.architecture
    }

    pub(crate) fn shape(&self, node: NodeId) -> &Shape {
        &self.architecture.nodes[node].shape
    }

    pub(crate) fn conv(
        &mut self,
        name: &str,
        from: NodeId,
        outputs: usize,
        window: Window,
        bias: bool,
    ) -> NodeId {
        let inputs = self.shape(from)[0];
        self.push(name, Op::Conv2d { inputs, outputs, window, bias }, &[from])
    }

    pub(crate) fn norm(&mut self, name: &str, from: NodeId) -> NodeId {
        let channels = self.shape(from)[0];
        self.push(name, Op::BatchNorm { channels, momentum: 0.1, epsilon: 1e-5 }, &[from])
    }

    /// Flattens first where it must.
    pub(crate) fn linear(&mut self, name: &str, from: NodeId, outputs: usize, bias: bool) -> NodeId {
        let flat = self.shape(from).len() == 1;
        let from = if flat { from } else { self.push(&format!("{name}.flatten"), Op::Flatten, &[from]) };
        let inputs = self.shape(from)[0];
        self.push(name, Op::Linear { inputs, outputs, bias }, &[from])
    }

    pub(crate) fn push(&mut self, name: &str, op: Op, inputs: &[NodeId]) -> NodeId {
        let before = self.shape(inputs[0]);
        let map = |channels: usize, window: Window| {
            let [height, width] = window.output([before[1], before[2]]).expect("the kernel fits");
            vec![channels, height, width]
        };
        let shape = match op {
            Op::Flatten => vec![before.iter().product()],
            Op::Linear { outputs, .. } => vec![outputs],
            Op::Conv2d { outputs, window, .. } => map(outputs, window),
            Op::MaxPool { window } | Op::AveragePool { window } => map(before[0], window),
            Op::GlobalAveragePool => vec![before[0]],
            Op::Input | Op::Relu | Op::Dropout { .. } | Op::BatchNorm { .. } | Op::Add => before.clone(),
        };
        self.architecture.nodes.push(Node { name: name.to_owned(), op, inputs: inputs.to_vec(), shape });
        self.architecture.nodes.len() - 1
    }
}

//! Architectures layer by layer, with shapes inferred.

use crate::{
    Architecture, ArchitectureError, Node, NodeId, Op, Shape, Window, nearest_name,
    shape_inference::{Misfit, output_shape},
};

/// How far a step moves the running statistics of a batch normalisation, as in PyTorch.
const NORM_MOMENTUM: f32 = 0.1;
/// What a batch normalisation adds to the variance, as in PyTorch.
const NORM_EPSILON: f32 = 1e-5;

/// Builds an architecture from input to logits; each layer reads the one before it, unless [`ArchitectureBuilder::from`]
/// goes back to an earlier one.
///
/// ```
/// use lth_model::{ArchitectureBuilder, Window};
/// const SAME: Window = Window::square(3, 1, 1);
/// let net = ArchitectureBuilder::new("small", &[3, 32, 32])
///     .conv2d_without_bias("conv1", 16, SAME)
///     .batch_norm("bn1")
///     .relu("relu1")
///     .conv2d("conv2", 16, SAME)
///     .add("sum", "relu1") // a residual connection
///     .max_pool("pool", Window::square(2, 2, 0))
///     .global_average_pool("average")
///     .linear("fc", 10)
///     .build()
///     .unwrap();
/// assert_eq!(net.weight_count(), 16 * 3 * 9 + 16 * 16 * 9 + 16 * 10);
/// ```
#[derive(Debug, Clone)]
pub struct ArchitectureBuilder {
    architecture: Architecture,
    /// What the next layer reads.
    last: NodeId,
    /// The first name that no layer has; nothing is added after it.
    problem: Option<ArchitectureError>,
}

impl ArchitectureBuilder {
    /// An architecture that only has its input, named `input`: examples of this shape.
    pub fn new(name: &str, input: &[usize]) -> Self {
        let input = Node { name: "input".to_owned(), op: Op::Input, inputs: vec![], shape: input.to_vec() };
        let architecture = Architecture { name: name.to_owned(), nodes: vec![input] };
        Self { architecture, last: 0, problem: None }
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

    /// A linear layer without bias.
    #[must_use]
    pub fn linear_without_bias(self, name: &str, outputs: usize) -> Self {
        let inputs = self.last_shape().iter().product();
        self.push(name, Op::Linear { inputs, outputs, bias: false })
    }

    /// A convolution with bias; its input channels are those of the last layer.
    #[must_use]
    pub fn conv2d(self, name: &str, outputs: usize, window: Window) -> Self {
        let inputs = self.last_channels();
        self.push(name, Op::Conv2d { inputs, outputs, window, bias: true })
    }

    /// A convolution without bias, as it stands before a batch normalisation.
    #[must_use]
    pub fn conv2d_without_bias(self, name: &str, outputs: usize, window: Window) -> Self {
        let inputs = self.last_channels();
        self.push(name, Op::Conv2d { inputs, outputs, window, bias: false })
    }

    /// A batch normalisation of the last layer's channels, with PyTorch's momentum (0.1) and epsilon (1e-5).
    #[must_use]
    pub fn batch_norm(self, name: &str) -> Self {
        self.batch_norm_with(name, NORM_MOMENTUM, NORM_EPSILON)
    }

    /// A batch normalisation with its own momentum, in (0, 1], and epsilon, above 0.
    #[must_use]
    pub fn batch_norm_with(self, name: &str, momentum: f32, epsilon: f32) -> Self {
        let channels = self.last_channels();
        self.push(name, Op::BatchNorm { channels, momentum, epsilon })
    }

    /// `max(x, 0)`.
    #[must_use]
    pub fn relu(self, name: &str) -> Self {
        self.push(name, Op::Relu)
    }

    /// The largest value of each window.
    #[must_use]
    pub fn max_pool(self, name: &str, window: Window) -> Self {
        self.push(name, Op::MaxPool { window })
    }

    /// The mean of each window.
    #[must_use]
    pub fn average_pool(self, name: &str, window: Window) -> Self {
        self.push(name, Op::AveragePool { window })
    }

    /// The mean of each channel: `[channels, h, w]` to `[channels]`.
    #[must_use]
    pub fn global_average_pool(self, name: &str) -> Self {
        self.push(name, Op::GlobalAveragePool)
    }

    /// Dropout of this rate.
    #[must_use]
    pub fn dropout(self, name: &str, rate: f32) -> Self {
        self.push(name, Op::Dropout { rate })
    }

    /// The sum of the last layer and an earlier one, by its name: a residual connection.
    #[must_use]
    pub fn add(self, name: &str, other: &str) -> Self {
        match self.find(name, other) {
            Ok(other) => {
                let inputs = vec![self.last, other];
                self.push_reading(name, Op::Add, inputs)
            }
            Err(problem) => self.failed(problem),
        }
    }

    /// Goes back: the next layer reads this earlier one. `input` is the examples.
    #[must_use]
    pub fn from(mut self, earlier: &str) -> Self {
        match self.find(earlier, earlier) {
            Ok(earlier) => {
                self.last = earlier;
                self
            }
            Err(problem) => self.failed(problem),
        }
    }

    /// The name of the layer that the next one reads.
    pub fn last_name(&self) -> &str {
        &self.architecture.nodes[self.last].name
    }

    /// The shape that the next layer reads; empty after a layer that does not fit.
    pub fn last_shape(&self) -> &Shape {
        &self.architecture.nodes[self.last].shape
    }

    /// The architecture.
    ///
    /// # Errors
    /// Names the first layer that does not fit, as [`Architecture::check`], or that reads a layer that is not there.
    pub fn build(self) -> Result<Architecture, ArchitectureError> {
        self.architecture.check_layers()?;
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        self.architecture.check_end()?;
        Ok(self.architecture)
    }

    fn last_channels(&self) -> usize {
        self.last_shape().first().copied().unwrap_or(0)
    }

    /// An earlier layer by its name; `layer` is the one that wants it.
    fn find(&self, layer: &str, wanted: &str) -> Result<NodeId, ArchitectureError> {
        let nodes = &self.architecture.nodes;
        nodes.iter().position(|node| node.name == wanted).ok_or_else(|| {
            let hint = match nearest_name(wanted, nodes.iter().map(|node| node.name.as_str())) {
                Some(near) => format!("did you mean '{near}'? a layer reads earlier layers only"),
                None => "a layer reads earlier layers only; 'input' is the examples".to_owned(),
            };
            let misfit = Misfit::new(format!("there is no layer '{wanted}' before it"), "");
            ArchitectureError { hint, ..self.architecture.error(layer, misfit) }
        })
    }

    fn failed(mut self, problem: ArchitectureError) -> Self {
        self.problem.get_or_insert(problem);
        self
    }

    fn push(self, name: &str, op: Op) -> Self {
        let inputs = vec![self.last];
        self.push_reading(name, op, inputs)
    }

    fn push_reading(mut self, name: &str, op: Op, inputs: Vec<NodeId>) -> Self {
        if self.problem.is_some() {
            return self;
        }
        let nodes = &mut self.architecture.nodes;
        let shapes: Vec<&Shape> = inputs.iter().map(|&input| &nodes[input].shape).collect();
        // A layer that does not fit gets an empty shape; `build` says why.
        let shape = output_shape(&op, &shapes).unwrap_or_default();
        self.last = nodes.len();
        nodes.push(Node { name: name.to_owned(), op, inputs, shape });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Hint;

    fn start() -> ArchitectureBuilder {
        ArchitectureBuilder::new("net", &[3, 8, 8])
    }

    #[test]
    fn layers_that_do_not_fit_are_named() {
        let error = ArchitectureBuilder::new("net", &[1, 28, 28]).linear("fc1", 10).build().unwrap_err();
        assert_eq!(
            error.to_string(),
            "model 'net', layer 'fc1': a linear layer reads one dimension, it is given 1 x 28 x 28"
        );
        assert_eq!(error.hint().unwrap(), "put a flatten or a global average pool before it");
        for rate in [1.0, -0.1, f32::NAN] {
            let builder = ArchitectureBuilder::new("net", &[4]).dropout("dropout1", rate).linear("fc1", 2);
            assert_eq!(builder.build().unwrap_err().layer, "dropout1");
        }
        assert_eq!(ArchitectureBuilder::new("net", &[4]).linear("fc1", 0).build().unwrap_err().layer, "fc1");
        assert_eq!(
            ArchitectureBuilder::new("net", &[0]).linear("fc1", 2).build().unwrap_err().layer,
            "input"
        );
    }

    #[test]
    fn the_first_layer_that_is_wrong_is_told() {
        let net = start().conv2d("conv1", 4, Window::square(9, 1, 0)).relu("relu1").add("sum", "nowhere");
        assert_eq!(
            net.build().unwrap_err().to_string(),
            "model 'net', layer 'conv1': a kernel of 9 x 9 is larger than its map of 8 x 8"
        );
        let twice = start().relu("a").relu("a").flatten("flatten").linear("fc", 2);
        assert!(twice.build().unwrap_err().to_string().contains("another layer has the same name"));
    }

    #[test]
    fn names_that_no_earlier_layer_has_are_refused() {
        let error = start().relu("relu1").conv2d("conv1", 3, Window::square(1, 1, 0)).add("sum", "relu2");
        let error = error.flatten("flatten").linear("fc", 2).build().unwrap_err();
        assert_eq!(error.to_string(), "model 'net', layer 'sum': there is no layer 'relu2' before it");
        assert!(error.hint().unwrap().starts_with("did you mean 'relu1'?"));
        let error = start().from("elsewhere").flatten("flatten").linear("fc", 2).build().unwrap_err();
        assert!(error.to_string().contains("there is no layer 'elsewhere'"), "{error}");
    }

    #[test]
    fn a_residual_block_reads_its_input_twice() {
        let net = start()
            .conv2d("conv1", 3, Window::square(3, 1, 1))
            .relu("relu1")
            .conv2d("conv2", 3, Window::square(3, 1, 1))
            .from("conv1")
            .add("sum", "conv2")
            .global_average_pool("pool")
            .linear_without_bias("fc", 2)
            .build()
            .unwrap();
        let inputs: Vec<_> = net.nodes.iter().map(|node| node.inputs.clone()).collect();
        assert_eq!(inputs, [vec![], vec![0], vec![1], vec![2], vec![1, 3], vec![4], vec![5]]);
        assert_eq!(net.nodes[4].shape, [3, 8, 8]);
        assert_eq!(net.parameter_count(), 2 * (81 + 3) + 6);
    }
}

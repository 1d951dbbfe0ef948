//! Units that no path from input to output goes through, and what is left without them.

use lth_model::{Architecture, Density, Masks, Op};

/// The units (outputs or output channels) of one layer of weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerUnits {
    /// The layer: `fc1`.
    pub layer: String,
    /// All its units.
    pub units: usize,
    /// Units that no input of the network reaches: their output is constant.
    pub without_input: usize,
    /// Units that inputs reach, but that reach no output of the network.
    pub without_output: usize,
    /// Kept weights that lie on a path from input to output.
    pub effective_weights: usize,
    /// Kept weights.
    pub live_weights: usize,
    /// All weights.
    pub weights: usize,
}

impl LayerUnits {
    /// Units on no path from input to output.
    pub fn dead(&self) -> usize {
        self.without_input + self.without_output
    }
}

/// Which units and weights lie on a path of kept weights from the input of a network to its output, through convolutions, batch
/// normalisation, residual sums, pools and flattening. It is about masks alone: a unit whose weights happen to cancel, or whose
/// ReLU never opens, counts as live.
///
/// Effective density is the fraction of weights on such a path (Vysogorets and Kempe 2021).
#[derive(Debug, Clone, PartialEq)]
pub struct Connectivity {
    /// Each layer of weights, in order.
    pub layers: Vec<LayerUnits>,
    /// Weights on a path, and the biases, factors and shifts of units on a path; the biases of the last layer always.
    pub effective_parameters: usize,
    /// For each node, whether each of its channels (or features) depends on the input.
    reached: Vec<Vec<bool>>,
    /// For each node, whether an output depends on each of its channels (or features).
    useful: Vec<Vec<bool>>,
}

impl Connectivity {
    /// Of an architecture with these masks; a weight without a mask is dense.
    ///
    /// # Panics
    /// When a mask has another shape than its weight; [`Architecture::check_masks`] tells.
    pub fn of(architecture: &Architecture, masks: &Masks) -> Self {
        let links: Vec<Option<Links>> =
            (0..architecture.nodes.len()).map(|node| Links::of(architecture, masks, node)).collect();
        let reached = reached(architecture, &links);
        let useful = useful(architecture, &links);
        let mut found = Self { layers: Vec::new(), effective_parameters: 0, reached, useful };
        let last = links.iter().rposition(Option::is_some);
        for (id, (node, links)) in architecture.nodes.iter().zip(&links).enumerate() {
            let on_path = |unit: &usize| found.reached[id][*unit] && found.useful[id][*unit];
            let units = node.shape[0];
            let alive = (0..units).filter(on_path).count();
            match node.op {
                Op::BatchNorm { .. } => found.effective_parameters += 2 * alive,
                Op::Linear { bias: true, .. } | Op::Conv2d { bias: true, .. } => {
                    found.effective_parameters += if Some(id) == last { units } else { alive };
                }
                _ => {}
            }
            let Some(links) = links else { continue };
            let inputs = &found.reached[node.inputs[0]];
            let effective_weights = links.count(|output, input| found.useful[id][output] && inputs[input]);
            found.effective_parameters += effective_weights;
            let without_input = found.reached[id].iter().filter(|reached| !**reached).count();
            let layer = LayerUnits {
                layer: node.name.clone(),
                units,
                without_input,
                without_output: units - without_input - alive,
                effective_weights,
                live_weights: links.count(|_, _| true),
                weights: links.outputs * links.inputs * links.kernel,
            };
            found.layers.push(layer);
        }
        found
    }

    /// The fraction of weights on a path from input to output.
    pub fn effective_density(&self) -> Density {
        let count = |of: fn(&LayerUnits) -> usize| self.layers.iter().map(of).sum();
        Density::of(count(|layer| layer.effective_weights), count(|layer| layer.weights))
    }

    /// Units of all layers on no path from input to output.
    pub fn dead_units(&self) -> usize {
        self.layers.iter().map(LayerUnits::dead).sum()
    }

    /// Whether the input reaches each channel (or feature) of a node's output.
    pub fn is_reached(&self, node: usize) -> &[bool] {
        &self.reached[node]
    }

    /// Whether the network's output depends on each channel (or feature) of a node's output.
    pub fn is_useful(&self, node: usize) -> &[bool] {
        &self.useful[node]
    }
}

/// How many kept weights link each output of a layer to each input.
struct Links {
    outputs: usize,
    inputs: usize,
    kernel: usize,
    kept: Vec<u32>,
}

impl Links {
    fn of(architecture: &Architecture, masks: &Masks, node: usize) -> Option<Self> {
        let node = &architecture.nodes[node];
        let (outputs, inputs, kernel) = match node.op {
            Op::Linear { inputs, outputs, .. } => (outputs, inputs, 1),
            Op::Conv2d { inputs, outputs, window, .. } => (outputs, inputs, window.kernel.iter().product()),
            _ => return None,
        };
        let mut kept = vec![0; outputs * inputs];
        match masks.get(&format!("{}.weight", node.name)) {
            Some(mask) => {
                assert_eq!(mask.len(), outputs * inputs * kernel, "the mask of '{}'", node.name);
                mask.live_indices().for_each(|index| kept[index / kernel] += 1);
            }
            None => kept.fill(kernel as u32),
        }
        Some(Self { outputs, inputs, kernel, kept })
    }

    fn is_linked(&self, output: usize, input: usize) -> bool {
        self.kept[output * self.inputs + input] > 0
    }

    fn count(&self, counts: impl Fn(usize, usize) -> bool) -> usize {
        let pairs = self.kept.iter().enumerate();
        pairs
            .filter(|(pair, _)| counts(pair / self.inputs, pair % self.inputs))
            .map(|(_, &kept)| kept as usize)
            .sum()
    }
}

fn reached(architecture: &Architecture, links: &[Option<Links>]) -> Vec<Vec<bool>> {
    let mut reached: Vec<Vec<bool>> = Vec::with_capacity(links.len());
    for (id, node) in architecture.nodes.iter().enumerate() {
        let units = node.shape[0];
        let own = match (&links[id], &node.op) {
            (_, Op::Input) => vec![true; units],
            (Some(links), _) => {
                let inputs = &reached[node.inputs[0]];
                let any = |output| (0..links.inputs).any(|i| inputs[i] && links.is_linked(output, i));
                (0..units).map(any).collect()
            }
            (None, Op::Flatten) => {
                let inputs = &reached[node.inputs[0]];
                (0..units).map(|feature| inputs[feature * inputs.len() / units]).collect()
            }
            (None, _) => (0..units).map(|unit| node.inputs.iter().any(|&from| reached[from][unit])).collect(),
        };
        reached.push(own);
    }
    reached
}

fn useful(architecture: &Architecture, links: &[Option<Links>]) -> Vec<Vec<bool>> {
    let nodes = &architecture.nodes;
    let mut useful: Vec<Vec<bool>> = nodes.iter().map(|node| vec![false; node.shape[0]]).collect();
    if let Some(last) = useful.last_mut() {
        last.fill(true);
    }
    for (id, node) in nodes.iter().enumerate().rev() {
        let own = std::mem::take(&mut useful[id]);
        for &from in &node.inputs {
            let inputs = &mut useful[from];
            let wide = own.len() / inputs.len().max(1);
            for (input, is_useful) in inputs.iter_mut().enumerate() {
                *is_useful |= match (&links[id], &node.op) {
                    (Some(links), _) => {
                        (0..links.outputs).any(|output| own[output] && links.is_linked(output, input))
                    }
                    (None, Op::Flatten) => own[input * wide..(input + 1) * wide].contains(&true),
                    (None, _) => own[input],
                };
            }
        }
        useful[id] = own;
    }
    useful
}

#[cfg(test)]
mod tests {
    use lth_model::{ArchitectureBuilder, Mask, Window, mlp};

    use super::*;

    fn layer<'a>(found: &'a Connectivity, name: &str) -> &'a LayerUnits {
        found.layers.iter().find(|layer| layer.layer == name).unwrap()
    }

    #[test]
    fn a_dense_network_has_no_dead_unit() {
        for model in ["lenet-300-100", "lenet-5", "conv-2", "vgg-11", "resnet-20"] {
            let network = lth_model::find_model(model).unwrap().build_as_made().unwrap();
            let found = Connectivity::of(&network, &Masks::new());
            assert_eq!(found.dead_units(), 0, "{model}");
            assert_eq!(found.effective_parameters, network.parameter_count(), "{model}");
            assert_eq!(found.effective_density(), Density::DENSE, "{model}");
        }
    }

    #[test]
    fn death_goes_through_layers_both_ways() {
        // Two inputs, hidden layers of three and two, two classes.
        let network = mlp("small", &[2], &[3, 2], 2);
        let names = ["fc1", "fc2", "fc3"];
        let mask =
            |shape: [usize; 2], flags: &[u8]| Mask::from_flags(shape.to_vec(), flags.iter().map(|f| *f == 1));
        let masks = Masks::from([
            (format!("{}.weight", names[0]), mask([3, 2], &[1, 0, /**/ 0, 0, /**/ 1, 1])),
            (format!("{}.weight", names[1]), mask([2, 3], &[1, 1, 0, /**/ 0, 1, 1])),
            (format!("{}.weight", names[2]), mask([2, 2], &[1, 0, /**/ 1, 0])),
        ]);
        let found = Connectivity::of(&network, &masks);
        let first = layer(&found, names[0]);
        assert_eq!(
            (first.without_input, first.without_output),
            (1, 1),
            "unit 1 reads nothing, only a dead unit reads unit 2"
        );
        assert_eq!((first.effective_weights, first.live_weights), (1, 3));
        let second = layer(&found, names[1]);
        assert_eq!((second.without_input, second.without_output), (0, 1));
        assert_eq!((second.effective_weights, second.live_weights), (1, 4));
        // Weights 1 + 1 + 2, biases 1 + 1 + 2.
        assert_eq!(found.effective_parameters, 8);
        assert!((found.effective_density().get() - 4.0 / 16.0).abs() < 1e-12);
    }

    #[test]
    fn a_residual_sum_keeps_a_channel_that_one_branch_reaches() {
        let network = ArchitectureBuilder::new("sum", &[1, 4, 4])
            .conv2d_without_bias("conv1", 2, Window::square(3, 1, 1))
            .batch_norm("bn1")
            .relu("relu1")
            .conv2d_without_bias("conv2", 2, Window::square(3, 1, 1))
            .add("sum", "relu1")
            .max_pool("pool", Window::square(2, 2, 0))
            .flatten("flatten")
            .linear("fc", 2)
            .build()
            .unwrap();
        let dead = |shape: Vec<usize>, from: usize, to: usize| {
            let mut mask = Mask::dense(shape);
            (from..to).for_each(|index| mask.set(index, false));
            mask
        };
        let mut masks = Masks::from([("conv2.weight".to_owned(), dead(vec![2, 2, 3, 3], 0, 18))]);
        let found = Connectivity::of(&network, &masks);
        assert_eq!(layer(&found, "conv2").without_input, 1, "no weight into channel 0");
        let sum = network.nodes.iter().position(|node| node.name == "sum").unwrap();
        assert_eq!(found.is_reached(sum), [true, true], "the shortcut reaches it");
        // Nobody reads the four features of channel 1 any more: dead behind the sum, and conv2 with it.
        let flags = (0..16).map(|index| index % 8 < 4);
        masks.insert("fc.weight".to_owned(), Mask::from_flags(vec![2, 8], flags));
        let found = Connectivity::of(&network, &masks);
        assert_eq!(found.is_useful(sum), [true, false]);
        assert_eq!((layer(&found, "conv2").effective_weights, layer(&found, "conv1").without_output), (0, 1));
        // conv1: 9, its batch norm: 2, fc: 8 weights and 2 biases.
        assert_eq!(found.effective_parameters, 9 + 2 + 8 + 2);
    }
}

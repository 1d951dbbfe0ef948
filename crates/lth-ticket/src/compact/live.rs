//! How much of a network can do anything.

use lth_model::{Architecture, Masks, Tensors};

use super::flow::{Flow, connections};

/// What a network can use of its weights.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveLayer {
    /// The layer.
    pub name: String,
    /// Its units: features or channels.
    pub units: usize,
    /// Units whose value no input changes: no live weight leads to them.
    pub without_input: usize,
    /// Units from which no live weight leads to an output.
    pub without_output: usize,
    /// Weights that are kept.
    pub kept: usize,
    /// Kept weights that lie on a path of live weights from an input to an output.
    pub effective: usize,
    /// All weights.
    pub weights: usize,
}

/// How much of a ticket can do anything: the effective density is the part of all weights that is kept and lies on a path of live
/// weights from an input to an output (Vysogorets and Kempe 2021).
///
/// ```
/// use lth_model::{Mask, Masks, BiasInit, InitScheme, Purpose, Seed, initialize, mlp};
/// use lth_ticket::live_layers;
/// let net = mlp("small", &[2], &[2], 2);
/// let weights = initialize(&net, InitScheme::GlorotNormal, BiasInit::Zero, Seed(0), Purpose::Init, 0);
/// // Unit 1 of the hidden layer has no live input: its two outgoing weights do nothing.
/// let mask = Mask::from_flags(vec![2, 2], [true, true, false, false]);
/// let layers = live_layers(&net, &weights, &Masks::from([("fc1.weight".to_owned(), mask)]));
/// assert_eq!((layers[0].without_input, layers[0].effective), (1, 2));
/// assert_eq!((layers[1].kept, layers[1].effective), (4, 2));
/// ```
pub fn live_layers(architecture: &Architecture, weights: &Tensors, masks: &Masks) -> Vec<LiveLayer> {
    let flow = Flow::of(architecture, weights, masks);
    let mut layers = Vec::new();
    for (place, node) in architecture.nodes.iter().enumerate() {
        let Some(connections) = connections(node, weights, masks) else { continue };
        let source = node.inputs[0];
        let (mut kept, mut effective) = (0, 0);
        for output in 0..connections.outputs {
            for input in 0..connections.inputs {
                let live = connections.between(output, input).count();
                kept += live;
                if flow.reaching[place][output] && flow.constants[source][input].is_none() {
                    effective += live;
                }
            }
        }
        layers.push(LiveLayer {
            name: node.name.clone(),
            units: connections.outputs,
            without_input: flow.constants[place].iter().filter(|constant| constant.is_some()).count(),
            without_output: flow.reaching[place].iter().filter(|reaching| !**reaching).count(),
            kept,
            effective,
            weights: weights[&format!("{}.weight", node.name)].len(),
        });
    }
    layers
}

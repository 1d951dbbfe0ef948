//! What dropout drops in a step.

use std::collections::BTreeMap;

use lth_model::{Architecture, NodeId, Op, Purpose, RandomStream, Seed};

use crate::network::places_of;

/// The factors of every dropout that drops, `[channel][example][place]`: 0, or `1 / (1 - rate)`.
pub(crate) type Factors = BTreeMap<NodeId, Vec<f64>>;

/// The factors of the update after so many: dropout after dropout, feature after feature, example after example.
pub(crate) fn draw(architecture: &Architecture, seed: Seed, updates: u64, examples: usize) -> Factors {
    let mut stream = RandomStream::new(seed, Purpose::Dropout, updates);
    let mut factors = Factors::new();
    for (id, node) in architecture.nodes.iter().enumerate() {
        let Op::Dropout { rate } = node.op else { continue };
        let (features, places) = (node.shape.iter().product::<usize>(), places_of(&node.shape));
        let mut drawn = vec![0.0; examples * features];
        for feature in 0..features {
            let (channel, place) = (feature / places, feature % places);
            for example in 0..examples {
                if stream.uniform() >= f64::from(rate) {
                    drawn[(channel * examples + example) * places + place] = 1.0 / (1.0 - f64::from(rate));
                }
            }
        }
        factors.insert(id, drawn);
    }
    factors
}

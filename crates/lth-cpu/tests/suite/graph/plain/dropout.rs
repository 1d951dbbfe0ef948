//! What dropout drops.

use std::collections::BTreeMap;

use lth_model::{NodeId, Op, Purpose, RandomStream, Seed};

use super::Plain;

/// The factors of every dropout, `[example][feature]`: 0, or `1 / (1 - rate)`.
pub(crate) type Factors = BTreeMap<NodeId, Vec<f64>>;

impl Plain {
    /// The factors of the next step: dropout after dropout, feature after feature, example after example.
    pub(super) fn draw(&self, seed: Seed, examples: usize) -> Factors {
        let mut stream = RandomStream::new(seed, Purpose::Dropout, self.updates);
        let mut factors = Factors::new();
        for (id, node) in self.architecture.nodes.iter().enumerate() {
            let Op::Dropout { rate } = node.op else { continue };
            let features: usize = node.shape.iter().product();
            let mut drawn = vec![0.0; examples * features];
            for feature in 0..features {
                for example in 0..examples {
                    if stream.uniform() >= f64::from(rate) {
                        drawn[example * features + feature] = 1.0 / (1.0 - f64::from(rate));
                    }
                }
            }
            factors.insert(id, drawn);
        }
        factors
    }
}

//! Stability to pruning: how far a trained ticket is from the dense network.

use lth_model::{Density, Masks, Seed, Tensors};
use lth_ticket::{angle, distance, mask_weights};
use serde::{Deserialize, Serialize};

use super::{
    StabilityTask, StartPoint,
    measure::{masked_weights, measured_of_others},
    report::to_json,
    study::Study,
};
use crate::{
    StageError,
    atomic::write_file,
    metrics::read_json,
    tasks::{Ended, Found, Reporter, TaskEvent, TaskName},
};

/// A trained ticket, or a control, and the dense network that was trained from the same weights `W_t` under the same order `u` of the
/// data, compared under the ticket's mask `m`: `m * A(W_t, u)` and `A(m * W_t, u)` (Frankle et al. 2019, stability to pruning). The order
/// is the run's own, that of copy 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PruningResult {
    /// The start of the ticket's round.
    pub start: StartPoint,
    /// The replicate's seed.
    pub seed: Seed,
    /// The fraction of weights kept.
    pub density: Density,
    /// The iteration `t` of the weights that both were trained from.
    pub iteration: u64,
    /// BLAKE3 of the files of copy 0 of the dense network and of the ticket.
    pub weights: [String; 2],
    /// The Euclidean distance of their masked weights.
    pub distance: f64,
    /// The angle between their masked weights in degrees, seen from zero weights.
    pub angle: Option<f64>,
}

impl Study<'_> {
    /// Whether a start is the dense network of its iteration but for weights that are pruned: not where it is dense, where kept weights
    /// are drawn anew or are trained ones, or where masks change while it trains.
    ///
    /// # Errors
    /// When the run's files cannot be read.
    pub(super) fn is_pruned_dense(&self, point: &StartPoint) -> Result<bool, StageError> {
        if point.round == 0 || self.experiment.finds_masks(point.stage()) {
            return Ok(false);
        }
        let start = self.round_start(point)?;
        let dense = self.round_start(&point.dense())?;
        let weights = if start.iteration == dense.iteration {
            dense.weights
        } else if self.experiment.pruning.procedure.rewind().is_zero() {
            return Ok(false);
        } else {
            let rewound = self.rewind_point(point.replicate)?;
            if rewound.iteration != start.iteration {
                return Ok(false);
            }
            rewound.weights
        };
        let names = masked_weights(self.bench.architecture);
        let (apart, _) = under_mask(&weights, &start.weights, &start.masks, &names);
        Ok(apart == 0.0 && self.bench.architecture.density(&start.masks) != Density::DENSE)
    }

    /// Compares copy 0 of a start with copy 0 of the dense network, unless that is done or the start is another network.
    ///
    /// # Errors
    /// When files cannot be read or written, or are not what they should be.
    pub(super) fn measure_pruning(&self, point: &StartPoint) -> Result<Ended, StageError> {
        if !self.is_pruned_dense(point)? {
            return Ok(Ended::Skipped(Found::Files));
        }
        let (dense, ticket) = (self.read_copy(&point.dense(), 0)?, self.read_copy(point, 0)?);
        let path = self.files.pruning(point);
        if let Some(found) = read_json::<PruningResult>(&path)? {
            if found.weights != [dense.hash, ticket.hash] {
                return Err(measured_of_others(path).into());
            }
            return Ok(Ended::Skipped(Found::Distance(found.distance)));
        }
        let task = TaskName::of(&StabilityTask::Pruning { start: *point });
        self.bench.observer.event(&task, &TaskEvent::Started { continued_at: None });
        let reporter = Reporter::new(&task, self.bench.observer, 0);
        let start = self.start(point)?;
        let names = masked_weights(self.bench.architecture);
        let (distance, angle) = under_mask(&dense.weights, &ticket.weights, &start.masks, &names);
        let result = PruningResult {
            start: *point,
            seed: self.experiment.seed(point.replicate),
            density: self.bench.architecture.density(&start.masks),
            iteration: start.iteration,
            weights: [dense.hash, ticket.hash],
            distance,
            angle,
        };
        write_file(&path, to_json(&result).as_bytes())?;
        Ok(Ended::Finished { found: Found::Distance(distance), seconds: reporter.seconds() })
    }
}

/// The distance and the angle of two networks under one mask, over the weights of these names.
fn under_mask(a: &Tensors, b: &Tensors, masks: &Masks, names: &[String]) -> (f64, Option<f64>) {
    let [a, b] = [a, b].map(|weights| {
        let mut weights = weights.clone();
        mask_weights(&mut weights, masks);
        weights
    });
    let counts = |name: &str| names.iter().any(|own| own == name);
    (distance(&a, &b, counts), angle(&a, &b, None, counts))
}

#[cfg(test)]
mod tests {
    use lth_model::{Mask, Tensor};

    use super::*;

    fn network(weight: [f32; 4], bias: f32) -> Tensors {
        Tensors::from([
            ("fc.weight".to_owned(), Tensor::new(vec![2, 2], weight.to_vec())),
            ("fc.bias".to_owned(), Tensor::new(vec![1], vec![bias])),
        ])
    }

    #[test]
    fn only_weights_under_the_mask_count() {
        let masks =
            Masks::from([("fc.weight".to_owned(), Mask::from_flags(vec![2, 2], [true, false, true, false]))]);
        let names = ["fc.weight".to_owned()];
        // Under the mask (3, 4) and (4, -3): at right angles, the distance is the square root of 1 + 49.
        let (dense, ticket) = (network([3.0, 9.0, 4.0, -7.0], 1.0), network([4.0, 0.0, -3.0, 0.0], 8.0));
        let (distance, angle) = under_mask(&dense, &ticket, &masks, &names);
        assert!((distance - 50.0_f64.sqrt()).abs() < 1e-12, "{distance}");
        assert!((angle.unwrap() - 90.0).abs() < 1e-9);
        // What is frozen under the mask counts as little as what the dense network has there.
        let frozen = network([4.0, 2.0, -3.0, 5.0], 8.0);
        assert_eq!(under_mask(&dense, &frozen, &masks, &names), (distance, angle));
        let (distance, angle) = under_mask(&dense, &network([3.0, 0.0, 4.0, 0.0], 0.0), &masks, &names);
        assert!(distance == 0.0 && angle.unwrap() < 1e-5, "{distance} {angle:?}");
        let nothing = Masks::from([("fc.weight".to_owned(), Mask::empty(vec![2, 2]))]);
        assert_eq!(under_mask(&dense, &ticket, &nothing, &names), (0.0, None));
    }
}

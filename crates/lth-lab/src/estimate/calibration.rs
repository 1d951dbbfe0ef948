//! How fast a machine trains some networks, measured once.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    thread,
};

use lth_model::{Density, Learns, Pruned};
use serde::{Deserialize, Serialize};

use super::{Costs, costs::Cost, measure::Measurement};

/// Densities at which steps are measured; between them costs lie on lines.
const DENSITIES: [f64; 4] = [1.0, 0.25, 0.06, 0.015];
/// Of networks with more weights than this only the first and the third are: making their masks takes as long as their steps.
const LARGE: usize = 1_000_000;
/// The batch on which steps of large networks are measured, whose other batches take as long in proportion.
const BATCH: usize = 64;
/// As many jobs are measured side by side as there will be, up to this: what shares a core or its memory is slower than alone.
const SIDE_BY_SIDE: usize = 4;

/// Measured costs, by what they depend on: network, batch, optimiser, engine, jobs. Estimates that have one measure each of these once, at
/// densities of its own, rather than at those of a run each time.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Calibration {
    costs: Mutex<BTreeMap<String, Vec<Cost>>>,
}

impl Calibration {
    /// How many networks were measured.
    pub fn count(&self) -> usize {
        self.costs.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The costs of a network, measured unless they are known; `None` where its steps cannot be measured.
    pub(super) fn costs(&self, measurement: &Measurement<'_>) -> Option<Costs> {
        let Measurement { experiment, context, .. } = *measurement;
        let is_large = context.architecture.parameter_count() > LARGE;
        let batch_size = if is_large { BATCH } else { experiment.recipe.batch_size };
        let jobs = context.jobs.min(SIDE_BY_SIDE);
        let key = key(measurement, batch_size, is_large, jobs);
        let mut known = self.costs.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains_key(&key) {
            let mut experiment = experiment.clone();
            experiment.recipe.batch_size = batch_size;
            let measurement =
                Measurement { experiment: &experiment, learns: measurement.learns.clone(), ..*measurement };
            // Learned masks are of the dense network.
            let learns_masks = matches!(measurement.learns, Learns::Scores(_));
            let is_wanted =
                |place: usize| if learns_masks { place == 0 } else { !is_large || place.is_multiple_of(2) };
            let wanted = DENSITIES.into_iter().enumerate().filter(|(place, _)| is_wanted(*place));
            let densities = wanted.filter_map(|(_, density)| Density::new(density).ok());
            let points: Vec<Cost> =
                densities.filter_map(|density| side_by_side(&measurement, density, jobs)).collect();
            if points.is_empty() {
                return None;
            }
            known.insert(key.clone(), points);
        }
        let batches = experiment.recipe.batch_size as f64 / batch_size as f64;
        let of_batch = |cost: &Cost| Cost { step: batches * cost.step, ..*cost };
        Some(Costs::new(known[&key].iter().map(of_batch).collect(), false))
    }
}

/// The mean of several measurements at once.
fn side_by_side(measurement: &Measurement<'_>, density: Density, jobs: usize) -> Option<Cost> {
    let measured: Vec<Cost> = thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(|| measurement.at(density))).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok().flatten()).collect()
    });
    let mean = |of: fn(&Cost) -> f64| measured.iter().map(of).sum::<f64>() / measured.len() as f64;
    (!measured.is_empty()).then(|| Cost {
        density: density.get(),
        step: mean(|cost| cost.step),
        evaluation: mean(|cost| cost.evaluation),
        masking: mean(|cost| cost.masking),
    })
}

fn key(measurement: &Measurement<'_>, batch_size: usize, is_large: bool, jobs: usize) -> String {
    let Measurement { experiment, context, learns, .. } = measurement;
    let learns = match learns {
        Learns::Nothing => "nothing".to_owned(),
        Learns::Weights if is_large => "weights".to_owned(),
        Learns::Weights => format!("weights, {} moments", experiment.recipe.optimizer.moments().len()),
        Learns::Scores(scores) => format!("scores {:?}", scores.method),
    };
    let frozen = if experiment.pruning.pruned() == Pruned::Frozen { " frozen" } else { "" };
    format!(
        "{} {} batch {batch_size} jobs {jobs} learns {learns}{frozen} {}",
        experiment.model,
        context.architecture.fingerprint(),
        context.engine.name()
    )
}

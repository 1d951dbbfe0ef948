//! What lies between two copies.

use std::path::PathBuf;

use lth_model::{Architecture, Evaluation, OneNetwork, Program};
use lth_ticket::{angle, barrier, distance, interpolate, overlap};

use super::{
    BatchNormStatistics, PairResult, PathPoint, StabilityTask, StartPoint, copies::TrainedCopy,
    report::to_json, study::Study,
};
use crate::{
    LabError, StageError,
    atomic::write_file,
    metrics::read_json,
    tasks::{Activity, Ended, Found, Reporter, TaskEvent, TaskName},
    work::Start,
};

impl Study<'_> {
    /// Measures a pair of trained copies, unless it is measured.
    ///
    /// # Errors
    /// When files cannot be read or written, are not what they should be, or the engine refuses the examples.
    pub(super) fn measure_pair(&self, point: &StartPoint, pair: [u32; 2]) -> Result<Ended, StageError> {
        let (a, b) = (self.read_copy(point, pair[0])?, self.read_copy(point, pair[1])?);
        let path = self.files.pair(point, pair);
        if let Some(found) = read_json::<PairResult>(&path)? {
            if found.weights != [a.hash, b.hash] {
                return Err(measured_of_others(path).into());
            }
            return Ok(Ended::Skipped(Found::Barrier(found.test_barrier)));
        }
        let start = self.start(point)?;
        let task = TaskName::of(&StabilityTask::Path { start: *point, pair });
        self.bench.observer.event(&task, &TaskEvent::Started { continued_at: None });
        let mut reporter = Reporter::new(&task, self.bench.observer, 0);
        let Some(line) = self.line(point, &start, [&a, &b], &mut reporter)? else {
            return Ok(Ended::Stopped(None));
        };
        let result = self.compare(point, pair, &start, [&a, &b], line)?;
        write_file(&path, to_json(&result).as_bytes())?;
        Ok(Ended::Finished { found: Found::Barrier(result.test_barrier), seconds: reporter.seconds() })
    }

    /// Loss and error at evenly spaced points of the line between two copies; `None` when stopped.
    fn line(
        &self,
        point: &StartPoint,
        start: &Start,
        [a, b]: [&TrainedCopy; 2],
        reporter: &mut Reporter<'_>,
    ) -> Result<Option<Vec<PathPoint>>, StageError> {
        let (bench, recipe) = (self.bench, &self.experiment.recipe);
        let data = self.data(point.replicate)?;
        let measured = self.measured_examples(point.replicate)?;
        let seed = self.experiment.seed(point.replicate);
        let program = Program::evaluation(bench.architecture, recipe.batch_size);
        let mut network = OneNetwork::new(bench.engine, &program, &start.network(&a.weights, seed))?;
        let train = bench.engine.evaluation_set(&data.train, &measured)?;
        let test = &data.evaluation_sets(bench.engine)?.test;
        let last = self.settings.points - 1;
        let stop = || bench.stop.is_set();
        let mut line = Vec::new();
        for index in 0..self.settings.points {
            if stop() {
                return Ok(None);
            }
            let alpha = index as f64 / last as f64;
            let between = interpolate(&a.weights, &b.weights, alpha);
            network.write(&start.network(&between, seed))?;
            if self.settings.batch_norm == BatchNormStatistics::Reestimated {
                let batch_size = recipe.batch_size.min(measured.len());
                let done = network.reestimate_batch_norm(&data.train, &measured, batch_size, &stop);
                if !done? {
                    return Ok(None);
                }
            }
            let mut evaluate = |set| network.evaluate_unless(set, &stop);
            let (Some(train), Some(test)) = (evaluate(&train)?, evaluate(test)?) else { return Ok(None) };
            line.push(PathPoint::new(alpha, &train, &test));
            reporter.at(index as u64 + 1, self.settings.points as u64, |_| Activity::Evaluating);
        }
        Ok(Some(line))
    }

    fn compare(
        &self,
        point: &StartPoint,
        pair: [u32; 2],
        start: &Start,
        [a, b]: [&TrainedCopy; 2],
        path: Vec<PathPoint>,
    ) -> Result<PairResult, StageError> {
        let names = masked_weights(self.bench.architecture);
        let counts = |name: &str| names.iter().any(|own| own == name);
        let [of_a, of_b] = [a, b].map(|copy| distance(&start.weights, &copy.weights, counts));
        let next_masks = [a, b].map(|copy| self.next_masks(point, start, &copy.weights));
        let [next_a, next_b] = next_masks;
        let errors = |of: fn(&PathPoint) -> f64| path.iter().map(of).collect::<Vec<f64>>();
        let of_path = |of| barrier(&errors(of)).unwrap_or(0.0);
        Ok(PairResult {
            start: *point,
            seed: self.experiment.seed(point.replicate),
            density: self.bench.architecture.density(&start.masks),
            iteration: start.iteration,
            pair,
            weights: [a.hash.clone(), b.hash.clone()],
            distance: distance(&a.weights, &b.weights, counts),
            distance_from_start: f64::midpoint(of_a, of_b),
            angle: angle(&a.weights, &b.weights, None, counts),
            angle_from_start: angle(&a.weights, &b.weights, Some(&start.weights), counts),
            next_mask_overlap: next_a?.zip(next_b?).map(|(a, b)| overlap(&a, &b, None)),
            train_barrier: of_path(|point| point.train_error),
            test_barrier: of_path(|point| point.test_error),
            path,
        })
    }
}

impl PathPoint {
    fn new(alpha: f64, train: &Evaluation, test: &Evaluation) -> Self {
        let finite = |loss: f64| loss.is_finite().then_some(loss);
        Self {
            alpha,
            train_loss: finite(train.loss),
            train_error: 1.0 - train.accuracy(),
            test_loss: finite(test.loss),
            test_error: 1.0 - test.accuracy(),
        }
    }
}

/// The weights that masks may cover; biases, batch normalisation and its statistics are left out of distances, as in the papers.
pub(super) fn masked_weights(architecture: &Architecture) -> Vec<String> {
    let weights = architecture.parameters().into_iter().filter(|parameter| parameter.kind.is_prunable());
    weights.map(|parameter| parameter.name).collect()
}

/// The record at this path is of weights that are not there any more.
pub(super) fn measured_of_others(path: PathBuf) -> LabError {
    LabError::Changed { path, reason: "it was measured of other weights than are there now".to_owned() }
}

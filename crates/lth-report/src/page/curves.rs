//! Learning curves.

use lth_lab::{LabError, RoundResult, RunResults, Variant};
use lth_ticket::{MetricRow, Split};
use rayon::prelude::*;
use serde::Serialize;

use super::number::Short;
use crate::Runs;

/// So many evaluations of all curves together are in a page, some 5 MB of text.
const MOST_EVALUATIONS: usize = 120_000;
/// A curve has at most so many evaluations, fewer where there are many curves; of a longer one every second, third, ... is shown.
const MOST_OF_CURVE: usize = 600;
const FEWEST_OF_CURVE: usize = 100;
/// What tells curves apart takes the room of so many evaluations.
const OVERHEAD: usize = 5;

/// The learning curves of trainings.
#[derive(Serialize)]
pub(super) struct Curves {
    /// Iterations of evaluations; most trainings share theirs.
    iterations: Vec<Vec<u64>>,
    curves: Vec<Curve>,
}

/// Of one training: a value an evaluation.
#[derive(Serialize)]
struct Curve {
    run: usize,
    replicate: u32,
    variant: String,
    round: u32,
    density: Short,
    /// Which of the iterations.
    at: usize,
    train_loss: Vec<Option<Short>>,
    train_accuracy: Vec<Option<Short>>,
    validation_loss: Vec<Option<Short>>,
    validation_accuracy: Vec<Option<Short>>,
    test_loss: Vec<Option<Short>>,
    test_accuracy: Vec<Option<Short>>,
}

/// A training of which a curve is wanted.
type Wanted<'a> = (usize, &'a RunResults, &'a RoundResult);

impl Curves {
    /// Those of as many trainings as fit: tickets before controls, first replicates before others.
    pub(super) fn of(runs: &Runs, notes: &mut Vec<String>) -> Result<Self, LabError> {
        let mut wanted: Vec<Wanted> = runs
            .all
            .iter()
            .enumerate()
            .flat_map(|(place, run)| run.rounds.iter().map(move |result| (place, run, result)))
            .collect();
        wanted.sort_by_key(|(_, _, result)| {
            (result.record.replicate, result.record.variant != Variant::Ticket)
        });
        let mut curves = Self { iterations: Vec::new(), curves: Vec::new() };
        let mut left = MOST_EVALUATIONS;
        let most = (MOST_EVALUATIONS / wanted.len().max(1)).clamp(FEWEST_OF_CURVE, MOST_OF_CURVE);
        // Files are read as long as there is room, some at a time.
        for some in wanted.chunks(256) {
            let read = |(_, run, result): &Wanted| Ok(thinned(run.history(result)?, most));
            let histories: Vec<_> = some.par_iter().map(read).collect::<Result<_, LabError>>()?;
            for (training, (iterations, rows)) in some.iter().zip(histories) {
                let Some(rest) = left.checked_sub(iterations.len() + OVERHEAD) else { break };
                left = rest;
                curves.add(training, iterations, &rows);
            }
            if left < most + OVERHEAD {
                break;
            }
        }
        if curves.curves.len() < wanted.len() {
            notes.push(format!(
                "Learning curves are of {} of the {} trainings; `lth report RUN` has those of one run.",
                curves.curves.len(),
                wanted.len()
            ));
        }
        Ok(curves)
    }

    fn add(&mut self, (run, _, result): &Wanted, iterations: Vec<u64>, rows: &[MetricRow]) {
        let record = &result.record;
        let column = |split: Split, value: fn(&MetricRow) -> f64| {
            let mut of_split = rows.iter().filter(|row| row.split == split).peekable();
            let at = |iteration: &u64| {
                while of_split.peek().is_some_and(|row| row.iteration < *iteration) {
                    of_split.next();
                }
                of_split.peek().filter(|row| row.iteration == *iteration).map(|row| Short(value(row)))
            };
            iterations.iter().map(at).collect::<Vec<_>>()
        };
        let loss: fn(&MetricRow) -> f64 = |row| row.loss;
        let accuracy: fn(&MetricRow) -> f64 = |row| row.accuracy;
        let curve = Curve {
            run: *run,
            replicate: record.replicate,
            variant: record.variant.to_string(),
            round: record.round,
            density: Short(record.density.get()),
            at: self
                .iterations
                .iter()
                .position(|known| *known == iterations)
                .unwrap_or(self.iterations.len()),
            train_loss: column(Split::Train, loss),
            train_accuracy: column(Split::Train, accuracy),
            validation_loss: column(Split::Validation, loss),
            validation_accuracy: column(Split::Validation, accuracy),
            test_loss: column(Split::Test, loss),
            test_accuracy: column(Split::Test, accuracy),
        };
        if curve.at == self.iterations.len() {
            self.iterations.push(iterations);
        }
        self.curves.push(curve);
    }
}

/// The iterations that are shown, at most so many, with the rows of all.
fn thinned(rows: Vec<MetricRow>, most: usize) -> (Vec<u64>, Vec<MetricRow>) {
    let mut iterations: Vec<u64> = rows.iter().map(|row| row.iteration).collect();
    iterations.sort_unstable();
    iterations.dedup();
    let step = iterations.len().div_ceil(most).max(1);
    // The last evaluation is the one that results are of, so that one counts from there.
    let last = iterations.len().saturating_sub(1);
    let shown = iterations.iter().enumerate().filter(|(place, _)| (last - place).is_multiple_of(step));
    (shown.map(|(_, iteration)| *iteration).collect(), rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_curves_are_thinned_and_keep_their_end() {
        let row = |iteration| MetricRow { iteration, split: Split::Test, loss: 0.0, accuracy: 0.0 };
        let (all, _) = thinned((1..=600).map(row).collect(), 600);
        assert_eq!(all.len(), 600);
        let (some, rows) = thinned((1..=1_300).map(row).collect(), 600);
        assert_eq!((some.len(), some.last(), rows.len()), (434, Some(&1_300), 1_300));
        assert!(thinned(Vec::new(), 600).0.is_empty());
    }
}

//! Each criterion's best density.

use lth_stats::Sample;
use lth_ticket::FrozenWeights;
use serde::Serialize;

use super::HeuristicRow;

/// A criterion's masks of one density, over replicates.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeuristicPoint {
    /// The criterion that made the masks.
    pub criterion: String,
    /// What the untrained weights are.
    pub weights: FrozenWeights,
    /// The fraction of weights that masks keep.
    pub density: f64,
    /// Mean validation accuracy; `None` without a validation set.
    pub validation_accuracy: Option<f64>,
    /// Mean test accuracy.
    pub mean: f64,
    /// The deviation of the test accuracy over replicates (of a sample: n - 1); 0 for one.
    pub deviation: f64,
    /// The least test accuracy.
    pub min: f64,
    /// The greatest test accuracy.
    pub max: f64,
}

/// Means over replicates, in the order of the first replicate's rows.
pub fn heuristic_points(rows: &[HeuristicRow]) -> Vec<HeuristicPoint> {
    let Some(first) = rows.first() else { return Vec::new() };
    let of = |replicate: u32| rows.iter().filter(move |row| row.replicate == replicate);
    let mut replicates: Vec<u32> = rows.iter().map(|row| row.replicate).collect();
    replicates.dedup();
    // Every replicate has the same rows in the same order.
    let columns: Vec<Vec<&HeuristicRow>> =
        replicates.iter().map(|&replicate| of(replicate).collect()).collect();
    let point = |(place, row): (usize, &HeuristicRow)| {
        let same: Vec<&HeuristicRow> =
            columns.iter().filter_map(|column| column.get(place).copied()).collect();
        let tested = Sample::of(same.iter().map(|row| row.test_accuracy));
        let of_test = |figure: fn(&Sample) -> f64| tested.as_ref().map_or(f64::NAN, figure);
        let validation: Option<Vec<f64>> = same.iter().map(|row| row.validation_accuracy).collect();
        HeuristicPoint {
            criterion: row.criterion.clone(),
            weights: row.weights,
            density: row.density.get(),
            validation_accuracy: validation.and_then(Sample::of).map(|sample| sample.mean()),
            mean: of_test(Sample::mean),
            deviation: of_test(|sample| sample.standard_deviation().unwrap_or(0.0)),
            min: of_test(Sample::min),
            max: of_test(Sample::max),
        }
    };
    of(first.replicate).enumerate().map(point).collect()
}

/// The best density of each criterion and kind of weights: that of the highest mean validation accuracy, so that nothing is
/// selected on test data; without a validation set that of the highest mean test accuracy, as in Zhou et al. 2019. Of equals the
/// densest, by falling test accuracy.
pub fn best_points(points: &[HeuristicPoint]) -> Vec<HeuristicPoint> {
    let rank = |point: &HeuristicPoint| point.validation_accuracy.unwrap_or(point.mean);
    let mut best: Vec<HeuristicPoint> = Vec::new();
    for point in points {
        let same = best
            .iter_mut()
            .find(|other| other.criterion == point.criterion && other.weights == point.weights);
        match same {
            Some(other) if rank(point) > rank(other) => *other = point.clone(),
            Some(_) => {}
            None => best.push(point.clone()),
        }
    }
    best.sort_by(|a, b| b.mean.total_cmp(&a.mean));
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use lth_model::Density;

    fn row(
        replicate: u32,
        criterion: &str,
        density: f64,
        validation: Option<f64>,
        test: f64,
    ) -> HeuristicRow {
        HeuristicRow {
            replicate,
            criterion: criterion.to_owned(),
            weights: FrozenWeights::Initial,
            density: Density::new(density).unwrap(),
            validation_accuracy: validation,
            test_accuracy: test,
        }
    }

    #[test]
    fn the_best_density_is_chosen_on_validation_and_reported_on_test() {
        let rows = [
            row(0, "a", 0.8, Some(0.5), 0.4),
            row(0, "a", 0.5, Some(0.7), 0.3),
            row(0, "b", 0.8, Some(0.1), 0.9),
            row(1, "a", 0.8, Some(0.6), 0.6),
            row(1, "a", 0.5, Some(0.7), 0.5),
            row(1, "b", 0.8, Some(0.1), 0.8),
        ];
        let points = heuristic_points(&rows);
        assert_eq!(points.len(), 3);
        assert!((points[0].mean - 0.5).abs() < 1e-12 && (points[0].deviation - 0.02f64.sqrt()).abs() < 1e-12);
        assert_eq!((points[0].min, points[0].max), (0.4, 0.6));
        let best = best_points(&points);
        let names: Vec<(&str, f64)> =
            best.iter().map(|point| (point.criterion.as_str(), point.density)).collect();
        assert_eq!(names, [("b", 0.8), ("a", 0.5)]);
    }

    #[test]
    fn without_validation_the_test_set_decides() {
        let rows = [row(0, "a", 0.8, None, 0.4), row(0, "a", 0.5, None, 0.7), row(0, "a", 0.4, None, 0.7)];
        assert_eq!(best_points(&heuristic_points(&rows))[0].density, 0.5);
    }
}

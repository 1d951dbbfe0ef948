//! Which cell of a row is the best, and which are not told apart from it.

use std::collections::BTreeMap;

use lth_model::Seed;
use lth_stats::{Paired, Sample, holm};

use crate::{Better, Statistic};

/// Differences with a smaller probability are no noise.
const SIGNIFICANT: f64 = 0.05;

/// What a cell is among those of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mark {
    /// The best one, by what is shown of its values.
    Best,
    /// Its difference to the best one may be noise: by a paired t test over common seeds, corrected for the cells of the row (Holm), its
    /// probability is 0.05 or more.
    Noise,
    /// Less than two seeds in common with the best one, so that nothing can be tested.
    Untested,
    /// Told apart from the best one, or nothing to tell.
    #[default]
    None,
}

/// The marks of a row, from the values of each cell by seed; `None` for an empty cell.
pub(crate) fn marks(row: &[Option<BTreeMap<Seed, f64>>], statistic: Statistic, better: Better) -> Vec<Mark> {
    let mut marks = vec![Mark::None; row.len()];
    let sign = match better {
        Better::Higher => 1.0,
        Better::Lower => -1.0,
        Better::Neither => return marks,
    };
    let shown = |cell: &BTreeMap<Seed, f64>| {
        Sample::of(cell.values().copied()).map_or(f64::NAN, |sample| statistic.of(&sample))
    };
    let values =
        row.iter().enumerate().filter_map(|(place, cell)| Some((place, sign * shown(cell.as_ref()?))));
    let values: Vec<(usize, f64)> = values.filter(|(_, value)| value.is_finite()).collect();
    let Some(&(best, best_value)) = values.iter().max_by(|a, b| a.1.total_cmp(&b.1)) else { return marks };
    // Where all are the same there is no best one.
    if values.iter().all(|(_, value)| *value == best_value) {
        return marks;
    }
    let leader = row[best].as_ref().expect("it has a value");
    let p: Vec<f64> = row
        .iter()
        .enumerate()
        .map(|(place, cell)| match cell {
            // What is the same training is no comparison.
            Some(cell) if place != best && cell != leader => {
                let pairs = cell.iter().filter_map(|(seed, value)| Some([*value, *leader.get(seed)?]));
                let test = Paired::of(pairs).filter(|paired| paired.differences().count() > 1);
                if test.is_none() {
                    marks[place] = Mark::Untested;
                }
                // Without any difference there is none beyond noise.
                test.map_or(f64::NAN, |paired| paired.t_test().map_or(1.0, |test| test.p))
            }
            _ => f64::NAN,
        })
        .collect();
    for (mark, p) in marks.iter_mut().zip(holm(&p)) {
        if p >= SIGNIFICANT {
            *mark = Mark::Noise;
        }
    }
    values.iter().filter(|(_, value)| *value == best_value).for_each(|(place, _)| marks[*place] = Mark::Best);
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    type Cell = Option<BTreeMap<Seed, f64>>;

    fn cell(values: &[f64]) -> Cell {
        let by_seed = values.iter().enumerate().map(|(seed, value)| (Seed(seed as u64), *value));
        (!values.is_empty()).then(|| by_seed.collect())
    }

    #[test]
    fn what_is_as_good_within_noise_is_marked() {
        let row = [
            cell(&[0.980, 0.982, 0.981]),
            cell(&[0.979, 0.984, 0.979]),
            cell(&[0.950, 0.951, 0.952]),
            cell(&[]),
            cell(&[0.97]),
        ];
        let expected = [Mark::Best, Mark::Noise, Mark::None, Mark::None, Mark::Untested];
        assert_eq!(marks(&row, Statistic::Mean, Better::Higher), expected);
        let lower = marks(&row, Statistic::Mean, Better::Lower);
        assert_eq!((lower[2], lower[0]), (Mark::Best, Mark::None));
        assert_eq!(marks(&row, Statistic::Mean, Better::Neither), [Mark::None; 5]);
    }

    #[test]
    fn a_cell_alone_is_not_the_best() {
        assert_eq!(marks(&[cell(&[0.5, 0.6]), None], Statistic::Mean, Better::Higher), [Mark::None; 2]);
    }

    #[test]
    fn equal_cells_are_not_told_apart() {
        let row = [cell(&[0.5, 0.6]), cell(&[0.5, 0.6])];
        assert_eq!(marks(&row, Statistic::Mean, Better::Higher), [Mark::None; 2]);
        let row = [cell(&[0.5, 0.6]), cell(&[0.1, 0.2]), cell(&[0.6, 0.5])];
        assert_eq!(marks(&row, Statistic::Mean, Better::Higher), [Mark::Best, Mark::Noise, Mark::Best]);
    }
}

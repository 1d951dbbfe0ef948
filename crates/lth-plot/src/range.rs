//! Which part of an axis to show: everything that is drawn, unless the user asks for less.

/// The range of a linear axis, everything drawn inside of it. Where most of a curve lies close to one end of a wide range, the axis is broken: two
/// scales meet at a value, and the part in which that curve lies has the finer one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LinearRange {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) broken: Option<Break>,
}

/// Where the two scales of a broken axis meet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Break {
    pub(super) at: f64,
    /// The end with the finer scale.
    pub(super) fine: End,
}

/// An end of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Low,
    High,
}

/// What decides the range of an axis besides the values.
#[derive(Debug, Clone, Copy)]
pub(super) struct RangeRule {
    /// Near which end a curve's details are: accuracies of good networks are close to the highest, errors to the lowest.
    pub(super) details: End,
    /// The axis is never shorter: differences that mean nothing would look like a result.
    pub(super) least: f64,
    /// A part with a scale of its own is never shorter.
    pub(super) least_fine: f64,
    /// That part reaches so many times further, as far as there are other values: curves that part there are seen to part.
    pub(super) neighbours: f64,
    /// Values between which all possible ones lie, so that an axis of equal values does not leave them.
    pub(super) possible: (f64, f64),
}

impl RangeRule {
    /// Accuracies in percent.
    pub(super) const ACCURACY: Self =
        Self { details: End::High, least: 0.4, least_fine: 1.5, neighbours: 1.0, possible: (0.0, 100.0) };
    /// Errors in percent.
    pub(super) const ERROR: Self =
        Self { details: End::Low, least: 0.5, least_fine: 0.5, neighbours: 1.0, possible: (0.0, 100.0) };
    /// Counts of iterations.
    pub(super) const ITERATIONS: Self = Self {
        details: End::Low,
        least: 1.0,
        least_fine: 1.0,
        neighbours: 1.0,
        possible: (0.0, f64::INFINITY),
    };
}

/// The part of a curve that must be close to an end of the axis for its details to have a scale of their own.
const MOST: f64 = 0.7;
/// Room for the rest of that curve, in distances of the part above from the end.
const ROOM: f64 = 2.5;
/// The axis is broken where it is so many times longer than the part with the finer scale would be.
const SQUEEZED: f64 = 5.0;
/// A curve of fewer values says nothing of where its details are.
const FEWEST: usize = 3;
/// Space beyond the outermost values, so that their markers lie inside of the frame, in lengths of the axis.
const PAD: f64 = 0.05;

/// The range of `curves`, a slice of values each, and of what else is drawn. `None` when there is no finite value.
pub(super) fn linear_range(curves: &[Vec<f64>], others: &[f64], rule: RangeRule) -> Option<LinearRange> {
    let all = sorted(&[&curves.concat(), others].concat());
    let (lowest, highest) = (*all.first()?, *all.last()?);
    let end = if rule.details == End::High { highest } else { lowest };
    let reach = |curve: &Vec<f64>| {
        let distances = sorted(&curve.iter().map(|value| (value - end).abs()).collect::<Vec<_>>());
        let most = (MOST * distances.len() as f64).ceil() as usize;
        (distances.len() >= FEWEST).then(|| distances[most - 1])
    };
    let fine = curves.iter().filter_map(reach).fold(f64::INFINITY, f64::min) * ROOM;
    let fine = fine.max(rule.least_fine);
    let most = (rule.neighbours * fine).min((highest - lowest) / SQUEEZED);
    let distances = all.iter().map(|value| (value - end).abs());
    let fine = distances.filter(|distance| *distance <= most).fold(fine, f64::max);
    let broken = (highest - lowest >= SQUEEZED * fine).then(|| Break {
        at: if rule.details == End::High { highest - fine } else { lowest + fine },
        fine: rule.details,
    });
    Some(padded(lowest, highest, broken, rule))
}

/// The range from 0 to the highest value, broken at `at` where that part would be squeezed otherwise.
pub(super) fn range_from_zero(values: &[f64], least: f64, at: Option<f64>) -> Option<LinearRange> {
    let highest = sorted(values).last()?.max(least);
    let broken = at.filter(|at| highest >= SQUEEZED * at).map(|at| Break { at, fine: End::Low });
    let rule = RangeRule {
        details: End::Low,
        least,
        least_fine: 0.0,
        neighbours: 1.0,
        possible: (0.0, f64::INFINITY),
    };
    Some(padded(0.0, highest, broken, rule))
}

/// At least as long as the rule says, and with room for markers at the ends.
fn padded(lowest: f64, highest: f64, broken: Option<Break>, rule: RangeRule) -> LinearRange {
    let lack = (rule.least - (highest - lowest)).max(0.0) / 2.0;
    let (mut low, mut high) = (lowest - lack, highest + lack);
    let (floor, ceiling) = rule.possible;
    // What would be beyond what is possible is added at the other end.
    let below = (floor.min(lowest) - low).max(0.0);
    let above = (high - ceiling.max(highest)).max(0.0);
    (low, high) = (low + below - above, high + below - above);
    let lengths = match broken {
        Some(Break { at, .. }) => (at - low, high - at),
        None => (high - low, high - low),
    };
    LinearRange { low: low - PAD * lengths.0, high: high + PAD * lengths.1, broken }
}

/// The range of a logarithmic axis over the values above 0.
pub(super) fn log_range(values: &[f64]) -> Option<(f64, f64)> {
    let positive: Vec<f64> = sorted(values).into_iter().filter(|value| *value > 0.0).collect();
    let (low, high) = (*positive.first()?, *positive.last()?);
    let pad = (0.06 * (high.ln() - low.ln())).exp().max(1.1);
    Some(((low / pad).max(f64::MIN_POSITIVE), (high * pad).min(f64::MAX)))
}

/// The same, at most so many decades below the greatest value: rates that go to 0 would take the whole axis.
pub(super) fn log_range_within(values: &[f64], decades: f64) -> Option<(f64, f64)> {
    let greatest = *sorted(values).last()?;
    let near: Vec<f64> =
        values.iter().copied().filter(|value| *value >= greatest / 10f64.powf(decades)).collect();
    log_range(&near)
}

/// The range of a logarithmic axis of densities.
pub(super) fn density_range(densities: &[f64]) -> Option<(f64, f64)> {
    let sorted = sorted(densities);
    let (low, high) = (*sorted.first()?, *sorted.last()?);
    if high / low < 1.05 {
        return Some((low / 1.6, high * 1.6));
    }
    let pad = (high / low).powf(0.03);
    Some((low / pad, high * pad))
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    finite.sort_by(f64::total_cmp);
    finite
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accuracy(curves: &[&[f64]], others: &[f64]) -> LinearRange {
        let curves: Vec<Vec<f64>> = curves.iter().map(|curve| curve.to_vec()).collect();
        linear_range(&curves, others, RangeRule::ACCURACY).unwrap()
    }

    #[test]
    fn values_close_together_have_one_scale() {
        let range = accuracy(&[&[98.0, 98.2, 98.3, 98.4, 97.0]], &[95.0]);
        assert!(range.broken.is_none() && range.low < 95.0 && range.high > 98.4, "{range:?}");
        let range = accuracy(&[&[97.0, 90.0, 70.0, 40.0, 11.0]], &[]);
        assert!(range.broken.is_none() && range.low < 11.0, "a fall all the way has no details: {range:?}");
    }

    #[test]
    fn a_curve_that_stays_at_the_top_has_a_finer_scale_than_one_that_falls() {
        let range = accuracy(&[&[98.0, 98.2, 98.3, 98.4, 97.0], &[97.0, 90.0, 70.0, 40.0, 11.0]], &[]);
        let Break { at, fine } = range.broken.unwrap();
        assert!((95.0..97.0).contains(&at) && fine == End::High && range.low < 11.0, "{range:?}");
    }

    #[test]
    fn a_flat_path_beside_a_hill_has_a_finer_scale() {
        let flat = vec![1.8, 1.82, 1.85, 1.82, 1.8];
        let hill = vec![1.7, 30.0, 60.0, 30.0, 1.7];
        let range = linear_range(&[flat, hill], &[], RangeRule::ERROR).unwrap();
        let Break { at, fine } = range.broken.unwrap();
        assert!((2.0..3.0).contains(&at) && fine == End::Low && range.high > 60.0, "{range:?}");
    }

    #[test]
    fn equal_values_still_have_a_range_of_what_is_possible() {
        let range = accuracy(&[&[98.0, 98.0]], &[]);
        assert!(range.low < 98.0 && range.high > 98.0 && range.high - range.low >= 0.4);
        let range = accuracy(&[&[100.0]], &[]);
        assert!(range.high < 100.1 && range.low < 99.7, "{range:?}");
        let range = linear_range(&[vec![0.0]], &[], RangeRule::ITERATIONS).unwrap();
        assert!(range.low > -0.1 && range.high > 0.9, "{range:?}");
    }

    #[test]
    fn barriers_start_at_zero_and_large_ones_do_not_hide_small_ones() {
        let range = range_from_zero(&[0.05, 0.02], 0.5, Some(2.5)).unwrap();
        assert!(range.broken.is_none() && range.high < 0.6 && range.low < 0.0, "{range:?}");
        let range = range_from_zero(&[80.0, 0.05], 0.5, Some(2.5)).unwrap();
        assert_eq!(range.broken, Some(Break { at: 2.5, fine: End::Low }));
        assert!(range.high > 80.0);
    }

    #[test]
    fn without_finite_values_there_is_no_range() {
        assert_eq!(linear_range(&[vec![f64::NAN]], &[f64::INFINITY], RangeRule::ACCURACY), None);
        assert_eq!(range_from_zero(&[f64::NAN], 0.5, None), None);
        assert_eq!(log_range(&[0.0, -1.0]), None);
    }

    #[test]
    fn logarithmic_ranges_hold_everything_above_zero() {
        let losses = [2.3, 0.4, 1e-3, 1e-7, 0.0];
        let (low, high) = log_range(&losses).unwrap();
        assert!(high > 2.3 && low < 1e-7, "{low} {high}");
        let (low, high) = log_range(&[1e-300, 1e300]).unwrap();
        assert!(low > 0.0 && high.is_finite());
        let (low, _) = log_range_within(&[0.1, 0.01, 1e-9, 0.0], 3.0).unwrap();
        assert!(low > 1e-3, "{low}");
    }
}

//! Which part of an axis to show.

/// The range of values in percent that shows what matters: everything, unless some of it lies so far below the bulk that
/// the bulk would be squeezed.
///
/// `core` are the means of what the figure is about, `all` everything that is drawn. Nothing is cut off within `reach`
/// percentage points of the core's best, nor within `factor` times the distance of the core's median from its best.
/// `None` when there is no finite value.
pub(super) fn percent_range(core: &[f64], all: &[f64], reach: f64, factor: f64) -> Option<(f64, f64)> {
    let all = sorted(all);
    let core = if core.iter().any(|value| value.is_finite()) { sorted(core) } else { all.clone() };
    let (lowest, highest) = (*all.first()?, *all.last()?);
    let (median, best) = (core[core.len() / 2], *core.last()?);
    let floor = best - reach.max(factor * (best - median));
    let low = lowest.max(floor).min(best);
    // Never so near that rounding errors would look like a result.
    let (low, high) = widened(low, highest, 0.4);
    let pad = (high - low) * 0.05;
    Some((low - pad, high + pad))
}

/// The range from 0 to the greatest value, unless that is more than four times the greatest of `core`.
pub(super) fn range_from_zero(core: &[f64], all: &[f64]) -> Option<(f64, f64)> {
    let all = sorted(all);
    let core = if core.iter().any(|value| value.is_finite()) { sorted(core) } else { all.clone() };
    let high = all.last()?.min(4.0 * core.last()?);
    Some((0.0, if high > 0.0 { high * 1.06 } else { 1.0 }))
}

/// The range of a logarithmic axis over the values above 0, at most so many decades below and above their median.
pub(super) fn log_range(values: &[f64], (below, above): (f64, f64)) -> Option<(f64, f64)> {
    let positive: Vec<f64> = sorted(values).into_iter().filter(|value| *value > 0.0).collect();
    let median = positive.get(positive.len() / 2)?;
    let (least, greatest) = (median / 10f64.powf(below), median * 10f64.powf(above));
    let (low, high) = (positive[0].max(least), positive[positive.len() - 1].min(greatest));
    let pad = (high / low).powf(0.06).max(1.1);
    Some((low / pad, high * pad))
}

/// The range of a logarithmic axis of losses in nats: up to the greatest, but not above 1 (a training starts at chance,
/// where nothing is to be seen) unless most are; down to the least, but no further than four decades (a network that
/// has learned its training data by heart has next to no loss).
pub(super) fn loss_range(losses: &[f64]) -> Option<(f64, f64)> {
    let positive: Vec<f64> = sorted(losses).into_iter().filter(|loss| *loss > 0.0).collect();
    let median = positive.get(positive.len() / 2)?;
    let high = positive[positive.len() - 1].min((3.0 * median).max(1.0));
    let low = positive[0].max(high / 1e4);
    let pad = (high / low).powf(0.04).max(1.05);
    Some((low / pad, high * pad))
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

fn widened(low: f64, high: f64, least: f64) -> (f64, f64) {
    let lack = (least - (high - low)).max(0.0) / 2.0;
    (low - lack, high + lack)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_within_reach_is_shown_and_one_far_off_is_not() {
        let tickets = [98.0, 98.2, 98.3, 98.4, 97.0];
        let (low, _) = percent_range(&tickets, &[&tickets[..], &[95.0]].concat(), 5.0, 12.0).unwrap();
        assert!(low < 95.0 && low > 94.0, "{low}");
        let (low, high) = percent_range(&tickets, &[&tickets[..], &[11.0]].concat(), 5.0, 12.0).unwrap();
        assert!(low > 92.0 && high < 99.0, "{low} {high}");
    }

    #[test]
    fn equal_values_still_have_a_range() {
        let (low, high) = percent_range(&[98.0], &[98.0], 5.0, 12.0).unwrap();
        assert!(low < 98.0 && high > 98.0 && high - low >= 0.4);
        assert_eq!(range_from_zero(&[0.0], &[0.0]), Some((0.0, 1.0)));
    }

    #[test]
    fn without_finite_values_there_is_no_range() {
        assert_eq!(percent_range(&[f64::NAN], &[f64::INFINITY], 5.0, 12.0), None);
        assert_eq!(range_from_zero(&[], &[f64::NAN]), None);
        assert_eq!(log_range(&[0.0, -1.0], (4.0, 4.0)), None);
    }

    #[test]
    fn losses_show_the_middle_of_a_training() {
        let (low, high) = loss_range(&[2.3, 0.4, 0.1, 1e-3, 1e-4, 1e-7, 0.0]).unwrap();
        assert!(high > 1.0 && high < 2.3 && low < 1.01e-4 && low > 1e-5, "{low} {high}");
        let (low, high) = loss_range(&[2.3, 2.2, 2.1]).unwrap();
        assert!(low < 2.1 && high > 2.3, "an untrained network is shown whole");
        assert_eq!(loss_range(&[0.0, f64::NAN]), None);
    }

    #[test]
    fn a_log_axis_is_not_stretched_by_one_value() {
        let (low, high) = log_range(&[1e-300, 0.1, 0.2, 0.3, 1e300], (4.0, 4.0)).unwrap();
        assert!(low > 1e-6 && high < 1e5, "{low} {high}");
    }
}

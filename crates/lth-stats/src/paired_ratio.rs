//! Ratios over replicates.

/// How two figures compare over replicates, such as early-stop iterations of dense network and ticket.
///
/// The mean of ratios and the ratio of means differ, the more the larger the spread between seeds; both are reported,
/// with the extremes.
///
/// ```
/// use lth_stats::PairedRatio;
/// let ratio = PairedRatio::of(&[2.0, 9.0], &[1.0, 3.0]).unwrap();
/// assert_eq!((ratio.of_means, ratio.mean_of_ratios), (2.75, 2.5));
/// assert_eq!((ratio.min, ratio.max), (2.0, 3.0));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PairedRatio {
    /// Mean of the numerators over mean of the denominators.
    pub of_means: f64,
    /// Mean of each replicate's ratio.
    pub mean_of_ratios: f64,
    /// The smallest ratio.
    pub min: f64,
    /// The largest ratio.
    pub max: f64,
    /// Each replicate's ratio.
    pub each: Vec<f64>,
}

impl PairedRatio {
    /// Numerators and denominators of the same replicates, in the same order; `None` when there are none, their numbers
    /// differ, or a denominator is not positive.
    ///
    /// How many times faster a ticket learns: dense (or control) iterations over the ticket's. How much earlier it stops:
    /// 1 minus the ticket's over the dense network's.
    pub fn of(numerators: &[f64], denominators: &[f64]) -> Option<Self> {
        if numerators.is_empty()
            || numerators.len() != denominators.len()
            || !denominators.iter().all(|&value| value > 0.0)
        {
            return None;
        }
        let each: Vec<f64> =
            numerators.iter().zip(denominators).map(|(above, below)| above / below).collect();
        Some(Self {
            of_means: numerators.iter().sum::<f64>() / denominators.iter().sum::<f64>(),
            mean_of_ratios: each.iter().sum::<f64>() / each.len() as f64,
            min: each.iter().copied().fold(f64::INFINITY, f64::min),
            max: each.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            each,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Early-stop iterations of the five-seed replication of LeNet on MNIST, and the figures it printed.
    #[test]
    fn gives_the_figures_of_a_published_replication() {
        let dense = [7500.0, 4100.0, 3900.0, 4700.0, 4400.0];
        let ticket = [4000.0, 4100.0, 4000.0, 2600.0, 3600.0];
        let reinit = [6700.0, 6300.0, 7000.0, 8300.0, 5600.0];
        let percent = |ratio: f64| (1000.0 * (1.0 - ratio)).round() / 10.0;

        let earlier = PairedRatio::of(&ticket, &dense).unwrap();
        assert_eq!((percent(earlier.of_means), percent(earlier.mean_of_ratios)), (25.6, 21.4));
        let each: Vec<f64> = earlier.each.iter().map(|&ratio| percent(ratio)).collect();
        assert_eq!(each, [46.7, 0.0, -2.6, 44.7, 18.2]);

        let slower = PairedRatio::of(&reinit, &ticket).unwrap();
        assert_eq!((100.0 * slower.mean_of_ratios).round(), 194.0);
    }

    #[test]
    fn refuses_what_has_no_ratio() {
        assert_eq!(PairedRatio::of(&[], &[]), None);
        assert_eq!(PairedRatio::of(&[1.0], &[1.0, 2.0]), None);
        assert_eq!(PairedRatio::of(&[1.0, 1.0], &[1.0, 0.0]), None);
        assert_eq!(PairedRatio::of(&[1.0], &[f64::NAN]), None);
    }
}

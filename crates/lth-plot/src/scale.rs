//! From values to positions: linear and logarithmic scales and their ticks.

use super::format;

/// How values are spread over an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Spread {
    Linear,
    /// Values must be above 0; others lie far outside of the axis.
    Log,
    /// Two linear scales that meet at a value, with a gap between them.
    Broken {
        /// The value.
        at: f64,
        /// The part of the axis that lies below it, with half of the gap.
        below: f64,
    },
}

/// The gap between the two scales of a broken axis.
pub(super) const GAP: f64 = 12.0;

/// A map from values to positions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    pub(super) spread: Spread,
    /// The value at `start`.
    pub(super) low: f64,
    /// The value at `end`.
    pub(super) high: f64,
    /// Where the axis starts; greater than `end` for an axis that runs against the coordinates.
    pub(super) start: f64,
    /// Where the axis ends.
    pub(super) end: f64,
}

impl Scale {
    /// Where a value lies; values off the axis lie outside of it, by at most ten times its length.
    pub(super) fn position(&self, value: f64) -> f64 {
        let part = match self.spread {
            Spread::Linear => (value - self.low) / (self.high - self.low),
            Spread::Log if value > 0.0 => (value.ln() - self.low.ln()) / (self.high.ln() - self.low.ln()),
            Spread::Log => -10.0,
            Spread::Broken { at, below } => {
                let gap = 0.5 * GAP / (self.end - self.start).abs();
                if value < at {
                    (value - self.low) / (at - self.low) * (below - gap)
                } else {
                    let above = below + gap;
                    above + (value - at) / (self.high - at) * (1.0 - above)
                }
            }
        };
        // An axis without length, by rounding, has its middle only.
        let part = if part.is_nan() { 0.5 } else { part.clamp(-10.0, 10.0) };
        self.start + part * (self.end - self.start)
    }

    /// Where the gap of a broken axis lies: its ends towards `start` and towards `end`.
    pub(super) fn gap(&self) -> Option<(f64, f64)> {
        let Spread::Broken { below, .. } = self.spread else { return None };
        let half = 0.5 * GAP * (self.end - self.start).signum();
        let middle = self.start + below * (self.end - self.start);
        Some((middle - half, middle + half))
    }

    /// Whether a value lies on the axis.
    pub(super) fn contains(&self, value: f64) -> bool {
        (self.low.min(self.high)..=self.low.max(self.high)).contains(&value)
    }
}

/// A place on an axis with its text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) value: f64,
    pub(super) label: String,
}

/// Ticks at multiples of 1, 2, 2.5 or 5 times a power of ten inside of [low, high], about `count` of them.
pub(super) fn linear_ticks(low: f64, high: f64, count: usize) -> Vec<Tick> {
    let rough = (high - low) / count.max(1) as f64;
    if !(rough.is_finite() && rough > 0.0) {
        return Vec::new();
    }
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .map(|factor| factor * power)
        .into_iter()
        .find(|step| *step >= rough * 0.999);
    let step = step.unwrap_or(10.0 * power);
    let is_whole = |decimals: &usize| {
        let shifted = step * 10f64.powi(*decimals as i32);
        (shifted - shifted.round()).abs() < 1e-6 * shifted
    };
    let decimals = (0..=12).find(is_whole).unwrap_or(12);
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    (first..=last)
        .map(|index| index as f64 * step)
        .map(|value| Tick { value, label: format::grouped(value, decimals) })
        .collect()
}

/// Ticks of a logarithmic axis inside of [low, high], at most `count` of them: 1, 2 and 5 times powers of ten, only
/// the powers, or only some of the powers, and linear ones where the axis is shorter than that.
pub(super) fn log_ticks(low: f64, high: f64, count: usize) -> Vec<Tick> {
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let inside = |factors: &[f64], stride: i32| -> Vec<f64> {
        (first..=last)
            .filter(|power| power % stride == 0)
            .flat_map(|power| factors.iter().map(move |factor| factor * 10f64.powi(power)))
            .filter(|value| (low * 0.999_999..=high * 1.000_001).contains(value))
            .collect()
    };
    let mut values = inside(&[1.0, 2.0, 5.0], 1);
    let mut stride = 1;
    while values.len() > count.max(2) && stride <= last - first {
        values = inside(&[1.0], stride);
        stride += 1;
    }
    if values.len() < 2 {
        return linear_ticks(low, high, count.min(5));
    }
    values.into_iter().map(|value| Tick { value, label: format::short(value) }).collect()
}

/// [`log_ticks`], or where these are fewer than four on a short axis, [`linear_ticks`].
pub(super) fn close_ticks(low: f64, high: f64, count: usize) -> Vec<Tick> {
    let ticks = log_ticks(low, high, count);
    if ticks.len() < 4 && high < 20.0 * low { linear_ticks(low, high, count.min(6)) } else { ticks }
}

/// Of ticks in order along an axis, those whose texts keep a distance of `gap`: every n-th from the first, for the least
/// n up to 5 that will do, or else as many as fit; and the last. `extent` is the length of a text along the axis.
pub(super) fn thin_out(ticks: Vec<Tick>, scale: &Scale, gap: f64, extent: impl Fn(&str) -> f64) -> Vec<Tick> {
    let fits = |a: &Tick, b: &Tick| {
        let distance = (scale.position(a.value) - scale.position(b.value)).abs();
        distance >= f64::midpoint(extent(&a.label), extent(&b.label)) + gap
    };
    let Some((last, before)) = ticks.split_last() else {
        return ticks;
    };
    let even = (1..=5)
        .map(|stride| before.iter().step_by(stride).cloned().collect::<Vec<_>>())
        .find(|kept| kept.windows(2).all(|pair| fits(&pair[0], &pair[1])));
    let mut kept = even.unwrap_or_else(|| {
        let mut kept: Vec<Tick> = Vec::new();
        for tick in before {
            if kept.last().is_none_or(|previous| fits(previous, tick)) {
                kept.push(tick.clone());
            }
        }
        kept
    });
    while kept.len() > 1 && !fits(&kept[kept.len() - 1], last) {
        kept.pop();
    }
    if kept.last().is_none_or(|previous| fits(previous, last)) {
        kept.push(last.clone());
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn linear_ticks_are_round_and_inside() {
        assert_eq!(labels(&linear_ticks(96.3, 98.5, 5)), ["96.5", "97.0", "97.5", "98.0", "98.5"]);
        assert_eq!(
            labels(&linear_ticks(0.0, 50_000.0, 5)),
            ["0", "10,000", "20,000", "30,000", "40,000", "50,000"]
        );
        assert_eq!(labels(&linear_ticks(0.0, 1.0, 4)), ["0.00", "0.25", "0.50", "0.75", "1.00"]);
        assert_eq!(labels(&linear_ticks(0.0, 100.0, 4)), ["0", "25", "50", "75", "100"]);
        assert_eq!(labels(&linear_ticks(0.0, 10.0, 4)), ["0.0", "2.5", "5.0", "7.5", "10.0"]);
        assert_eq!(labels(&linear_ticks(97.8, 98.1, 3)), ["97.8", "97.9", "98.0", "98.1"]);
        assert!(linear_ticks(1.0, 1.0, 5).is_empty());
        assert!(linear_ticks(0.0, f64::INFINITY, 5).is_empty());
    }

    #[test]
    fn log_ticks_never_crowd_and_never_vanish() {
        assert_eq!(labels(&log_ticks(0.012, 1.1, 8)), ["0.02", "0.05", "0.1", "0.2", "0.5", "1"]);
        assert_eq!(labels(&log_ticks(0.0011, 12.0, 5)), ["0.01", "0.1", "1", "10"]);
        assert!(log_ticks(1e-300, 1e300, 6).len() <= 6);
        assert!(log_ticks(0.061, 0.069, 6).len() >= 2);
    }

    #[test]
    fn short_logarithmic_axes_have_ticks_enough() {
        assert_eq!(labels(&close_ticks(50.0, 100.0, 8)), ["50", "60", "70", "80", "90", "100"]);
        assert_eq!(labels(&close_ticks(2.0, 100.0, 8)), ["2", "5", "10", "20", "50", "100"]);
    }

    #[test]
    fn positions_run_from_start_to_end_and_stay_finite() {
        let scale = Scale { spread: Spread::Log, low: 1.0, high: 0.01, start: 100.0, end: 300.0 };
        assert_eq!((scale.position(1.0), scale.position(0.01)), (100.0, 300.0));
        assert!((scale.position(0.1) - 200.0).abs() < 1e-9);
        assert!(scale.position(0.0).is_finite() && scale.position(1e300).is_finite());
    }

    #[test]
    fn a_broken_axis_has_two_scales_and_a_gap() {
        let spread = Spread::Broken { at: 90.0, below: 0.4 };
        let scale = Scale { spread, low: 0.0, high: 100.0, start: 300.0, end: 0.0 };
        let (lower, upper) = scale.gap().unwrap();
        assert_eq!((lower, upper), (180.0 + GAP / 2.0, 180.0 - GAP / 2.0));
        for (value, place) in [(0.0, 300.0), (90.0, upper), (100.0, 0.0), (45.0, f64::midpoint(300.0, lower))]
        {
            assert!((scale.position(value) - place).abs() < 1e-9, "{value}");
        }
        assert!((scale.position(90.0 - 1e-9) - lower).abs() < 1e-6);
    }

    #[test]
    fn thinned_ticks_keep_their_distance_and_the_ends() {
        let scale = Scale { spread: Spread::Log, low: 1.0, high: 0.01, start: 0.0, end: 600.0 };
        let ticks: Vec<Tick> = (0..21)
            .map(|k| 0.8f64.powi(k))
            .map(|value| Tick { value, label: format::percent(value) })
            .collect();
        let kept = thin_out(ticks.clone(), &scale, 10.0, |_| 40.0);
        assert_eq!((kept.first(), kept.last()), (ticks.first(), ticks.last()));
        assert!(
            kept.windows(2).all(|pair| scale.position(pair[1].value) - scale.position(pair[0].value) >= 50.0)
        );
        assert!(kept.len() >= 9);
    }
}

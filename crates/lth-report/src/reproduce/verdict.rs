//! What we find of a claim.

use std::fmt;

use lth_stats::{Interval, Paired, Sample};

use super::{Claim, Relation, Results, Series, SeriesPoint, XAxis, claim::Side};

/// A difference that counts as none: in points, and in percent of the other's value.
const SAME_POINTS: f64 = 0.5;
const SAME_PERCENT: f64 = 10.0;

/// What we find of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is so, beyond noise, and the published difference is within our interval or exceeded.
    Confirmed,
    /// It is so, beyond noise, and by less than was published.
    Partly,
    /// It is the other way round, beyond noise.
    Not,
    /// Noise hides it, or nothing is there to compare.
    CannotSay,
}

/// A claim with what we find.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimVerdict {
    /// The claim's words.
    pub text: String,
    /// The verdict.
    pub verdict: Verdict,
    /// What it rests on, in words.
    pub reason: String,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Confirmed => "confirmed",
            Self::Partly => "partly",
            Self::Not => "not",
            Self::CannotSay => "cannot say",
        })
    }
}

impl Claim {
    /// What our results say of it.
    pub fn judge(&self, results: &Results, x: XAxis) -> ClaimVerdict {
        let (verdict, reason) = match self.difference(results, x) {
            Ok(difference) => (self.verdict(&difference), self.words(&difference)),
            Err(reason) => (Verdict::CannotSay, reason),
        };
        ClaimVerdict { text: self.text.clone(), verdict, reason }
    }

    /// Differences paired by seed, in the claim's unit.
    fn difference(&self, results: &Results, x: XAxis) -> Result<Difference, String> {
        let series = results.series(self.metric);
        let own = point(&series, &self.of, x)?;
        let metric = self.metric;
        let (paired, base) = if let Side::Value(value) = self.against {
            let value = value / metric.factor();
            (Paired::of(own.by_seed.values().map(|&found| [found, value])), value)
        } else {
            let other = point(&series, &self.against, x)?;
            let pairs =
                own.by_seed.iter().filter_map(|(seed, value)| Some([*value, *other.by_seed.get(seed)?]));
            (Paired::of(pairs), other.sample().as_ref().map_or(f64::NAN, Sample::mean))
        };
        let paired = paired.ok_or("no seed has both")?;
        let (factor, unit) =
            if metric.factor() == 1.0 { (100.0 / base, "%") } else { (metric.factor(), "points") };
        Ok(Difference {
            mean: factor * paired.differences().mean(),
            interval: paired
                .interval()
                .map(|ends| Interval { low: factor * ends.low, high: factor * ends.high }),
            seeds: paired.differences().count(),
            unit,
        })
    }

    fn verdict(&self, difference: &Difference) -> Verdict {
        let Some(Interval { low, high }) = difference.interval else { return Verdict::CannotSay };
        let higher = low > 0.0;
        let lower = high < 0.0;
        let (holds, contradicts) = match self.is {
            Relation::Higher => (higher, lower),
            Relation::Lower => (lower, higher),
            Relation::NotLower => {
                let same = if difference.unit == "%" { SAME_PERCENT } else { SAME_POINTS };
                (low > -same, high < -same)
            }
        };
        let as_much = match (self.is, self.published) {
            (Relation::Higher, Some(published)) => published <= high,
            (Relation::Lower, Some(published)) => published >= low,
            _ => true,
        };
        match (holds, contradicts) {
            (true, _) if as_much => Verdict::Confirmed,
            (true, _) => Verdict::Partly,
            (_, true) => Verdict::Not,
            _ => Verdict::CannotSay,
        }
    }

    fn words(&self, difference: &Difference) -> String {
        let Difference { mean, interval, seeds, unit } = *difference;
        let within = interval.map_or_else(String::new, |ends| {
            format!(" (95 % interval {:+.2} to {:+.2})", ends.low, ends.high)
        });
        let published =
            self.published.map_or_else(String::new, |published| format!("; published {published:+} {unit}"));
        let word = if seeds == 1 { "seed" } else { "seeds" };
        format!("{mean:+.2} {unit}{within}, {seeds} {word}{published}")
    }
}

/// Our values of one side of a claim.
fn point<'a>(series: &'a [Series], side: &Side, x: XAxis) -> Result<&'a SeriesPoint, String> {
    let (name, place, at) = match side {
        Side::At(name, place) => {
            let at = match x {
                XAxis::Density => format!(" at {place} %"),
                XAxis::Iteration => format!(" at iteration {place}"),
                XAxis::None => String::new(),
            };
            (name, x.factor() * place, at)
        }
        Side::Named(name) => (name, 0.0, String::new()),
        Side::Value(value) => return Err(format!("{value} is no network of ours")),
    };
    let of_name = series.iter().find(|series| series.name == *name);
    of_name
        .and_then(|series| series.near(place))
        .ok_or_else(|| format!("there is no finished training of {name}{at}"))
}

/// A difference in the unit of a claim.
struct Difference {
    mean: f64,
    interval: Option<Interval>,
    seeds: usize,
    unit: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reproduce::of_stability::pair_of;

    fn verdict(is: Relation, published: Option<f64>, [low, high]: [f64; 2]) -> Verdict {
        let side = Side::At("ticket".to_owned(), 10.0);
        let claim = Claim {
            text: String::new(),
            metric: "test_accuracy".parse().unwrap(),
            of: side.clone(),
            against: side,
            is,
            published,
        };
        let interval = Some(Interval { low, high });
        claim.verdict(&Difference { mean: f64::midpoint(low, high), interval, seeds: 5, unit: "points" })
    }

    #[test]
    fn noise_decides_nothing() {
        for is in [Relation::Higher, Relation::Lower] {
            assert_eq!(verdict(is, Some(0.3), [-0.1, 0.4]), Verdict::CannotSay);
        }
        assert_eq!(verdict(Relation::NotLower, None, [-0.1, 0.4]), Verdict::Confirmed);
        assert_eq!(verdict(Relation::NotLower, None, [-1.1, 1.4]), Verdict::CannotSay);
    }

    #[test]
    fn less_than_was_published_is_confirmed_in_part() {
        assert_eq!(verdict(Relation::Higher, Some(0.3), [0.1, 0.4]), Verdict::Confirmed);
        assert_eq!(verdict(Relation::Higher, Some(0.3), [0.5, 0.9]), Verdict::Confirmed);
        assert_eq!(verdict(Relation::Higher, Some(0.3), [0.1, 0.2]), Verdict::Partly);
        assert_eq!(verdict(Relation::Lower, Some(-38.0), [-30.0, -10.0]), Verdict::Partly);
        assert_eq!(verdict(Relation::Higher, None, [0.1, 0.2]), Verdict::Confirmed);
    }

    #[test]
    fn a_value_is_something_to_be_compared_with() {
        let claim: Claim = toml::from_str(
            "text = \"stable\"\nmetric = \"test_barrier\"\nof = [\"dense\", 500]\nagainst = 2\nis = \"lower\"",
        )
        .unwrap();
        let mut results = Results::default();
        let none = claim.judge(&results, XAxis::Iteration);
        assert_eq!(none.verdict, Verdict::CannotSay);
        assert!(none.reason.contains("dense at iteration 500"), "{}", none.reason);
        results.add_pairs(
            "",
            XAxis::Iteration,
            &[1, 2, 3].map(|seed| pair_of(0, seed, [0, 1], 500, 0.001 * seed as f64)),
        );
        let found = claim.judge(&results, XAxis::Iteration);
        assert_eq!(found.verdict, Verdict::Confirmed);
        assert!(found.reason.starts_with("-1.80 points"), "{}", found.reason);
    }

    #[test]
    fn the_contrary_is_said() {
        assert_eq!(verdict(Relation::Higher, Some(0.3), [-0.4, -0.1]), Verdict::Not);
        assert_eq!(verdict(Relation::NotLower, None, [-0.9, -0.6]), Verdict::Not);
    }
}

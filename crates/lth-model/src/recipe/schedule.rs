//! The learning rate over a training.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::require;
use crate::{ParseError, Step};

/// The factor on the learning rate over a training of `T` iterations; iteration `i` counts from 0, the first update.
///
/// | schedule | factor | PyTorch |
/// |---|---|---|
/// | `Constant` | 1 | |
/// | `Milestones` | factor^(number of milestones <= i) | `MultiStepLR` |
/// | `Cosine` | end + (1 - end) (1 + cos(pi i / T)) / 2 | `CosineAnnealingLR(T_max=T)` |
/// | `Linear` | 1 + (end - 1) i / T | `LinearLR(1, end, total_iters=T)` |
/// | `Exponential` | factor^floor(i / every) | `ExponentialLR`, stepped once in `every` |
/// | `OneCycle` | from start to 1 at iteration peak T - 1, to end at T - 1, along half cosines | `OneCycleLR` |
/// | `Triangular` | the same along straight lines | `OneCycleLR(anneal_strategy="linear")` |
/// | `Warmup` of w | min(1, i / w) times the factor of the schedule after it | `LambdaLR` |
///
/// Under a warm-up, schedules that stretch over the training (`Cosine`, `Linear`, `OneCycle`, `Triangular`) begin at its
/// end, with `i - w` and `T - w` in place of `i` and `T`; `Milestones` and `Exponential` go on counting from iteration 0,
/// as the papers count them (Frankle and Carbin 2019: drops at 20,000 and 25,000 under a warm-up of 20,000). The very
/// first update under a warm-up has rate 0, also as in the papers.
///
/// A training that starts at a rewind point k starts at `i = k`: the schedule goes on, it does not begin again.
///
/// In text, for flags and messages: `constant`, `milestones:20000it,25000it,0.1`, `cosine`, `linear:0.01`,
/// `exponential:0.95,1ep`, `one-cycle:0.3`, `triangular`, and `warmup:10000it+` before any of them.
///
/// ```
/// use lth_model::Schedule;
/// let schedule: Schedule = "warmup:10it+milestones:2ep,0.1".parse().unwrap();
/// let factor = |iteration| schedule.factor(iteration, 20, 100); // 20 iterations an epoch, 100 in all
/// assert_eq!([factor(0), factor(5), factor(10), factor(39), factor(40)], [0.0, 0.5, 1.0, 1.0, 0.1]);
/// assert_eq!(schedule.to_string(), "warmup:10it+milestones:2ep,0.1");
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Schedule {
    /// The same rate throughout.
    #[default]
    Constant,
    /// The rate is multiplied by a factor at each of some steps.
    Milestones {
        /// When; the update of this iteration is the first with the new rate.
        at: Vec<Step>,
        /// By what.
        factor: f64,
    },
    /// Half a cosine from 1 to `end` (Loshchilov and Hutter 2017, without restarts).
    Cosine {
        /// The last factor.
        #[serde(default)]
        end: f64,
    },
    /// A straight line from 1 to `end`.
    Linear {
        /// The last factor.
        #[serde(default)]
        end: f64,
    },
    /// The rate is multiplied by a factor again and again.
    Exponential {
        /// By what.
        factor: f64,
        /// How often.
        #[serde(default = "one_epoch")]
        every: Step,
    },
    /// Up to 1 and down again along half cosines (Smith and Topin 2018).
    OneCycle {
        /// The fraction of the training at which the factor is 1.
        #[serde(default = "default_peak")]
        peak: f64,
        /// The first factor.
        #[serde(default = "default_start")]
        start: f64,
        /// The last factor.
        #[serde(default = "default_end")]
        end: f64,
    },
    /// Up to 1 and down again along straight lines.
    Triangular {
        /// The fraction of the training at which the factor is 1.
        #[serde(default = "default_peak")]
        peak: f64,
        /// The first factor.
        #[serde(default = "default_start")]
        start: f64,
        /// The last factor.
        #[serde(default = "default_end")]
        end: f64,
    },
    /// A linear warm-up from 0 before another schedule (Goyal et al. 2017).
    Warmup {
        /// How long.
        length: Step,
        /// What comes after it.
        then: Box<Schedule>,
    },
}

pub(super) fn one_epoch() -> Step {
    Step::from_epochs(1)
}

/// PyTorch's `pct_start`.
pub(super) fn default_peak() -> f64 {
    0.3
}

/// PyTorch's `1 / div_factor`.
pub(super) fn default_start() -> f64 {
    0.04
}

/// PyTorch's `1 / (div_factor final_div_factor)`.
pub(super) fn default_end() -> f64 {
    4e-6
}

impl Schedule {
    /// This schedule after a warm-up, in place of the warm-up that it may have; none when the length is 0.
    #[must_use]
    pub fn with_warmup(self, length: Step) -> Self {
        let then = match self {
            Self::Warmup { then, .. } => then,
            other => Box::new(other),
        };
        if length.is_zero() { *then } else { Self::Warmup { length, then } }
    }

    /// The factor on the rate at an iteration (0 is the first) of a training of so many, with so many in an epoch.
    pub fn factor(&self, iteration: u64, per_epoch: u64, iterations: u64) -> f64 {
        self.factor_after(0, iteration, per_epoch, iterations)
    }

    /// The factor, when what stretches over the training begins at the iteration `begin`.
    fn factor_after(&self, begin: u64, iteration: u64, per_epoch: u64, iterations: u64) -> f64 {
        let done = iteration.saturating_sub(begin) as f64;
        let all = iterations.saturating_sub(begin).max(1) as f64;
        match self {
            Self::Constant => 1.0,
            Self::Milestones { at, factor } => {
                let passed = at.iter().filter(|step| step.iterations(per_epoch) <= iteration).count();
                factor.powi(passed as i32)
            }
            Self::Cosine { end } => half_cosine(1.0, *end, (done / all).min(1.0)),
            Self::Linear { end } => straight(1.0, *end, (done / all).min(1.0)),
            Self::Exponential { factor, every } => {
                let times = iteration / every.iterations(per_epoch).max(1);
                factor.powi(i32::try_from(times).unwrap_or(i32::MAX))
            }
            Self::OneCycle { peak, start, end } => cycle(half_cosine, done, all, [*peak, *start, *end]),
            Self::Triangular { peak, start, end } => cycle(straight, done, all, [*peak, *start, *end]),
            Self::Warmup { length, then } => {
                let length = length.iterations(per_epoch);
                let warm = if iteration < length { iteration as f64 / length as f64 } else { 1.0 };
                warm * then.factor_after(begin.saturating_add(length), iteration, per_epoch, iterations)
            }
        }
    }

    /// Checks that factors are finite and not negative, a peak is inside of the training, and there are milestones.
    ///
    /// # Errors
    /// Names the first setting that is out of its range, its value and the range.
    pub fn check(&self) -> Result<(), ParseError> {
        match self {
            Self::Constant => Ok(()),
            Self::Milestones { at, factor } => {
                let hint = "write for example milestones:20000it,25000it,0.1";
                require(
                    "number of milestones",
                    at.len(),
                    !at.is_empty(),
                    "there must be at least one",
                    hint,
                )?;
                factor_in_range("factor at milestones", *factor)
            }
            Self::Cosine { end } | Self::Linear { end } => factor_in_range("last factor", *end),
            Self::Exponential { factor, every } => {
                let hint = "write for example exponential:0.95,1ep";
                let reason = "it must be longer than 0";
                require("time between two factors", every, !every.is_zero(), reason, hint)?;
                factor_in_range("factor", *factor)
            }
            Self::OneCycle { peak, start, end } | Self::Triangular { peak, start, end } => {
                let inside = *peak > 0.0 && *peak < 1.0;
                let reason = "it must be strictly between 0 and 1";
                require("peak", peak, inside, reason, "0.3 is at 30 % of the training")?;
                factor_in_range("first factor", *start)?;
                factor_in_range("last factor", *end)
            }
            Self::Warmup { length, then } => {
                let reason = "it must be longer than 0";
                require("warm-up", length, !length.is_zero(), reason, "leave it out for none")?;
                let nested = matches!(**then, Self::Warmup { .. });
                let reason = "it comes before another warm-up";
                require("warm-up", length, !nested, reason, "give one warm-up")?;
                then.check()
            }
        }
    }
}

fn factor_in_range(what: &'static str, factor: f64) -> Result<(), ParseError> {
    let valid = factor >= 0.0 && factor.is_finite();
    require(what, factor, valid, "it must be a number of at least 0", "it multiplies the learning rate")
}

fn half_cosine(from: f64, to: f64, part: f64) -> f64 {
    to + (from - to) / 2.0 * (1.0 + (PI * part).cos())
}

fn straight(from: f64, to: f64, part: f64) -> f64 {
    from + (to - from) * part
}

/// PyTorch's `OneCycleLR` of two phases; the last iteration of each has its end's factor.
fn cycle(anneal: fn(f64, f64, f64) -> f64, done: f64, all: f64, [peak, start, end]: [f64; 3]) -> f64 {
    let (top, last) = (peak * all - 1.0, all - 1.0);
    if top > 0.0 && done <= top {
        anneal(start, 1.0, done / top)
    } else {
        anneal(1.0, end, ((done - top) / (last - top)).min(1.0))
    }
}

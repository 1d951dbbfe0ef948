//! How a network is trained.

mod augmentation;
mod optimizer;
mod schedule;
mod schedule_text;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{BiasInit, InitScheme, ParseError, Step};

pub use augmentation::Augmentation;
pub use optimizer::Optimizer;
pub use schedule::Schedule;

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Everything that training needs besides architecture, data and seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Examples a batch.
    pub batch_size: usize,
    /// How long one training is.
    pub length: Step,
    /// The learning rate before the schedule.
    pub learning_rate: f32,
    /// The optimiser.
    pub optimizer: Optimizer,
    /// The schedule of the rate.
    #[serde(default)]
    pub schedule: Schedule,
    /// Fraction of the target that is spread over all classes (Szegedy et al. 2016); 0 for none.
    #[serde(default, skip_serializing_if = "is_default")]
    pub label_smoothing: f32,
    /// The largest Euclidean norm of the gradient of all parameters together; a longer gradient is shortened to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gradient_clip: Option<f32>,
    /// How training images are varied.
    #[serde(default)]
    pub augmentation: Augmentation,
    /// How weights are drawn.
    pub init: InitScheme,
    /// How biases are drawn.
    pub bias_init: BiasInit,
}

impl Recipe {
    /// A constant rate and nothing else: no label smoothing, clipping or augmentation; weights by Glorot and Bengio (2010), biases 0.
    ///
    /// ```
    /// use lth_model::{Optimizer, Recipe, Step};
    ///
    /// // That of Frankle and Carbin (2019) for LeNet.
    /// let recipe = Recipe::new(Optimizer::ADAM, 1.2e-3, 60, Step::from_iterations(50_000));
    /// assert!(recipe.check().is_ok());
    /// ```
    pub fn new(optimizer: Optimizer, learning_rate: f32, batch_size: usize, length: Step) -> Self {
        Self {
            batch_size,
            length,
            learning_rate,
            optimizer,
            schedule: Schedule::Constant,
            label_smoothing: 0.0,
            gradient_clip: None,
            augmentation: Augmentation::default(),
            init: InitScheme::GlorotNormal,
            bias_init: BiasInit::Zero,
        }
    }

    /// Checks that every setting has a meaning: a batch and a length that are not 0, a positive finite rate, and an
    /// optimiser whose settings are in their ranges.
    ///
    /// # Errors
    /// Names the first setting that is out of its range, its value and the range.
    pub fn check(&self) -> Result<(), ParseError> {
        require(
            "batch size",
            self.batch_size,
            self.batch_size > 0,
            "it must be at least 1",
            "the papers train LeNet with --batch-size 60",
        )?;
        require(
            "length",
            self.length,
            !self.length.is_zero(),
            "it must be longer than 0",
            "give epochs or iterations: 50ep, 500it, 2ep100it",
        )?;
        require(
            "learning rate",
            self.learning_rate,
            self.learning_rate > 0.0 && self.learning_rate.is_finite(),
            "it must be a positive number",
            "the papers train LeNet with --learning-rate 0.0012",
        )?;
        require(
            "label smoothing",
            self.label_smoothing,
            (0.0..1.0).contains(&self.label_smoothing),
            "it must be at least 0 and below 1",
            "0 is none, the usual value is 0.1",
        )?;
        if let Some(norm) = self.gradient_clip {
            let valid = norm > 0.0 && norm.is_finite();
            require("gradient clip", norm, valid, "it must be a positive number", "leave it out for none")?;
        }
        self.schedule.check()?;
        self.optimizer.check()
    }

    /// The learning rate of an iteration (0 is the first), given how many iterations an epoch has: the rate times the
    /// schedule's factor.
    pub fn learning_rate_at(&self, iteration: u64, per_epoch: u64) -> f64 {
        let factor = self.schedule.factor(iteration, per_epoch, self.length.iterations(per_epoch));
        f64::from(self.learning_rate) * factor
    }
}

fn require(
    what: &'static str,
    value: impl fmt::Display,
    valid: bool,
    reason: &str,
    hint: &str,
) -> Result<(), ParseError> {
    if valid {
        return Ok(());
    }
    Err(ParseError { what, value: value.to_string(), reason: reason.to_owned(), hint: hint.to_owned() })
}

/// One line: `50ep of batches of 60, Adam, learning rate 0.0012 (constant), weights glorot-normal, biases zero`, and what
/// else is not usual.
impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { batch_size, length, learning_rate, optimizer, schedule, init, bias_init, .. } = self;
        write!(
            f,
            "{length} of batches of {batch_size}, {optimizer}, learning rate {learning_rate} ({schedule}), weights {init}, biases {bias_init}"
        )?;
        if self.label_smoothing != 0.0 {
            write!(f, ", label smoothing {}", self.label_smoothing)?;
        }
        if let Some(norm) = self.gradient_clip {
            write!(f, ", gradients clipped to {norm}")?;
        }
        if self.augmentation.crop_padding > 0 {
            write!(f, ", crops padded by {}", self.augmentation.crop_padding)?;
        }
        if self.augmentation.horizontal_flip {
            f.write_str(", flips")?;
        }
        Ok(())
    }
}
